"""Files and functions stay small enough to be read in one go; the generated wire is aside."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest

MOST_LINES_OF_A_FILE = 450
MOST_LINES_OF_A_FUNCTION = 55


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks", "examples"])
def test_a_file_is_one_room_and_not_a_house(folder: str, python_files: Any) -> None:
    lengths = {
        module.place: module.text.count("\n") for module in python_files(folder) if not is_of_the_wire(module)
    }

    assert {place: lines for place, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


@pytest.mark.parametrize("folder", ["src", "tests", "tools", "benchmarks", "examples"])
def test_a_function_is_read_in_one_go(folder: str, python_files: Any) -> None:
    wrong = [
        f"{module.place}:{function.lineno}: {function.name} has {lines} lines"
        for module in python_files(folder)
        if not is_of_the_wire(module)
        for function in functions(module.tree)
        for lines in [body_lines(function)]
        if lines > MOST_LINES_OF_A_FUNCTION
    ]

    assert not wrong, lines(wrong)


def is_of_the_wire(module: Any) -> bool:
    return module.is_generated and module.place.startswith("src/userpool/wire/")


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def lines(found: list[str]) -> str:
    more = [f"and {len(found) - 40} more"] if len(found) > 40 else []
    return "\n" + "\n".join([*found[:40], *more])
