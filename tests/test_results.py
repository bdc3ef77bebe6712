"""What verbs come back with."""

from __future__ import annotations

from userpool import CodeDelivery, NotReachedError, SignOutResult, SignUpConfirmation, SignUpResult


def test_sessions_are_not_shown() -> None:
    delivery = CodeDelivery(destination="a***@e***", medium="EMAIL", attribute="email")
    result = SignUpResult("alice", "1-2", confirmed=False, delivery=delivery, session="the session")

    assert "the session" not in repr(result)
    assert "a***@e***" in repr(result)
    assert "the session" not in repr(SignUpConfirmation(session="the session"))


def test_a_sign_out_tells_what_went_wrong_at_the_service() -> None:
    result = SignOutResult(revoked=False, error=NotReachedError("no cable"))

    assert "no cable" in repr(result)
