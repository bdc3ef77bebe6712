"""What the pool adds to the arithmetic that nobody can avoid, in a sign-in and in a refresh.

The server is asked over HTTP and its CPU time read from outside; the primitives run in a process of their
own, in turns with it. The primitives are the pool's own functions at their cheapest: the three
exponentiations of the server's half of SRP, and two RS256 signatures by a 2048-bit key.

Run as a program with the name of one primitive, it is the worker that computes it.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable

from budgets import PRIMITIVES, Measured, Rows, all_not_yet, measured
from operations import PASSWORD, Setting, prepare
from places import HERE, OURS
from servers import USERPOOL, running, userpool_is_missing
from workers import Worker, serve

ROUNDS = 9
SIGN_INS_PER_ROUND = 30
REFRESHES_PER_ROUND = 150

_SIGN_IN = "three modexps and two signatures"
_REFRESH = "two signatures"


def measure() -> Rows:
    """The two rows."""
    if reason := userpool_is_missing():
        return all_not_yet(PRIMITIVES, reason)
    with running(USERPOOL) as server, _worker(_SIGN_IN) as primitives, _worker(_REFRESH) as signatures:
        setting = prepare(server, users=100)
        sign_in = _in_turns(setting, _srp_sign_in(setting), primitives, count=SIGN_INS_PER_ROUND)
        refresh = _in_turns(setting, _refresh(setting), signatures, count=REFRESHES_PER_ROUND)
    return [
        _row("pool SRP sign-in against its primitives", *sign_in),
        _row("pool refresh against two RS256 signatures", *refresh),
    ]


def _row(name: str, server: float, primitives: float) -> Measured:
    detail = f"server {server * 1000:.2f} ms, primitives {primitives * 1000:.2f} ms"
    return measured(name, server / primitives, detail)


def _worker(name: str) -> Worker:
    return Worker(name, [str(OURS / "python"), str(HERE / "pool_primitives.py"), name])


def _in_turns(
    setting: Setting, ask: Callable[[], None], worker: Worker, *, count: int
) -> tuple[float, float]:
    """CPU seconds of one request on the server and of its primitives in the worker; the best round of each.

    The two take turns with every request: a server computes with caches that somebody else has used meanwhile, and a
    loop of nothing but primitives would be measured under better conditions. On a machine that is shared, whole rounds
    of one side may be slow by half; its best round is what the code itself costs.
    """
    ours: list[float] = []
    bare: list[float] = []
    for turn in range(-1, ROUNDS):
        setting.server.remember_family()
        before = setting.server.cpu_seconds()
        primitives = 0.0
        for _ in range(count):
            ask()
            primitives += worker.run(1)["cpu"]
        spent = setting.server.cpu_seconds() - before
        if turn >= 0:
            ours.append(spent / count)
            bare.append(primitives / count)
    return min(ours), min(bare)


def _refresh(setting: Setting) -> Callable[[], None]:
    parameters = {"REFRESH_TOKEN": setting.refresh_tokens[0]}
    document = {"AuthFlow": "REFRESH_TOKEN_AUTH", "ClientId": setting.client_id, "AuthParameters": parameters}

    def ask() -> None:
        setting.call("InitiateAuth", document, signed=False)

    return ask


def _srp_sign_in(setting: Setting) -> Callable[[], None]:
    """One sign-in by SRP over HTTP; the client's own arithmetic is in this process and not counted."""
    from userpool.crypto import srp  # noqa: PLC0415

    ephemeral = srp.client_ephemeral(os.urandom(srp.EPHEMERAL_BYTES))
    first = {"USERNAME": "person-000001", "SRP_A": ephemeral.public_hex}
    start = {"AuthFlow": "USER_SRP_AUTH", "ClientId": setting.client_id, "AuthParameters": first}

    def prove(given: dict[str, str]) -> dict[str, str]:
        identity = srp.SrpIdentity.in_pool(setting.pool_id, given["USER_ID_FOR_SRP"])
        server_public, salt = srp.parse_hex(given["SRP_B"]), srp.parse_hex(given["SALT"])
        key = srp.client_key(ephemeral, server_public, identity=identity, password=PASSWORD, salt=salt)
        secret_block, timestamp = base64.b64decode(given["SECRET_BLOCK"]), srp.format_timestamp(time.time())
        claim = srp.claim_signature(key, identity, secret_block=secret_block, timestamp=timestamp)
        return {
            "USERNAME": given["USER_ID_FOR_SRP"],
            "PASSWORD_CLAIM_SECRET_BLOCK": given["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(claim).decode(),
            "TIMESTAMP": timestamp,
        }

    def ask() -> None:
        asked = setting.call("InitiateAuth", start, signed=False)
        end = {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ClientId": setting.client_id,
            "ChallengeResponses": prove(asked["ChallengeParameters"]),
            **({"Session": asked["Session"]} if "Session" in asked else {}),
        }
        setting.call("RespondToAuthChallenge", end, signed=False)["AuthenticationResult"]

    return ask


def _two_signatures() -> Callable[[], object]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    key = generate_private_key(public_exponent=65537, key_size=2048)
    tokens = (b"x" * 900, b"y" * 1100)

    def sign() -> None:
        for token in tokens:
            key.sign(token, PKCS1v15(), SHA256())

    return sign


def _primitives() -> Callable[[], object]:
    from modexps import server_side  # noqa: PLC0415

    sign = _two_signatures()

    def compute() -> None:
        server_side()
        sign()

    return compute


if __name__ == "__main__":
    serve({_SIGN_IN: _primitives, _REFRESH: _two_signatures}[sys.argv[1]]())
