"""What may be asked of a token beyond being genuine. The verifier's own tests tell the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from userpool.errors import SettingsError, TokenError
from userpool.tokens.requirements import check_requirements, names, require
from userpool.tokens.verified import VerifiedClaims, read_facts

NOW = 1_770_000_000.0
# openid-connect-core appendix A.3: the access token and its hash, as the specification prints them.
ACCESS_TOKEN = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
AT_HASH = "77QmUPtjPfzWtF2AnpK9RQ"


@pytest.fixture
def check() -> Callable[..., None]:
    """Give a function that asks things of an ID token with these claims more."""

    def ask(more: dict[str, Any], leeway_seconds: float = 0, **asked: Any) -> None:
        told = {"iss": "i", "sub": "s", "exp": 2_000_000_000, "token_use": "id", "aud": "web", **more}
        text = msgspec.json.encode(told)
        requirements = require(**asked)
        assert requirements is not None
        claims = VerifiedClaims(read_facts(text), text, "p")
        check_requirements(claims, requirements, now=NOW, leeway_seconds=leeway_seconds)

    return ask


def test_the_hash_of_an_access_token_is_that_of_the_specification(check: Callable[..., None]) -> None:
    check({"at_hash": AT_HASH}, access_token=ACCESS_TOKEN)


@pytest.mark.parametrize("found", [None, "", AT_HASH + "=", AT_HASH[:-1], AT_HASH.lower(), 5, "ä", "\ud800"])
def test_another_hash_is_refused(check: Callable[..., None], found: Any) -> None:
    # A lone surrogate cannot be written in UTF-8, so no token can hold it.
    more = {} if found in {None, "\ud800"} else {"at_hash": found}

    with pytest.raises(TokenError) as caught:
        check(more, access_token=ACCESS_TOKEN)

    assert caught.value.claim == "at_hash"
    assert ACCESS_TOKEN not in str(caught.value)


@pytest.mark.parametrize("found", [None, "m", "N", 5, ["n"]])
def test_another_nonce_is_refused_and_not_shown(check: Callable[..., None], found: Any) -> None:
    check({"nonce": "n-0S6_WzA2Mj"}, nonce="n-0S6_WzA2Mj")

    with pytest.raises(TokenError) as caught:
        check({} if found is None else {"nonce": found}, nonce="n-0S6_WzA2Mj")

    assert (caught.value.claim, "n-0S6" in str(caught.value)) == ("nonce", False)


@pytest.mark.parametrize("moment", [NOW - 61, None, "noon", True])
def test_a_sign_in_too_long_ago_is_refused(check: Callable[..., None], moment: Any) -> None:
    with pytest.raises(TokenError) as caught:
        check({} if moment is None else {"auth_time": moment}, max_age_seconds=60)

    assert caught.value.claim == "auth_time"


def test_leeway_makes_a_sign_in_younger(check: Callable[..., None]) -> None:
    check({"auth_time": int(NOW) - 61}, leeway_seconds=1, max_age_seconds=60)


def test_to_ask_for_nothing_is_no_requirement() -> None:
    assert require() is None


@pytest.mark.parametrize(
    "asked",
    [
        {"groups": []},
        {"groups": 5},
        {"groups": [None]},
        {"scopes": ["openid", 5]},
        {"scopes": b"openid"},
        {"all_scopes": [["openid"]]},
        {"max_age_seconds": -1},
        {"max_age_seconds": float("nan")},
        {"max_age_seconds": "60"},
        {"access_token": ""},
    ],
)
def test_what_nothing_can_meet_is_a_mistake(asked: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        require(**asked)


def test_a_single_name_is_one_and_not_its_letters() -> None:
    assert names("staff", argument="groups") == {"staff"}
    assert names(iter(["a", "b"]), argument="groups") == {"a", "b"}  # type: ignore[arg-type]  # Any iterable does.


def test_no_token_is_shown() -> None:
    shown = repr(require("staff", nonce="a nonce", access_token="a token"))

    assert ("staff" in shown, "a nonce" in shown, "a token" in shown) == (True, False, False)
