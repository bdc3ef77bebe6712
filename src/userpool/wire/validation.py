"""Why a request is refused, in the service's words: the slow way through what the decoder did not take.

Rules of this room: a value of the wrong JSON type ends the reading; everything else that is wrong is
collected, in the order of the members, and told in one message. The message quotes no secret.

Sources: texts of the service that public issues quote, below as `seen:` (aws-sdk-cpp#1085, aws-cdk#31795,
aws-cli#2941, amplify-js#3731).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, cast

import msgspec
from msgspec import inspect

from userpool.wire.faults import InvalidParameterException, SerializationException, ValidationException
from userpool.wire.operation import IDENTITY_PREFIX, Operation, RequestT, Shape

__all__ = ["decode_slowly"]

_LONGEST_SHOWN_VALUE: Final = 2048
_INT64: Final = range(-(2**63), 2**63)
_SCALARS: Final = (inspect.StrType, inspect.IntType, inspect.LiteralType, inspect.BytesType)
Check = Callable[[Any], bool]


def decode_slowly(operation: Operation[RequestT, Any], body: bytes) -> RequestT:
    """The request, after all, where only the decoder was too strict; else raises what the service says."""
    document = _document(body)
    reading = _Reading()
    taken = reading.structure(_struct_type(operation.request), document, path="", hidden=False)
    if reading.violations:
        # seen: identity pools call it ValidationException (aws-sdk-cpp#1085).
        fault = (
            ValidationException if operation.target_prefix == IDENTITY_PREFIX else InvalidParameterException
        )
        raise fault(reading.summary())
    return _decoded_again(operation.request, taken)


def _document(body: bytes) -> object:
    try:
        return msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        # Raised below, so that no cause carries the body along.
        pass
    # Assumed: A body that is not JSON is refused with a text of our own; the service's text is not known.
    raise SerializationException("The request body is not valid JSON.")


def _decoded_again(kind: type[RequestT], taken: object) -> RequestT:
    try:
        return msgspec.json.decode(msgspec.json.encode(taken), type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        pass
    raise SerializationException("The request body cannot be read.")


_struct_types: Final[dict[type[Shape], inspect.StructType]] = {}


def _struct_type(kind: type[Shape]) -> inspect.StructType:
    found = _struct_types.get(kind)
    if found is None:
        found = _struct_types[kind] = cast("inspect.StructType", inspect.type_info(kind))
    return found


class _Reading:
    """One walk through a request: what was taken of it, and what is wrong with it."""

    def __init__(self) -> None:
        self.violations: list[str] = []

    def summary(self) -> str:
        """The service's message about all violations."""
        count = len(self.violations)
        return f"{count} validation error{'s' * (count > 1)} detected: {'; '.join(self.violations)}"

    def structure(
        self, kind: inspect.StructType, value: object, *, path: str, hidden: bool
    ) -> dict[str, object]:
        members = _mapping(value)
        taken: dict[str, object] = {}
        secret = cast("type[Shape]", kind.cls).SENSITIVE
        for field in kind.fields:
            name = field.encode_name
            member_path = path + name[0].lower() + name[1:]
            member = members.get(name)
            if member is not None:
                taken[name] = self.member(
                    field.type, member, path=member_path, hidden=hidden or field.name in secret
                )
            elif field.required:
                self._missing(member_path)
        return taken

    def member(self, kind: inspect.Type, value: object, *, path: str, hidden: bool) -> object:
        kind, rule = _unwrapped(kind)
        match kind:
            case inspect.StructType():
                return self.structure(kind, value, path=f"{path}.", hidden=hidden)
            case inspect.ListType():
                return self._list(kind, _sequence(value), path=path, hidden=hidden)
            case inspect.DictType() if isinstance(kind.value_type, inspect.AnyType):
                return _mapping(value)
            case inspect.DictType():
                return self._map(kind, _mapping(value), path=path, hidden=hidden)
            case _:
                taken, judged = _scalar(kind, value)
                shown = None if hidden or isinstance(kind, inspect.BytesType) else taken
                for text, holds in _rules(kind, rule):
                    if not holds(judged):
                        self._broken(path, text, value=shown)
                return taken

    def _list(self, kind: inspect.ListType, items: list[object], *, path: str, hidden: bool) -> list[object]:
        self._sizes(kind, items, path=path, hidden=hidden)
        if _is_scalar(kind.item_type):
            self._nulls(items, path=path)
            present = [item for item in items if item is not None]
            return self._scalars(
                kind.item_type,
                present,
                path=path,
                shown=None if hidden else items,
                about="Member must satisfy",
            )
        taken: list[object] = []
        for number, item in enumerate(items, start=1):
            item_path = f"{path}.{number}.member"
            if item is None:
                self._missing(item_path)
            else:
                taken.append(self.member(kind.item_type, item, path=item_path, hidden=hidden))
        return taken

    def _map(self, kind: inspect.DictType, members: dict[str, object], *, path: str, hidden: bool) -> object:
        # Assumed: A null in a map of a request counts as absent, as it does for a member that is null.
        members = {name: value for name, value in members.items() if value is not None}
        self._sizes(kind, members, path=path, hidden=hidden)
        shown = None if hidden else members
        self._scalars(kind.key_type, list(members), path=path, shown=shown, about="Map keys must satisfy")
        if not _is_scalar(kind.value_type):
            return {
                name: self.member(kind.value_type, value, path=f"{path}.{name}.member", hidden=hidden)
                for name, value in members.items()
            }
        # seen: "… at 'logins' failed to satisfy constraint: Map value must satisfy constraint: […]".
        taken = self._scalars(
            kind.value_type, list(members.values()), path=path, shown=shown, about="Map value must satisfy"
        )
        return dict(zip(members, taken, strict=True))

    def _scalars(
        self, kind: inspect.Type, items: list[object], *, path: str, shown: object, about: str
    ) -> list[object]:
        """Judge the items of a list or map together, as the service does: one violation lists all rules."""
        kind, rule = _unwrapped(kind)
        rules = list(_rules(kind, rule))
        taken = [_scalar(kind, item) for item in items]
        if any(not holds(judged) for _, judged in taken for _, holds in rules):
            listed = ", ".join(text for text, _ in sorted(rules, key=_longest_first))
            self._broken(path, f"{about} constraint: [{listed}]", value=shown)
        return [item for item, _ in taken]

    def _sizes(
        self,
        kind: inspect.ListType | inspect.DictType,
        value: list[object] | dict[str, object],
        *,
        path: str,
        hidden: bool,
    ) -> None:
        for text, holds in _length_rules(kind.min_length, kind.max_length):
            if not holds(value):
                self._broken(path, text, value=None if hidden else value)

    def _nulls(self, items: list[object], *, path: str) -> None:
        for number, item in enumerate(items, start=1):
            if item is None:
                self._missing(f"{path}.{number}.member")

    def _missing(self, path: str) -> None:
        self.violations.append(
            f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        )

    def _broken(self, path: str, text: str, *, value: object) -> None:
        shown = _shown(value)
        self.violations.append(f"Value {shown}at '{path}' failed to satisfy constraint: {text}")


