"""Which coroutine answers which operation: the capability has the name of the wire module, one name all the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from userpool.server.capabilities import (
    developer_identities,
    devices,
    identities,
    identity_pools,
    mfa,
    passwords,
    profile,
    sign_in,
    sign_up,
    tokens,
    user_pool_clients,
    user_pools,
    users,
)
from userpool.wire.operation import USER_POOL_PREFIX
from userpool.wire.registry import IDENTITY_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from userpool.server.context import Context
    from userpool.wire.operation import Operation

    Run = Callable[[Context, Any], Awaitable[Any]]

BUILT = (
    devices,
    mfa,
    developer_identities,
    identities,
    identity_pools,
    passwords,
    profile,
    sign_in,
    sign_up,
    tokens,
    user_pool_clients,
    user_pools,
    users,
)
"""The capabilities that are built."""

_by_name = {module.__name__.rpartition(".")[2]: module for module in BUILT}
_found: dict[str, Run | None] = {}


def find_operation(operation: Operation[Any, Any]) -> Run | None:
    """Return what answers an operation, or None when it isn't built yet."""
    target = operation.target
    if target not in _found:
        table = OPERATIONS if operation.target_prefix == USER_POOL_PREFIX else IDENTITY_OPERATIONS
        _found[target] = getattr(_by_name.get(table[operation.name]), operation.snake_name, None)
    return _found[target]
