"""USER_AUTH: preferred and offered first factors, and the way in from a sign-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.srp import client_ephemeral
from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.messages.inbox import Inbox
from userpool.server.pending_sign_ins import sign_up_session
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."
NO_SESSION = "Invalid session for the user."
BOTH = ["PASSWORD", "PASSWORD_SRP"]


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann")
    return sub


@pytest.fixture
def begin(enter: Call) -> Call:
    """Give a function that begins a sign-in by choice."""

    async def run(client: Client, username: str = "ann", **members: Any) -> dict[str, Any]:
        return await enter(client, username, flow="USER_AUTH", **members)

    return run


# ---- preferred ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_preferred_password_signs_in_at_once(
    client: Client, ann: str, begin: Call, password: str, door: str
) -> None:
    reply = await begin(client, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=password)

    assert reply["AuthenticationResult"]


async def test_preferred_srp_is_answered_with_its_challenge(
    client: Client,
    ann: str,
    begin: Call,
    respond: Call,
    password: str,
    effects: FixedEffects,
    exchange_of: Any,
) -> None:
    ephemeral = client_ephemeral(effects.random_bytes(32))

    challenge = await begin(client, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=ephemeral.public_hex)
    exchange = exchange_of(client, ephemeral, challenge["ChallengeParameters"])
    reply = await respond(client, "PASSWORD_VERIFIER", challenge["Session"], **exchange.responses(password))

    assert challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    assert challenge["AvailableChallenges"] == BOTH
    assert reply["AuthenticationResult"]


@pytest.mark.parametrize("preferred", [{}, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}])
async def test_what_is_not_there_is_answered_with_the_choice(
    client: Client, ann: str, begin: Call, preferred: dict[str, str]
) -> None:
    challenge = await begin(client, **preferred)

    assert challenge["ChallengeName"] == "SELECT_CHALLENGE"
    assert challenge["AvailableChallenges"] == BOTH
    assert challenge["ChallengeParameters"] == {}


# ---- chosen ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_chosen_password_signs_in(
    client: Client, ann: str, begin: Call, respond: Call, password: str, door: str
) -> None:
    session = (await begin(client))["Session"]

    reply = await respond(client, "SELECT_CHALLENGE", session, ANSWER="PASSWORD", PASSWORD=password)

    assert reply["AuthenticationResult"]


async def test_chosen_srp_signs_in(
    client: Client,
    ann: str,
    begin: Call,
    respond: Call,
    password: str,
    effects: FixedEffects,
    exchange_of: Any,
) -> None:
    session = (await begin(client))["Session"]
    ephemeral = client_ephemeral(effects.random_bytes(32))

    challenge = await respond(
        client, "SELECT_CHALLENGE", session, ANSWER="PASSWORD_SRP", SRP_A=ephemeral.public_hex
    )
    exchange = exchange_of(client, ephemeral, challenge["ChallengeParameters"])
    reply = await respond(client, "PASSWORD_VERIFIER", challenge["Session"], **exchange.responses(password))

    assert reply["AuthenticationResult"]
    with pytest.raises(NotAuthorizedException):
        await respond(client, "SELECT_CHALLENGE", session, ANSWER="PASSWORD", PASSWORD=password)


async def test_a_wrong_password_is_counted_and_ends_the_sign_in(
    client: Client, ann: str, begin: Call, respond: Call, password: str
) -> None:
    for _ in range(5):
        session = (await begin(client))["Session"]
        with pytest.raises(NotAuthorizedException, match=INCORRECT):
            await respond(client, "SELECT_CHALLENGE", session, ANSWER="PASSWORD", PASSWORD="wrong")

    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await begin(client)


async def test_a_session_that_was_used_is_called_so_and_not_a_wrong_password(
    client: Client, ann: str, begin: Call, respond: Call, password: str, effects: FixedEffects
) -> None:
    session = (await begin(client))["Session"]
    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await respond(client, "SELECT_CHALLENGE", session, ANSWER="PASSWORD", PASSWORD="wrong")

    begun = client_ephemeral(effects.random_bytes(32)).public_hex
    for choice in ({"ANSWER": "PASSWORD", "PASSWORD": password}, {"ANSWER": "PASSWORD_SRP", "SRP_A": begun}):
        with pytest.raises(NotAuthorizedException, match=NO_SESSION):
            await respond(client, "SELECT_CHALLENGE", session, **choice)


async def test_what_was_not_offered_cannot_be_chosen(
    client: Client, ann: str, begin: Call, respond: Call
) -> None:
    session = (await begin(client))["Session"]

    with pytest.raises(InvalidParameterException):
        await respond(client, "SELECT_CHALLENGE", session, ANSWER="EMAIL_OTP")


async def test_nobody_is_offered_the_same(
    pool: Pool, client: Client, make_client: Make, begin: Call, respond: Call
) -> None:
    secretive = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_AUTH"], prevent_user_existence_errors="ENABLED"
    )

    challenge = await begin(secretive, "nobody")

    assert challenge["AvailableChallenges"] == BOTH
    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await respond(
            secretive,
            "SELECT_CHALLENGE",
            challenge["Session"],
            USERNAME="nobody",
            ANSWER="PASSWORD",
            PASSWORD="any",
        )
    with pytest.raises(UserNotFoundException):
        await begin(client, "nobody")


# ---- after a sign-up ----


async def test_a_sign_up_leads_to_a_sign_in_without_the_password_again(
    call: Call, client: Client, begin: Call, inbox: Inbox, password: str
) -> None:
    mail = [{"Name": "email", "Value": "eve@example.com"}]
    made = await call(
        "SignUp", ClientId=client.client_id, Username="eve", Password=password, UserAttributes=mail
    )
    confirmed = await call(
        "ConfirmSignUp",
        ClientId=client.client_id,
        Username="eve",
        ConfirmationCode=inbox.messages()[0].code,
        Session=made["Session"],
    )

    reply = await begin(client, "eve", session=confirmed["Session"])

    assert reply["AuthenticationResult"]["AccessToken"]


@pytest.fixture
async def session(context: Context, pool: Pool, client: Client, ann: str) -> str:
    """What ConfirmSignUp gave Ann."""
    user = await context.directory.user(pool, "ann")
    assert user is not None
    return sign_up_session(context, pool, client, user)


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_whoever_confirmed_a_sign_up_is_let_in_once(
    client: Client, session: str, begin: Call, door: str
) -> None:
    reply = await begin(client, session=session)

    assert reply["AuthenticationResult"]
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await begin(client, session=session)


async def test_the_function_that_is_asked_before_a_sign_in_is_asked_after_a_sign_up_too(
    context: Context,
    make_triggered: Make,
    make_client: Make,
    make_user: Make,
    begin: Call,
    functions: Any,
) -> None:
    pool = await make_triggered("PreAuthentication")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_AUTH"])
    await make_user(pool, "ann")
    user = await context.directory.user(pool, "ann")
    assert user is not None

    await begin(client, session=sign_up_session(context, pool, client, user), metadata={"from": "here"})

    (asked,) = functions.calls
    assert asked["triggerSource"] == "PreAuthentication_Authentication"
    assert (asked["userName"], asked["request"]["validationData"]) == ("ann", {"from": "here"})


async def test_the_session_is_of_one_client_and_one_user(
    pool: Pool, client: Client, make_client: Make, make_user: Make, session: str, begin: Call
) -> None:
    await make_user(pool, "bob")
    other = await make_client(pool, explicit_auth_flows=["ALLOW_USER_AUTH"])

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await begin(other, session=session)
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await begin(client, "bob", session=session)


async def test_the_session_of_a_sign_up_that_waits_lets_nobody_in(
    call: Call, context: Context, pool: Pool, client: Client, begin: Call, password: str
) -> None:
    await call("SignUp", ClientId=client.client_id, Username="eve", Password=password)
    user = await context.directory.user(pool, "eve")
    assert user is not None
    session = sign_up_session(context, pool, client, user)
    await call("AdminConfirmSignUp", UserPoolId=pool.pool_id, Username="eve")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await begin(client, "eve", session=session)


async def test_a_required_second_factor_is_asked_for_there_too(
    context: Context, make_mfa_pool: Make, make_client: Make, make_user: Make, begin: Call
) -> None:
    pool = await make_mfa_pool("ON", "SOFTWARE_TOKEN_MFA")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_AUTH"])
    await make_user(pool, "ann")
    user = await context.directory.user(pool, "ann")
    assert user is not None

    reply = await begin(client, session=sign_up_session(context, pool, client, user))

    assert reply["ChallengeName"] == "MFA_SETUP"
