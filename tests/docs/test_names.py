"""What the pages name exists: verbs and their arguments in tables, and tests that they call as witnesses."""

from __future__ import annotations

import ast
import inspect
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import userpool
from userpool.server.command_line import parser
from userpool.server.settings import Settings
from userpool.server.settings_file import read_settings
from userpool.steps import Challenge

ROOT = Path(__file__).parents[2]
TABLES = [ROOT / "docs/use-cases/index.md", *sorted((ROOT / "docs/migrating").glob("*.md"))]
KINDS: dict[str, tuple[type, ...]] = {
    "pool": (userpool.UserPool,),
    "setup": (userpool.TotpSetup,),
    "step": (userpool.SignedIn, *get_args(Challenge)),
    "user": (userpool.User,),
}
WITNESS = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
PAGES = sorted((ROOT / "docs").rglob("*.md"))


def python_cells(page: Path) -> Iterator[str]:
    """Yield the code in the last column of a page's tables, which is where the Python stands."""
    for line in page.read_text().splitlines():
        if line.startswith("|"):
            # An escaped bar is part of a cell.
            cell = re.split(r"(?<!\\)\|", line)[-2]
            yield from (code for code in re.findall(r"`([^`]+)`", cell) if "(" in code and "=>" not in code)


def calls(code: str) -> Iterator[ast.Call]:
    """Yield the calls in a piece of code; an ellipsis stands for arguments that the page leaves out."""
    tree = ast.parse(code.replace("…", "..."))
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def candidates(function: ast.expr) -> list[Callable[..., Any]]:
    """Return what a name in a page may mean; nothing if it is none of ours."""
    match function:
        case ast.Attribute(ast.Name(owner), name) if owner in KINDS:
            return [getattr(kind, name) for kind in KINDS[owner] if hasattr(kind, name)]
        case ast.Attribute(ast.Name(owner), name) if hasattr(userpool, owner):
            return [getattr(getattr(userpool, owner), name)]
        case ast.Attribute(ast.Call(ast.Name(maker)), name) if hasattr(userpool, maker):
            return [getattr(getattr(userpool, maker), name)]
        case ast.Name(name) if hasattr(userpool, name):
            return [getattr(userpool, name)]
        case _:
            return []


def takes(function: Callable[..., Any], call: ast.Call) -> bool:
    named = {keyword.arg for keyword in call.keywords}
    parameters = inspect.signature(function).parameters
    open_ended = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    return open_ended or named <= set(parameters)


@pytest.mark.parametrize("page", TABLES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_verb_in_a_table_exists_and_takes_these_arguments(page: Path) -> None:
    wrong = [
        code
        for code in python_cells(page)
        for call in calls(code)
        if isinstance(call.func, ast.Attribute) or ast.unparse(call.func)[:1].isupper()
        if not ast.unparse(call.func).startswith(("local.", "storage."))
        if not any(takes(function, call) for function in candidates(call.func))
    ]

    assert not wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    missing = [
        f"{file}::{name}"
        for file, name in WITNESS.findall(page.read_text())
        if not (ROOT / file).exists() or f"def {name}(" not in (ROOT / file).read_text()
    ]

    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_settings_file_in_a_page_can_be_served_with(page: Path, tmp_path: Path) -> None:
    for block in re.findall(r"^```toml$(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL):
        (tmp_path / "userpool.toml").write_text(block)

        assert Settings(**read_settings(str(tmp_path / "userpool.toml")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_in_a_page_is_one_that_is_taken(page: Path) -> None:
    commands = re.findall(r"^\$ userpool ((?:serve|keys|demo).*)$", page.read_text(), re.MULTILINE)

    assert all(parser().parse_args(shlex.split(command)) for command in commands)


def test_each_complaint_is_answered_once() -> None:
    numbers = re.findall(r"^\| (\d+) \|", (ROOT / "docs/complaints.md").read_text(), re.MULTILINE)

    assert sorted(map(int, numbers)) == list(range(1, 42))


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs/use-cases").glob("[0-9]*.md")), ids=lambda page: page.name
)
def test_a_use_case_is_shown_blocking_and_with_asyncio(page: Path) -> None:
    blocking, heading, asynchronous = page.read_text().partition("\n## With asyncio\n")

    assert heading
    shown = [
        re.findall(r"^```python$(.*?)^```$", part, re.MULTILINE | re.DOTALL)
        for part in (blocking, asynchronous)
    ]
    assert [any("await " in block for block in blocks) for blocks in shown] == [False, True]
    assert shown[0]


def test_there_is_a_page_for_each_use_case_and_the_overview_links_to_it() -> None:
    overview = (ROOT / "docs/use-cases/index.md").read_text()
    pages = sorted(page.name for page in (ROOT / "docs/use-cases").glob("[0-9]*.md"))

    assert [int(name[:2]) for name in pages] == list(range(1, 33))
    assert [name for name in pages if f"]({name})" not in overview] == []
