"""What a new user has from the beginning."""

from __future__ import annotations

import pytest

from userpool.server.records import Pool
from userpool.server.rules.new_users import (
    check_preferred_username,
    check_username_attribute,
    new_user,
    with_username,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import UsernameConfigurationType, UserPoolType

ADDRESSES = UserPoolType(username_attributes=["email"])


def test_an_address_as_username_fills_its_attribute() -> None:
    assert with_username(ADDRESSES, "ann@example.com", {"name": "Ann"}) == {
        "name": "Ann",
        "email": "ann@example.com",
    }
    assert with_username(ADDRESSES, "ann@example.com", {"email": "other@example.com"}) == {
        "email": "ann@example.com"
    }
    assert with_username(UserPoolType(), "ann@example.com", {"name": "Ann"}) == {"name": "Ann"}


@pytest.mark.parametrize("kind", ["email", "phone_number"])
def test_no_other_value_is_given_for_what_is_the_username(kind: str) -> None:
    username, other = {
        "email": ("ann@example.com", "bob@example.com"),
        "phone_number": ("+15550001111", "+15550002222"),
    }[kind]
    pool = UserPoolType(username_attributes=["phone_number", "email"])

    check_username_attribute(pool, username, {kind: username})
    check_username_attribute(pool, username, {kind: ""})
    check_username_attribute(UserPoolType(), username, {kind: other})
    with pytest.raises(
        InvalidParameterException,
        match=rf"^User {kind} should be empty or same as username, since username attribute is {kind}$",
    ):
        check_username_attribute(pool, username, {kind: other})


def test_a_preferred_username_is_refused_where_it_would_be_a_name_to_sign_in_with() -> None:
    alias = UserPoolType(alias_attributes=["preferred_username"])

    check_preferred_username(UserPoolType(), {"preferred_username": "annie"})
    check_preferred_username(alias, {"preferred_username": "", "name": "Ann"})
    with pytest.raises(
        InvalidParameterException, match=r"^Preferred username cannot be provided for unconfirmed "
    ):
        check_preferred_username(alias, {"preferred_username": "annie"})


def test_a_username_is_kept_as_it_is_compared() -> None:
    any_case = UserPoolType(username_configuration=UsernameConfigurationType(case_sensitive=False))

    assert username_of(UserPoolType(), "Ann") == "Ann"
    assert username_of(any_case, "Ann") == "ann"


def test_the_sub_stands_for_an_address_as_username() -> None:
    assert username_of(ADDRESSES, "ann@example.com") == "the-sub"


def test_a_new_user_was_changed_last_when_it_was_made() -> None:
    pool = Pool(pool_id="us-east-1_AbCdEfGhI", version=1, description=UserPoolType())

    made = new_user(pool, "ann", attributes={"name": "Ann"}, sub="the-sub", status="UNCONFIRMED", now_ms=7)

    assert (made.sub, made.pool_id, made.status) == ("the-sub", pool.pool_id, "UNCONFIRMED")
    assert (made.created_ms, made.modified_ms) == (7, 7)
    assert made.attributes == {"name": "Ann"}


def username_of(description: UserPoolType, username: str) -> str:
    """Return the username that a new user has."""
    pool = Pool(pool_id="us-east-1_AbCdEfGhI", version=1, description=description)
    made = new_user(pool, username, attributes={}, sub="the-sub", status="UNCONFIRMED", now_ms=0)
    return made.username
