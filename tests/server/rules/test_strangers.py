"""What a stranger may learn."""

from __future__ import annotations

import re
from typing import Any

import pytest

from userpool.server.rules.strangers import (
    keeps_existence_secret,
    refusal,
    simulated_bytes,
    simulated_contact,
    simulated_sub,
    unknown_name,
)
from userpool.wire.user_pool_clients import UserPoolClientType

OPEN = UserPoolClientType(prevent_user_existence_errors="LEGACY")
DISCREET = UserPoolClientType(prevent_user_existence_errors="ENABLED")
KEY = bytes(32)
POOL = "us-east-1_AbCdEfGhI"
WRONG = ("NotAuthorizedException", "Incorrect username or password.")


def test_a_client_made_through_the_api_tells_who_exists() -> None:
    assert not keeps_existence_secret(UserPoolClientType())
    assert not keeps_existence_secret(OPEN)
    assert keeps_existence_secret(DISCREET)


@pytest.mark.parametrize(
    ("reason", "told_openly", "told_discreetly"),
    [
        ("unknown user", ("UserNotFoundException", "User does not exist."), WRONG),
        ("wrong password", WRONG, WRONG),
        ("disabled", ("NotAuthorizedException", "User is disabled."), WRONG),
        (
            "reset required",
            ("PasswordResetRequiredException", "Password reset required for the user"),
            WRONG,
        ),
        *[
            (reason, answer, answer)
            for reason, answer in (
                ("locked", ("NotAuthorizedException", "Password attempts exceeded")),
                ("unconfirmed", ("UserNotConfirmedException", "User is not confirmed.")),
                (
                    "expired",
                    (
                        "NotAuthorizedException",
                        "Temporary password has expired and must be reset by an administrator.",
                    ),
                ),
            )
        ],
    ],
)
def test_a_failed_sign_in_is_answered(
    reason: Any, told_openly: tuple[str, str], told_discreetly: tuple[str, str]
) -> None:
    openly, discreetly = refusal(OPEN, reason), refusal(DISCREET, reason)

    assert (openly.code, openly.message) == told_openly
    assert (discreetly.code, discreetly.message) == told_discreetly


def test_a_code_for_nobody_is_wrong_or_nobody_is_found() -> None:
    assert unknown_name(OPEN).message == "Username/client id combination not found."
    assert unknown_name(DISCREET).message == "Invalid verification code provided, please try again."


# ---- what is made up ----


def test_what_is_made_up_stays_the_same_for_a_name_and_differs_between_names() -> None:
    for make in (sub_of, contact_of, salt_of):
        made = [make(f"name {number}") for number in range(50)]

        assert made == [make(f"name {number}") for number in range(50)]
        assert len(set(made)) > 25


def test_what_is_made_up_differs_between_pools_keys_and_purposes() -> None:
    subs = {simulated_sub(key, pool, "ann") for key in (KEY, b"1" * 32) for pool in (POOL, "us-east-1_Other")}
    assert len(subs) == 4

    assert simulated_bytes(KEY, POOL, "ann", what="salt", size=16) != simulated_bytes(
        KEY, POOL, "ann", what="verifier", size=16
    )


@pytest.mark.parametrize("size", [1, 16, 32, 33, 384])
def test_as_many_bytes_are_made_up_as_are_asked_for(size: int) -> None:
    assert len(simulated_bytes(KEY, POOL, "ann", what="salt", size=size)) == size


def test_a_made_up_sub_looks_like_a_real_one() -> None:
    real = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

    assert all(real.fullmatch(sub_of(f"name {number}")) for number in range(100))


def test_an_address_or_a_number_stands_for_itself() -> None:
    for name, attribute in (("ann@example.com", "email"), ("+15551234567", "phone_number")):
        assert simulated_contact(KEY, POOL, name, attributes=["phone_number", "email"]) == (attribute, name)


def test_an_address_does_not_stand_for_somebody_who_is_reached_by_number_alone() -> None:
    attribute, value = simulated_contact(KEY, POOL, "ann@example.com", attributes=["phone_number"])

    assert attribute == "phone_number"
    assert re.fullmatch(r"\+1[0-9]{10}", value)


def test_a_number_is_made_up_where_users_are_reached_by_number() -> None:
    attribute, value = simulated_contact(KEY, POOL, "ann", attributes=["phone_number", "email"])

    assert attribute == "phone_number"
    assert re.fullmatch(r"\+1[0-9]{10}", value)


def test_a_made_up_address_does_not_follow_from_the_letters_of_the_name() -> None:
    first_letters = {contact_of(f"ann{number}")[0] for number in range(50)}

    assert len(first_letters) > 5


def sub_of(name: str) -> str:
    """Return a made-up sub."""
    return simulated_sub(KEY, POOL, name)


def contact_of(name: str) -> str:
    """Return a made-up address."""
    attribute, value = simulated_contact(KEY, POOL, name, attributes=["email"])
    assert attribute == "email"
    return value


def salt_of(name: str) -> bytes:
    """Return a made-up salt."""
    return simulated_bytes(KEY, POOL, name, what="salt", size=16)
