"""Text of the wire room's capability modules: structures and operations.

Sources: the public service model, botocore.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from wire_capabilities import CLIENT_OPERATIONS
from wire_model import ModelError, Service, snake_name

SHARED: Final = "shapes"
_JSON_TYPES: Final = {"boolean": "bool", "timestamp": "float", "blob": "bytes", "string": "str"}
_INT_BOUNDS: Final = {"integer": (-(2**31), 2**31 - 1), "long": (-(2**63), 2**63 - 1)}
Place = tuple[str, str, bool]
"""A class: service, structure, and whether it is the side that is asked."""


class Names:
    """Names of the limited simple types and of the enumerations, shared by both services where they agree."""

    def __init__(self, services: list[Service]) -> None:
        self.limits: dict[str, dict[str, Any]] = {}
        self.enums: dict[str, list[str]] = {}
        self._names: dict[tuple[str, str], str] = {}
        for service in services:
            for name in service.reachable(service.input_of(operation) for operation in service.operations):
                self._add(service, name)

    def of(self, service: Service, shape: str) -> str | None:
        """The expression for a simple type as a request carries it; None when its JSON type says it all."""
        return self._names.get((service.name, shape))

    def _add(self, service: Service, name: str) -> None:
        shape = service.shapes[name]
        if shape["type"] in ("structure", "list", "map") or not service.is_limited(name):
            return
        if "enum" in shape:
            self._names[service.name, name] = f"enums.{self._place(self.enums, name, list(shape['enum']))}"
            return
        bounds = _INT_BOUNDS.get(shape["type"], (None, None))
        least = shape.get("min", bounds[0]) if bounds[0] is not None else shape.get("min") or None
        limits = {
            "kind": "int" if shape["type"] in _INT_BOUNDS else _JSON_TYPES[shape["type"]],
            "least": least,
            "most": shape.get("max", bounds[1]),
            "pattern": shape.get("pattern"),
        }
        self._names[service.name, name] = f"constraints.{self._place(self.limits, name, limits)}"

    @staticmethod
    def _place(table: dict[str, Any], name: str, entry: Any) -> str:
        """Enter under the shape's own name, or under one with the service's where two services disagree."""
        if table.setdefault(name, entry) == entry:
            return name
        other = f"Identity{name}"
        if table.setdefault(other, entry) != entry:
            raise ModelError(f"two shapes want to be called {other}")
        return other


def layout(services: list[Service]) -> dict[Place, str]:
    """The module of every class: its capability's, or the shared one where several need it."""
    users: dict[Place, set[str]] = defaultdict(set)
    for service in services:
        for capability, operations in service.capabilities.items():
            for operation in operations:
                for asked, root in (
                    (True, service.input_of(operation)),
                    (False, service.output_of(operation)),
                ):
                    for name in service.reachable([root] if root else []):
                        if service.is_structure(name):
                            side = asked and service.is_split(name)
                            users[service.name, name, side].add(capability)
    places = {place: next(iter(modules)) if len(modules) == 1 else SHARED for place, modules in users.items()}
    shared = [name + "Input" * asked for (_, name, asked), module in places.items() if module == SHARED]
    if len(shared) != len(set(shared)):
        raise ModelError(f"two shared structures have one name: {sorted(shared)}")
    return places


