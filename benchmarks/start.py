"""How soon a pool is ready, as a server and embedded, and what it holds in memory while idle.

As a server: from the spawn of the process to the first answer of GET /health, with an empty database.
Embedded: entering the first LocalPool of a process and taking its client, the import of `userpool.testing`
not counted. Fresh pool per test: entering and leaving a further LocalPool of the same process; beside it, what a whole
test costs in which somebody signs up, confirms, signs in with SRP and signs out. Idle memory:
five seconds after a few users were made and signed in, so that nothing is left out by not having been
loaded yet.
"""

from __future__ import annotations

import subprocess
import time
from statistics import median

from budgets import Rows, measured, not_yet
from operations import prepare
from places import OURS, missing
from servers import USERPOOL, running, userpool_is_missing

SERVER_STARTS = 5
EMBEDDED_STARTS = 7
IDLE_SECONDS = 5.0

_EMBEDDED = """
import time
from userpool.testing import LocalPool

def enter():
    before = time.perf_counter()
    with LocalPool() as local:
        local.client()
        ready = time.perf_counter()
    return ready - before, time.perf_counter() - before

def person():
    before = time.perf_counter()
    with LocalPool() as local:
        pool = local.client()
        pool.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
        pool.confirm_sign_up("alice", local.inbox.latest("alice").code)
        pool.sign_in("alice", "Correct-Horse-7-Staple").user.sign_out()
    return time.perf_counter() - before

def middle(times):
    return sorted(times)[len(times) // 2]

first, _ = enter()
print(first, middle([enter()[1] for _ in range(21)]), middle([person() for _ in range(11)]))
"""


def measure() -> Rows:
    """The rows of start and size."""
    return [*_as_a_server(), *_embedded()]


def _as_a_server() -> Rows:
    if reason := userpool_is_missing():
        return [not_yet("start as a server", reason), not_yet("idle memory", reason)]
    times: list[float] = []
    for _ in range(SERVER_STARTS):
        with running(USERPOOL) as server:
            times.append(server.ready_seconds)
    with running(USERPOOL) as server:
        fresh = server.resident_megabytes()
        prepare(server, users=8).connection.close()
        time.sleep(IDLE_SECONDS)
        idle = server.resident_megabytes()
    return [
        measured("start as a server", median(times), ", ".join(f"{each:.2f} s" for each in times)),
        measured("idle memory", idle, f"{fresh:.0f} MB before the first request"),
    ]


def _embedded() -> Rows:
    if reason := missing("src/userpool/testing.py"):
        return [not_yet("start embedded", reason), not_yet("fresh pool per test", reason)]
    first: list[float] = []
    later: list[float] = []
    lives: list[float] = []
    for _ in range(EMBEDDED_STARTS):
        printed = subprocess.check_output([OURS / "python", "-c", _EMBEDDED], cwd="/", text=True).split()
        first.append(float(printed[0]) * 1000)
        later.append(float(printed[1]) * 1000)
        lives.append(float(printed[2]) * 1000)
    return [
        measured("start embedded", median(first), "the first of a process"),
        measured(
            "fresh pool per test",
            median(later),
            f"further ones of a process; {median(lives):.0f} ms with somebody who joins, signs in and out",
        ),
    ]
