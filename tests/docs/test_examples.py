"""The examples in README.md and in docs/ run, page by page, from top to bottom, against a pool of their own.

A page's blocks share one namespace. It holds `local`, a `LocalPool`; what a page needs besides, and a reader
would find in the way, stands in a comment that is not shown (`<!-- invisible-code-block: python … -->`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from userpool.testing import LocalPool

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Blocks in these languages are for reading; code for Python is written as `python`, and runs.
FOR_READING = {"console", "ini", "json", "mermaid", "text", "toml"}

sybil = Sybil(parsers=[PythonCodeBlockParser()], patterns=["*.md"], path=str(ROOT))


def place(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def local() -> Iterator[Any]:
    with LocalPool() as pool:
        yield pool


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in page.read_text()], ids=place)
def test_the_examples_of_a_page_run(
    page: Path, local: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = sybil.parse(page)
    document.namespace["local"] = local

    for example in document.examples():
        example.evaluate()


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_block_of_python_is_an_example(page: Path) -> None:
    found = [example.start for example in sybil.parse(page).examples()]
    blocks = list(re.finditer(r"^ *```python$.*?^ *```$", page.read_text(), re.MULTILINE | re.DOTALL))

    assert [
        block.group() for block in blocks if not any(block.start() <= start < block.end() for start in found)
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_other_block_is_for_reading(page: Path) -> None:
    fences = re.findall(r"^ *```([^\s`]*)[^`]*?^ *```$", page.read_text(), re.MULTILINE)

    assert set(fences) <= {"python", *FOR_READING}
