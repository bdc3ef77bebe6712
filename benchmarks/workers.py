"""Programs that do one thing N times when asked and answer with the CPU time it took.

Each side of a comparison is a process of its own, kept running from round to round, so that two sides can
be measured in turns without sharing an interpreter, a module cache or a patched import. A worker reads a
number per line and writes one JSON object per line with at least `cpu`, in seconds.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import IO, Any, Self, cast


class Worker:
    """A running worker program; use as a context manager."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._input = cast("IO[str]", self._process.stdin)
        self._output = cast("IO[str]", self._process.stdout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def run(self, count: int) -> dict[str, Any]:
        """Do the work `count` times; the answer's `cpu` is seconds for all of them together."""
        try:
            self._input.write(f"{count}\n")
            self._input.flush()
            line = self._output.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise RuntimeError(f"{self.name} ended before it answered")
        answer: dict[str, Any] = json.loads(line)
        return answer


def in_turns(
    workers: Sequence[Worker],
    *,
    seconds: float,
    rounds: int,
    of: Callable[[Sequence[float]], float] = median,
) -> dict[str, float]:
    """CPU seconds of one piece of work, by worker: the median (or what `of` is) of rounds of `seconds` / `rounds`.

    The order turns round from one round to the next, so that a slow stretch of the machine meets every side.
    """
    counts = {worker.name: _count_for(worker, seconds=seconds / rounds) for worker in workers}
    measured: dict[str, list[float]] = {worker.name: [] for worker in workers}
    for turn in range(rounds):
        for worker in workers if turn % 2 else workers[::-1]:
            count = counts[worker.name]
            measured[worker.name].append(worker.run(count)["cpu"] / count)
    return {name: of(values) for name, values in measured.items()}


def _count_for(worker: Worker, *, seconds: float) -> int:
    worker.run(3)
    return max(3, round(seconds / max(worker.run(5)["cpu"] / 5, 1e-6)))


def serve(work: Callable[[], object], *, extra: Callable[[], Mapping[str, Any]] = dict) -> None:
    """Be a worker: for each line of standard input do `work` that often, then answer."""
    for line in sys.stdin:
        count = int(line)
        before = time.process_time()
        for _ in range(count):
            work()
        spent = time.process_time() - before
        sys.stdout.write(json.dumps({"cpu": spent, **extra()}) + "\n")
        sys.stdout.flush()
