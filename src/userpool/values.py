"""What every value of the SDK is made of: frozen, comparable, and careful about what it shows.

Rules of this room: a value's secrets are named once, at its class, and no `repr` shows them.

Sources: none.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

__all__ = ["Value"]


class Value(msgspec.Struct, frozen=True):
    """A frozen value. Two of the same kind with the same content are equal."""

    # A msgspec structure rather than a dataclass: defining one of those takes about a millisecond, and a
    # program that imports the library would wait for dozens of them.

    SECRET: ClassVar[frozenset[str]] = frozenset()
    """Names of the members that are never shown."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.SECRET]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"
