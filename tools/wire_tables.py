"""Text of the wire room's tables: limits, enumerations, patterns, faults and the registry of operations.

Sources: the public service model, botocore.
"""

from __future__ import annotations

import textwrap
from collections import defaultdict
from typing import Final

from wire_model import ModelError, Service
from wire_patterns import translate
from wire_writing import Names

_LONGEST_PIECE: Final = 90


def constraints_module(names: Names, *, version: str) -> str:
    """The text of the table of limits."""
    rows = "\n".join(f'    "{name}": {_bounds(names.limits[name])},' for name in sorted(names.limits))
    aliases = "\n".join(
        f"    {name}: TypeAlias = {names.limits[name]['kind']}" for name in sorted(names.limits)
    )
    return f'''"""Limits of the simple types that requests are made of.

To a type checker `constraints.UsernameType` is `str`; when msgspec evaluates the annotation, the type with
its limits is made of the table's row.

Sources: the public service model, botocore {version}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from userpool.wire.bounds import Bounds, checked_type

if TYPE_CHECKING:
{aliases}
else:

    def __getattr__(name: str) -> object:
        if name not in BOUNDS:
            raise AttributeError(name)
        return globals().setdefault(name, checked_type(BOUNDS[name]))


BOUNDS: Final[dict[str, Bounds]] = {{
{rows}
}}
'''


def _bounds(limits: dict[str, object]) -> str:
    values = [limits["kind"], limits["least"], limits["most"]]
    if limits["pattern"] is not None:
        return f"Bounds({', '.join(map(str, values))}, {_raw(str(limits['pattern']))})"
    while values[-1] is None:
        values.pop()
    return f"Bounds({', '.join(map(str, values))})"


def _raw(text: str) -> str:
    """The text as raw literals, several where it is long."""
    pieces = textwrap.wrap(text, _LONGEST_PIECE, drop_whitespace=False, break_on_hyphens=False) or [""]
    for index, piece in enumerate(pieces[:-1]):
        if piece.endswith("\\"):
            pieces[index], pieces[index + 1] = piece[:-1], "\\" + pieces[index + 1]
    return " ".join(f'r"{piece}"' for piece in pieces)


def enums_module(names: Names, *, version: str) -> str:
    """The text of the enumerations."""
    wordy = [name for name, words in names.enums.items() if any(" " in word for word in words)]
    if wordy:
        raise ModelError(f"words of an enumeration with a space in them: {', '.join(wordy)}")
    ordered = sorted(names.enums)
    aliases = "\n".join(
        f"    {name}: TypeAlias = Literal[{', '.join(repr(word) for word in names.enums[name])}]"
        for name in ordered
    )
    rows = "\n".join(f'    "{name}": "{" ".join(names.enums[name])}",' for name in ordered)
    return f'''"""Enumerations of requests; in replies they are `str`, because a service may learn new words.

To a type checker `enums.AuthFlowType` is a `Literal`; the same is made at run time when msgspec evaluates it.

Sources: the public service model, botocore {version}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from userpool.wire.bounds import word_type

if TYPE_CHECKING:
{aliases}
else:

    def __getattr__(name: str) -> object:
        if name not in WORDS:
            raise AttributeError(name)
        return globals().setdefault(name, word_type(WORDS[name]))


WORDS: Final[dict[str, str]] = {{
{rows}
}}
"""The words of each enumeration, with spaces between."""
'''


def patterns_module(names: Names, *, version: str) -> str:
    """The text of the table of patterns."""
    patterns = sorted({str(limits["pattern"]) for limits in names.limits.values() if limits["pattern"]})
    rows = "\n".join(f"    {_raw(pattern)}: ({_raw(translate(pattern))})," for pattern in patterns)
    return f'''"""The services' regular expressions as messages quote them, and what `re.search` must find.

The translation is tools/wire_patterns.py's: full matches, ASCII classes, linear time.

Sources: the public service model, botocore {version}.
"""

from __future__ import annotations

from typing import Final

PATTERNS: Final[dict[str, str]] = {{
{rows}
}}
'''


