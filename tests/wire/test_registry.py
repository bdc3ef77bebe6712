from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any, cast

import pytest
from msgspec import inspect

from userpool.wire.faults import FAULTS, UnknownOperationException
from userpool.wire.operation import IDENTITY_PREFIX, Access, Operation, Shape
from userpool.wire.registry import (
    IDENTITY_OPERATIONS,
    OPERATIONS,
    every_operation,
    operation_for_target,
    operation_named,
)

EVERY_OPERATION: list[Operation[Any, Any]] = list(every_operation())
each_operation = pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda operation: operation.target)

# The model does not call these sensitive; the library does.
SECRETS_OF_OURS = {"ConfirmationCodeType", "ProviderDetailsType", "PreSignedUrlType", "SessionTokenString"}
JSON_TYPES: dict[str, type[inspect.Type]] = {
    "string": inspect.StrType,
    "integer": inspect.IntType,
    "long": inspect.IntType,
    "boolean": inspect.BoolType,
    "timestamp": inspect.FloatType,
    "blob": inspect.BytesType,
}


def test_every_operation_of_both_models_is_there_and_no_other(models: Any) -> None:
    modelled = {prefix: set(model.operation_names) for prefix, model in models.items()}

    assert modelled == {
        "AWSCognitoIdentityProviderService": set(OPERATIONS),
        IDENTITY_PREFIX: set(IDENTITY_OPERATIONS),
    }
    assert (len(OPERATIONS), len(IDENTITY_OPERATIONS)) == (141, 23)


@each_operation
def test_an_operation_declares_the_errors_of_the_model(models: Any, operation: Operation[Any, Any]) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)

    assert list(operation.errors) == [shape.name for shape in model.error_shapes]
    assert set(operation.errors) <= set(FAULTS)


@each_operation
def test_an_operation_asks_for_what_the_model_asks_for(models: Any, operation: Operation[Any, Any]) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)
    members = model.input_shape.members
    if operation.name in ("GetClientToken", "GetDerivedToken"):
        expected = Access.CLIENT
    elif model.auth_type != "none":
        expected = Access.SIGNED
    else:
        expected = Access.TOKEN if "AccessToken" in members else Access.PUBLIC

    assert operation.access is expected


@each_operation
def test_a_request_has_the_members_and_limits_of_the_model(
    models: Any, operation: Operation[Any, Any]
) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)

    assert list(differences(model.input_shape, inspect.type_info(operation.request), asked=True)) == []


@each_operation
def test_a_reply_has_the_members_of_the_model_and_no_limits(
    models: Any, operation: Operation[Any, Any]
) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)

    if model.output_shape is None:
        assert operation.response is None
    else:
        kind = inspect.type_info(operation.response)
        assert list(differences(model.output_shape, kind, asked=False)) == []


@each_operation
def test_what_the_model_calls_sensitive_is_masked(models: Any, operation: Operation[Any, Any]) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)

    for shape, root in ((model.input_shape, operation.request), (model.output_shape, operation.response)):
        if root is not None:
            assert list(unmasked(shape, cast("inspect.StructType", inspect.type_info(root)))) == []


def test_names_in_python_are_unique_and_say_the_same() -> None:
    for prefix in {operation.target_prefix for operation in EVERY_OPERATION}:
        operations = [operation for operation in EVERY_OPERATION if operation.target_prefix == prefix]

        assert len({operation.snake_name for operation in operations}) == len(operations)
        assert all(op.snake_name.replace("_", "") == op.name.lower() for op in operations)


def test_an_operation_is_found_by_its_target() -> None:
    operation = operation_for_target("AWSCognitoIdentityService.TagResource")

    assert (operation.name, operation.target_prefix) == ("TagResource", IDENTITY_PREFIX)
    assert operation is operation_named("TagResource", prefix=IDENTITY_PREFIX)
    assert operation is not operation_named("TagResource")


@pytest.mark.parametrize(
    "target",
    [
        "",
        "SignUp",
        "AWSCognitoIdentityProviderService.",
        "AWSCognitoIdentityProviderService.signUp",
        "AWSCognitoIdentityProviderService.SignUp.x",
        "AWSCognitoIdentityProviderService.__name__",
        "AWSCognitoIdentityService.SignUp",
    ],
)
def test_an_unknown_target_is_an_unknown_operation(target: str) -> None:
    with pytest.raises(UnknownOperationException):
        operation_for_target(target)


