"""The surroundings of a request."""

from __future__ import annotations

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context

pytestmark = pytest.mark.anyio


async def test_the_time_is_told_in_whole_milliseconds(context: Context, effects: FixedEffects) -> None:
    before = context.now_ms

    effects.advance(1.5)

    assert context.now_ms == before + 1500
    assert isinstance(context.now_ms, int)
