"""What the SDK makes of AWS's answers to whoever signs in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from userpool import ExpiredCodeException, MfaSetupRequired, NewPasswordRequired, SignedIn, TotpRequired

pytestmark = pytest.mark.anyio

SUB = "84a8f4b8-90c1-70f2-5d1e-0f6c3b2a9d47"


async def test_a_proof_goes_without_a_session_where_the_challenge_came_without_one(
    play: Any, now: Any
) -> None:
    pool, asked = play("sign_in_by_srp")

    step = await now(pool.sign_in("Ann", "pw"))

    assert isinstance(step, SignedIn)
    assert step.user.username == "ann"
    begun, proof = asked
    assert begun.body["AuthParameters"].keys() == {"USERNAME", "SRP_A"}
    assert "Session" not in proof.body
    assert proof.body["ChallengeName"] == "PASSWORD_VERIFIER"
    assert proof.body["ChallengeResponses"].keys() == {
        "USERNAME",
        "PASSWORD_CLAIM_SECRET_BLOCK",
        "PASSWORD_CLAIM_SIGNATURE",
        "TIMESTAMP",
    }


async def test_a_proof_speaks_of_the_service_own_name_and_time(play: Any, now: Any) -> None:
    pool, asked = play("sign_in_by_srp")

    await now(pool.sign_in("Ann", "pw"))

    responses = asked[1].body["ChallengeResponses"]
    assert responses["USERNAME"] == "ann"
    # 1 770 000 000: the day is not padded with a zero.
    assert responses["TIMESTAMP"] == "Mon Feb 2 02:40:00 UTC 2026"
    assert re.fullmatch(r"[A-Za-z0-9+/]{43}=", responses["PASSWORD_CLAIM_SIGNATURE"])


async def test_tokens_beside_empty_challenge_parameters_let_in(play: Any, now: Any) -> None:
    pool, _ = play("sign_in_by_password")

    step = await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))

    tokens = step.user.tokens
    assert step.new_device is None
    assert tokens.revocable
    assert tokens.access_claims["scope"] == "aws.cognito.signin.user.admin"
    assert tokens.access_claims["origin_jti"] == tokens.id_claims["origin_jti"]
    assert "email" not in tokens.id_claims
    assert tokens.expires_epoch == 1_770_003_600


async def test_somebody_who_signs_in_by_address_is_known_by_their_sub(play: Any, now: Any) -> None:
    pool, _ = play("sign_in_by_address")

    step = await now(pool.sign_in("test@test.example", "pw", flow="USER_PASSWORD_AUTH"))

    assert step.user.username == step.user.sub == SUB
    # The session is found again under that name, and not under what was typed.
    assert pool.current_user("test@test.example") is None
    assert pool.current_user(SUB) is not None


async def test_a_new_password_is_asked_for_before_a_second_factor(play: Any, now: Any) -> None:
    pool, asked = play("new_password_before_mfa")

    first = await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))
    second = await now(pool.answer(first.password("pw", {"name": "Ann"})))

    assert isinstance(first, NewPasswordRequired)
    assert first.required_attributes == ("name",)
    assert first.attributes == {"email": "test@test.example", "email_verified": "true"}
    # The new password may be the temporary one, and only what was still missing is sent along.
    assert asked[1].body["ChallengeResponses"] == {
        "USERNAME": "ann",
        "NEW_PASSWORD": "pw",
        "userAttributes.name": "Ann",
    }
    assert isinstance(second, MfaSetupRequired)
    assert second.choices == ("SOFTWARE_TOKEN_MFA",)
    assert second.session != first.session
    assert pool.current_user() is None


async def test_a_code_of_an_app_works_once(play: Any, now: Any) -> None:
    pool, asked = play("totp_code_used_already")
    step = await now(pool.sign_in("ann", "pw", flow="USER_PASSWORD_AUTH"))
    assert isinstance(step, TotpRequired)

    with pytest.raises(ExpiredCodeException, match=r"^Your software token has already been used once\.$"):
        await now(pool.answer(step.code("123456")))

    assert asked[1].body["ChallengeResponses"] == {"USERNAME": "ann", "SOFTWARE_TOKEN_MFA_CODE": "123456"}
    assert pool.current_user() is None
