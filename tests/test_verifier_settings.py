"""What a verifier may be told, blocking and asyncio alike."""

from __future__ import annotations

from typing import Any, TypeAlias

import pytest
from publisher import CLIENT, POOL, jwks

from userpool.async_verifier import AsyncTokenVerifier
from userpool.errors import SettingsError
from userpool.verifier import TokenVerifier

Kind: TypeAlias = type[TokenVerifier] | type[AsyncTokenVerifier]

BOTH = pytest.mark.parametrize("kind", [TokenVerifier, AsyncTokenVerifier])


def make(kind: Kind, **settings: Any) -> object:
    keys = {} if settings.keys() & {"keys_url", "endpoint"} else {"jwks": jwks("one")}
    return kind(POOL, **{"client_id": CLIENT, "token_use": "access", **keys, **settings})


@BOTH
def test_the_widest_settings_are_taken(kind: Kind) -> None:
    widest = {"leeway_seconds": 60, "remember": 10_000, "timeout_seconds": 300}

    assert make(kind, **widest, keys_max_age_seconds=604_800, keys_cooldown_seconds=3_600)


@BOTH
@pytest.mark.parametrize(
    "settings",
    [
        {"leeway_seconds": 61},
        {"leeway_seconds": -1},
        {"leeway_seconds": "5"},
        {"remember": -1},
        {"remember": 10_001},
        {"remember": None},
        {"timeout_seconds": 0},
        {"timeout_seconds": float("inf")},
        {"timeout_seconds": "3"},
        {"keys_max_age_seconds": 0},
        {"keys_max_age_seconds": float("inf")},
        {"keys_max_age_seconds": float("nan")},
        {"keys_cooldown_seconds": -1},
        {"keys_cooldown_seconds": float("nan")},
        {"max_age_seconds": "60"},
        {"client_id": ""},
        {"client_id": []},
        {"client_id": [None]},
        {"token_use": "refresh"},
        {"groups": []},
        {"keys_url": "http://pool.example.com/keys"},
        {"endpoint": "ftp://pool.example.com"},
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(kind: Kind, settings: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        make(kind, **settings)


@BOTH
@pytest.mark.parametrize("settings", [{"group": "admins"}, {"scope": "openid"}, {"leeway": 5}])
def test_a_misspelled_option_is_not_passed_over(kind: Kind, settings: dict[str, Any]) -> None:
    (name,) = settings

    with pytest.raises(TypeError, match=f"no option {name}="):
        make(kind, **settings)
