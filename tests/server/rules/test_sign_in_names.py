"""Sign-in names: which a user has, and which a typed one may stand for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from userpool.server.records import User
from userpool.server.rules.sign_in_names import (
    attribute_of_username,
    check_new_username,
    index_of,
    looks_like,
    names_of,
    names_to_try,
    normalised,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import UsernameConfigurationType, UserPoolType

PLAIN = UserPoolType()
ANY_CASE = UserPoolType(username_configuration=UsernameConfigurationType(case_sensitive=False))
ALIASES = UserPoolType(alias_attributes=["email", "phone_number", "preferred_username"])
ADDRESSES = UserPoolType(username_attributes=["email", "phone_number"])


def test_case_counts_unless_the_pool_says_otherwise() -> None:
    assert normalised(PLAIN, "Ann") == "Ann"
    assert normalised(ANY_CASE, "Ann") == "ann"


# ---- what a typed name may stand for ----


def test_a_plain_pool_knows_usernames_only() -> None:
    assert names_to_try(PLAIN, "ann@example.com") == [("username", "ann@example.com")]


def test_a_pool_with_aliases_tries_the_username_first_and_then_what_the_name_looks_like() -> None:
    assert names_to_try(ALIASES, "ann@example.com") == [
        ("username", "ann@example.com"),
        ("email", "ann@example.com"),
        ("preferred_username", "ann@example.com"),
    ]
    assert names_to_try(ALIASES, "ann") == [("username", "ann"), ("preferred_username", "ann")]


def test_a_pool_of_addresses_knows_no_usernames() -> None:
    assert names_to_try(ADDRESSES, "ann") == []
    assert names_to_try(ADDRESSES, "ann@example.com") == [("email", "ann@example.com")]
    assert names_to_try(ADDRESSES, "+15551234567") == [("phone_number", "+15551234567")]


# ---- which names a user has ----


def test_an_alias_counts_once_it_is_verified() -> None:
    unverified = user(email="ann@example.com", email_verified="false", phone_number="+15551234567")
    verified = user(email="ann@example.com", email_verified="true", phone_number="+15551234567")

    assert names_of(ALIASES, unverified) == {("username", "ann")}
    assert names_of(ALIASES, verified) == {("username", "ann"), ("email", "ann@example.com")}


def test_a_preferred_username_has_nothing_to_verify() -> None:
    assert names_of(ALIASES, user(preferred_username="star")) == {
        ("username", "ann"),
        ("preferred_username", "star"),
    }


def test_an_address_as_username_counts_at_once() -> None:
    assert names_of(ADDRESSES, user(email="ann@example.com", email_verified="false")) == {
        ("email", "ann@example.com")
    }


@given(st.text(min_size=1), st.sampled_from([PLAIN, ANY_CASE]))
def test_a_username_is_found_by_itself(username: str, pool: UserPoolType) -> None:
    made = user(username=normalised(pool, username))

    assert names_of(pool, made) <= set(names_to_try(pool, username))


# ---- what ListUsers finds a user by ----


def test_the_index_has_what_can_be_searched() -> None:
    found = index_of(
        PLAIN, user(email="ann@example.com", name="Ann", nickname="Annie", **{"custom:team": "red"})
    )

    assert found == {
        ("username", "ann"),
        ("cognito:user_status", "CONFIRMED"),
        ("email", "ann@example.com"),
        ("name", "Ann"),
    }


# ---- forms ----


@pytest.mark.parametrize("name", ["ann@example.com", "a@b.c", "ann+tag@sub.example.com", "änn@exämple.com"])
def test_these_are_addresses(name: str) -> None:
    assert looks_like("email", name)


@pytest.mark.parametrize(
    "name",
    [
        "ann",
        "@",
        "ann@",
        "@b.c",
        "a@b",
        "a@b.",
        "a b@c.d",
        "a@b@c.d",
        "a@b.c\n",
        "a\0@b.c",
        "a@b.\x7f",
        "a@b.c,",
        "a@b.c>",
        "a@b;.c",
    ],
)
def test_these_are_none(name: str) -> None:
    assert not looks_like("email", name)


@pytest.mark.parametrize(
    ("name", "is_number"),
    [
        ("+15551234567", True),
        ("+1", True),
        ("15551234567", False),
        ("+1-555", False),
        ("+1234567890123456", False),
        ("+١٢٣٤", False),
        ("+1\n", False),
    ],
)
def test_a_number_is_a_plus_and_up_to_fifteen_digits(name: str, is_number: bool) -> None:  # noqa: FBT001
    assert looks_like("phone_number", name) is is_number


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        (["email"], "Username should be an email."),
        (["phone_number"], "Username should be a phone number."),
        (["phone_number", "email"], "Username should be either an email or a phone number."),
    ],
)
def test_a_username_is_what_the_pool_wants(attributes: list[str], text: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_new_username(UserPoolType(username_attributes=attributes), "ann")

    assert caught.value.message == text


@pytest.mark.parametrize(
    ("alias", "username", "form"),
    [("email", "ann@example.com", "email"), ("phone_number", "+15551234567", "phone number")],
)
def test_a_username_does_not_look_like_an_alias(alias: str, username: str, form: str) -> None:
    check_new_username(PLAIN, username)

    with pytest.raises(InvalidParameterException) as caught:
        check_new_username(UserPoolType(alias_attributes=[alias]), username)

    assert caught.value.message == (
        f"Username cannot be of {form} format, since user pool is configured for {form} alias."
    )


def test_a_username_fills_the_attribute_that_it_looks_like() -> None:
    assert attribute_of_username(ADDRESSES, "ann@example.com") == "email"
    assert attribute_of_username(ADDRESSES, "+15551234567") == "phone_number"
    assert attribute_of_username(PLAIN, "ann@example.com") is None


def user(*, username: str = "ann", **attributes: Any) -> User:
    """Return a user."""
    return User(
        sub="the-sub",
        pool_id="us-east-1_AbCdEfGhI",
        username=username,
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )


def test_the_index_has_the_few_who_are_disabled() -> None:
    assert ("status", "Disabled") in index_of(PLAIN, replace(user(), enabled=False))
