"""Bytes to structures and back, and a reply's error to the exception that has its name.

Rules of this room: whatever bytes come in, only the services' own refusals (asked) or `GarbledAnswerError`
(answered) come out; nothing that is raised here quotes a secret.

Sources: api:CommonErrors; js:Client.request; the public service model, botocore (protocol `json` 1.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from userpool.errors import GarbledAnswerError, SettingsError
from userpool.wire.fault import ServiceException, UnknownServiceException
from userpool.wire.faults import FAULTS
from userpool.wire.operation import Operation, RequestT, ResponseT, Shape

__all__ = [
    "decode_request",
    "decode_response",
    "encode_request",
    "encode_response",
    "fault_body",
    "fault_from_reply",
]

ShapeT = TypeVar("ShapeT", bound=Shape)

_encoder: Final = msgspec.json.Encoder()
_decoders: Final[dict[type[Shape], msgspec.json.Decoder[Any]]] = {}


def decode_request(operation: Operation[RequestT, Any], body: bytes) -> RequestT:
    """The request that a body carries; an empty body counts as `{}`.

    Raises what the service says: SerializationException for what is not a JSON object or has a value of the
    wrong JSON type, InvalidParameterException (ValidationException for identity pools) with the list of
    everything else that is wrong.
    """
    try:
        return _decoder(operation.request).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Only a pool that is asked wrongly needs it, and a caller of the service never does.
        from userpool.wire.validation import decode_slowly  # noqa: PLC0415
    return decode_slowly(operation, body)


def encode_request(request: Shape) -> bytes:
    """The body that carries a request."""
    return _encode(request)


def encode_response(operation: Operation[Any, ResponseT], response: ResponseT | None) -> bytes:
    """The body of a reply: empty for an operation without output, `{}` where there is nothing to say.

    Sources: the public service model, botocore (operations with and without an output shape).
    """
    if operation.response is None:
        return b""
    return b"{}" if response is None else _encode(response)


def decode_response(operation: Operation[Any, ResponseT], body: bytes) -> ResponseT:
    """The reply that a body carries; members and words that this library does not know are let through.

    Raises GarbledAnswerError for a body that is not such a reply.
    """
    if operation.response is None:
        return cast("ResponseT", None)
    kind = cast("type[Shape]", operation.response)
    if not body and not kind.__struct_fields__:
        # Where there is nothing to say, both an empty body and `{}` come.
        return cast("ResponseT", kind())
    try:
        return cast("ResponseT", _decoder(kind).decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        # Assumed: A null in a list or map of a reply counts as absent.
        present = _without_nulls(msgspec.json.decode(body))
        return cast("ResponseT", _decoder(kind).decode(_encoder.encode(present)))
    except msgspec.DecodeError as error:
        reason = str(error)
    except (UnicodeDecodeError, RecursionError):
        reason = "it is not JSON in UTF-8"
    raise GarbledAnswerError(f"The answer to {operation.name} cannot be read: {reason}.")


def fault_from_reply(
    operation: Operation[Any, Any] | None, status: int, *, headers: Mapping[str, str], body: bytes
) -> ServiceException:
    """The exception for a reply whose status is not 200, whatever its body; never raises anything itself.

    Sources: js:Client.request; api:CommonErrors.
    """
    told = _told(body)
    told_code = _text(told, "__type") or _text(told, "code") or _header(headers, "x-amzn-errortype")
    # Names come bare, behind the name of a framework and "#", and before ":" and an address.
    code = told_code.partition(":")[0].rpartition("#")[2].strip()
    message = _text(told, "message") or _text(told, "Message") or _header(headers, "x-amzn-errormessage")
    fault = _fault(
        code, message or ("" if code else f"The service answered with HTTP status {status}."), status=status
    )
    fault.operation = operation.name if operation else None
    fault.request_id = _header(headers, "x-amzn-requestid") or None
    fault.reason_code = _text(told, "reasonCode") or None
    return fault


def fault_body(fault: ServiceException) -> bytes:
    """The body of a reply that says no."""
    told = {"__type": fault.code}
    if fault.message:
        told["message"] = fault.message
    if fault.reason_code:
        told["reasonCode"] = fault.reason_code
    return _encode(told)


def _decoder(kind: type[ShapeT]) -> msgspec.json.Decoder[ShapeT]:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return decoder


def _encode(value: Shape | dict[str, str]) -> bytes:
    try:
        return _encoder.encode(value)
    except UnicodeEncodeError:
        # Raised below, because a UnicodeEncodeError in the chain of causes would carry the text, a password
        # perhaps.
        pass
    raise SettingsError(f"{type(value).__name__} holds a text that is not Unicode (a lone surrogate).")


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        members = cast("dict[str, object]", value).items()
        return {name: _without_nulls(member) for name, member in members if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in cast("list[object]", value) if item is not None]
    return value


def _told(body: bytes) -> dict[str, Any]:
    try:
        told: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _text(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    return value if isinstance(value, str) else ""


def _header(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if value is None:
        value = next((text for key, text in headers.items() if key.lower() == name), "")
    return value


def _fault(code: str, message: str, *, status: int) -> ServiceException:
    kind = FAULTS.get(code)
    if kind is not None:
        return kind(message, status=status)
    return UnknownServiceException(message, code=code or UnknownServiceException.__name__, status=status)
