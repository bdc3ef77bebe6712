"""Which pools' tokens are believed, and where their keys are."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.trusted_pools import TrustedPool

POOL = "us-east-1_aB12cDe34"
AWS = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
KEYS = "/.well-known/jwks.json"


def trusted(**members: Any) -> TrustedPool:
    return TrustedPool(**{"user_pool_id": POOL, "client_id": None, "token_use": None, **members})


@pytest.mark.parametrize(
    ("members", "issuer", "keys"),
    [
        ({}, AWS, AWS + KEYS),
        (
            {"user_pool_id": "cn-north-1_aB1"},
            "https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_aB1",
            f"https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_aB1{KEYS}",
        ),
        (
            {"endpoint": "http://localhost:9229/"},
            f"http://localhost:9229/{POOL}",
            f"http://localhost:9229/{POOL}{KEYS}",
        ),
        # A pool of one's own that names itself as AWS would.
        ({"endpoint": "http://localhost:9229", "issuer": AWS}, AWS, f"http://localhost:9229/{POOL}{KEYS}"),
        (
            {"issuer": f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{POOL}"},
            f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{POOL}",
            f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{POOL}{KEYS}",
        ),
        ({"keys_url": "https://keys.example.com/jwks"}, AWS, "https://keys.example.com/jwks"),
    ],
)
def test_issuer_and_keys_follow_from_what_is_known(members: Any, issuer: str, keys: str) -> None:
    pool = trusted(**members)

    assert (pool.issuer_text, pool.keys_address) == (issuer, keys)


@pytest.mark.parametrize(
    "members",
    [
        {"keys_url": "http://keys.example.com/jwks"},
        {"issuer": "http://issuer.example.com"},
        {"endpoint": "pool.example.com"},
        {"user_pool_id": "us-east-1"},
    ],
)
def test_keys_come_from_a_safe_address_only(members: Any) -> None:
    with pytest.raises(SettingsError):
        _ = trusted(**members).keys_address


def test_clients_are_one_or_several_or_any() -> None:
    assert trusted(client_id="web").audience.client_ids == {"web"}
    assert trusted(client_id=("web", "mobile")).audience.client_ids == {"web", "mobile"}
    assert trusted(client_id=None).audience.client_ids is None


@pytest.mark.parametrize(
    "members",
    [
        {"client_id": ""},
        {"client_id": []},
        {"client_id": [None]},
        {"client_id": 5},
        {"token_use": "refresh"},
        {"token_use": ["access"]},
    ],
)
def test_terms_that_nothing_can_meet_are_refused(members: Any) -> None:
    with pytest.raises(SettingsError):
        _ = trusted(**members).audience
