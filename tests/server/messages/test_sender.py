"""Who takes a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.server.messages.sender import carrier_of
from userpool.server.records import Message


@pytest.mark.parametrize(
    ("members", "carrier"),
    [
        ({"medium": "EMAIL"}, "EMAIL"),
        ({"medium": "SMS"}, "SMS"),
        ({"medium": "SMS", "function": "CustomSMSSender"}, "CustomSMSSender"),
    ],
)
@pytest.mark.anyio
async def test_a_function_of_the_pool_comes_before_the_sender_of_the_medium(
    letter: Callable[..., Message], members: dict[str, Any], carrier: str
) -> None:
    assert carrier_of(letter(**members)) == carrier
