"""The four doors of sign-in: which flows each opens, to which clients, and with which words it doesn't."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.crypto.secret_hash import secret_hash
from userpool.server.capabilities.sign_in.operations import ADMIN_FLOWS, ANSWERS, PUBLIC_FLOWS
from userpool.server.context import Context
from userpool.server.database.pools import save_client
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UnsupportedOperationException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

ALL_FLOWS = [
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
]
WRONG_DOOR = "Initiate Auth method not supported"


@pytest.fixture
def knock(call: Call) -> Call:
    """Give a function that begins a flow at one of the two doors."""

    async def run(door: str, client: Client, flow: str, **parameters: str) -> dict[str, Any]:
        members = {"UserPoolId": client.pool_id} if door == "AdminInitiateAuth" else {}
        return await call(
            door, ClientId=client.client_id, AuthFlow=flow, AuthParameters=parameters, **members
        )

    return run


# ---- flows ----


@pytest.mark.parametrize(
    ("door", "flow"),
    [
        ("InitiateAuth", "ADMIN_USER_PASSWORD_AUTH"),
        ("InitiateAuth", "ADMIN_NO_SRP_AUTH"),
        ("AdminInitiateAuth", "USER_PASSWORD_AUTH"),
    ],
)
async def test_a_flow_of_the_other_door_is_refused(
    pool: Pool, make_client: Make, knock: Call, door: str, flow: str
) -> None:
    client = await make_client(pool, explicit_auth_flows=ALL_FLOWS)

    with pytest.raises(InvalidParameterException) as caught:
        await knock(door, client, flow, USERNAME="ann", PASSWORD="Correct-horse-1")

    assert caught.value.message == WRONG_DOOR


@pytest.mark.parametrize(
    ("door", "flow", "text"),
    [
        ("InitiateAuth", "USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."),
        ("AdminInitiateAuth", "USER_SRP_AUTH", "USER_SRP_AUTH is not enabled for the client."),
        ("InitiateAuth", "USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH flow not enabled for this client"),
        ("InitiateAuth", "CUSTOM_AUTH", "CUSTOM_AUTH flow not enabled for this client"),
        ("InitiateAuth", "USER_AUTH", "USER_AUTH flow not enabled for this client"),
        (
            "AdminInitiateAuth",
            "ADMIN_USER_PASSWORD_AUTH",
            "ADMIN_USER_PASSWORD_AUTH flow not enabled for this client",
        ),
        ("AdminInitiateAuth", "ADMIN_NO_SRP_AUTH", "Auth flow not enabled for this client"),
    ],
)
async def test_a_flow_that_the_client_may_not_begin_is_refused(
    pool: Pool, make_client: Make, knock: Call, door: str, flow: str, text: str
) -> None:
    client = await make_client(pool, explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"])

    with pytest.raises(InvalidParameterException) as caught:
        await knock(door, client, flow)

    assert caught.value.message == text


async def test_custom_sign_in_needs_a_trigger_that_nobody_has_set(
    pool: Pool, make_client: Make, knock: Call
) -> None:
    client = await make_client(pool, explicit_auth_flows=ALL_FLOWS)

    with pytest.raises(InvalidParameterException) as caught:
        await knock("InitiateAuth", client, "CUSTOM_AUTH", USERNAME="ann")

    assert caught.value.message == "Custom auth lambda trigger is not configured for the user pool."


async def test_a_challenge_that_is_not_built_says_so(client: Client, answer: Call) -> None:
    with pytest.raises(UnsupportedOperationException):
        await answer(client, "WEB_AUTHN", {"USERNAME": "ann"}, Session="A" * 40)


@pytest.mark.parametrize("door", ["InitiateAuth", "AdminInitiateAuth"])
@pytest.mark.parametrize("name", ["TARGET_ACR_VALUES", "ACCESS_TOKEN"])
async def test_nobody_is_let_in_with_less_proof_than_was_asked_for(
    pool: Pool, make_client: Make, knock: Call, door: str, name: str
) -> None:
    client = await make_client(pool, explicit_auth_flows=ALL_FLOWS)

    with pytest.raises(UnsupportedOperationException, match=name):
        await knock(door, client, "USER_AUTH", USERNAME="ann", **{name: "urn:cognito:loa:4"})


async def test_answers_are_not_gated_by_flows_again(
    context: Context,
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    fewer = replace(client.description, explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"])
    await context.database.write(
        lambda transaction: save_client(transaction, replace(client, description=fewer))
    )
    context.directory.forget(client_id=client.client_id)

    assert await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))


def test_both_doors_open_the_flows_that_are_built() -> None:
    shared = {"USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"}

    assert set(PUBLIC_FLOWS) == {*shared, "USER_PASSWORD_AUTH"}
    assert set(ADMIN_FLOWS) == {*shared, "ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}
    assert {"PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED"} < set(ANSWERS)


# ---- the doors ----


async def test_an_administrator_may_lead_a_whole_srp_sign_in(
    call: Call, pool: Pool, client: Client, make_user: Make, begin_srp: Make, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    reply = await call(
        "AdminRespondToAuthChallenge",
        UserPoolId=pool.pool_id,
        ClientId=client.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=exchange.responses(password),
    )

    assert reply["AuthenticationResult"]["RefreshToken"]


async def test_an_administrator_may_renew_tokens(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, knock: Call
) -> None:
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]

    reply = await knock("AdminInitiateAuth", client, "REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)

    assert reply["AuthenticationResult"]["AccessToken"]


async def test_an_administrator_may_answer_for_an_invited_user(
    call: Call, pool: Pool, make_client: Make, make_invited: Make, knock: Call
) -> None:
    client = await make_client(pool, explicit_auth_flows=ALL_FLOWS)
    await make_invited(pool, "ann")
    challenge = await knock(
        "AdminInitiateAuth", client, "ADMIN_USER_PASSWORD_AUTH", USERNAME="ann", PASSWORD="Temporary-1"
    )

    reply = await call(
        "AdminRespondToAuthChallenge",
        UserPoolId=pool.pool_id,
        ClientId=client.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        ChallengeResponses={"USERNAME": "ann", "NEW_PASSWORD": "Another-horse-2"},
        Session=challenge["Session"],
    )

    assert reply["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize("door", ["InitiateAuth", "RespondToAuthChallenge"])
async def test_a_client_that_does_not_exist_is_told_so(call: Call, door: str) -> None:
    members = {
        "InitiateAuth": {"AuthFlow": "USER_SRP_AUTH"},
        "RespondToAuthChallenge": {"ChallengeName": "PASSWORD_VERIFIER"},
    }

    with pytest.raises(ResourceNotFoundException) as caught:
        await call(door, ClientId="nosuchclient", **members[door])

    assert caught.value.message == "User pool client nosuchclient does not exist."


@pytest.mark.parametrize("door", ["AdminInitiateAuth", "AdminRespondToAuthChallenge"])
async def test_a_client_of_another_pool_does_not_exist_here(
    call: Call, make_pool: Make, client: Client, door: str
) -> None:
    elsewhere = await make_pool()
    members = {
        "AdminInitiateAuth": {"AuthFlow": "USER_SRP_AUTH"},
        "AdminRespondToAuthChallenge": {"ChallengeName": "PASSWORD_VERIFIER"},
    }

    with pytest.raises(ResourceNotFoundException):
        await call(door, UserPoolId=elsewhere.pool_id, ClientId=client.client_id, **members[door])


# ---- clients with a secret ----


@pytest.fixture
async def confidential(make_pool: Make, make_client: Make, make_user: Make) -> Client:
    """A client with a secret, in a pool with the user ann, who is ann@example.com too."""
    pool = await make_pool(alias_attributes=["email"])
    await make_user(pool, "ann", email="ann@example.com")
    client: Client = await make_client(pool, generate_secret=True, explicit_auth_flows=ALL_FLOWS)
    return client


@pytest.mark.parametrize(
    ("flow", "more"),
    [("USER_PASSWORD_AUTH", {"PASSWORD": "Correct-horse-1"}), ("USER_SRP_AUTH", {"SRP_A": "abc123"})],
)
async def test_a_missing_hash_is_told_so(
    confidential: Client, knock: Call, flow: str, more: dict[str, str]
) -> None:
    with pytest.raises(NotAuthorizedException) as caught:
        await knock("InitiateAuth", confidential, flow, USERNAME="ann", **more)

    assert (
        caught.value.message
        == f"Client {confidential.client_id} is configured with secret but SECRET_HASH was not received"
    )


@pytest.mark.parametrize(
    ("flow", "more"),
    [("USER_PASSWORD_AUTH", {"PASSWORD": "Correct-horse-1"}), ("USER_SRP_AUTH", {"SRP_A": "abc123"})],
)
@pytest.mark.parametrize("given", ["wrong", "of another name", "ß"])
async def test_a_wrong_hash_is_told_so(
    confidential: Client,
    knock: Call,
    secret_of: Callable[[Client], str],
    flow: str,
    more: dict[str, str],
    given: str,
) -> None:
    if given == "of another name":
        given = secret_hash("bob", client_id=confidential.client_id, client_secret=secret_of(confidential))

    with pytest.raises(NotAuthorizedException) as caught:
        await knock("InitiateAuth", confidential, flow, USERNAME="ann", SECRET_HASH=given, **more)

    assert caught.value.message == f"Unable to verify secret hash for client {confidential.client_id}"


@pytest.mark.parametrize("name", ["ann", "ann@example.com"])
async def test_the_hash_is_of_the_name_that_is_sent(
    confidential: Client, knock: Call, secret_of: Callable[[Client], str], name: str
) -> None:
    given = secret_hash(name, client_id=confidential.client_id, client_secret=secret_of(confidential))

    reply = await knock(
        "InitiateAuth",
        confidential,
        "USER_PASSWORD_AUTH",
        USERNAME=name,
        PASSWORD="Correct-horse-1",
        SECRET_HASH=given,
    )

    assert reply["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize("begun_as", ["ann", "ann@example.com"])
@pytest.mark.parametrize("answered_as", ["ann", "ann@example.com"])
async def test_an_srp_answer_needs_the_hash_of_the_name_it_is_given_in(
    confidential: Client,
    begin_srp: Make,
    answer: Call,
    secret_of: Callable[[Client], str],
    password: str,
    begun_as: str,
    answered_as: str,
) -> None:
    hashes = {
        name: secret_hash(name, client_id=confidential.client_id, client_secret=secret_of(confidential))
        for name in ("ann", "ann@example.com")
    }
    exchange = await begin_srp(confidential, begun_as, SECRET_HASH=hashes[begun_as])
    responses = exchange.responses(password, USERNAME=answered_as)

    with pytest.raises(NotAuthorizedException, match="SECRET_HASH was not received"):
        await answer(confidential, "PASSWORD_VERIFIER", responses)
    if answered_as not in {begun_as, "ann"}:
        # Neither the name that was typed nor the one that the challenge gave.
        return
    assert await answer(confidential, "PASSWORD_VERIFIER", {**responses, "SECRET_HASH": hashes[answered_as]})


@pytest.mark.parametrize(
    ("flow", "more"),
    [("USER_PASSWORD_AUTH", {"PASSWORD": "Correct-horse-1"}), ("USER_SRP_AUTH", {"SRP_A": "abc123"})],
)
async def test_a_superfluous_hash_is_refused(
    client: Client, knock: Call, flow: str, more: dict[str, str]
) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        await knock("InitiateAuth", client, flow, USERNAME="ann", SECRET_HASH="abc", **more)

    assert (
        caught.value.message
        == f"App client {client.client_id} is not configured for secret but secret hash was received"
    )


async def test_a_wrong_hash_tells_nothing_about_the_user(confidential: Client, knock: Call) -> None:
    refusals: list[str] = []
    for name in ("ann", "nobody"):
        with pytest.raises(ServiceException) as caught:
            await knock(
                "InitiateAuth",
                confidential,
                "USER_PASSWORD_AUTH",
                USERNAME=name,
                PASSWORD="wrong",
                SECRET_HASH="wrong",
            )
        refusals.append(str(caught.value))

    assert refusals[0] == refusals[1]
