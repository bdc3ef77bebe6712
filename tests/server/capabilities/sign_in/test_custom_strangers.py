"""What a stranger sees of a custom sign-in: nobody, a disabled user and one without a factor are led alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.srp import client_ephemeral
from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
KEYS = {
    "SMS_MFA": "SMS_MFA_CODE",
    "EMAIL_OTP": "EMAIL_OTP_CODE",
    "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
}


def asking(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Return a DefineAuthChallenge that asks for these one after another, whatever comes, and lets nobody fail."""

    def define(event: dict[str, Any]) -> dict[str, Any]:
        asked = [one["challengeName"] for one in event["request"]["session"]]
        count = len([name for name in asked if name != "SRP_A"])
        return {"challengeName": names[count]} if count < len(names) else {"issueTokens": True}

    return define


@pytest.fixture
async def pool(make_triggered: Make, make_user: Make, call: Call) -> Pool:
    """A pool with Ann, who has nothing but a password, and Bob, who is disabled."""
    pool: Pool = await make_triggered(*TRIGGERS)
    await make_user(pool, "ann")
    await make_user(pool, "bob")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="bob")
    return pool


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client whose users stay unknown to strangers."""
    client: Client = await make_client(pool, prevent_user_existence_errors="ENABLED")
    return client


@pytest.fixture
def begin(enter: Call, effects: FixedEffects) -> Make:
    """Give a function that begins with SRP_A, and returns the reply and the client's half."""

    async def run(client: Client, username: str, **members: str) -> tuple[dict[str, Any], Any]:
        ephemeral = client_ephemeral(effects.random_bytes(32))
        srp = {"CHALLENGE_NAME": "SRP_A", "SRP_A": ephemeral.public_hex}
        return await enter(client, username, flow="CUSTOM_AUTH", **srp, **members), ephemeral

    return run


async def refused(answering: Awaitable[Any]) -> tuple[str, str]:
    """Return how an answer was refused."""
    with pytest.raises(ServiceException) as caught:
        await answering
    return type(caught.value).__name__, caught.value.message


@pytest.mark.parametrize("who", ["bob", "nobody"])
async def test_who_is_disabled_is_asked_as_nobody_is_and_comes_to_the_same_end(
    secretive: Client, begin: Make, respond: Call, functions: Any, exchange_of: Any, who: str
) -> None:
    functions["DefineAuthChallenge"] = asking("CUSTOM_CHALLENGE", "PASSWORD_VERIFIER")
    first, ephemeral = await begin(secretive, who)
    second = await respond(secretive, "CUSTOM_CHALLENGE", first["Session"], USERNAME=who, ANSWER="yes")
    exchange = exchange_of(secretive, ephemeral, second["ChallengeParameters"])

    responses = {**exchange.responses("Correct-horse-1"), "USERNAME": who}
    end = await refused(respond(secretive, "PASSWORD_VERIFIER", second["Session"], **responses))

    assert (first["ChallengeName"], second["ChallengeName"]) == ("CUSTOM_CHALLENGE", "PASSWORD_VERIFIER")
    assert end == ("NotAuthorizedException", "Incorrect username or password.")
    shown = [event for event in functions.calls if event["triggerSource"].startswith("Define")]
    assert [event["request"]["userNotFound"] for event in shown] == [True, True]


@pytest.mark.parametrize("who", ["bob", "nobody"])
async def test_a_salt_is_the_one_of_a_plain_sign_in(
    secretive: Client, begin: Make, begin_srp: Make, functions: Any, who: str
) -> None:
    functions["DefineAuthChallenge"] = asking("PASSWORD_VERIFIER")

    custom, _ = await begin(secretive, who)

    plain = await begin_srp(secretive, who)
    assert custom["ChallengeParameters"]["SALT"] == plain.parameters["SALT"]


