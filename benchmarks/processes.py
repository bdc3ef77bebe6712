"""CPU time and memory of a server, all of its processes together, read from the kernel.

CPU time comes from each process's own CPU clock (nanoseconds, threads that have ended included), not from
the clock ticks of /proc, which are too coarse for a request. Linux only.

Sources: clock_getcpuclockid(3) for the number of another process's clock, proc(5) for the tree and the
memory.
"""

from __future__ import annotations

import time
from pathlib import Path

_PROC = Path("/proc")


def family(pid: int) -> list[int]:
    """The process and everything it has started that still runs."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(entry), []).append(int(entry.name))
    found = [pid]
    for member in found:
        found.extend(children.get(member, ()))
    return found


def cpu_seconds(pids: list[int]) -> float:
    """User and system time spent so far by these processes together."""
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def resident_megabytes(pids: list[int]) -> float:
    """Memory these processes hold (RSS, pages they share counted each time), in units of 10**6 bytes."""
    return sum(_kilobytes(pid) for pid in pids) * 1024 / 1e6


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return -1


def _kilobytes(pid: int) -> int:
    lines = (_PROC / str(pid) / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
