"""CPU time of one SRP sign-in on the client's side: ours, theirs, and the bare arithmetic.

Every client signs in against the same scripted answers (srp_answers.py), handed over at the edge of the
library: a transport for ours, a stand-in for boto3's client for pycognito, `fetch` for JavaScript. So
neither HTTP nor a server is in the numbers; for pycognito not even boto3's own cost, which its callers do
pay.

Run as a program with the name of one client, it is the worker that signs in with that client.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from budgets import CLIENT, Rows, all_not_yet, measured
from places import HERE, NODE_PACKAGES, OTHERS, OURS, missing
from srp_answers import CLIENT_ID, PASSWORD, POOL_ID, USER_NAME, answers, is_right
from workers import Worker, in_turns, serve

SECONDS_PER_CLIENT = 4.0
ROUNDS = 5

WITHOUT = ", without gmpy2"
OURSELVES = "userpool"
MODEXPS = "three modexps"
PYCOGNITO = "pycognito"
JAVASCRIPT = "amazon-cognito-identity-js"
EVERYBODY = (OURSELVES, OURSELVES + WITHOUT, MODEXPS, MODEXPS + WITHOUT, PYCOGNITO, JAVASCRIPT)


def measure() -> Rows:
    """The rows of the client's sign-in."""
    if reason := missing("src/userpool/pool.py"):
        return all_not_yet(CLIENT, reason)
    costs = cpu_per_sign_in(EVERYBODY)
    rows: Rows = []
    for label, suffix in (("gmpy2", ""), ("no gmpy2", WITHOUT)):
        ours, modexps = costs[OURSELVES + suffix], costs[MODEXPS + suffix]
        for other in (PYCOGNITO, JAVASCRIPT):
            detail = f"ours {ours * 1000:.2f} ms, theirs {costs[other] * 1000:.2f} ms"
            rows.append(measured(f"client SRP, {label}, against {other}", costs[other] / ours, detail))
        detail = f"ours {ours * 1000:.2f} ms, modexps {modexps * 1000:.2f} ms"
        rows.append(measured(f"client SRP, {label}, against its three modexps", ours / modexps, detail))
    return rows


def cpu_per_sign_in(names: tuple[str, ...]) -> dict[str, float]:
    """CPU seconds of one sign-in with each of the named clients, measured in turns and checked."""
    with ExitStack() as stack:
        script = stack.enter_context(_script())
        workers = [stack.enter_context(Worker(name, _command(name, script))) for name in names]
        costs = in_turns(workers, seconds=SECONDS_PER_CLIENT, rounds=ROUNDS)
        for worker in workers:
            if not worker.name.startswith(MODEXPS):
                _check(worker)
        return costs


def _check(worker: Worker) -> None:
    """See that what a client sent last would have signed it in; one that skips its work is not a fast one."""
    sent = worker.run(1)["sent"]
    if not is_right(json.loads(sent["InitiateAuth"]), json.loads(sent["RespondToAuthChallenge"])):
        raise RuntimeError(f"{worker.name} sent a proof that a pool would refuse")


@contextmanager
def _script() -> Generator[Path]:
    """What the JavaScript worker needs to know, in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.json"
        texts = {operation: json.dumps(answer) for operation, answer in answers().items()}
        names = {"pool_id": POOL_ID, "client_id": CLIENT_ID, "user_name": USER_NAME, "password": PASSWORD}
        path.write_text(json.dumps({**names, "answers": texts}))
        yield path


def _command(name: str, script: Path) -> list[str]:
    if name == JAVASCRIPT:
        if not (NODE_PACKAGES / JAVASCRIPT).exists():
            raise RuntimeError(f"there is no {NODE_PACKAGES / JAVASCRIPT}")
        return ["node", str(HERE / "node" / "srp_client.js"), str(script)]
    python = (OTHERS if name == PYCOGNITO else OURS) / "python"
    return [str(python), str(HERE / "client_srp.py"), name]


# ---- the workers ----


class _Sent:
    """The two bodies sent last, for the check after the measurement."""

    def __init__(self) -> None:
        self.bodies: dict[str, str] = {}

    def report(self) -> dict[str, Any]:
        return {"sent": self.bodies}


def _ours(sent: _Sent) -> Callable[[], object]:
    from userpool import UserPool  # noqa: PLC0415
    from userpool.transport import HttpReply, HttpRequest  # noqa: PLC0415

    bodies = {operation: json.dumps(answer).encode() for operation, answer in answers().items()}
    headers = {"content-type": "application/x-amz-json-1.1"}

    class Scripted:
        def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:  # noqa: ARG002
            target = next(value for name, value in request.headers.items() if name.lower() == "x-amz-target")
            operation = target.split(".")[1]
            sent.bodies[operation] = request.body.decode()
            return HttpReply(200, headers, bodies[operation])

        def close(self) -> None:
            pass

    pool = UserPool(POOL_ID, client_id=CLIENT_ID, transport=Scripted())
    return lambda: pool.sign_in(USER_NAME, PASSWORD)


def _pycognito(sent: _Sent) -> Callable[[], object]:
    from pycognito.aws_srp import AWSSRP  # noqa: PLC0415

    replies = answers()

    class Scripted:
        def initiate_auth(self, **request: Any) -> dict[str, Any]:
            sent.bodies["InitiateAuth"] = json.dumps(request)
            return replies["InitiateAuth"]

        def respond_to_auth_challenge(self, **request: Any) -> dict[str, Any]:
            sent.bodies["RespondToAuthChallenge"] = json.dumps(request)
            return replies["RespondToAuthChallenge"]

    named = {"username": USER_NAME, "password": PASSWORD, "pool_id": POOL_ID, "client_id": CLIENT_ID}
    client = Scripted()
    return lambda: AWSSRP(**named, client=client).authenticate_user()


def _modexps(_sent: _Sent) -> Callable[[], object]:
    from modexps import client_side  # noqa: PLC0415

    return client_side


def _main(name: str) -> None:
    if name.endswith(WITHOUT):
        # Its import then fails, as it does where it is not installed.
        sys.modules["gmpy2"] = None  # type: ignore[assignment]
    makers = {PYCOGNITO: _pycognito, MODEXPS: _modexps, OURSELVES: _ours}
    sent = _Sent()
    serve(makers[name.removesuffix(WITHOUT)](sent), extra=sent.report)


if __name__ == "__main__":
    _main(sys.argv[1])
