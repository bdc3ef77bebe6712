from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(sys, "path", [str(TOOLS), *sys.path])
    return runpy.run_path(str(TOOLS / "docs_differences.py"))


def test_a_sentence_ends_where_its_comment_line_ends_with_a_stop(tool: dict[str, Any]) -> None:
    assert tool["sentence"]("a code works once.", ["# Another comment."]) == "A code works once."


def test_a_sentence_may_run_on_over_comment_lines(tool: dict[str, Any]) -> None:
    following = ["# works once, and", "# never again.", "# Another comment."]

    assert tool["sentence"]("a code", following) == "A code works once, and never again."


def test_a_sentence_ends_with_its_comment(tool: dict[str, Any]) -> None:
    assert tool["sentence"]("a code works once", ["code = draw()"]) == "A code works once."


def test_every_assumption_in_the_source_is_on_the_page(tool: dict[str, Any]) -> None:
    page = tool["page"]()

    found = list(tool["assumptions"]())

    assert found
    assert [text for _, text in found if f"- {text}" not in page] == []
