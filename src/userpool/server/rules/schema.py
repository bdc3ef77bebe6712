"""The schema of a pool: the standard attributes, custom ones, and what a value has to look like.

Sources: guide:user-pool-settings-attributes, api:SchemaAttributeType, oidc-core §5.1.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import (
    NumberAttributeConstraintsType,
    SchemaAttributeType,
    StringAttributeConstraintsType,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.wire.user_pools import SchemaAttributeTypeInput, UserPoolType

LONGEST_VALUE = 2048
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_LENGTH = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _standard(
    name: str,
    *,
    least: int = 0,
    most: int = LONGEST_VALUE,
    mutable: bool = True,
    required: bool = False,
    data_type: str = "String",
) -> SchemaAttributeType:
    strings = StringAttributeConstraintsType(min_length=str(least), max_length=str(most))
    return SchemaAttributeType(
        name=name,
        attribute_data_type=data_type,
        developer_only_attribute=False,
        mutable=mutable,
        required=required,
        string_attribute_constraints=strings if data_type == "String" else None,
        number_attribute_constraints=NumberAttributeConstraintsType(min_value="0")
        if data_type == "Number"
        else None,
    )


STANDARD: tuple[SchemaAttributeType, ...] = (
    _standard("sub", least=1, mutable=False, required=True),
    _standard("name"),
    _standard("given_name"),
    _standard("family_name"),
    _standard("middle_name"),
    _standard("nickname"),
    _standard("preferred_username"),
    _standard("profile"),
    _standard("picture"),
    _standard("website"),
    _standard("email"),
    _standard("email_verified", data_type="Boolean"),
    _standard("gender"),
    _standard("birthdate", least=10, most=10),
    _standard("zoneinfo"),
    _standard("locale"),
    _standard("phone_number"),
    _standard("phone_number_verified", data_type="Boolean"),
    _standard("address"),
    _standard("updated_at", data_type="Number"),
)
"""The attributes that every pool has, in the order in which they are described."""
STANDARD_NAMES = frozenset(attribute.name for attribute in STANDARD if attribute.name)


def schema_by_name(pool: UserPoolType) -> dict[str, SchemaAttributeType]:
    """Return a pool's attributes by name (`email`, `custom:team`)."""
    return {attribute.name: attribute for attribute in pool.schema_attributes or [] if attribute.name}


def required_names(pool: UserPoolType) -> list[str]:
    """Return the attributes that a user has to have, `sub` aside."""
    return [
        attribute.name
        for attribute in pool.schema_attributes or []
        if attribute.required and attribute.name and attribute.name != "sub"
    ]


def make_schema(declared: Iterable[SchemaAttributeTypeInput]) -> list[SchemaAttributeType]:
    """Return the whole schema of a new pool: the standard attributes as declared, then the custom ones.

    Raises:
        InvalidParameterException: a declaration can't be kept.
    """
    schema = {attribute.name: attribute for attribute in STANDARD}
    for wanted in declared:
        if wanted.name in STANDARD_NAMES:
            schema[wanted.name] = _changed_standard(schema[wanted.name], wanted)
        else:
            custom = custom_attribute(wanted)
            if custom.name in schema:
                raise InvalidParameterException(
                    f"{custom.name}: Existing attribute already has name {custom.name}."
                )
            schema[custom.name] = custom
    return list(schema.values())


def _changed_standard(standard: SchemaAttributeType, wanted: SchemaAttributeTypeInput) -> SchemaAttributeType:
    name = standard.name
    if wanted.developer_only_attribute or wanted.attribute_data_type not in {
        None,
        standard.attribute_data_type,
    }:
        raise InvalidParameterException(
            "You can not change AttributeDataType or set developerOnlyAttribute "
            f"for standard schema attribute {name}"
        )
    given = wanted.string_attribute_constraints
    strings = standard.string_attribute_constraints
    if given is not None and strings is not None:
        strings = _checked_strings(
            str(name), given.min_length or strings.min_length, given.max_length or strings.max_length
        )
    mutable = standard.mutable if wanted.mutable is None else wanted.mutable
    return replace(
        standard,
        required=standard.required if wanted.required is None else wanted.required,
        mutable=mutable and name != "sub",
        string_attribute_constraints=strings,
    )


