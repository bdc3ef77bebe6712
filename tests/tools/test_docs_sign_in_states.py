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
    return runpy.run_path(str(TOOLS / "docs_sign_in_states.py"))


def test_every_transition_is_one_arrow(tool: dict[str, Any]) -> None:
    lines = list(tool["drawing"]())

    assert sum(": " in line for line in lines) == len(tool["TRANSITIONS"])
    assert "    PASSWORD_VERIFIER --> Proved: password proved" in lines
    assert lines[-1] == "    SIGNED_IN --> [*]"


def test_the_drawing_is_between_its_marks(tool: dict[str, Any]) -> None:
    before, _, rest = tool["page"]().partition("<!-- states: begin")
    inside, _, after = rest.partition("<!-- states: end -->")

    assert "stateDiagram-v2" in inside
    assert "stateDiagram-v2" not in before + after
