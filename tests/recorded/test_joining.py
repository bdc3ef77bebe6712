"""What the SDK makes of AWS's answers to whoever joins."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.results import CodeDelivery, SignUpConfirmation, SignUpResult

pytestmark = pytest.mark.anyio

SUB = "84a8f4b8-90c1-70f2-5d1e-0f6c3b2a9d47"
MAILED = CodeDelivery(destination="t***@t***", medium="EMAIL", attribute="email")


async def test_a_sign_up_tells_where_the_code_went(play: Any, now: Any) -> None:
    pool, _ = play("sign_up_with_a_code")

    result = await now(pool.sign_up("ann", "pw", {"email": "test@test.example"}))

    # The sub is no UUID of the standard: neither its version nor its variant is one.
    assert result == SignUpResult("ann", sub=SUB, confirmed=False, delivery=MAILED, session=None)


async def test_a_sign_up_without_a_code_has_no_delivery(play: Any, now: Any) -> None:
    pool, _ = play("sign_up_without_a_code")

    result = await now(pool.sign_up("ann", "pw"))

    assert result == SignUpResult("ann", sub=SUB, confirmed=False, delivery=None, session=None)


async def test_a_session_is_handed_from_the_sign_up_to_the_confirmation_and_on(play: Any, now: Any) -> None:
    pool, asked = play("sign_up_with_a_session")

    joined = await now(pool.sign_up("ann", "pw", {"email": "test@test.example"}))
    confirmed = await now(pool.confirm_sign_up("ann", "123456", session=joined.session))

    assert joined.session.startswith("AYABe")
    assert asked[1].body["Session"] == joined.session
    assert confirmed.session not in (None, joined.session)


async def test_a_confirmation_has_nothing_to_tell(play: Any, now: Any) -> None:
    pool, _ = play("confirm_sign_up")

    assert await now(pool.confirm_sign_up("ann", "123456")) == SignUpConfirmation(session=None)


async def test_a_code_is_sent_again_to_a_masked_address(play: Any, now: Any) -> None:
    pool, _ = play("resend_confirmation_code")

    assert await now(pool.resend_confirmation_code("ann")) == MAILED
