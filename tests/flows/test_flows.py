"""The room of the flows: loaded when a pool is made, and pure."""

from __future__ import annotations

import subprocess
import sys

import pytest

import userpool
from userpool import flows

LOADED = "sorted(name for name in sys.modules if name.startswith('userpool.flows.'))"


def test_importing_the_library_loads_no_flow() -> None:
    assert printed(f"import sys, userpool; print({LOADED})") == "[]"


def test_importing_the_library_loads_nothing_heavy() -> None:
    loaded = printed("import sys; from userpool import User, UserPool; print(sorted(sys.modules))")

    for heavy in (
        "asyncio",
        "cryptography",
        "gmpy2",
        "httpx2",
        "pathlib",
        "userpool.async_pool",
        "userpool.line",
    ):
        assert f"'{heavy}'" not in loaded


def test_the_asyncio_half_is_loaded_when_it_is_asked_for() -> None:
    program = "import userpool; print(userpool.AsyncUserPool.__name__, userpool.AsyncUser.__name__)"

    assert printed(program) == "AsyncUserPool AsyncUser"
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = userpool.NoSuchThing  # type: ignore[attr-defined]


def test_making_a_pool_loads_them_all() -> None:
    loaded = printed(
        f"""
import sys
from userpool import UserPool
from userpool.transport.scripted import ScriptedTransport
UserPool("us-east-1_a", "c", transport=ScriptedTransport())
print({LOADED})
"""
    )

    assert [
        name for name in flows.__all__ if name != "load" and f"'userpool.flows.{name}'" not in loaded
    ] == []


def test_a_flow_that_does_not_exist_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="sign_sideways"):
        _ = flows.sign_sideways  # type: ignore[attr-defined]


def printed(program: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout.strip()