def custom_attribute(wanted: SchemaAttributeTypeInput) -> SchemaAttributeType:
    """Return a custom attribute as it is kept: its name begins with `custom:`, or `dev:custom:` for admins.

    Raises:
        InvalidParameterException: it is required, has no name, or its constraints contradict one another.
    """
    if not wanted.name:
        # Assumed: the text with which a custom attribute without a name is refused.
        raise InvalidParameterException("A custom attribute has to have a name.")
    if wanted.required:
        raise InvalidParameterException("Required custom attributes are not supported currently.")
    # Assumed: a custom attribute without AttributeDataType is a String.
    data_type = wanted.attribute_data_type or "String"
    numbers = wanted.number_attribute_constraints
    strings = wanted.string_attribute_constraints
    if data_type == "Number" and numbers is not None:
        _check_numbers(wanted.name, numbers.min_value, numbers.max_value)
    developer_only = bool(wanted.developer_only_attribute)
    return SchemaAttributeType(
        name=("dev:custom:" if developer_only else "custom:") + wanted.name,
        attribute_data_type=data_type,
        developer_only_attribute=developer_only,
        mutable=True if wanted.mutable is None else wanted.mutable,
        required=False,
        string_attribute_constraints=(
            _checked_strings(wanted.name, strings.min_length, strings.max_length)
            if strings is not None
            else StringAttributeConstraintsType()
        )
        if data_type == "String"
        else None,
        number_attribute_constraints=(
            NumberAttributeConstraintsType(min_value=numbers.min_value, max_value=numbers.max_value)
            if numbers is not None
            else NumberAttributeConstraintsType()
        )
        if data_type == "Number"
        else None,
    )


def _checked_strings(name: str, least: str | None, most: str | None) -> StringAttributeConstraintsType:
    for limit in (least, most):
        if limit is not None and not _LENGTH.fullmatch(limit):
            raise InvalidParameterException(f"Invalid StringAttributeConstraints for schema attribute {name}")
    if most is not None and int(most) > LONGEST_VALUE:
        raise InvalidParameterException(
            f"user.{name}: String attributes cannot have a length of more than {LONGEST_VALUE}"
        )
    if least is not None and int(least) > int(most if most is not None else LONGEST_VALUE):
        raise InvalidParameterException(f"user.{name}: Max length cannot be less than min length.")
    return StringAttributeConstraintsType(min_length=least, max_length=most)


def _check_numbers(name: str, least: str | None, most: str | None) -> None:
    for limit in (least, most):
        if limit is not None and not _INTEGER.fullmatch(limit):
            raise InvalidParameterException(f"Invalid NumberAttributeConstraints for schema attribute {name}")
    if least is not None and most is not None and int(most) < int(least):
        raise InvalidParameterException(f"user.{name}: Max value cannot be less than min value.")


def problems_of(schema: Mapping[str, SchemaAttributeType], name: str, value: str) -> str | None:
    """Return what is wrong with a value, in the service's words, or None."""
    attribute = schema.get(name)
    if attribute is None:
        return f"{name}: Attribute does not exist in the schema."
    # Assumed: the texts for a value of the wrong type, length or size; a DateTime may look like anything.
    if attribute.attribute_data_type == "String":
        return _problem_of_string(attribute, value)
    if attribute.attribute_data_type == "Number":
        return _problem_of_number(attribute, value)
    if attribute.attribute_data_type == "Boolean" and value.lower() not in {"true", "false"}:
        return f"{name}: Invalid boolean value: {value}"
    return None


def _problem_of_string(attribute: SchemaAttributeType, value: str) -> str | None:
    limits = attribute.string_attribute_constraints
    if limits is not None:
        if limits.min_length is not None and len(value) < int(limits.min_length):
            return f"{attribute.name}: String must be at least {limits.min_length} characters long"
        if limits.max_length is not None and len(value) > int(limits.max_length):
            return f"{attribute.name}: String must be no longer than {limits.max_length} characters"
    if attribute.name == "birthdate" and not _is_date(value):
        return "birthdate: Invalid birthdate format, expected YYYY-MM-DD"
    return None


def _problem_of_number(attribute: SchemaAttributeType, value: str) -> str | None:
    if not _INTEGER.fullmatch(value):
        return f"{attribute.name}: Invalid number format: {value}"
    limits = attribute.number_attribute_constraints
    if limits is not None:
        if limits.min_value is not None and int(value) < int(limits.min_value):
            return f"{attribute.name}: Number must be no less than {limits.min_value}"
        if limits.max_value is not None and int(value) > int(limits.max_value):
            return f"{attribute.name}: Number must be no more than {limits.max_value}"
    return None


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
