"""Bounds of the services' simple types, turned into types that msgspec checks, when they are first asked for.

Compiling the patterns takes tens of milliseconds, and only a pool ever checks a request. So the tables in
`constraints.py` and `enums.py` are plain data, and a type is made of a row when the first decoder that needs
it is built. What a message has to quote goes along as `extra["rule"]`.

Sources: the public service model, botocore (`min`, `max`, `pattern`, `enum`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

__all__ = ["Bounds", "checked_type", "word_type"]


class Bounds(Struct, frozen=True):
    """Bounds of one simple type: of the value of an `int`, of the length of a `str` or `bytes`.

    `pattern` is the service's own regular expression, as its messages quote it.
    """

    kind: type[str | int | bytes]
    least: int | None = None
    most: int | None = None
    pattern: str | None = None


def checked_type(bounds: Bounds) -> Any:
    """The annotated type that makes msgspec hold the bounds."""
    if bounds.kind is int:
        return Annotated[int, Meta(ge=bounds.least, le=bounds.most)]
    if bounds.pattern is None:
        return Annotated[bounds.kind, Meta(min_length=bounds.least, max_length=bounds.most)]
    from userpool.wire.patterns import PATTERNS  # noqa: PLC0415 - a caller of the service never needs them.

    return Annotated[
        str,
        Meta(
            min_length=bounds.least,
            max_length=bounds.most,
            pattern=PATTERNS[bounds.pattern],
            extra={"rule": bounds.pattern},
        ),
    ]


def word_type(words: str) -> Any:
    """The type of one of several words, which stand in a text with spaces between."""
    listed = tuple(words.split())
    return Annotated[Literal[listed], Meta(extra={"rule": ", ".join(listed)})]
