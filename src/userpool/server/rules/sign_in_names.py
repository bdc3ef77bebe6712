"""Sign-in names: which names a user has, how they are compared, and which ones a typed name may stand for.

A pool has plain usernames; or usernames and aliases (AliasAttributes: verified e-mail, verified phone number,
preferred username); or e-mail addresses and phone numbers in place of usernames (UsernameAttributes, the
stored username being the `sub`).

Sources: guide:user-pool-settings-attributes (aliases), api:CreateUserPool (UsernameConfiguration).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from userpool.server.records import User
    from userpool.wire.user_pools import UserPoolType

# Neither spaces nor control characters: addresses stand in headers of mails and in log lines. Nor, in the domain, what
# separates addresses there: a mailer would read one that ends with a comma as the one without.
EMAIL = re.compile(
    r"""[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f,;:<>()"\\]+\.[^@\s.\x00-\x1f\x7f,;:<>()"\\]+"""
)
PHONE_NUMBER = re.compile(r"\+[0-9]{1,15}")  # E.164
VERIFIABLE = ("phone_number", "email")
SEARCHABLE = ("email", "phone_number", "name", "given_name", "family_name", "preferred_username")

Name = tuple[str, str]
"""A kind (username, email, phone_number, preferred_username) and a normalised value."""


def is_case_sensitive(pool: UserPoolType) -> bool:
    """Return whether `Ann` and `ann` are two people; the API's default."""
    return pool.username_configuration is None or pool.username_configuration.case_sensitive


def normalised(pool: UserPoolType, value: str) -> str:
    """Return a name as it is compared."""
    return value if is_case_sensitive(pool) else value.lower()


def names_to_try(pool: UserPoolType, name: str) -> list[Name]:
    """Return what a typed name may stand for, likeliest first."""
    value = normalised(pool, name)
    attributes = pool.username_attributes or []
    if attributes:
        return [(kind, value) for kind in attributes if looks_like(kind, name)]
    names = [("username", value)]
    names += [(kind, value) for kind in pool.alias_attributes or [] if looks_like(kind, name)]
    return names


def names_of(pool: UserPoolType, user: User) -> set[Name]:
    """Return the names by which a user can be found and sign in."""
    kinds: set[str]
    names: set[Name]
    if pool.username_attributes:
        kinds, names = set(pool.username_attributes), set()
    else:
        # An alias counts once its value is verified; a preferred username has nothing to verify.
        kinds = {
            kind
            for kind in pool.alias_attributes or []
            if kind == "preferred_username" or user.attributes.get(f"{kind}_verified") == "true"
        }
        names = {("username", normalised(pool, user.username))}
    return names | {
        (kind, normalised(pool, user.attributes[kind])) for kind in kinds if user.attributes.get(kind)
    }


def index_of(pool: UserPoolType, user: User) -> set[Name]:
    """Return what ListUsers can find a user by: attribute and value."""
    entries = {
        (name, normalised(pool, user.attributes[name])) for name in SEARCHABLE if user.attributes.get(name)
    }
    entries.add(("username", user.username))
    entries.add(("cognito:user_status", user.status))
    if not user.enabled:
        # Nearly everybody is enabled: an index of that would find nothing faster than looking at everybody does.
        entries.add(("status", "Disabled"))
    return entries


def looks_like(kind: str, name: str) -> bool:
    """Return whether a name has the form of a kind."""
    if kind == "email":
        return EMAIL.fullmatch(name) is not None
    if kind == "phone_number":
        return PHONE_NUMBER.fullmatch(name) is not None
    return True


def check_new_username(pool: UserPoolType, username: str) -> None:
    """Refuse a username whose form the pool doesn't take.

    Raises:
        InvalidParameterException: with the service's words.
    """
    attributes = set(pool.username_attributes or [])
    if attributes:
        if any(looks_like(kind, username) for kind in attributes):
            return
        wanted = {
            frozenset({"email"}): "an email",
            frozenset({"phone_number"}): "a phone number",
        }.get(frozenset(attributes), "either an email or a phone number")
        raise InvalidParameterException(f"Username should be {wanted}.")
    for kind, form in (("email", "email"), ("phone_number", "phone number")):
        if kind in (pool.alias_attributes or []) and looks_like(kind, username):
            raise InvalidParameterException(
                f"Username cannot be of {form} format, since user pool is configured for {form} alias."
            )


def attribute_of_username(pool: UserPoolType, username: str) -> str | None:
    """Return the attribute that a username fills in a pool with UsernameAttributes, or None."""
    return next((kind for kind in pool.username_attributes or [] if looks_like(kind, username)), None)
