"""The server's half of an SRP exchange, with a client's half computed beside it."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest

from userpool.crypto.srp import (
    Ephemeral,
    SrpIdentity,
    claim_signature,
    client_ephemeral,
    client_key,
    format_timestamp,
    make_verifier,
    parse_hex,
)
from userpool.effects import FixedEffects
from userpool.server.capabilities.sign_in.parameters import Asked
from userpool.server.capabilities.sign_in.srp_exchange import (
    LARGEST_CLOCK_ERROR_SECONDS,
    begin_exchange,
    claim_of,
    proves_claim,
)
from userpool.server.capabilities.sign_in.subjects import Subject
from userpool.server.context import Context
from userpool.server.records import Client, Pool
from userpool.wire.faults import InvalidParameterException

pytestmark = pytest.mark.anyio

IDENTITY = SrpIdentity("group", "device")
SALT = bytes(15) + b"\x07"
VERIFIER = make_verifier(IDENTITY, "right", salt=SALT, mask=None)
SUBJECT = Subject(None, "6d2f3f0e-0000-4000-8000-000000000000", "ann", "ann")


@pytest.fixture
def ephemeral(effects: FixedEffects) -> Ephemeral:
    """The client's half."""
    return client_ephemeral(effects.random_bytes(32))


@pytest.fixture
def parameters(context: Context, pool: Pool, client: Client, ephemeral: Ephemeral) -> dict[str, str]:
    """The server's answer to it."""
    return begin_exchange(
        context,
        Asked(pool, client, {}),
        SUBJECT,
        public=ephemeral.public,
        salt=SALT,
        verifier=VERIFIER,
        device_key="device",
    )


@pytest.mark.parametrize(("password", "expected"), [("right", True), ("wrong", False)])
async def test_who_knows_the_password_proves_it(
    context: Context,
    client: Client,
    ephemeral: Ephemeral,
    parameters: dict[str, str],
    effects: FixedEffects,
    password: str,
    *,
    expected: bool,
) -> None:
    responses = answered(parameters, ephemeral, password, at=effects.now())

    claim = claim_of(context, client, responses)

    assert proves_claim(claim, IDENTITY, verifier=VERIFIER) is expected
    assert claim.block is not None
    assert claim.block.device_key == "device"


@pytest.mark.parametrize(
    ("off", "expected"),
    [(0, True), (LARGEST_CLOCK_ERROR_SECONDS, True), (LARGEST_CLOCK_ERROR_SECONDS + 1, False)],
)
async def test_a_clock_may_be_a_little_off(
    context: Context,
    client: Client,
    ephemeral: Ephemeral,
    parameters: dict[str, str],
    effects: FixedEffects,
    off: int,
    *,
    expected: bool,
) -> None:
    responses = answered(parameters, ephemeral, "right", at=effects.now() + off)

    claim = claim_of(context, client, responses)

    assert proves_claim(claim, IDENTITY, verifier=VERIFIER) is expected


async def test_a_block_from_elsewhere_is_none(
    context: Context, client: Client, ephemeral: Ephemeral, parameters: dict[str, str], effects: FixedEffects
) -> None:
    responses = answered(parameters, ephemeral, "right", at=effects.now())
    responses["PASSWORD_CLAIM_SECRET_BLOCK"] = b64encode(bytes(200)).decode()

    claim = claim_of(context, client, responses)

    assert claim.block is None
    assert not proves_claim(claim, IDENTITY, verifier=VERIFIER)


async def test_a_timestamp_of_another_form_is_told_so(
    context: Context, client: Client, ephemeral: Ephemeral, parameters: dict[str, str], effects: FixedEffects
) -> None:
    responses = answered(parameters, ephemeral, "right", at=effects.now())

    with pytest.raises(InvalidParameterException, match="TIMESTAMP format should be"):
        claim_of(context, client, {**responses, "TIMESTAMP": "2026-01-01"})


async def test_nothing_shows_the_claim(
    context: Context, client: Client, ephemeral: Ephemeral, parameters: dict[str, str], effects: FixedEffects
) -> None:
    claim = claim_of(context, client, answered(parameters, ephemeral, "right", at=effects.now()))

    assert repr(claim) == "Claim(***)"


def answered(parameters: dict[str, str], ephemeral: Ephemeral, password: str, *, at: float) -> dict[str, str]:
    """Return what a client answers."""
    key = client_key(
        ephemeral,
        parse_hex(parameters["SRP_B"]),
        identity=IDENTITY,
        password=password,
        salt=parse_hex(parameters["SALT"]),
    )
    block, timestamp = parameters["SECRET_BLOCK"], format_timestamp(at)
    proof = claim_signature(key, IDENTITY, secret_block=b64decode(block), timestamp=timestamp)
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": block,
        "PASSWORD_CLAIM_SIGNATURE": b64encode(proof).decode(),
        "TIMESTAMP": timestamp,
    }
