"""Page tokens."""

from __future__ import annotations

import re

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.paging import TOKEN_LIFE_MS, open_place, seal_place
from userpool.wire.faults import InvalidParameterException

pytestmark = pytest.mark.anyio

LISTING = {"operation": "ListUsers", "scope": "us-east-1_AbCdEfGhI"}


async def test_a_place_comes_back_as_it_was_sealed(context: Context) -> None:
    token = seal_place(context, "after Zoë and her friends", **LISTING)

    assert open_place(context, token, **LISTING) == "after Zoë and her friends"


async def test_a_first_page_has_no_place(context: Context) -> None:
    assert open_place(context, None, **LISTING) is None


async def test_a_token_has_the_form_that_the_wire_asks_for_and_tells_nothing(context: Context) -> None:
    token = seal_place(context, "secret-place", **LISTING)

    assert re.fullmatch(r"\S+", token)
    assert "secret-place" not in token
    assert token != seal_place(context, "secret-place", **LISTING)


@pytest.mark.parametrize(
    "listing",
    [
        {"operation": "ListUserPools", "scope": "us-east-1_AbCdEfGhI"},
        {"operation": "ListUsers", "scope": "us-east-1_JkLmNoPqR"},
    ],
)
async def test_a_token_of_another_listing_is_refused(context: Context, listing: dict[str, str]) -> None:
    token = seal_place(context, "here", **listing)

    with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
        open_place(context, token, **LISTING)


async def test_a_changed_token_is_refused(context: Context) -> None:
    token = seal_place(context, "here", **LISTING)
    changed = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]

    for wrong in (changed, token[1:], "here", "nö", "-"):
        with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
            open_place(context, wrong, **LISTING)


async def test_a_token_is_good_for_an_hour(context: Context, effects: FixedEffects) -> None:
    token = seal_place(context, "here", **LISTING)

    effects.advance(TOKEN_LIFE_MS / 1000 - 1)
    assert open_place(context, token, **LISTING) == "here"

    effects.advance(1)
    with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
        open_place(context, token, **LISTING)