def test_the_everyday_capabilities_import_no_other() -> None:
    program = (
        "import sys; from userpool.wire import codec, sign_up, sign_in, tokens, passwords, profile;"
        "print(*sorted(name for name in sys.modules if name.startswith('userpool.wire.')))"
    )

    listing = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout

    everyday = {"sign_up", "sign_in", "tokens", "passwords", "profile"}
    beneath = {"bounds", "codec", "constraints", "enums", "fault", "faults", "operation", "reasons", "shapes"}
    assert {name.removeprefix("userpool.wire.") for name in listing.split()} == everyday | beneath


def differences(shape: Any, kind: inspect.Type, *, asked: bool, path: str = "") -> Iterator[str]:
    """Yield what a type of ours says otherwise than the model's shape."""
    kind, rule = bare(kind)
    rules = shape.metadata if asked else {}
    match kind:
        case inspect.StructType():
            yield from struct_differences(shape, kind, asked=asked, path=path)
        case inspect.ListType():
            yield from differences(shape.member, kind.item_type, asked=asked, path=f"{path}[]")
            yield from limit_differences(kind.min_length, kind.max_length, rules, path)
        case inspect.DictType() if shape.type_name == "map":
            yield from differences(shape.key, kind.key_type, asked=asked, path=f"{path}{{key}}")
            yield from differences(shape.value, kind.value_type, asked=asked, path=f"{path}{{}}")
            yield from limit_differences(kind.min_length, kind.max_length, rules, path)
        case inspect.DictType():
            if not shape.is_document_type:
                yield f"{path}: a document"
        case inspect.LiteralType():
            if set(kind.values) != set(rules["enum"]) or rule != ", ".join(rules["enum"]):
                yield f"{path}: {kind.values}"
        case _:
            yield from simple_differences(shape, kind, rules, (path, rule))


def struct_differences(shape: Any, kind: inspect.StructType, *, asked: bool, path: str) -> Iterator[str]:
    fields = {field.encode_name: field for field in kind.fields}
    if set(fields) != set(shape.members):
        yield f"{path}: members {set(fields) ^ set(shape.members)}"
    for name, member in shape.members.items():
        if fields[name].required != (name in shape.required_members):
            yield f"{path}.{name}: required"
        yield from differences(member, fields[name].type, asked=asked, path=f"{path}.{name}")


def simple_differences(
    shape: Any, kind: inspect.Type, rules: dict[str, Any], place: tuple[str, str | None]
) -> Iterator[str]:
    path, rule = place
    if type(kind) is not JSON_TYPES[shape.type_name] or "enum" in rules:
        yield f"{path}: {kind} for {shape}"
    if isinstance(kind, inspect.IntType):
        width = 2**31 if shape.type_name == "integer" else 2**63
        expected = (
            (rules.get("min", -width), rules.get("max", width - 1)) if rules or kind.ge is not None else None
        )
        if expected and (kind.ge, kind.le) != expected:
            yield f"{path}: from {kind.ge} to {kind.le}"
    elif isinstance(kind, inspect.StrType | inspect.BytesType):
        yield from limit_differences(kind.min_length, kind.max_length, rules, path)
    if rule != rules.get("pattern"):
        yield f"{path}: pattern {rule}"


def limit_differences(least: int | None, most: int | None, rules: dict[str, Any], path: str) -> Iterator[str]:
    if (least or 0, most) != (rules.get("min", 0), rules.get("max")):
        yield f"{path}: length from {least} to {most}"


def bare(kind: inspect.Type) -> tuple[inspect.Type, str | None]:
    if isinstance(kind, inspect.UnionType):
        kind = next(part for part in kind.types if not isinstance(part, inspect.NoneType))
    if isinstance(kind, inspect.Metadata):
        return kind.type, (kind.extra or {}).get("rule")
    return kind, None


def unmasked(shape: Any, kind: inspect.StructType) -> Iterator[str]:
    """Yield the members with a secret that the class of a structure would show."""
    masked = cast("type[Shape]", kind.cls).SENSITIVE
    for field in kind.fields:
        member = shape.members[field.encode_name]
        if is_secret(member) and field.name not in masked:
            yield f"{shape.name}.{field.name}"
        inner, _ = bare(field.type)
        while isinstance(inner, inspect.ListType):
            member, inner = member.member, bare(inner.item_type)[0]
        if isinstance(inner, inspect.StructType):
            yield from unmasked(member, inner)


def is_secret(shape: Any) -> bool:
    if shape.metadata.get("sensitive") or shape.name in SECRETS_OF_OURS:
        return True
    parts = {"list": ("member",), "map": ("key", "value")}.get(shape.type_name, ())
    return any(is_secret(getattr(shape, part)) for part in parts)
