"""A session that amazon-cognito-identity-js has stored under the name that was typed, an alias.

It does so after USER_PASSWORD_AUTH and after custom sign-ins without a password (js-sdk:CognitoUser.authenticateUser).
"""

from __future__ import annotations

import pytest

from userpool import UserPool
from userpool.effects import FixedEffects
from userpool.transport.scripted import ScriptedTransport, grants, refuses, says, token_text

NOON = 1_767_268_800
HOUR = 3_600
CLIENT = "CognitoIdentityServiceProvider.7ghr."
KEYS = f"{CLIENT}a@example.com."


@pytest.fixture
def storage() -> dict[str, str]:
    claims = {"exp": NOON + HOUR, "origin_jti": "1"}
    return {
        f"{CLIENT}LastAuthUser": "a@example.com",
        f"{KEYS}accessToken": token_text({"username": "alice", **claims}),
        f"{KEYS}idToken": token_text({"cognito:username": "alice", **claims}),
        f"{KEYS}refreshToken": "r1",
        f"{KEYS}clockDrift": "0",
    }


@pytest.fixture
def effects() -> FixedEffects:
    return FixedEffects(now=NOON)


def pool_with(
    *script: object, storage: dict[str, str], effects: FixedEffects
) -> tuple[UserPool, ScriptedTransport]:
    transport = ScriptedTransport(*script)  # type: ignore[arg-type]
    pool = UserPool(
        "us-east-1_aB12cDe34",
        "7ghr",
        client_secret="the client's secret",
        transport=transport,
        storage=storage,
        effects=effects,
    )
    return pool, transport


def test_they_are_known_by_the_pool_s_own_name_all_the_same(
    storage: dict[str, str], effects: FixedEffects
) -> None:
    pool, _ = pool_with(storage=storage, effects=effects)

    user = pool.current_user()

    assert user is not None
    assert (user.username, user.login_name) == ("alice", "a@example.com")
    assert [each.username for each in pool.users()] == ["alice"]


def test_they_are_renewed_where_they_were_stored_and_by_their_own_name(
    storage: dict[str, str], effects: FixedEffects
) -> None:
    unknown = refuses("UnsupportedOperationException", "no")
    renewed = grants("alice", expires_epoch=NOON + 3 * HOUR, refresh_token="r2")
    pool, transport = pool_with(unknown, renewed, storage=storage, effects=effects)
    user = pool.current_user()
    assert user is not None
    effects.advance(HOUR)

    user.fresh_tokens()

    # What the front end looks for is where it has put it, and the hash is the one that the service expects.
    assert storage[f"{KEYS}refreshToken"] == "r2"
    assert f"{CLIENT}alice.refreshToken" not in storage
    own_hash = "iH2GuRxo+T4mXVeVjH2gBsgG6ZcXXc1/2ORmtOZxKQ4="
    assert transport.requests[1].body["AuthParameters"]["SECRET_HASH"] == own_hash
    assert user.login_name == "a@example.com"


def test_they_are_signed_out_where_they_were_stored(storage: dict[str, str], effects: FixedEffects) -> None:
    pool, _ = pool_with(says(), storage=storage, effects=effects)
    user = pool.current_user()
    assert user is not None

    user.sign_out()

    assert storage == {}
    assert pool.current_user() is None


def test_their_profile_is_kept_beside_their_tokens(storage: dict[str, str], effects: FixedEffects) -> None:
    answer = says({"Username": "alice", "UserAttributes": []})
    pool, _ = pool_with(answer, storage=storage, effects=effects)
    user = pool.current_user()
    assert user is not None

    user.profile()

    assert f"{KEYS}userData" in storage
    assert user.cached_profile() is not None


def test_two_who_look_for_them_find_one_session(storage: dict[str, str], effects: FixedEffects) -> None:
    pool, _ = pool_with(says(), storage=storage, effects=effects)
    first, second = pool.current_user(), pool.current_user("a@example.com")
    assert first is not None
    assert second is not None

    first.sign_out()

    assert not second.is_signed_in


def test_they_are_found_by_their_own_name_too(storage: dict[str, str], effects: FixedEffects) -> None:
    pool, _ = pool_with(storage=storage, effects=effects)

    by_name, by_alias = pool.current_user("alice"), pool.current_user("a@example.com")

    assert by_name is not None
    assert by_alias is not None
    assert by_name.tokens is by_alias.tokens
    assert pool.current_user("somebody else") is None


def test_of_two_aliases_the_later_sign_in_is_found(storage: dict[str, str], effects: FixedEffects) -> None:
    later = token_text({"username": "alice", "exp": NOON + 2 * HOUR, "origin_jti": "2"})
    storage |= {f"{CLIENT}+15551234567.accessToken": later, f"{CLIENT}+15551234567.refreshToken": "r7"}
    pool, _ = pool_with(storage=storage, effects=effects)

    user = pool.current_user("alice")

    assert user is not None
    assert user.login_name == "+15551234567"