async def test_failures_of_who_is_disabled_are_counted_as_in_a_plain_sign_in(
    secretive: Client, begin: Make, respond: Call, functions: Any, exchange_of: Any, begin_srp: Make
) -> None:
    functions["DefineAuthChallenge"] = asking("PASSWORD_VERIFIER")
    for _ in range(5):
        first, ephemeral = await begin(secretive, "bob")
        exchange = exchange_of(secretive, ephemeral, first["ChallengeParameters"])
        with pytest.raises(NotAuthorizedException, match="Incorrect"):
            await respond(secretive, "PASSWORD_VERIFIER", first["Session"], **exchange.responses("wrong"))

    with pytest.raises(NotAuthorizedException, match=r"^Password attempts exceeded$"):
        await begin_srp(secretive, "bob")


@pytest.mark.parametrize("factor", sorted(KEYS))
async def test_a_factor_that_somebody_lacks_is_asked_for_as_of_nobody(
    secretive: Client, enter: Call, respond: Call, functions: Any, factor: str
) -> None:
    functions["DefineAuthChallenge"] = asking(factor)
    ends, shapes = [], []
    for who in ("ann", "bob", "nobody"):
        first = await enter(secretive, who, flow="CUSTOM_AUTH")
        code = {"USERNAME": who, KEYS[factor]: "000000"}
        ends.append(await refused(respond(secretive, first["ChallengeName"], first["Session"], **code)))
        shapes.append((first["ChallengeName"], sorted(first["ChallengeParameters"])))

    assert ends == [("CodeMismatchException", "Invalid code or auth state for the user.")] * 3
    assert shapes == [shapes[0]] * 3
    assert shapes[0][0] == factor


async def test_the_code_of_somebody_who_is_disabled_is_no_better_than_any_other(
    call: Call,
    pool: Pool,
    client: Client,
    secretive: Client,
    enter: Call,
    respond: Call,
    functions: Any,
    authenticator: Make,
) -> None:
    factors = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, **factors)
    shown = await authenticator(client, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")
    functions["DefineAuthChallenge"] = asking("SOFTWARE_TOKEN_MFA")
    session = (await enter(secretive, flow="CUSTOM_AUTH"))["Session"]
    code = {"SOFTWARE_TOKEN_MFA_CODE": shown()}

    # Were it used by the first, the second would tell so.
    ends = [await refused(respond(secretive, "SOFTWARE_TOKEN_MFA", session, **code)) for _ in range(2)]

    assert ends == [("CodeMismatchException", "Invalid code or auth state for the user.")] * 2


async def test_the_name_of_an_authenticator_is_told_to_who_proved_something(
    call: Call,
    pool: Pool,
    client: Client,
    secretive: Client,
    enter: Call,
    functions: Any,
    authenticator: Make,
) -> None:
    factors = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, **factors)
    await authenticator(client, "ann", name="Phone")
    functions["DefineAuthChallenge"] = asking("SOFTWARE_TOKEN_MFA")

    told = [(await enter(each, flow="CUSTOM_AUTH"))["ChallengeParameters"] for each in (client, secretive)]

    assert told[0]["FRIENDLY_DEVICE_NAME"] == "Phone"
    assert "FRIENDLY_DEVICE_NAME" not in told[1]


@pytest.mark.parametrize("first", ["CUSTOM_CHALLENGE", "PASSWORD_VERIFIER"])
async def test_who_is_disabled_is_told_so_at_once_where_that_is_no_secret(
    client: Client, pool: Pool, begin: Make, functions: Any, first: str
) -> None:
    functions["DefineAuthChallenge"] = asking(first)

    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await begin(client, "bob")


async def test_a_missing_factor_is_told_where_nobody_is_a_secret(
    client: Client, pool: Pool, enter: Call, functions: Any
) -> None:
    functions["DefineAuthChallenge"] = asking("SMS_MFA")

    with pytest.raises(InvalidParameterException, match="SMS_MFA"):
        await enter(client, flow="CUSTOM_AUTH")
