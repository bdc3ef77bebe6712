"""Attributes of a user: who may write and read them, and when a value has to be verified anew.

Sources: guide:user-pool-settings-attributes (permissions, verification), api:UpdateUserAttributes,
api:AdminUpdateUserAttributes; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from userpool.server.rules.schema import problems_of, required_names, schema_by_name
from userpool.server.rules.sign_in_names import VERIFIABLE, looks_like
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException
from userpool.wire.shapes import AttributeType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from userpool.wire.shapes import AttributeTypeInput
    from userpool.wire.user_pool_clients import UserPoolClientType
    from userpool.wire.user_pools import UserPoolType

VERIFIED_NAMES = frozenset(f"{name}_verified" for name in VERIFIABLE)
READ_ONLY = frozenset({"sub", "identities", *VERIFIED_NAMES})
_FORMATS = {"email": "email address", "phone_number": "phone number"}


def as_mapping(attributes: Iterable[AttributeTypeInput] | None) -> dict[str, str]:
    """Return a request's list as a mapping; a missing value counts as empty, which clears the attribute."""
    return {attribute.name: attribute.value or "" for attribute in attributes or []}


def check_writable(client: UserPoolClientType, names: Iterable[str]) -> None:
    """Refuse what a client's WriteAttributes (by default all but the verified flags and `sub`) don't contain.

    Raises:
        NotAuthorizedException: with the service's words.
    """
    allowed = client.write_attributes
    for name in names:
        if name in READ_ONLY or name.startswith("dev:") or (allowed is not None and name not in allowed):
            raise NotAuthorizedException("A client attempted to write unauthorized attribute")


def check_not_fixed(names: Iterable[str]) -> None:
    """Refuse what nobody but the pool itself, or an administrator, sets: `sub` and the verified flags.

    Raises:
        InvalidParameterException: naming the first of them.
    """
    for name in names:
        if name in READ_ONLY:
            raise InvalidParameterException(f"Cannot modify the non-mutable attribute {name}")


def check_known(pool: UserPoolType, names: Iterable[str]) -> None:
    """Refuse names that the schema doesn't have, where no values are given.

    Raises:
        InvalidParameterException: naming each of them, a line each.
    """
    schema = schema_by_name(pool)
    unknown = [f"{name}: Attribute does not exist in the schema.\n" for name in names if name not in schema]
    if unknown:
        raise InvalidParameterException("Invalid user attributes: " + "".join(unknown))


def check_values(pool: UserPoolType, attributes: Mapping[str, str]) -> None:
    """Refuse values that the schema or the form of e-mail addresses and phone numbers doesn't allow.

    Raises:
        InvalidParameterException: all schema problems in one message, a line each.
    """
    schema = schema_by_name(pool)
    problems = [
        problem
        for name, value in attributes.items()
        if (value or name not in schema) and (problem := problems_of(schema, name, value))
    ]
    if problems:
        raise InvalidParameterException(_schema_message(problems))
    for name, form in _FORMATS.items():
        value = attributes.get(name)
        if value and not looks_like(name, value):
            raise InvalidParameterException(f"Invalid {form} format.")
    _check_preferred_username(pool, attributes.get("preferred_username"))


def _check_preferred_username(pool: UserPoolType, value: str | None) -> None:
    aliases = pool.alias_attributes or []
    if not value or "preferred_username" not in aliases:
        return
    for name, form in (("email", "email"), ("phone_number", "phone number")):
        if name in aliases and looks_like(name, value):
            # Nobody may be called what another user signs in with.
            # Assumed: a preferred username that is an alias is refused the forms that a username is refused.
            raise InvalidParameterException(
                f"Preferred username cannot be of {form} format, since user pool is configured for {form} alias."
            )


def check_required(pool: UserPoolType, attributes: Mapping[str, str]) -> None:
    """Refuse a new user who lacks required attributes.

    Raises:
        InvalidParameterException: naming each that is missing, a line each.
    """
    missing = [name for name in required_names(pool) if not attributes.get(name)]
    if missing:
        raise InvalidParameterException(
            _schema_message([f"{name}: The attribute is required" for name in missing])
        )


def _schema_message(problems: Sequence[str]) -> str:
    return "Attributes did not conform to the schema: " + "".join(f"{problem}\n" for problem in problems)


def check_mutable(pool: UserPoolType, before: Mapping[str, str], changes: Mapping[str, str]) -> None:
    """Refuse to change an attribute that is fixed once it is set, or to clear one that is required.

    Raises:
        InvalidParameterException: with the service's words.
    """
    schema = schema_by_name(pool)
    for name, value in changes.items():
        attribute = schema.get(name)
        if name == "sub":
            raise InvalidParameterException("Cannot modify the non-mutable attribute sub")
        if attribute is not None and not attribute.mutable:
            raise InvalidParameterException(f"user.{name}: Attribute cannot be updated.")
        if attribute is not None and attribute.required and not value:
            raise InvalidParameterException(f"user.{name}: Required attribute cannot be deleted.")
    for name in pool.username_attributes or []:
        # A pool whose usernames are e-mail addresses or phone numbers keeps at least the kind a user signs in
        # with.
        kinds = [kind for kind in pool.username_attributes or [] if before.get(kind)]
        if name in changes and not changes[name] and kinds == [name]:
            raise InvalidParameterException(f"user.{name}: Attribute cannot be updated.")


def applied(before: Mapping[str, str], changes: Mapping[str, str]) -> dict[str, str]:
    """Return attributes after a change: an empty value clears; a changed address loses its verified flag.

    A verified flag in the change itself counts; whoever writes the change checks that its author may set it.
    """
    after = dict(before)
    for name, value in changes.items():
        if value:
            after[name] = value.lower() if name in VERIFIED_NAMES else value
        else:
            after.pop(name, None)
    for name in VERIFIABLE:
        flag = f"{name}_verified"
        if name in changes and changes[name] != before.get(name, "") and flag not in changes:
            if after.get(name):
                after[flag] = "false"
            else:
                after.pop(flag, None)
    return after


def readable(client: UserPoolClientType, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that a client's ReadAttributes (by default all) contain."""
    allowed = client.read_attributes
    if allowed is None:
        return {name: value for name, value in attributes.items() if not name.startswith("dev:")}
    return {name: value for name, value in attributes.items() if name in allowed}


def attribute_list(sub: str, attributes: Mapping[str, str]) -> list[AttributeType]:
    """Return attributes as replies list them: `sub` first, then by name."""
    listed = [AttributeType(name=name, value=attributes[name]) for name in sorted(attributes)]
    return [AttributeType(name="sub", value=sub), *listed]


def medium_of(attribute: str) -> Literal["EMAIL", "SMS"]:
    """Return by which medium an attribute's value is reached: EMAIL or SMS."""
    return "EMAIL" if attribute == "email" else "SMS"
