r"""The filter of ListUsers: one comparison of one attribute with one value.

    filter   = attribute operator value        (spaces around the operator may be left out)
    operator = "="  exactly  |  "^="  begins with
    value    = a text between quotation marks; \" and \\ stand for a quotation mark and a backslash

Sources: api:ListUsers, guide:how-to-manage-user-accounts (searching users); texts as collected from public
reports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from userpool.server.rules.sign_in_names import SEARCHABLE, index_of, normalised
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from userpool.server.records import User
    from userpool.wire.user_pools import UserPoolType

STATUS = "cognito:user_status"
SEARCHED = frozenset({*SEARCHABLE, "username", "sub", "status", STATUS})
_FILTER = re.compile(r'\s*([^\s="^]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


class UserFilter(NamedTuple):
    """What is looked for."""

    attribute: str
    value: str
    """As the index of users has it, see `index_of`."""
    is_prefix: bool

    @property
    def finds_the_enabled(self) -> bool:
        """Whether enabled users are among those looked for by their status; the index doesn't have them."""
        sought = "Enabled"[: len(self.value)] if self.is_prefix else "Enabled"
        return self.attribute == "status" and self.value == sought


def parse_filter(pool: UserPoolType, text: str | None) -> UserFilter | None:
    """Return what a filter looks for, or None for everybody.

    Raises:
        InvalidParameterException: it isn't a filter, or the attribute can't be searched.
    """
    if text is None or not text.strip():
        return None
    found = _FILTER.fullmatch(text)
    if found is None:
        raise InvalidParameterException("Error while parsing filter")
    attribute, operator, quoted = found.groups()
    if attribute not in SEARCHED:
        raise InvalidParameterException(f"Invalid search attribute: {attribute}")
    value = _ESCAPED.sub(r"\1", quoted)
    if attribute in SEARCHABLE:
        value = normalised(pool, value)
    elif attribute == STATUS:
        value = value.upper()
    return UserFilter(attribute, value, operator == "^=")


def matches(pool: UserPoolType, user: User, wanted: UserFilter) -> bool:
    """Return whether a user is one of those looked for; the index knows only how long values begin."""
    values = {"status": "Enabled", **dict(index_of(pool, user))}
    value = user.sub if wanted.attribute == "sub" else values.get(wanted.attribute)
    if value is None:
        return False
    return value.startswith(wanted.value) if wanted.is_prefix else value == wanted.value
