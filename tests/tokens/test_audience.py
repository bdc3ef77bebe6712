"""Whom a token is for. The verifier's own tests tell the rest."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.errors import WrongAudienceError, WrongUseError
from userpool.tokens.audience import Audience, check_audience
from userpool.tokens.verified import Facts

WEB = Audience(token_use="access", client_ids=frozenset({"web"}))
MOBILE = Audience(token_use="id", client_ids=frozenset({"mobile"}))
ANY = Audience(token_use=None, client_ids=None)


def facts(**members: Any) -> Facts:
    return Facts(exp=5, iss="i", sub="s", **members)


@pytest.mark.parametrize(
    ("shown", "audiences"),
    [
        (facts(token_use="access", client_id="web"), [WEB]),
        (facts(token_use="id", aud="mobile"), [WEB, MOBILE]),
        (facts(token_use="access", client_id="web", aud="https://api.example.com"), [WEB]),
        (facts(token_use="id", aud="x"), [ANY]),
    ],
)
def test_one_that_fits_is_enough(shown: Facts, audiences: list[Audience]) -> None:
    check_audience(shown, audiences)


@pytest.mark.parametrize(
    ("shown", "audiences", "expected"),
    [
        (facts(token_use="id", aud="web"), [WEB], "access"),
        (facts(token_use="refresh"), [WEB, MOBILE], "access or id"),
        (facts(token_use="access "), [ANY], "access or id"),
    ],
)
def test_the_wrong_use_is_told(shown: Facts, audiences: list[Audience], expected: str) -> None:
    with pytest.raises(WrongUseError) as caught:
        check_audience(shown, audiences)

    assert (caught.value.actual, caught.value.expected) == (shown.token_use, expected)


@pytest.mark.parametrize(
    ("shown", "audiences", "claim", "expected"),
    [
        (facts(token_use="access", client_id="mobile"), [WEB, MOBILE], "client_id", "web"),
        # What an access token says in `aud` is an API and no client.
        (facts(token_use="access", aud="web"), [WEB], "client_id", "web"),
        (facts(token_use="id", client_id="mobile"), [MOBILE], "aud", "mobile"),
        (facts(token_use="id", aud=["mobile"]), [MOBILE], "aud", "mobile"),
        (facts(token_use="id"), [ANY], "aud", "the id of one client"),
    ],
)
def test_the_wrong_client_is_told(shown: Facts, audiences: list[Audience], claim: str, expected: str) -> None:
    with pytest.raises(WrongAudienceError) as caught:
        check_audience(shown, audiences)

    assert (caught.value.claim, caught.value.expected) == (claim, expected)
