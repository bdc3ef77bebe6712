"""The schema of a pool."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.rules.schema import (
    STANDARD,
    make_schema,
    problems_of,
    required_names,
    schema_by_name,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import (
    NumberAttributeConstraintsTypeInput,
    SchemaAttributeType,
    SchemaAttributeTypeInput,
    StringAttributeConstraintsTypeInput,
    UserPoolType,
)


def declared(name: str | None, **members: Any) -> SchemaAttributeTypeInput:
    """Return a declaration; `least` and `most` are its limits."""
    limits = {"least": members.pop("least", None), "most": members.pop("most", None)}
    if any(limits.values()) and members.get("attribute_data_type") == "Number":
        members["number_attribute_constraints"] = NumberAttributeConstraintsTypeInput(
            min_value=limits["least"], max_value=limits["most"]
        )
    elif any(limits.values()):
        members["string_attribute_constraints"] = StringAttributeConstraintsTypeInput(
            min_length=limits["least"], max_length=limits["most"]
        )
    return SchemaAttributeTypeInput(name=name, **members)


def schema(*declarations: SchemaAttributeTypeInput) -> dict[str, SchemaAttributeType]:
    """Return a schema by name."""
    return schema_by_name(UserPoolType(schema_attributes=make_schema(declarations)))


def test_every_pool_has_the_twenty_standard_attributes_in_the_order_of_the_service() -> None:
    names = [str(attribute.name) for attribute in make_schema([])]

    assert " ".join(names) == (
        "sub name given_name family_name middle_name nickname preferred_username profile picture website "
        "email email_verified gender birthdate zoneinfo locale phone_number phone_number_verified address "
        "updated_at"
    )


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "sub",
            {
                "Name": "sub",
                "AttributeDataType": "String",
                "DeveloperOnlyAttribute": False,
                "Mutable": False,
                "Required": True,
                "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "2048"},
            },
        ),
        (
            "birthdate",
            {
                "Name": "birthdate",
                "AttributeDataType": "String",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
                "StringAttributeConstraints": {"MinLength": "10", "MaxLength": "10"},
            },
        ),
        (
            "email_verified",
            {
                "Name": "email_verified",
                "AttributeDataType": "Boolean",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
            },
        ),
        (
            "updated_at",
            {
                "Name": "updated_at",
                "AttributeDataType": "Number",
                "DeveloperOnlyAttribute": False,
                "Mutable": True,
                "Required": False,
                "NumberAttributeConstraints": {"MinValue": "0"},
            },
        ),
    ],
)
def test_a_standard_attribute_is_described_as_the_service_does(name: str, told: dict[str, Any]) -> None:
    assert msgspec.to_builtins(schema()[name]) == told


def test_a_standard_attribute_can_be_made_required_fixed_and_shorter() -> None:
    email = schema(declared("email", required=True, mutable=False, least="5", most="64"))["email"]

    assert email.required
    assert not email.mutable
    assert email.string_attribute_constraints is not None
    assert email.string_attribute_constraints.min_length == "5"
    assert email.string_attribute_constraints.max_length == "64"


def test_making_a_schema_leaves_the_standard_as_it_is() -> None:
    make_schema([declared("email", required=True)])

    assert not next(attribute for attribute in STANDARD if attribute.name == "email").required


def test_sub_stays_fixed() -> None:
    assert not schema(declared("sub", mutable=True))["sub"].mutable


@pytest.mark.parametrize("change", [{"attribute_data_type": "Number"}, {"developer_only_attribute": True}])
def test_a_standard_attribute_keeps_its_type_and_its_author(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        make_schema([declared("email", **change)])

    assert caught.value.message == (
        "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute "
        "email"
    )


def test_a_custom_attribute_is_kept_under_its_prefix_and_after_the_standard_ones() -> None:
    made = make_schema([declared("team", attribute_data_type="String", most="20")])

    assert len(made) == 21
    assert msgspec.to_builtins(made[-1]) == {
        "Name": "custom:team",
        "AttributeDataType": "String",
        "DeveloperOnlyAttribute": False,
        "Mutable": True,
        "Required": False,
        "StringAttributeConstraints": {"MaxLength": "20"},
    }


def test_an_attribute_for_developers_has_a_prefix_of_its_own() -> None:
    assert "dev:custom:rank" in schema(declared("rank", developer_only_attribute=True))


@pytest.mark.parametrize("data_type", ["Boolean", "DateTime"])
def test_a_custom_attribute_of_another_type_has_no_limits(data_type: str) -> None:
    custom = schema(declared("x", attribute_data_type=data_type))["custom:x"]

    assert custom.attribute_data_type == data_type
    assert custom.string_attribute_constraints is None
    assert custom.number_attribute_constraints is None


@pytest.mark.parametrize(
    ("declarations", "text"),
    [
        ([declared("x", required=True)], "Required custom attributes are not supported currently."),
        (
            [declared("x"), declared("x")],
            "custom:x: Existing attribute already has name custom:x.",
        ),
        ([declared("x", most="2049")], "user.x: String attributes cannot have a length of more than 2048"),
        ([declared("x", least="9", most="8")], "user.x: Max length cannot be less than min length."),
        ([declared("x", least="2049")], "user.x: Max length cannot be less than min length."),
        ([declared("x", least="-1")], "Invalid StringAttributeConstraints for schema attribute x"),
        ([declared("x", most="9" * 5000)], "Invalid StringAttributeConstraints for schema attribute x"),
        (
            [declared("x", attribute_data_type="Number", least="2", most="1")],
            "user.x: Max value cannot be less than min value.",
        ),
        (
            [declared("x", attribute_data_type="Number", most="many")],
            "Invalid NumberAttributeConstraints for schema attribute x",
        ),
    ],
)
def test_a_declaration_that_cannot_be_kept_is_refused(
    declarations: list[SchemaAttributeTypeInput], text: str
) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        make_schema(declarations)

    assert caught.value.message == text


def test_a_custom_attribute_needs_a_name() -> None:
    with pytest.raises(InvalidParameterException):
        make_schema([declared(None)])


def test_what_a_user_has_to_have_leaves_sub_out() -> None:
    pool = UserPoolType(schema_attributes=make_schema([declared("email", required=True)]))

    assert required_names(pool) == ["email"]


SCHEMA = schema(
    declared("short", least="2", most="4"),
    declared("count", attribute_data_type="Number", least="-5", most="10"),
    declared("flag", attribute_data_type="Boolean"),
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", ""),
        ("name", "x" * 2048),
        ("birthdate", "2000-02-29"),
        ("updated_at", "0"),
        ("custom:short", "abcd"),
        ("custom:count", "-5"),
        ("custom:flag", "True"),
        ("email_verified", "false"),
    ],
)
def test_a_value_that_fits_has_no_problem(name: str, value: str) -> None:
    assert problems_of(SCHEMA, name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("custom:none", "x", "custom:none: Attribute does not exist in the schema."),
        ("custom:short", "a", "custom:short: String must be at least 2 characters long"),
        ("custom:short", "abcde", "custom:short: String must be no longer than 4 characters"),
        ("name", "x" * 2049, "name: String must be no longer than 2048 characters"),
        ("birthdate", "29.02.2000", "birthdate: Invalid birthdate format, expected YYYY-MM-DD"),
        ("birthdate", "2001-02-29", "birthdate: Invalid birthdate format, expected YYYY-MM-DD"),
        ("updated_at", "-1", "updated_at: Number must be no less than 0"),
        ("custom:count", "11", "custom:count: Number must be no more than 10"),
        ("custom:count", "1.5", "custom:count: Invalid number format: 1.5"),
        ("custom:flag", "yes", "custom:flag: Invalid boolean value: yes"),
    ],
)
def test_a_value_that_does_not_fit_is_told_why(name: str, value: str, problem: str) -> None:
    assert problems_of(SCHEMA, name, value) == problem