def _unwrapped(kind: inspect.Type) -> tuple[inspect.Type, str | None]:
    """The type itself without `| None` and metadata, and its rule in the service's words."""
    if isinstance(kind, inspect.UnionType):
        kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
    if isinstance(kind, inspect.Metadata):
        return kind.type, cast("dict[str, str]", kind.extra or {}).get("rule")  # pyright: ignore[reportUnknownMemberType]
    return kind, None


def _is_scalar(kind: inspect.Type) -> bool:
    return isinstance(_unwrapped(kind)[0], _SCALARS)


def _scalar(kind: inspect.Type, value: object) -> tuple[object, object]:
    """A value as JSON has it, and as the rules judge it; SerializationException for a wrong JSON type."""
    match kind:
        case inspect.StrType() | inspect.LiteralType() if isinstance(value, str):
            return value, value
        case inspect.BytesType() if isinstance(value, str):
            return value, _bytes(value)
        case inspect.BoolType() if isinstance(value, bool):
            return value, value
        case inspect.IntType() if isinstance(value, int | float) and not isinstance(value, bool):
            return _whole(value), _whole(value)
        case inspect.FloatType() if isinstance(value, int | float) and not isinstance(value, bool):
            return value, value
        case _:
            raise SerializationException(_wrong_type(value, _WANTED.get(type(kind), "a String")))


