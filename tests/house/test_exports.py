"""The public names: grouped, sorted, importable, documented."""

from __future__ import annotations

import ast
import importlib
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

MODULES = ["userpool", "userpool.testing"]


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_resolves(name: str, sources: list[Any]) -> None:
    exported = [text for group in groups(name, sources) for text in group]
    if not exported:
        return
    module = importlib.import_module(name)

    assert [text for text in exported if not hasattr(module, text)] == []
    assert sorted(module.__all__) == sorted(set(exported))


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_sorted_within_their_group(name: str, sources: list[Any]) -> None:
    assert [group for group in groups(name, sources) if group != sorted(group)] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_documented(name: str, sources: list[Any], root: Path) -> None:
    pages = [root / "README.md", *(root / "docs").rglob("*.md")]
    words = set(re.findall(r"\w+", " ".join(page.read_text() for page in pages if page.exists())))

    exported = {text for group in groups(name, sources) for text in group}

    assert sorted(exported - words) == []


def groups(name: str, sources: list[Any]) -> list[list[str]]:
    """Return the names in a module's `__all__`, divided where a comment or an empty line divides them."""
    module = next((module for module in sources if module.name == name), None)
    listed = [
        node.value.elts
        for node in (module.tree.body if module else [])
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.List | ast.Tuple)
        if "__all__" in ast.unparse(node).split("=")[0]
    ]
    names = [element for elements in listed for element in elements if isinstance(element, ast.Constant)]
    starts = [
        after.lineno - before.lineno > 1
        for before, after in itertools.pairwise([*names[:1], *names])
        if names
    ]
    divided: list[list[str]] = []
    for element, starts_a_group in zip(names, starts, strict=True):
        if starts_a_group or not divided:
            divided.append([])
        divided[-1].append(str(element.value))
    return divided
