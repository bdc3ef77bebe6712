"""The everyday operations as rows: ours against the fastest of the others, and durable while at it."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from operator import attrgetter

from budgets import OPERATIONS, Measured, NotYet, Rows, measured, not_yet, title
from operations import ROWS, Cost, prepare
from operations import measure as measure_operation
from promises import lost_by_a_kill
from servers import OTHER_KINDS, USERPOOL, running, userpool_is_missing

_OURS = USERPOOL.name
_DURABLE = "users lost by a kill"
_FIELDS = {"CPU": attrgetter("cpu_ms"), "p50": attrgetter("p50_ms")}


def measure() -> Rows:
    """Two rows for each operation, CPU and p50, and one for durability."""
    reason = userpool_is_missing()
    costs: dict[str, dict[str, Cost]] = {}
    with ExitStack() as stack:
        kinds = OTHER_KINDS if reason else (USERPOOL, *OTHER_KINDS)
        settings = [prepare(stack.enter_context(running(kind))) for kind in kinds]
        for row in ROWS:
            costs[row.name] = measure_operation(settings, row)
            _tell(row.name, costs[row.name])
    rows: Rows = [_row(name, what, costs[name], reason) for name in OPERATIONS for what in _FIELDS]
    if reason:
        return [*rows, not_yet(_DURABLE, reason)]
    return [*rows, measured(_DURABLE, lost_by_a_kill(USERPOOL), "SIGKILL right after the last answer")]


def _row(name: str, what: str, costs: dict[str, Cost], reason: str) -> Measured | NotYet:
    value = _FIELDS[what]
    theirs = {other: value(cost) for other, cost in costs.items() if other != _OURS and not cost.refusal}
    fastest = min(theirs, key=lambda other: theirs[other])
    said = f"{fastest} {theirs[fastest]:.2f} ms"
    ours = costs.get(_OURS)
    if ours is None:
        return not_yet(title(name, what), f"{reason}; {said}")
    if ours.refusal:
        return not_yet(title(name, what), ours.refusal)
    return measured(title(name, what), value(ours) / theirs[fastest], f"ours {value(ours):.2f} ms, {said}")


def _tell(name: str, costs: dict[str, Cost]) -> None:
    for server, cost in costs.items():
        said = cost.refusal or f"CPU {cost.cpu_ms:6.2f} ms  p50 {cost.p50_ms:6.2f} ms"
        print(f"    {name:27}{server:15}{said}", file=sys.stderr, flush=True)
