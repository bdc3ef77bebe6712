"""What verbs come back with."""

from __future__ import annotations

import pytest

from userpool import CodeDelivery, NotReachedError, SignOutResult, SignUpConfirmation, SignUpResult
from userpool.results import AttributeUpdate


def test_sessions_are_not_shown() -> None:
    delivery = CodeDelivery(destination="a***@e***", medium="EMAIL", attribute="email")
    result = SignUpResult("alice", "1-2", confirmed=False, delivery=delivery, session="the session")

    assert "the session" not in repr(result)
    assert "a***@e***" in repr(result)
    assert "the session" not in repr(SignUpConfirmation(session="the session"))


def test_a_sign_out_tells_what_went_wrong_at_the_service() -> None:
    result = SignOutResult(revoked=False, error=NotReachedError("no cable"))

    assert "no cable" in repr(result)


def test_whoever_cannot_go_on_without_a_sign_out_at_the_service_has_its_error_raised() -> None:
    SignOutResult(revoked=True).raise_error()

    with pytest.raises(NotReachedError, match="no cable"):
        SignOutResult(revoked=False, error=NotReachedError("no cable")).raise_error()


def test_an_update_tells_where_codes_went_in_order() -> None:
    email, phone = CodeDelivery(attribute="email"), CodeDelivery(attribute="phone_number")

    update = AttributeUpdate(("name",), {"email": email, "phone_number": phone})

    assert update.deliveries == (email, phone)
