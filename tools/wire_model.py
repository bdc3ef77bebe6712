"""The public service models as the generator of the wire room sees them.

Sources: the public service model, botocore (`data/<service>/<version>/service-2.json`).
"""

from __future__ import annotations

import gzip
import json
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final

import botocore
from wire_capabilities import IDENTITY_CAPABILITIES, SECRET_MEMBERS, SECRET_SHAPES, USER_POOL_CAPABILITIES

Json = dict[str, Any]

_SIMPLE_NAMES: Final = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
_WHOLE_WORDS: Final = {"OAuth": "Oauth", "WebAuthn": "Webauthn", "URLs": "Urls", "ARNs": "Arns"}


class ModelError(Exception):
    """The service model and the table of capabilities do not fit; the message says what to change."""


@cache
def snake_name(name: str) -> str:
    """The Python name of a member or an operation: `MFAOptions` is `mfa_options`, `From` is `from_`."""
    for whole, plain in _WHOLE_WORDS.items():
        name = name.replace(whole, plain)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
    return name + "_" if keyword.iskeyword(name) or name in _SIMPLE_NAMES else name


@dataclass(frozen=True)
class Service:
    """One service: its model, and which capability takes which operation."""

    name: str
    model: Json = field(repr=False, hash=False, compare=False)
    capabilities: dict[str, tuple[str, ...]] = field(repr=False, hash=False, compare=False)

    @property
    def shapes(self) -> dict[str, Json]:
        """Every shape by its name."""
        return self.model["shapes"]

    @property
    def operations(self) -> dict[str, Json]:
        """Every operation by its name."""
        return self.model["operations"]

    @property
    def target_prefix(self) -> str:
        """The service part of `X-Amz-Target`."""
        return self.model["metadata"]["targetPrefix"]

    def check_table(self) -> None:
        """Every operation in exactly one capability, and nothing else in the table."""
        placed = [name for names in self.capabilities.values() for name in names]
        problems = [
            f"{name} is placed more than once" for name in sorted({n for n in placed if placed.count(n) > 1})
        ]
        problems += [f"{name} is placed in no capability" for name in self.operations if name not in placed]
        problems += [
            f"{name} is not an operation of {self.name}" for name in placed if name not in self.operations
        ]
        if problems:
            raise ModelError(f"tools/wire_capabilities.py does not fit {self.name}: " + "; ".join(problems))

    def input_of(self, operation: str) -> str:
        """The name of the structure an operation takes."""
        return self.operations[operation]["input"]["shape"]

    def output_of(self, operation: str) -> str | None:
        """The name of the structure an operation answers with, if it answers with one."""
        output = self.operations[operation].get("output")
        return output["shape"] if output else None

    def errors_of(self, operation: str) -> list[str]:
        """Names of the errors an operation declares."""
        return [error["shape"] for error in self.operations[operation]["errors"]]

    def parts_of(self, shape_name: str) -> Iterator[str]:
        """Names of the shapes a shape is directly made of."""
        shape = self.shapes[shape_name]
        for part in (*shape.get("members", {}).values(), *(shape.get(k) for k in ("member", "key", "value"))):
            if part:
                yield part["shape"]

    def reachable(self, roots: Iterable[str]) -> dict[str, None]:
        """Every shape that the roots are made of, themselves included, parts before wholes."""
        found: dict[str, None] = {}

        def visit(name: str) -> None:
            if name not in found:
                for part in self.parts_of(name):
                    visit(part)
                found[name] = None

        for root in roots:
            visit(root)
        return found

    def is_structure(self, name: str) -> bool:
        """Whether a shape becomes a class: a structure that is neither an error nor a free document."""
        shape = self.shapes[name]
        return shape["type"] == "structure" and not shape.get("document") and not shape.get("exception")

    @cached_property
    def _asked(self) -> dict[str, None]:
        return self.reachable(self.input_of(name) for name in self.operations)

    @cached_property
    def _answered(self) -> dict[str, None]:
        return self.reachable(output for name in self.operations if (output := self.output_of(name)))

    def is_answered(self, name: str) -> bool:
        """Whether any reply has the shape in it."""
        return name in self._answered

    def is_limited(self, name: str) -> bool:
        """Whether a shape itself, as a request carries it, accepts less than its JSON type."""
        shape = self.shapes[name]
        return bool(
            "enum" in shape
            or "pattern" in shape
            or shape.get("min")
            or "max" in shape
            or shape["type"] in ("integer", "long")
        )

    def is_split(self, name: str) -> bool:
        """Whether a structure has two classes: one for requests, with limits, and an open one for replies."""
        if name not in self._asked or name not in self._answered or not self.is_structure(name):
            return False
        return any(self.is_limited(part) for part in self.reachable([name]))

    def class_name(self, name: str, *, asked: bool) -> str:
        """The name of a structure's class on one of the two sides."""
        return name + "Input" if asked and self.is_split(name) else name

    def is_secret(self, name: str) -> bool:
        """Whether values of a shape are never shown."""
        shape = self.shapes[name]
        if shape.get("sensitive") or name in SECRET_SHAPES:
            return True
        return shape["type"] in ("list", "map") and any(self.is_secret(part) for part in self.parts_of(name))

    def is_secret_member(self, structure: str, member: str) -> bool:
        """Whether one member of a structure is never shown."""
        shape = self.shapes[structure]
        return (
            bool(shape.get("sensitive"))
            or (structure, member) in SECRET_MEMBERS
            or self.is_secret(shape["members"][member]["shape"])
        )


def read_services() -> list[Service]:
    """The two services from the botocore that is installed."""
    services = [
        Service("cognito-idp", _read_model("cognito-idp"), USER_POOL_CAPABILITIES),
        Service("cognito-identity", _read_model("cognito-identity"), IDENTITY_CAPABILITIES),
    ]
    for service in services:
        service.check_table()
    _check_secrets(services)
    return services


def _check_secrets(services: list[Service]) -> None:
    known = {name for service in services for name in service.shapes}
    stray = sorted(SECRET_SHAPES - known) + sorted(name for name, _ in SECRET_MEMBERS if name not in known)
    if stray:
        raise ModelError(f"tools/wire_capabilities.py names shapes that no model has: {', '.join(stray)}")


def _read_model(service: str) -> Json:
    folder = max((Path(botocore.__file__).parent / "data" / service).iterdir())
    packed = folder / "service-2.json.gz"
    data = (
        gzip.decompress(packed.read_bytes()) if packed.exists() else (folder / "service-2.json").read_bytes()
    )
    return json.loads(data)
