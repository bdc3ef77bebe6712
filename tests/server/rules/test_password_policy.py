"""What a password has to contain, and making one that does."""

from __future__ import annotations

import pytest

from userpool.effects import FixedEffects
from userpool.server.rules.password_policy import (
    DAY_MS,
    SYMBOLS,
    check_password,
    make_temporary_password,
    temporary_password_expiry_ms,
)
from userpool.wire.faults import InvalidPasswordException
from userpool.wire.user_pools import PasswordPolicyType, UserPoolPolicyType, UserPoolType

NOW = 1_767_225_600_000


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Ab-4567", "Password not long enough"),
        ("AB-45678", "Password must have lowercase characters"),
        ("ab-45678", "Password must have uppercase characters"),
        ("Ab-cdefg", "Password must have numeric characters"),
        ("Ab345678", "Password must have symbol characters"),
        ("a", "Password not long enough"),
        ("--------", "Password must have lowercase characters"),
    ],
)
def test_the_first_thing_that_is_missing_is_told(password: str, reason: str) -> None:
    with pytest.raises(InvalidPasswordException) as caught:
        check_password(strict(), password)

    assert caught.value.message == f"Password did not conform with policy: {reason}"


@pytest.mark.parametrize("password", ["Ab-45678", "Correct-horse-1", "ÄÖÜäöüaA1!", "aA1~" + "x" * 252])
def test_a_password_that_has_everything_is_taken(password: str) -> None:
    check_password(strict(), password)


@pytest.mark.parametrize("symbol", list(SYMBOLS))
def test_every_symbol_of_the_list_counts(symbol: str) -> None:
    check_password(strict(), f"Abcdef1{symbol}")


@pytest.mark.parametrize("character", ["ä", "§", "€", "\u00a0"])
def test_other_characters_are_no_symbols(character: str) -> None:
    with pytest.raises(InvalidPasswordException, match="symbol"):
        check_password(strict(), f"Abcdef1{character}")


def test_letters_of_other_alphabets_are_neither_lower_nor_upper() -> None:
    with pytest.raises(InvalidPasswordException, match="lowercase"):
        check_password(strict(), "Aäöüäöü1-")


def test_what_a_policy_does_not_ask_for_is_not_needed() -> None:
    check_password(pool(PasswordPolicyType(minimum_length=6)), "aaaaaa")


def test_a_pool_without_a_policy_takes_every_password() -> None:
    check_password(UserPoolType(), "a")


def test_made_passwords_obey_the_policy_they_were_made_for() -> None:
    effects = FixedEffects()

    for length in (6, 8, 12, 20, 99):
        wanted = strict(minimum_length=length)
        for _ in range(20):
            password = make_temporary_password(wanted, effects)
            check_password(wanted, password)
            assert len(password) == max(12, length)


def test_made_passwords_differ_and_their_places_are_of_no_fixed_kind() -> None:
    effects = FixedEffects()

    passwords = [make_temporary_password(strict(), effects) for _ in range(200)]

    assert len(set(passwords)) == 200
    for place in range(12):
        kinds = {kind(password[place]) for password in passwords}
        assert kinds == {"lower", "upper", "digit", "symbol"}


def test_made_passwords_have_nothing_that_people_mix_up() -> None:
    effects = FixedEffects()

    letters = set("".join(make_temporary_password(strict(), effects) for _ in range(200)))

    assert not letters & set("lIO01<>&\"'\\")


@pytest.mark.parametrize(("days", "expected"), [(None, 7), (0, 7), (1, 1), (365, 365)])
def test_a_temporary_password_works_for_a_week_unless_the_pool_says_otherwise(
    days: int | None, expected: int
) -> None:
    wanted = strict(temporary_password_validity_days=days)

    assert temporary_password_expiry_ms(wanted, now_ms=NOW) == NOW + expected * DAY_MS
    assert temporary_password_expiry_ms(UserPoolType(), now_ms=NOW) == NOW + 7 * DAY_MS


def pool(policy: PasswordPolicyType) -> UserPoolType:
    """Return a pool with this policy."""
    return UserPoolType(policies=UserPoolPolicyType(password_policy=policy))


def strict(*, minimum_length: int = 8, temporary_password_validity_days: int | None = None) -> UserPoolType:
    """Return a pool that asks for every kind of character."""
    return pool(
        PasswordPolicyType(
            minimum_length=minimum_length,
            require_lowercase=True,
            require_uppercase=True,
            require_numbers=True,
            require_symbols=True,
            temporary_password_validity_days=temporary_password_validity_days,
        )
    )


def kind(character: str) -> str:
    """Return of what kind a character is."""
    if character.isdigit():
        return "digit"
    if not character.isalpha():
        return "symbol"
    return "lower" if character.islower() else "upper"
