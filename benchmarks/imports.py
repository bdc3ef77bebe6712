"""What importing userpool costs, against pycognito: a fresh interpreter, less a bare one.

Both statements name the class a caller would use, so that a package which puts its imports off gains
nothing. Byte code is compiled beforehand. Each package is imported by the interpreter of its own
environment, and that environment's own start-up is what is taken away.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from budgets import IMPORT, Rows, all_not_yet, measured
from places import OTHERS, OURS, missing

ROUNDS = 15

OUR_STATEMENT = "from userpool import UserPool"
THEIR_STATEMENT = "from pycognito import Cognito"
_COUNT_SERVER = (
    f"{OUR_STATEMENT}\nimport sys\nprint(sum(name.startswith('userpool.server') for name in sys.modules))"
)


def measure() -> Rows:
    """The rows of the import."""
    if reason := missing("src/userpool/pool.py"):
        return all_not_yet(IMPORT, reason)
    (our_cpu, our_time), (their_cpu, their_time) = cost_of_imports()
    modules = int(subprocess.check_output([OURS / "python", "-c", _COUNT_SERVER], cwd="/", text=True))
    return [
        measured("import, CPU, against pycognito", our_cpu / their_cpu, _compared(our_cpu, their_cpu)),
        measured("import, time, against pycognito", our_time / their_time, _compared(our_time, their_time)),
        measured("import brings in modules of the server", modules),
    ]


def _compared(ours: float, theirs: float) -> str:
    return f"ours {ours * 1000:.0f} ms, theirs {theirs * 1000:.0f} ms"


def cost_of_imports() -> tuple[tuple[float, float], tuple[float, float]]:
    """CPU and wall seconds of our import and of theirs, each less the bare interpreter; medians."""
    runs = {
        "our bare": (OURS, "pass"),
        "ours": (OURS, OUR_STATEMENT),
        "their bare": (OTHERS, "pass"),
        "theirs": (OTHERS, THEIR_STATEMENT),
    }
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for turn in range(-1, ROUNDS):
        for name in list(runs)[:: 1 if turn % 2 else -1]:
            folder, statement = runs[name]
            cost = _cost(folder / "python", statement)
            if turn >= 0:
                costs[name].append(cost)
    ours, theirs = (
        _difference(costs[a], costs[b]) for a, b in (("ours", "our bare"), ("theirs", "their bare"))
    )
    return ours, theirs


def _cost(python: Path, statement: str) -> tuple[float, float]:
    before = time.perf_counter()
    process = subprocess.Popen([python, "-c", statement], cwd="/", stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    spent = time.perf_counter() - before
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{statement!r} failed in {python}")
    return usage.ru_utime + usage.ru_stime, spent


def _difference(full: list[tuple[float, float]], bare: list[tuple[float, float]]) -> tuple[float, float]:
    cpu = median(cpu for cpu, _ in full) - median(cpu for cpu, _ in bare)
    wall = median(wall for _, wall in full) - median(wall for _, wall in bare)
    return cpu, wall
