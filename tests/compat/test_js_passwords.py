"""amazon-cognito-identity-js, unmodified, changes and resets passwords."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WRONG = {"code": "NotAuthorizedException", "message": "Incorrect username or password."}
NEW_PASSWORD = "another-horse-8-Staple"


def test_a_password_is_changed(js: Callable[..., Any], place: Any, person: Any) -> None:
    seen = js("passwords/change", place, person, newPassword=NEW_PASSWORD)

    assert seen == {"said": "SUCCESS", "old": WRONG, "new": True}


def test_whoever_does_not_know_the_password_does_not_change_it(
    js: Callable[..., Any], place: Any, person: Any
) -> None:
    seen = js("passwords/changeWithoutKnowingTheOldOne", place, person, newPassword=NEW_PASSWORD)

    assert seen == WRONG


def test_a_forgotten_password_is_replaced_with_the_code_that_was_sent(
    js: Callable[..., Any], place: Any, person: Any
) -> None:
    seen = js("passwords/forget", place, person, newPassword=NEW_PASSWORD)

    assert seen["delivery"] == {
        "AttributeName": "email",
        "DeliveryMedium": "EMAIL",
        "Destination": "p***@e***",
    }
    assert (seen["said"], seen["old"], seen["new"]) == ("SUCCESS", WRONG, True)
