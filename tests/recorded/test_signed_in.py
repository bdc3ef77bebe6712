"""What the SDK makes of AWS's answers to whoever is signed in."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

SUB = "84a8f4b8-90c1-70f2-5d1e-0f6c3b2a9d47"


async def test_attributes_are_texts_and_nothing_is_told_of_second_factors(play: Any, now: Any) -> None:
    pool, asked = play("get_user")
    user = (await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))).user

    attributes = await now(user.attributes())

    assert attributes == {"email": "test@test.example", "email_verified": "true", "sub": SUB}
    assert asked[1].body == {"AccessToken": user.tokens.access_token}


async def test_what_is_a_text_in_the_record_is_true_in_the_token(play: Any, now: Any) -> None:
    pool, _ = play("get_user")

    user = (await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))).user

    assert user.claims["email_verified"] is True


async def test_a_refresh_token_stays_when_no_new_one_comes(play: Any, now: Any) -> None:
    pool, asked = play("refresh")
    user = (await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))).user
    before = user.tokens

    after = await now(user.refresh())

    assert after.refresh_token == before.refresh_token == asked[1].body["RefreshToken"]
    assert pool.current_user("ann").tokens == after


async def test_a_renewed_session_is_the_same_sign_in(play: Any, now: Any) -> None:
    pool, _ = play("refresh")
    user = (await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))).user
    before = user.tokens

    after = await now(user.refresh())

    for old, new in [(before.access_claims, after.access_claims), (before.id_claims, after.id_claims)]:
        assert (new["origin_jti"], new["auth_time"]) == (old["origin_jti"], old["auth_time"])
        assert new["jti"] != old["jti"]
    assert after.expires_epoch > before.expires_epoch
