"""What the stories of tests/conversations have in common: in which ways they run, and how their people come in.

`EACH_WAY_ONCE` is for stories that do not depend on the way of transport: instead of each way on each database it runs
each way once, and each database at least once, with both halves of the library.
"""

from __future__ import annotations

import pytest

from userpool.testing import LocalPool
from userpool.wire.passwords import AdminSetUserPassword, AdminSetUserPasswordRequest
from userpool.wire.shapes import AttributeType
from userpool.wire.users import AdminCreateUser, AdminCreateUserRequest

__all__ = ["EACH_WAY_ONCE", "PASSWORD", "enrol", "invite", "time_of"]

PASSWORD = "Correct-Horse-7-Staple"

EACH_WAY_ONCE = pytest.mark.parametrize(
    ("database_url", "make_pool"),
    [
        ("sqlite-memory", "asyncio"),
        ("sqlite-file", "blocking over HTTP"),
        ("postgresql", "blocking"),
        ("postgresql", "asyncio over HTTP"),
    ],
    indirect=True,
)


def invite(local: LocalPool, username: str, password: str, **attributes: str) -> None:
    """Have an administrator make a user with a temporary password; no message is sent."""
    request = AdminCreateUserRequest(
        user_pool_id=local.user_pool_id,
        username=username,
        temporary_password=password,
        message_action="SUPPRESS",
        user_attributes=[AttributeType(name=name, value=value) for name, value in attributes.items()],
    )
    local.call(AdminCreateUser, request)


def enrol(local: LocalPool, username: str, **attributes: str) -> None:
    """Have an administrator make a user who signs in with `PASSWORD` at once."""
    invite(local, username, PASSWORD, **attributes)
    request = AdminSetUserPasswordRequest(
        user_pool_id=local.user_pool_id, username=username, password=PASSWORD, permanent=True
    )
    local.call(AdminSetUserPassword, request)


def time_of(local: LocalPool) -> int:
    """Return what time it is in a pool, for an app in somebody's hand that has the same clock."""
    return int(local._effects.now())  # noqa: SLF001 - clients over HTTP and apps are not given it