def faults_module(services: list[Service], *, framework: dict[str, int], version: str) -> str:
    """The text of the classes of the errors that the services declare."""
    declared: dict[str, list[str]] = defaultdict(list)
    status: dict[str, int] = dict(framework)
    for service in services:
        for name, shape in service.shapes.items():
            if shape.get("exception"):
                status[name] = 500 if shape.get("fault") else 400
        for operation in service.operations:
            for error in service.errors_of(operation):
                declared[error].append(operation)
    names = sorted(status)
    classes = "\n\n".join(
        _fault(name, status=status[name], operations=declared.get(name, [])) for name in names
    )
    table = ", ".join(names)
    return f'''"""Everything the services say when they say no, in their own words.

Sources: the public service model, botocore {version}; api:CommonErrors.
"""

from __future__ import annotations

from typing import Final

from userpool.wire.fault import ServiceException, UnknownServiceException


{classes}


FAULTS: Final[dict[str, type[ServiceException]]] = {{
    fault.__name__: fault
    for fault in ({table},)
}}
"""Every class of this module by its name."""


def fault_named(name: str) -> type[ServiceException]:
    """The class for a service's name; `UnknownServiceException` for a name that no model knows."""
    return FAULTS.get(name, UnknownServiceException)
'''


def _fault(name: str, *, status: int, operations: list[str]) -> str:
    operations = list(dict.fromkeys(operations))
    if not operations:
        text = "Said in front of every operation, or declared by none."
    elif len(operations) <= 3:
        text = f"Declared by {', '.join(operations)}."
    else:
        text = f"Declared by {len(operations)} operations."
    lines = [f"class {name}(ServiceException):", f'    """{text}"""']
    if status != 400:
        lines += ["", f"    DEFAULT_STATUS = {status}"]
    return "\n".join(lines)


def registry_module(services: list[Service], *, version: str) -> str:
    """The text of the registry of operations."""
    tables: list[str] = []
    for service in services:
        homes = {name: module for module, names in service.capabilities.items() for name in names}
        rows = "".join(f'    "{name}": "{homes[name]}",\n' for name in sorted(homes))
        tables.append(f"{{\n{rows}}}")
    return (
        f'''"""Which module describes which operation; modules are imported when they are first asked for.

Sources: the public service model, botocore {version}.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Final, cast

from userpool.wire.faults import UnknownOperationException
from userpool.wire.operation import IDENTITY_PREFIX, USER_POOL_PREFIX, Operation

MODEL_VERSION: Final = "{version}"
"""The version of botocore whose service models these modules were generated from."""

OPERATIONS: Final[dict[str, str]] = {tables[0]}
"""Module by name of operation, for user pools."""

IDENTITY_OPERATIONS: Final[dict[str, str]] = {tables[1]}
"""Module by name of operation, for identity pools."""

'''
        + _LOOKUP
    )


_LOOKUP: Final = '''_TABLES: Final = {USER_POOL_PREFIX: OPERATIONS, IDENTITY_PREFIX: IDENTITY_OPERATIONS}
_found: dict[str, Operation[Any, Any]] = {}


def operation_for_target(target: str) -> Operation[Any, Any]:
    """The operation that an `X-Amz-Target` names; raises UnknownOperationException where there is none."""
    operation = _found.get(target)
    if operation is None:
        prefix, _, name = target.partition(".")
        module = _TABLES.get(prefix, {}).get(name)
        if module is None:
            raise UnknownOperationException
        operation = cast("Operation[Any, Any]", getattr(import_module(f"userpool.wire.{module}"), name))
        _found[target] = operation
    return operation


def operation_named(name: str, *, prefix: str = USER_POOL_PREFIX) -> Operation[Any, Any]:
    """The operation of a service by its name, such as `SignUp`; else UnknownOperationException."""
    return operation_for_target(f"{prefix}.{name}")


def every_operation() -> Iterator[Operation[Any, Any]]:
    """All operations of both services; imports every module."""
    for prefix, table in _TABLES.items():
        for name in table:
            yield operation_named(name, prefix=prefix)
'''