@dataclass
class _Module:
    """One file under construction: its body and what it has to import."""

    service: Service
    names: Names
    places: dict[Place, str]
    name: str
    body: list[str] = field(default_factory=list)
    shared: set[str] = field(default_factory=set)
    asked: frozenset[str] = frozenset()

    def write_structures(self, roots: list[tuple[bool, str]], described: dict[tuple[bool, str], str]) -> None:
        """Write the classes of this module that the roots are made of, parts before wholes."""
        written: set[tuple[bool, str]] = set()
        for asked, root in roots:
            for name in self.service.reachable([root]):
                if not self.service.is_structure(name):
                    continue
                side = asked and self.service.is_split(name)
                here = self.places[self.service.name, name, side] == self.name
                if here and (side, name) not in written:
                    written.add((side, name))
                    text = described.get((asked, name)) or _described(self.service, name, side=side)
                    self.write_structure(name, asked=asked or name in self.asked, text=text)

    def write_structure(self, name: str, *, asked: bool, text: str) -> None:
        """Write one class."""
        members = self.service.shapes[name]["members"]
        required = set(self.service.shapes[name].get("required", ()))
        lines = [
            f"class {self.service.class_name(name, asked=asked)}(Shape, kw_only=True):",
            f'    """{text}"""',
        ]
        secret = sorted(snake_name(m) for m in members if self.service.is_secret_member(name, m))
        if secret:
            lines.append("")
            lines.append(f"    SENSITIVE = frozenset({{{', '.join(map(repr, secret))}}})")
        if members:
            lines.append("")
        for member in sorted(members, key=lambda m: m not in required):
            kind = self.type_of(members[member]["shape"], asked=asked)
            attribute = snake_name(member)
            if member in required:
                lines.append(f'    {attribute}: {kind} = field(name="{member}")')
            else:
                lines.append(f'    {attribute}: {kind} | None = field(default=None, name="{member}")')
        self.body.append("\n".join(lines))

    def type_of(self, shape_name: str, *, asked: bool) -> str:
        """The annotation for a shape on one side."""
        shape = self.service.shapes[shape_name]
        if asked and (checked := self.names.of(self.service, shape_name)):
            return checked
        match shape["type"]:
            case "structure" if shape.get("document"):
                return "dict[str, Any]"
            case "structure":
                return self.class_of(shape_name, asked=asked)
            case "list":
                kind = f"list[{self.type_of(shape['member']['shape'], asked=asked)}]"
            case "map":
                key, value = (self.type_of(shape[part]["shape"], asked=asked) for part in ("key", "value"))
                kind = f"dict[{key}, {value}]"
            case "integer" | "long":
                return "int"
            case simple:
                return _JSON_TYPES[simple]
        sizes = [("min_length", shape.get("min") or None), ("max_length", shape.get("max"))]
        given = ", ".join(f"{name}={size}" for name, size in sizes if size is not None)
        return f"Annotated[{kind}, Meta({given})]" if asked and given else kind

    def class_of(self, name: str, *, asked: bool) -> str:
        """The name of a structure's class, noted for import where it is a shared one."""
        class_name = self.service.class_name(name, asked=asked)
        side = asked and self.service.is_split(name)
        if self.places[self.service.name, name, side] == SHARED != self.name:
            self.shared.add(class_name)
        return class_name

    def imports(self, *, operations: bool) -> str:
        """The import lines that the body needs."""
        text = "\n".join(self.body)
        typing = [
            n for n in ("Annotated", "Any", "Final") if f"{n}[" in text or f"{n} " in text or f" {n}]" in text
        ]
        from_wire = [n for n in ("constraints", "enums") if f"{n}." in text]
        lines = ["from __future__ import annotations\n"]
        if typing:
            lines.append(f"from typing import {', '.join(typing)}\n")
        msgspec = [n for n in ("Meta", "field") if f"{n}(" in text]
        if msgspec:
            lines.append(f"from msgspec import {', '.join(msgspec)}\n")
        if from_wire:
            lines.append(f"from userpool.wire import {', '.join(from_wire)}")
        prefix = "USER_POOL_PREFIX" if self.service.name == "cognito-idp" else "IDENTITY_PREFIX"
        from_operation = f"{prefix}, Access, Operation, Shape" if operations else "Shape"
        lines.append(f"from userpool.wire.operation import {from_operation}")
        if self.shared:
            lines.append(f"from userpool.wire.shapes import {', '.join(sorted(self.shared))}")
        return "\n".join(lines)


