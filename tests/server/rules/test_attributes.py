"""Attributes: who may write and read them, and when a value has to be verified anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.server.rules.attributes import (
    applied,
    as_mapping,
    attribute_list,
    check_known,
    check_mutable,
    check_not_fixed,
    check_required,
    check_values,
    check_writable,
    medium_of,
    readable,
)
from userpool.server.rules.schema import make_schema
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException
from userpool.wire.shapes import AttributeTypeInput
from userpool.wire.user_pool_clients import UserPoolClientType
from userpool.wire.user_pools import SchemaAttributeTypeInput, UserPoolType

DECLARED = [
    SchemaAttributeTypeInput(name="email", required=True),
    SchemaAttributeTypeInput(name="name", required=True),
    SchemaAttributeTypeInput(name="team", attribute_data_type="String", mutable=False),
    SchemaAttributeTypeInput(name="age", attribute_data_type="Number"),
]
POOL = UserPoolType(schema_attributes=make_schema(DECLARED))
VALUES = {"email": "ann@example.com", "email_verified": "true", "name": "Ann"}


def test_a_missing_value_counts_as_an_empty_one_and_the_last_of_two_counts() -> None:
    listed = [
        AttributeTypeInput(name="name", value="Ann"),
        AttributeTypeInput(name="name", value="Bob"),
        AttributeTypeInput(name="email"),
    ]

    assert as_mapping(listed) == {"name": "Bob", "email": ""}
    assert as_mapping(None) == {}


# ---- writing ----


def test_a_client_without_a_list_writes_everything_but_what_nobody_writes() -> None:
    check_writable(UserPoolClientType(), ["email", "name", "custom:team"])

    for name in ("sub", "email_verified", "phone_number_verified", "identities", "dev:custom:rank"):
        with pytest.raises(
            NotAuthorizedException, match=r"^A client attempted to write unauthorized attribute$"
        ):
            check_writable(UserPoolClientType(), [name])


def test_a_client_with_a_list_writes_what_it_contains() -> None:
    client = UserPoolClientType(write_attributes=["email"])
    check_writable(client, ["email"])

    with pytest.raises(NotAuthorizedException):
        check_writable(client, ["email", "name"])


def test_a_list_does_not_open_what_nobody_writes() -> None:
    with pytest.raises(NotAuthorizedException):
        check_writable(UserPoolClientType(write_attributes=["email_verified"]), ["email_verified"])


def test_what_is_fixed_is_named() -> None:
    check_not_fixed(["email", "name"])

    with pytest.raises(
        InvalidParameterException, match=r"^Cannot modify the non-mutable attribute email_verified$"
    ):
        check_not_fixed(["email", "email_verified"])


def test_all_values_that_do_not_fit_are_told_in_one_message() -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_values(POOL, {"custom:x": "1", "custom:age": "old"})

    assert caught.value.message == (
        "Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.\n"
        "custom:age: Invalid number format: old\n"
    )


def test_an_empty_value_fits_everywhere_but_not_for_a_name_that_does_not_exist() -> None:
    check_values(POOL, {"email": "", "custom:age": ""})

    with pytest.raises(InvalidParameterException):
        check_values(POOL, {"custom:x": ""})


@pytest.mark.parametrize(
    "value", ["ann", "ann@", "@example.com", "a b@example.com", "ann@example", "a@b@c.d"]
)
def test_an_address_has_a_name_a_domain_and_no_spaces(value: str) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid email address format\.$"):
        check_values(POOL, {"email": value})


@pytest.mark.parametrize("value", ["15551234567", "+1 555", "+", "+1234567890123456", "phone"])
def test_a_number_begins_with_a_plus_and_has_digits_only(value: str) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid phone number format\.$"):
        check_values(POOL, {"phone_number": value})


@pytest.mark.parametrize(
    ("value", "form"), [("bob@example.com", "email"), ("+15551234567", "phone number"), ("bobby", None)]
)
def test_nobody_is_called_what_another_user_signs_in_with(value: str, form: str | None) -> None:
    pool = UserPoolType(
        schema_attributes=make_schema([]), alias_attributes=["preferred_username", "email", "phone_number"]
    )

    if form is None:
        check_values(pool, {"preferred_username": value})
        return
    with pytest.raises(
        InvalidParameterException,
        match=rf"^Preferred username cannot be of {form} format, since user pool is configured for {form} alias\.$",
    ):
        check_values(pool, {"preferred_username": value})
    check_values(POOL, {"preferred_username": value})


def test_all_required_attributes_that_are_missing_are_named() -> None:
    check_required(POOL, VALUES)

    with pytest.raises(InvalidParameterException) as caught:
        check_required(POOL, {"nickname": "Annie"})

    # In the order of the schema, where name stands before email.
    assert caught.value.message == (
        "Attributes did not conform to the schema: "
        "name: The attribute is required\nemail: The attribute is required\n"
    )


def test_names_that_the_schema_lacks_are_all_named() -> None:
    check_known(POOL, ["sub", "email", "custom:team"])

    with pytest.raises(InvalidParameterException) as caught:
        check_known(POOL, ["email", "custom:x", "y"])

    assert caught.value.message == (
        "Invalid user attributes: custom:x: Attribute does not exist in the schema.\n"
        "y: Attribute does not exist in the schema.\n"
    )


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"sub": "mine"}, "Cannot modify the non-mutable attribute sub"),
        ({"custom:team": "blue"}, "user.custom:team: Attribute cannot be updated."),
        ({"name": ""}, "user.name: Required attribute cannot be deleted."),
    ],
)
def test_what_is_fixed_is_not_changed_and_what_is_required_not_cleared(
    changes: dict[str, str], text: str
) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_mutable(POOL, VALUES, changes)

    assert caught.value.message == text


def test_the_only_kind_of_name_that_a_user_signs_in_with_is_not_cleared() -> None:
    pool = UserPoolType(schema_attributes=make_schema([]), username_attributes=["email", "phone_number"])
    both = {"email": "ann@example.com", "phone_number": "+15551234567"}
    check_mutable(pool, both, {"email": ""})

    with pytest.raises(InvalidParameterException, match=r"^user\.email: Attribute cannot be updated\.$"):
        check_mutable(pool, {"email": "ann@example.com"}, {"email": ""})


# ---- changing ----


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, VALUES),
        ({"name": "Bob"}, {**VALUES, "name": "Bob"}),
        ({"name": ""}, {"email": "ann@example.com", "email_verified": "true"}),
        ({"email": "ann@example.com"}, VALUES),
        ({"email": "new@example.com"}, {**VALUES, "email": "new@example.com", "email_verified": "false"}),
        ({"email": "new@example.com", "email_verified": "True"}, {**VALUES, "email": "new@example.com"}),
        ({"email": ""}, {"name": "Ann"}),
        ({"email_verified": "FALSE"}, {**VALUES, "email_verified": "false"}),
        (
            {"phone_number": "+15551234567"},
            {**VALUES, "phone_number": "+15551234567", "phone_number_verified": "false"},
        ),
        ({"phone_number": ""}, VALUES),
    ],
)
def test_a_changed_address_loses_its_flag_and_an_empty_value_clears(
    changes: dict[str, str], expected: dict[str, str]
) -> None:
    assert applied(VALUES, changes) == expected


@given(
    st.dictionaries(st.sampled_from(["email", "phone_number", "name"]), st.text(max_size=3)),
    st.dictionaries(st.sampled_from(["email", "phone_number", "name"]), st.text(max_size=3)),
)
def test_no_change_verifies_anything_and_no_flag_outlives_its_value(
    first: dict[str, str], second: dict[str, str]
) -> None:
    after = applied(applied({}, first), second)

    assert "" not in after.values()
    for name in ("email", "phone_number"):
        assert after.get(f"{name}_verified") == ("false" if name in after else None)


# ---- reading ----


def test_a_client_without_a_list_reads_all_but_what_developers_keep() -> None:
    assert readable(UserPoolClientType(), {**VALUES, "dev:custom:rank": "7"}) == VALUES


def test_a_client_with_a_list_reads_what_it_contains() -> None:
    client = UserPoolClientType(read_attributes=["name", "nickname"])

    assert readable(client, VALUES) == {"name": "Ann"}


def test_a_list_begins_with_sub_and_goes_on_by_name() -> None:
    listed = attribute_list("the sub", {"name": "Ann", "custom:team": "red", "email": "ann@example.com"})

    assert [(item.name, item.value) for item in listed] == [
        ("sub", "the sub"),
        ("custom:team", "red"),
        ("email", "ann@example.com"),
        ("name", "Ann"),
    ]


def test_an_address_is_reached_by_mail_and_a_number_by_sms() -> None:
    assert (medium_of("email"), medium_of("phone_number")) == ("EMAIL", "SMS")