_WANTED: Final[dict[type[inspect.Type], str]] = {
    inspect.IntType: "an Integer",
    inspect.FloatType: "a Timestamp",
    inspect.BoolType: "a Boolean",
    inspect.BytesType: "a Blob",
}


def _wrong_type(value: object, wanted: str) -> str:
    # The first sentences are seen in public reports about other services of the same framework.
    match value:
        case dict():
            return "Start of structure or map found where not expected."
        case list():
            return "Start of list found where not expected."
        case bool():
            return f"{str(value).upper()}_VALUE can not be converted to {wanted}"
        case str():
            return f"STRING_VALUE can not be converted to {wanted}"
        case _:
            return f"NUMBER_VALUE can not be converted to {wanted}"


def _whole(value: float) -> int:
    # Assumed: A number without a fractional part, such as 5.0, is taken where an integer is expected.
    if value == value // 1 and int(value) in _INT64:
        return int(value)
    raise SerializationException(_wrong_type(value, "an Integer"))


def _bytes(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise SerializationException(_wrong_type(value, "a Blob"))


def _mapping(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    raise SerializationException("Expected a JSON object.")


def _sequence(value: object) -> list[object]:
    if isinstance(value, list):
        return cast("list[object]", value)
    raise SerializationException("Expected a JSON list.")


def _rules(kind: inspect.Type, rule: str | None) -> Iterator[tuple[str, Check]]:
    """The rules of a simple type: what the service calls each of them, and whether a value holds it."""
    match kind:
        case inspect.LiteralType(values=values):
            yield f"Member must satisfy enum value set: [{rule}]", lambda value: value in values
        case inspect.IntType(ge=least, le=most):
            yield f"Member must have value greater than or equal to {least}", lambda value: value >= least
            yield f"Member must have value less than or equal to {most}", lambda value: value <= most
        case inspect.StrType(min_length=least, max_length=most, pattern=pattern):
            yield from _length_rules(least, most)
            if pattern is not None:
                found = re.compile(pattern).search
                yield (
                    f"Member must satisfy regular expression pattern: {rule}",
                    lambda value: bool(found(value)),
                )
        case inspect.BytesType(min_length=least, max_length=most):
            yield from _length_rules(least, most)
        case _:
            return


def _length_rules(least: int | None, most: int | None) -> Iterator[tuple[str, Check]]:
    if least is not None:
        yield f"{_AT_LEAST} {least}", lambda value: len(value) >= least
    if most is not None:
        yield f"{_AT_MOST} {most}", lambda value: len(value) <= most


_AT_LEAST: Final = "Member must have length greater than or equal to"
_AT_MOST: Final = "Member must have length less than or equal to"


def _longest_first(rule: tuple[str, Check]) -> bool:
    # seen: the rules of an item are listed as most, least, pattern (aws-sdk-cpp#1085, aws-cli#2941).
    return not rule[0].startswith(_AT_MOST)


def _holds_structures(items: Iterable[object]) -> bool:
    return any(isinstance(item, list | dict) for item in items)


def _word(value: object) -> str:
    return "null" if value is None else str(value)


def _shown(value: object) -> str:
    """The value as the service quotes it, and a space; nothing for what is hidden or holds structures."""
    match value:
        case None:
            return ""
        case list() if not _holds_structures(cast("list[object]", value)):
            text = f"[{', '.join(map(_word, cast('list[object]', value)))}]"
        case dict() if not _holds_structures(cast("dict[str, object]", value).values()):
            pairs = cast("dict[str, object]", value).items()
            text = f"{{{', '.join(f'{name}={item}' for name, item in pairs)}}}"
        case str() | int():
            text = str(value)
        case _:
            # Assumed: A list or map of structures is not quoted in a validation message.
            return ""
    # Assumed: A quoted value is cut off after 2,048 characters, because the message also travels in a header.
    return f"'{text if len(text) <= _LONGEST_SHOWN_VALUE else text[:_LONGEST_SHOWN_VALUE] + '…'}' "