def _described(service: Service, name: str, *, side: bool) -> str:
    if side:
        return f"{name} as requests carry it, with its limits."
    if service.is_split(name):
        return f"{name} as replies carry it, open to values of the future."
    return "Members as in the public service model."


def capability_module(
    capability: str, *, service: Service, names: Names, places: dict[Place, str], version: str
) -> str:
    """The text of one capability's module."""
    operations = service.capabilities[capability]
    module = _Module(service, names, places, capability)
    roots: list[tuple[bool, str]] = []
    described: dict[tuple[bool, str], str] = {}
    for operation in operations:
        roots.append((True, service.input_of(operation)))
        described.setdefault(roots[-1], f"Input of {operation}.")
        if output := service.output_of(operation):
            roots.append((False, output))
            described.setdefault(roots[-1], f"Output of {operation}.")
    module.write_structures(roots, described)
    module.body += ["# fmt: off", *(_operation(module, name) for name in operations), "# fmt: on"]
    title = capability.replace("_", " ")
    listed = textwrap.fill(", ".join(operations) + ".", width=108)
    doc = (
        f'"""The wire of {title}: its operations and their structures.\n\n{listed}\n\n{_sources(version)}"""'
    )
    exports = sorted([*operations, *(service.class_name(name, asked=asked) for asked, name in roots)])
    return "\n".join([doc, "", module.imports(operations=True), "", _all(exports), "", *_blocks(module.body)])


def _operation(module: _Module, name: str) -> str:
    service = module.service
    request = module.class_of(service.input_of(name), asked=True)
    output = service.output_of(name)
    response = module.class_of(output, asked=False) if output else "None"
    prefix = "USER_POOL_PREFIX" if service.name == "cognito-idp" else "IDENTITY_PREFIX"
    errors = textwrap.indent(
        textwrap.fill(", ".join(map(_quoted, service.errors_of(name))) + ",", width=100), " " * 8
    )
    access = access_of(service, name)
    # Formatted here, because the formatter would give every error a line of its own.
    return f"""{name}: Final[Operation[{request}, {response}]] = Operation(
    name="{name}", snake_name="{snake_name(name)}", target_prefix={prefix}, access=Access.{access},
    request={request}, response={response},
    errors=(
{errors}
    ),
)"""


def _quoted(text: str) -> str:
    return f'"{text}"'


def access_of(service: Service, operation: str) -> str:
    """Who may call an operation, as the name of a member of `Access`."""
    if operation in CLIENT_OPERATIONS:
        return "CLIENT"
    if service.operations[operation].get("authtype") != "none":
        return "SIGNED"
    members = service.shapes[service.input_of(operation)]["members"]
    return "TOKEN" if "AccessToken" in members else "PUBLIC"


def shapes_module(services: list[Service], *, names: Names, places: dict[Place, str], version: str) -> str:
    """The text of the module with the structures that several capabilities share."""
    texts: list[str] = []
    shared: set[str] = set()
    imports = ""
    for service in services:
        module = _Module(service, names, places, SHARED)
        module.body = texts
        for place, home in places.items():
            if home == SHARED and place[0] == service.name:
                _, name, side = place
                asked = side or not service.is_answered(name)
                module.write_structure(name, asked=asked, text=_described(service, name, side=side))
                shared.add(service.class_name(name, asked=asked))
        imports = module.imports(operations=False)
    doc = f'"""Structures that several capabilities share.\n\n{_sources(version)}"""'
    return "\n".join([doc, "", imports, "", _all(sorted(shared)), "", *_blocks(texts)])


def _sources(version: str) -> str:
    return f"Sources: the public service model, botocore {version}.\n"


def _all(names: list[str]) -> str:
    return f"__all__ = [{', '.join(repr(name) for name in dict.fromkeys(names))}]"


def _blocks(texts: list[str]) -> list[str]:
    return [f"\n{text}\n" if text.startswith("class ") else f"{text}\n" for text in texts]
