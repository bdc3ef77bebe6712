"""What is said to the service, one conversation per verb.

Rules of this room: no I/O, no clock, no randomness. Random bytes and the time come in as arguments or with
the replies, and what has to be stored goes out as the result; see `userpool.conversation`.

A flow needs the shapes that it speaks in, and loading all of them takes longer than the rest of the SDK
together. So they are loaded when a pool object is made (`load`), neither when the library is imported nor,
which would hold up an event loop, at the first verb.

Sources: api:Welcome; the modules name theirs.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userpool.flows import (
        app_client,
        device_settings,
        mfa,
        passwords,
        profile,
        refresh,
        sign_in,
        sign_out,
        sign_up,
    )

__all__ = [
    "app_client",
    "device_settings",
    "load",
    "mfa",
    "passwords",
    "profile",
    "refresh",
    "sign_in",
    "sign_out",
    "sign_up",
]


def load() -> None:
    """Import every flow, and with them what they need."""
    for name in __all__:
        if name != "load":
            import_module(f"{__name__}.{name}")


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
