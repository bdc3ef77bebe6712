"""Every module has its test module at the same place, and every test module has its module.

`src/userpool/crypto/srp.py` is tested by `tests/crypto/test_srp.py`, and by `test_srp_<topic>.py` beside it where
that grew long. Aside are what a program wrote (its test is the program's `--check`) and packages whose `__init__` only
introduces them.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

# Folders of tests that tell whole stories, so that no single module is theirs.
STORIES = {
    "bench": "the benchmarks' own arithmetic",
    "compat": "strangers against the pool",
    "conversations": "the SDK and the pool together",
    "docs": "what the documentation says",
    "house": "the rules of the house",
    "recorded": "what AWS was seen to answer, against the SDK",
    "tools": "the programs in tools/",
    "typing": "what type checkers see",
}

# src module: why it has no test module of its own.
UNTESTED_BY_NAME = {
    "__init__": "the list of public names; tests/house/test_exports.py reads it",
}

# test module: what it looks at, when that is not one module.
WITHOUT_MODULE: dict[str, str] = {
    "server/test_durability.py": "a whole server that is killed in the middle of its work",
}


def test_every_module_has_its_test_module(sources: list[Any], root: Path) -> None:
    missing = [
        f"{module.place}: no tests/{place}"
        for module in sources
        if stands_alone(module)
        for place in [mirrored(module)]
        if not (root / "tests" / place).exists()
    ]

    assert not missing, lines(missing)


def belongs_to_one_of(place: str, expected: set[str]) -> bool:
    """Tell whether a test module is a module's own, or one of several, as `test_users_listed.py` is."""
    stems = {name.removesuffix(".py") for name in expected}
    parts = place.removesuffix(".py").split("_")
    return any("_".join(parts[:count]) in stems for count in range(1, len(parts) + 1))


def test_every_test_module_has_its_module(sources: list[Any], python_files: Any) -> None:
    expected = {mirrored(module) for module in sources}

    orphans = [
        test.place
        for test in python_files("tests")
        for place in [test.place.removeprefix("tests/")]
        if test.path.name.startswith("test_") and place.split("/")[0] not in STORIES
        if place not in WITHOUT_MODULE and not belongs_to_one_of(place, expected)
    ]

    assert not orphans, lines(orphans)


def test_the_exceptions_are_needed(sources: list[Any], root: Path) -> None:
    inner = {
        module.name.removeprefix("userpool").strip(".").replace(".", "/") or "__init__" for module in sources
    }

    assert set(UNTESTED_BY_NAME) - inner in (set(), {"__init__"})
    assert [place for place in WITHOUT_MODULE if not (root / "tests" / place).exists()] == []


def stands_alone(module: Any) -> bool:
    inner = module.path.with_suffix("").as_posix().split("src/userpool/")[-1]
    return not module.is_generated and inner not in UNTESTED_BY_NAME and not only_introduces(module)


def only_introduces(module: Any) -> bool:
    """Tell whether a package's `__init__` holds no logic: a docstring, imports and names."""
    quiet = (ast.Expr, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    return module.is_package and all(isinstance(node, quiet) for node in module.tree.body)


def mirrored(module: Any) -> str:
    """Return where a module's tests are, from the folder `tests`; a package's own bear its name."""
    *folders, name = module.name.split(".")[1:] or ["userpool"]
    return "/".join([*folders, *([name] if module.is_package else []), f"test_{name}.py"])


def lines(found: list[str]) -> str:
    more = [f"and {len(found) - 40} more"] if len(found) > 40 else []
    return "\n" + "\n".join([*found[:40], *more])
