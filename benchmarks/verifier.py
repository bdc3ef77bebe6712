"""CPU time of believing a token: our verifier, PyJWT, and the bare RSA check that neither can leave out.

All four sides are given the same tokens, signed beforehand with a key of 2048 bits, and the same key. "First" tokens
come round so late that the verifier has forgotten them; "repeated" ones are still known, but arrive as new strings, as
they do in requests. PyJWT is asked for the same checks: signature, issuer, expiry, and the two claims that it knows
nothing of.

Run as a program with the name of one side, it is the worker that verifies with it.
"""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from budgets import VERIFIER, Rows, all_not_yet, measured
from places import OURS, missing
from workers import Worker, in_turns, serve

SECONDS_PER_SIDE = 6.0
ROUNDS = 200
# One piece of work is a hundred tokens, so that counting costs nothing beside what is counted.
BATCH = 100
# Three times as many tokens as a verifier remembers.
MANY = 3_000

POOL_ID = "eu-west-1_AbCdEfGhI"
CLIENT_ID = "6h89qn2bfglbmvfebq9aaknqk0"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"

BARE, FIRST, REPEATED, PYJWT = "bare RSA", "first", "repeated", "PyJWT"


def measure() -> Rows:
    """The rows of the verifier."""
    if reason := missing("src/userpool/verifier.py"):
        return all_not_yet(VERIFIER, reason)
    with ExitStack() as stack:
        workers = [
            stack.enter_context(Worker(name, [str(OURS / "python"), str(Path(__file__)), name]))
            for name in (BARE, FIRST, REPEATED, PYJWT)
        ]
        # Forty microseconds of one side next to thirty of another: whatever else the machine does in a round is
        # larger than what is measured. It can only add, so the best round is what the code itself costs.
        costs = in_turns(workers, seconds=SECONDS_PER_SIDE, rounds=ROUNDS, of=min)
    each = {name: cost / BATCH * 1e6 for name, cost in costs.items()}
    detail = ", ".join(f"{name} {microseconds:.2f} us" for name, microseconds in each.items())
    return [
        measured("verifier, first time, against the bare RSA check", each[FIRST] / each[BARE], detail),
        measured("verifier, first time, against PyJWT", each[PYJWT] / each[FIRST], detail),
        measured("verifier, repeated token, against the first time", each[FIRST] / each[REPEATED], detail),
    ]


# ---- the workers ----


def _tokens(count: int) -> tuple[Any, list[str]]:
    """A signing key, and tokens as a pool makes them, no two alike."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key  # noqa: PLC0415

    from userpool.tokens.jwt import SigningKey, sign  # noqa: PLC0415

    key = SigningKey("abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqr=", generate_private_key(65537, 2048))
    now = int(time.time())
    claims = {
        "sub": "34c8a4d8-0001-7002-8003-123456789abc",
        "cognito:groups": ["staff"],
        "iss": ISSUER,
        "client_id": CLIENT_ID,
        "origin_jti": "9d3b1ab2-0000-4000-8000-000000000001",
        "event_id": "9d3b1ab2-0000-4000-8000-000000000002",
        "token_use": "access",
        "scope": "aws.cognito.signin.user.admin",
        "auth_time": now,
        "exp": now + 86_400,
        "iat": now,
        "username": "ann",
    }
    jti = "9d3b1ab2-0000-4000-8000-{:012d}"
    return key, [sign({**claims, "jti": jti.format(number)}, key) for number in range(count)]


def _verifier(key: Any) -> Any:
    from userpool import TokenVerifier  # noqa: PLC0415
    from userpool.tokens.jwk import key_set  # noqa: PLC0415

    jwks = key_set([(key.kid, key.public_key)])
    return TokenVerifier(POOL_ID, client_id=CLIENT_ID, token_use="access", jwks=jwks)


def _first() -> Callable[[], object]:
    key, tokens = _tokens(MANY)
    verify = _verifier(key).verify
    rounds = itertools.cycle(tokens)

    def work() -> None:
        for token in itertools.islice(rounds, BATCH):
            verify(token)

    return work


def _repeated() -> Callable[[], object]:
    key, tokens = _tokens(BATCH)
    verify = _verifier(key).verify
    arrived = [token.encode() for token in tokens]

    def work() -> None:
        for data in arrived:
            verify(data.decode())

    return work


def _pyjwt() -> Callable[[], object]:
    import jwt  # noqa: PLC0415

    key, tokens = _tokens(MANY)
    rounds = itertools.cycle(tokens)
    keys = {key.kid: key.public_key}
    options: Any = {"require": ["exp", "iss"]}

    def work() -> None:
        for token in itertools.islice(rounds, BATCH):
            public = keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, public, algorithms=["RS256"], issuer=ISSUER, options=options)
            if claims["token_use"] != "access" or claims["client_id"] != CLIENT_ID:
                raise RuntimeError("PyJWT was given the wrong token")

    return work


def _bare() -> Callable[[], object]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    from userpool.tokens.segments import decode_segment  # noqa: PLC0415

    key, tokens = _tokens(MANY)
    public = key.public_key
    prepared = itertools.cycle(
        [
            (decode_segment(signature, part="signature"), message.encode())
            for message, _, signature in (token.rpartition(".") for token in tokens)
        ]
    )

    def work() -> None:
        for signature, message in itertools.islice(prepared, BATCH):
            public.verify(signature, message, PKCS1v15(), SHA256())

    return work


if __name__ == "__main__":
    serve({BARE: _bare, FIRST: _first, REPEATED: _repeated, PYJWT: _pyjwt}[sys.argv[1]]())
