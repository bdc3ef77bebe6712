"""The command `userpool`, also where only the SDK is installed."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(*arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, after some Python."""
    lines = [before, "import sys", f"sys.argv = {['userpool', *arguments]!r}"]
    program = "\n".join([*lines, "from userpool.__main__ import main", "sys.exit(main())"])
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )


def test_the_command_tells_its_version() -> None:
    from userpool.version import __version__

    assert run("--version").stdout == f"userpool {__version__}\n"


def test_the_demo_is_a_command() -> None:
    finished = run("demo", "--plain")

    assert finished.returncode == 0
    assert "alice signs in with SRP" in finished.stdout


@pytest.mark.parametrize("missing", ["sqlalchemy", "uvicorn"])
def test_without_the_server_extra_the_command_tells_how_to_get_it(missing: str) -> None:
    hide = f"import sys\nsys.modules[{missing!r}] = None"

    finished = run("demo", "--plain", before=hide)

    assert finished.returncode == 2
    assert finished.stderr.splitlines()[-1].endswith('install the pool with: pip install "userpool[server]"')


def test_a_command_that_does_not_exist_is_refused() -> None:
    finished = run("fly")

    assert finished.returncode == 2
    assert "invalid choice: 'fly'" in finished.stderr
