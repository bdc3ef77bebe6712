"""Which coroutine answers which operation: the capability has the name of the wire module, one name all the way.

A capability is loaded with the first request for one of its operations, as its half of the wire is: a server is ready
sooner, and a test pays for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from userpool.wire.operation import USER_POOL_PREFIX
from userpool.wire.registry import IDENTITY_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from userpool.server.context import Context
    from userpool.wire.operation import Operation

    Run = Callable[[Context, Any], Awaitable[Any]]

BUILT = frozenset(
    {
        "developer_identities",
        "devices",
        "identities",
        "identity_pools",
        "mfa",
        "passwords",
        "profile",
        "sign_in",
        "sign_up",
        "tokens",
        "user_pool_clients",
        "user_pools",
        "users",
    }
)
"""The capabilities that are built, by name."""

_found: dict[str, Run | None] = {}


def find_operation(operation: Operation[Any, Any]) -> Run | None:
    """Return what answers an operation, or None when it isn't built yet."""
    target = operation.target
    if target not in _found:
        table = OPERATIONS if operation.target_prefix == USER_POOL_PREFIX else IDENTITY_OPERATIONS
        name = table[operation.name]
        capability = import_module(f"userpool.server.capabilities.{name}") if name in BUILT else None
        _found[target] = getattr(capability, operation.snake_name, None)
    return _found[target]
