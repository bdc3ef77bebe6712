"""Which coroutine answers which operation: the capability has the name of the wire module, one name all the way."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from userpool.wire.operation import USER_POOL_PREFIX
from userpool.wire.registry import IDENTITY_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from userpool.server.context import Context
    from userpool.wire.operation import Operation

    Run = Callable[[Context, Any], Awaitable[Any]]

_found: dict[str, Run | None] = {}


def find_operation(operation: Operation[Any, Any]) -> Run | None:
    """Return what answers an operation, or None when it isn't built yet."""
    target = operation.target
    if target not in _found:
        table = OPERATIONS if operation.target_prefix == USER_POOL_PREFIX else IDENTITY_OPERATIONS
        capability = f"userpool.server.capabilities.{table[operation.name]}"
        module = import_module(capability) if find_spec(capability) is not None else None
        _found[target] = getattr(module, operation.snake_name, None)
    return _found[target]
