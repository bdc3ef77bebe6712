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
    return runpy.run_path(str(TOOLS / "docs_operations.py"))


def test_an_operation_and_its_function_have_one_plain_name(tool: dict[str, Any]) -> None:
    assert tool["plain"]("SetUserMFAPreference") == tool["plain"]("set_user_mfa_preference")


def test_every_operation_has_its_row(tool: dict[str, Any]) -> None:
    page = tool["page"]()

    assert [name for name in tool["OPERATIONS"] if page.count(f"| `{name}` |") != 1] == []
