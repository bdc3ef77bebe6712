"""Where things are: the two virtualenvs, the Node packages, and what of userpool is there to be measured.

`BENCH_OURS` and `BENCH_OTHERS` name other folders of programs than those that `make bench` makes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OURS = Path(os.environ.get("BENCH_OURS", ROOT / ".venv" / "bin"))
OTHERS = Path(os.environ.get("BENCH_OTHERS", Path(sys.executable).parent))
NODE = HERE / "node"
NODE_PACKAGES = NODE / "node_modules"


def missing(*paths: str) -> str:
    """Say which of these paths below the root are not there; empty when all are."""
    absent = [path for path in paths if not (ROOT / path).exists()]
    return f"there is no {', '.join(absent)} yet" if absent else ""


def install_node_packages() -> None:
    """Install what package.json pins, unless that was done since it last changed; needs npm."""
    stamp = NODE_PACKAGES / ".package-lock.json"
    wanted = NODE / "package.json"
    if stamp.exists() and stamp.stat().st_mtime >= wanted.stat().st_mtime:
        return
    print("installing what is measured in Node (benchmarks/node)", file=sys.stderr, flush=True)
    subprocess.run(
        [
            "npm",
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ],
        cwd=NODE,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=True,
    )
    stamp.touch()
