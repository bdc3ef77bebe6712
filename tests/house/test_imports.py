"""Who may import whom: the table, and the test that holds it.

A room is a folder or a file of `userpool`; the longest name in the table that fits a module is its room. A
module may always import its own room. Imports inside functions and under TYPE_CHECKING count as any other: an
arrow between two rooms is an arrow, whenever it is drawn.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

SHARED = {"errors", "effects", "version", "wire", "crypto", "tokens"}
SDK = {"", "conversation", "flows", "storage", "transport"}
# What lies inside the server, between its doors (http, serve, cli) and its capabilities.
INNER = {
    "server",
    "server.records",
    "server.settings",
    "server.rules",
    "server.database",
    "server.triggers",
    "server.messages",
}

# room: the rooms it may import. A module without a line of its own belongs to the nearest room above it: ""
# is what an SDK caller touches (pool, user, steps), "server" what several of its rooms need (context, keys).
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "version": set(),
    "effects": {"errors"},
    "wire": {"errors"},
    "crypto": {"errors"},
    "tokens": {"errors", "crypto"},
    "conversation": {"", *SHARED},
    "flows": {"", "conversation", *SHARED},
    "storage": {"", *SHARED},
    "transport": {"", *SHARED},
    "": {*SDK, *SHARED},
    # Our users' tests run a pool in their own process: the one place where the SDK meets the server.
    "testing": {*SDK, *SHARED, *INNER, "server.build", "server.http"},
    # The terminal is handed the demo, which is a person with the SDK in front of a pool.
    "demo": {*SDK, *SHARED, *INNER, "testing", "server.build", "server.http"},
    "credential_process": {*SDK, *SHARED},
    "__main__": {*SHARED, "credential_process", "demo", "server.command_line"},
    "server.command_line": {*SHARED, *INNER, "server.build", "server.http"},
    "server.records": {*SHARED},
    "server.settings": {*SHARED},
    "server.rules": {*SHARED, "server.records", "server.settings"},
    "server.database": {*SHARED, "server.records", "server.settings", "server.rules"},
    "server.triggers": {*SHARED, *INNER},
    "server.messages": {*SHARED, *INNER},
    "server": {*SHARED, *INNER},
    "server.capabilities": {*SHARED, *INNER},
    "server.http": {*SHARED, *INNER, "server.capabilities"} - {"server.database"},
    "server.build": {*SHARED, *INNER, "server.capabilities", "server.http"},
}

# Rooms that do no I/O and ask no clock: time and random bytes come in as arguments.
PURE = {"errors", "wire", "crypto", "tokens", "flows", "conversation", "server.records", "server.rules"}
IO = {
    "asyncio",
    "os",
    "pathlib",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib.request",
}
# `effects` alone asks the machine for these; everybody else is given them.
ENTROPY = {"random", "secrets"}
ASKING = {
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
    "os.urandom",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}

# What is not a secret may be drawn by lot elsewhere; each with its reason.
DRAWN_BY_LOT = {
    ("server.database", "random"): "the pause before a transaction is tried again; nothing depends on it",
}

# package: the rooms through which it enters. msgspec is the language of shapes, so it is spoken everywhere.
THIRD_PARTY: dict[str, set[str]] = {
    "msgspec": set(MAY_IMPORT),
    "cryptography": {"crypto", "tokens", "server.keys", "server.sealing"},
    "gmpy2": {"crypto"},
    "httpx2": {"transport", "server.triggers", "server.messages"},
    "aiohttp": {"transport"},
    "keyring": {"storage"},
    "segno": {"otpauth"},
    "botocore": {"aws_credentials", "machine_credentials"},
    "boto3": {"aws_credentials"},
    "starlette": {"server.http"},
    "uvicorn": {"server.http"},
    "httptools": {"server.http"},
    "uvloop": {"server.command_line", "server.http"},
    "sqlalchemy": {"server.database"},
    "alembic": {"server.database"},
    "asyncpg": {"server.database"},
    "sqlite3": {"server.database"},
}

DRAWERS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "service", "misc", "tools"}
NOT_FOR_THE_SDK = {
    "alembic",
    "asyncpg",
    "httptools",
    "sqlalchemy",
    "sqlite3",
    "starlette",
    "uvicorn",
    "uvloop",
}


def test_every_import_is_an_arrow_in_the_table(sources: list[Any]) -> None:
    names = {module.name for module in sources}

    wrong = [
        f"{module.place}:{line}: room '{room}' may not import '{room_of(target, MAY_IMPORT)}' ({target})"
        for module in sources
        for line, target in imports(module, names)
        if target.split(".")[0] == "userpool"
        for room in [room_of(module.name, MAY_IMPORT)]
        if room_of(target, MAY_IMPORT) not in {room, *MAY_IMPORT[room]}
    ]

    assert not wrong, lines(wrong)


def test_a_capability_never_imports_another_capability(sources: list[Any]) -> None:
    names = {module.name for module in sources}

    wrong = [
        f"{module.place}:{line}: imports {target}; what two capabilities need moves down into server/rules"
        for module in sources
        if capability(module.name)
        for line, target in imports(module, names)
        if capability(target) not in {"", capability(module.name)}
    ]

    assert not wrong, lines(wrong)


def test_pure_rooms_do_no_input_or_output(sources: list[Any]) -> None:
    names = {module.name for module in sources}

    wrong = [
        f"{module.place}:{line}: imports {target}"
        for module in sources
        if room_of(module.name, MAY_IMPORT) in PURE
        for line, target in imports(module, names)
        if is_within(target, IO)
    ]

    assert not wrong, lines(wrong)


def test_only_effects_asks_the_machine_for_the_time_or_for_entropy(sources: list[Any]) -> None:
    names = {module.name for module in sources}

    wrong = [
        f"{module.place}:{line}: {asked}; take it from userpool.effects"
        for module in sources
        if module.name != "userpool.effects"
        for line, asked in [
            *((line, target) for line, target in imports(module, names) if is_within(target, ENTROPY)),
            *asking(module.tree),
        ]
        if (room_of(module.name, MAY_IMPORT), asked) not in DRAWN_BY_LOT
    ]

    assert not wrong, lines(wrong)


def test_a_third_party_package_enters_through_its_room(sources: list[Any]) -> None:
    names = {module.name for module in sources}

    wrong = [
        f"{module.place}:{line}: {package} may enter through {sorted(THIRD_PARTY.get(package, set()))} only"
        for module in sources
        for line, target in imports(module, names)
        for package in [target.split(".")[0]]
        if package in THIRD_PARTY or package not in {"userpool", *sys.stdlib_module_names}
        if room_of(module.name, THIRD_PARTY.get(package, set())) is None
    ]

    assert not wrong, lines(wrong)


def test_no_module_is_a_drawer_for_everything(sources: list[Any]) -> None:
    wrong = [module.place for module in sources if module.path.stem.strip("_") in DRAWERS]

    assert not wrong, lines(wrong)


def test_importing_the_sdk_imports_nothing_of_the_server() -> None:
    program = "import json, sys, userpool; print(json.dumps(sorted(sys.modules)))"

    listing = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout

    loaded = set(json.loads(listing))
    assert {name for name in loaded if name.startswith("userpool.server")} == set()
    assert loaded & NOT_FOR_THE_SDK == set()


def imports(module: Any, names: set[str]) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything a module imports; `names` are the modules that exist."""
    package = module.name.split(".") if module.is_package else module.name.split(".")[:-1]
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                inside = f"{origin}.{alias.name}"
                yield node.lineno, inside if inside in names else origin


def asking(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of every mention of a function that asks for the time or for random bytes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_within(".".join(ast.unparse(node).split(".")[-2:]), ASKING):
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                (node.lineno, f"from {node.module} import {alias.name}")
                for alias in node.names
                if f"{node.module}.{alias.name}" in ASKING
            )


def room_of(name: str, rooms: Any) -> str | None:
    """Return the longest of these rooms that a module of ours lies in, or None."""
    parts = name.split(".")[1:]
    candidates = [".".join(parts[:length]) for length in range(len(parts), -1, -1)]
    return next((room for room in candidates if room in rooms), None)


def capability(name: str) -> str:
    """Return the name of the capability that a module belongs to, or nothing."""
    parts = name.split(".")
    return parts[3] if parts[:3] == ["userpool", "server", "capabilities"] and len(parts) > 3 else ""


def is_within(name: str, packages: set[str]) -> bool:
    """Tell whether a dotted name is one of these or lies inside one of them."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def lines(found: list[str]) -> str:
    more = [f"and {len(found) - 40} more"] if len(found) > 40 else []
    return "\n" + "\n".join([*found[:40], *more])
