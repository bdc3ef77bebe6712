"""Custom authentication that begins with SRP, and devices after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.srp import client_ephemeral
from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."
NO_SESSION = "Invalid session for the user."
TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
STRANGE = "us-east-1_11111111-2222-3333-4444-555555555555"


def define(event: dict[str, Any]) -> dict[str, Any]:
    """Ask for the password if there is an SRP_A, then for one answer."""
    names = [result["challengeName"] for result in event["request"]["session"]]
    if names == ["SRP_A"]:
        return {"challengeName": "PASSWORD_VERIFIER"}
    if "CUSTOM_CHALLENGE" not in names:
        return {"challengeName": "CUSTOM_CHALLENGE"}
    right = event["request"]["session"][-1]["challengeResult"]
    return {"issueTokens": right, "failAuthentication": not right}


@pytest.fixture
async def pool(make_triggered: Make, functions: Any) -> Pool:
    """A pool that asks for one answer, and remembers devices."""
    functions["DefineAuthChallenge"] = define
    functions["VerifyAuthChallengeResponse"] = lambda event: {
        "answerCorrect": event["request"]["challengeAnswer"] == "yes"
    }
    remembering = DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
    )
    pool: Pool = await make_triggered(*TRIGGERS, device_configuration=remembering)
    return pool


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann")
    return sub


@pytest.fixture
def begin(enter: Call) -> Call:
    """Give a function that begins a custom sign-in."""

    async def run(client: Client, username: str = "ann", **members: Any) -> dict[str, Any]:
        return await enter(client, username, flow="CUSTOM_AUTH", **members)

    return run


@pytest.fixture
def begin_with_srp(begin: Call, effects: FixedEffects, exchange_of: Any) -> Make:
    """Give a function that begins with SRP_A and returns Session and exchange."""

    async def run(client: Client, username: str = "ann", **members: Any) -> tuple[str, Any]:
        ephemeral = client_ephemeral(effects.random_bytes(32))
        srp = {"CHALLENGE_NAME": "SRP_A", "SRP_A": ephemeral.public_hex}
        reply = await begin(client, username, **srp, **members)
        assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
        return reply["Session"], exchange_of(client, ephemeral, reply["ChallengeParameters"])

    return run


# ---- SRP first ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_the_password_comes_first_and_then_the_challenge(
    client: Client,
    ann: str,
    begin_with_srp: Make,
    respond: Call,
    password: str,
    functions: Any,
    door: str,
) -> None:
    session, exchange = await begin_with_srp(client)

    challenge = await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses(password))
    reply = await respond(client, "CUSTOM_CHALLENGE", challenge["Session"], ANSWER="yes")

    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert reply["AuthenticationResult"]
    seen = [
        [(one["challengeName"], one["challengeResult"]) for one in event["request"]["session"]]
        for event in functions.calls
        if event["triggerSource"].startswith("Define")
    ]
    assert seen[0] == [("SRP_A", True)]
    assert seen[1] == [("SRP_A", True), ("PASSWORD_VERIFIER", True)]


async def test_a_wrong_password_is_counted_and_ends_the_sign_in(
    client: Client, ann: str, begin_with_srp: Make, respond: Call, password: str
) -> None:
    for _ in range(5):
        session, exchange = await begin_with_srp(client)
        with pytest.raises(NotAuthorizedException, match=INCORRECT):
            await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses("wrong"))
    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses(password))
    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await begin_with_srp(client)


async def test_an_srp_a_is_good_for_one_exchange(
    client: Client, ann: str, begin_with_srp: Make, respond: Call, password: str, functions: Any
) -> None:
    functions["DefineAuthChallenge"] = lambda _: {"challengeName": "PASSWORD_VERIFIER"}
    session, exchange = await begin_with_srp(client)

    with pytest.raises(InvalidLambdaResponseException, match="Unrecognizable lambda output"):
        await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses(password))


async def test_the_proof_needs_its_session(
    client: Client, ann: str, begin_with_srp: Make, respond: Call, password: str
) -> None:
    session, exchange = await begin_with_srp(client)
    other, _ = await begin_with_srp(client)

    for given in (None, other):
        with pytest.raises(NotAuthorizedException, match=NO_SESSION):
            await respond(client, "PASSWORD_VERIFIER", given, **exchange.responses(password))

    assert await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses(password))


async def test_the_proof_of_another_flow_does_not_answer_the_challenge(
    client: Client, ann: str, begin_srp: Make, begin_with_srp: Make, respond: Call, password: str
) -> None:
    session, _ = await begin_with_srp(client)
    plain = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "PASSWORD_VERIFIER", session, **plain.responses(password))


async def test_another_password_meanwhile_ends_the_sign_in(
    call: Call, pool: Pool, client: Client, ann: str, begin_with_srp: Make, respond: Call, password: str
) -> None:
    session, exchange = await begin_with_srp(client)
    session = (await respond(client, "PASSWORD_VERIFIER", session, **exchange.responses(password)))["Session"]
    changed = {"Username": "ann", "Password": "Another-horse-2", "Permanent": True}
    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, **changed)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="yes")


async def test_the_password_may_come_after_the_challenge(
    client: Client,
    ann: str,
    begin: Call,
    respond: Call,
    password: str,
    functions: Any,
    effects: FixedEffects,
    exchange_of: Any,
) -> None:
    def define_last(event: dict[str, Any]) -> dict[str, Any]:
        count = len(event["request"]["session"])
        following = {1: "CUSTOM_CHALLENGE", 2: "PASSWORD_VERIFIER"}.get(count)
        return {"issueTokens": True} if following is None else {"challengeName": following}

    functions["DefineAuthChallenge"] = define_last
    ephemeral = client_ephemeral(effects.random_bytes(32))
    first = await begin(client, CHALLENGE_NAME="SRP_A", SRP_A=ephemeral.public_hex)
    second = await respond(client, "CUSTOM_CHALLENGE", first["Session"], ANSWER="yes")
    exchange = exchange_of(client, ephemeral, second["ChallengeParameters"])

    reply = await respond(client, "PASSWORD_VERIFIER", second["Session"], **exchange.responses(password))

    assert second["ChallengeName"] == "PASSWORD_VERIFIER"
    assert reply["AuthenticationResult"]


async def test_nobody_looks_like_somebody_with_srp_too(
    pool: Pool, make_client: Make, begin_with_srp: Make, respond: Call, functions: Any
) -> None:
    secretive = await make_client(pool, prevent_user_existence_errors="ENABLED")
    session, exchange = await begin_with_srp(secretive, "nobody")
    responses = {**exchange.responses("any"), "USERNAME": "nobody"}

    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await respond(secretive, "PASSWORD_VERIFIER", session, **responses)

    assert functions.calls[0]["request"]["userNotFound"] is True


# ---- devices ----


async def test_the_sign_in_is_given_a_device(client: Client, ann: str, begin: Call, respond: Call) -> None:
    session = (await begin(client))["Session"]

    reply = await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="yes")

    assert reply["AuthenticationResult"]["NewDeviceMetadata"]


@pytest.mark.parametrize("named", ["at the beginning", "with the answer"])
async def test_a_known_device_is_asked_at_the_end(
    client: Client, ann: str, begin: Call, respond: Call, enter: Call, remember: Make, named: str
) -> None:
    device = await remember(await enter(client))
    early = {"DEVICE_KEY": device.key} if named == "at the beginning" else {}
    late = {"DEVICE_KEY": device.key} if named == "with the answer" else {}

    session = (await begin(client, **early))["Session"]
    due = await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="yes", **late)
    asked = await respond(client, "DEVICE_SRP_AUTH", due["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    reply = await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)

    assert due["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert reply["AuthenticationResult"]


async def test_an_unknown_device_is_told_so_before_anything_is_used_up(
    client: Client, ann: str, begin: Call, respond: Call
) -> None:
    session = (await begin(client))["Session"]

    with pytest.raises(ResourceNotFoundException, match="Device does not exist"):
        await begin(client, DEVICE_KEY=STRANGE)
    with pytest.raises(ResourceNotFoundException, match="Device does not exist"):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="yes", DEVICE_KEY=STRANGE)

    assert await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="yes")
