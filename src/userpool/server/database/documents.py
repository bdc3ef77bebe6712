"""Records to JSON documents and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from userpool.errors import UserPoolError

if TYPE_CHECKING:
    from userpool.server.records import Record

R = TypeVar("R", bound="Record")

_encoder = msgspec.json.Encoder()
_decoders: dict[type, msgspec.json.Decoder[object]] = {}


class StaleRecordError(UserPoolError):
    """Raised when a record was changed by somebody else since it was read, which a transaction should do itself."""


def to_document(record: Record) -> str:
    """Return the JSON text of a record."""
    return _encoder.encode(record).decode()


def from_document(kind: type[R], document: str) -> R:
    """Return the record that a document holds."""
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return decoder.decode(document)  # type: ignore[return-value]
