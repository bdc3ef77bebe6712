"""NEW_PASSWORD_REQUIRED: the first sign-in of whoever was given a password by an administrator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    InvalidPasswordException,
    NotAuthorizedException,
)
from userpool.wire.user_pools import SchemaAttributeTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]
Try = Callable[..., Awaitable[str]]

NEW = "Another-horse-2"
NO_SESSION = "Invalid session for the user."


@pytest.fixture
async def nameful(make_pool: Make) -> Pool:
    """A pool in which everybody has a given name."""
    pool: Pool = await make_pool(
        schema=[SchemaAttributeTypeInput(name="given_name", required=True, mutable=True)]
    )
    return pool


@pytest.fixture
def begin(call: Call) -> Make:
    """Give a function that signs in with a temporary password and returns the challenge."""

    async def run(client: Client, username: str, password: str = "Temporary-1") -> dict[str, Any]:
        return await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )

    return run


@pytest.fixture
def choose(answer: Call) -> Call:
    """Give a function that answers with a new password."""

    async def run(
        client: Client, session: str, *, username: str = "ann", password: str = NEW, **attributes: str
    ) -> dict[str, Any]:
        given = {f"userAttributes.{name}": value for name, value in attributes.items()}
        responses = {"USERNAME": username, "NEW_PASSWORD": password, **given}
        return await answer(client, "NEW_PASSWORD_REQUIRED", responses, Session=session)

    return run


# ---- the challenge ----


async def test_a_temporary_password_leads_to_the_challenge(
    pool: Pool, client: Client, make_invited: Make, begin: Make
) -> None:
    await make_invited(pool, "ann", email="ann@example.com", email_verified="true")

    reply = await begin(client, "ann")

    assert set(reply) == {"ChallengeName", "ChallengeParameters", "Session"}
    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = reply["ChallengeParameters"]
    assert parameters["USER_ID_FOR_SRP"] == "ann"
    assert parameters["requiredAttributes"] == "[]"
    assert json.loads(parameters["userAttributes"]) == {"email": "ann@example.com", "email_verified": "true"}


async def test_missing_attributes_are_asked_for_by_their_prefixed_names(
    nameful: Pool, make_client: Make, make_invited: Make, begin: Make
) -> None:
    client = await make_client(nameful, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_invited(nameful, "ann")

    reply = await begin(client, "ann")

    assert reply["ChallengeParameters"]["requiredAttributes"] == '["userAttributes.given_name"]'


async def test_the_challenge_tells_no_attribute_that_the_client_may_not_read(
    make_pool: Make, make_client: Make, make_invited: Make, begin: Make
) -> None:
    risk = SchemaAttributeTypeInput(
        name="risk", attribute_data_type="String", developer_only_attribute=True, mutable=True
    )
    pool = await make_pool(schema=[risk])
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    everything = await make_client(pool, explicit_auth_flows=flows)
    little = await make_client(pool, explicit_auth_flows=flows, read_attributes=["email"])
    await make_invited(pool, "ann", email="ann@example.com", nickname="Nan", **{"dev:custom:risk": "high"})

    told = [
        json.loads((await begin(client, "ann"))["ChallengeParameters"]["userAttributes"])
        for client in (everything, little)
    ]

    assert told == [{"email": "ann@example.com", "nickname": "Nan"}, {"email": "ann@example.com"}]


async def test_srp_with_a_temporary_password_leads_there_too(
    pool: Pool, client: Client, make_invited: Make, begin_srp: Make, answer: Call, choose: Call
) -> None:
    await make_invited(pool, "ann")
    exchange = await begin_srp(client, "ann")

    reply = await answer(client, "PASSWORD_VERIFIER", exchange.responses("Temporary-1"))

    assert reply["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert (await choose(client, reply["Session"]))["AuthenticationResult"]["IdToken"]


# ---- the answer ----


async def test_the_new_password_signs_in_and_stays(
    call: Call, pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, try_password: Try
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    reply = await choose(client, session)

    assert set(reply) == {"AuthenticationResult", "ChallengeParameters"}
    described = await call("AdminGetUser", UserPoolId=pool.pool_id, Username="ann")
    assert described["UserStatus"] == "CONFIRMED"
    assert await try_password(client, "ann", NEW) == ""
    assert await try_password(client, "ann", "Temporary-1") == "Incorrect username or password."


async def test_the_new_password_does_not_expire_with_the_temporary_one(
    pool: Pool,
    client: Client,
    make_invited: Make,
    begin: Make,
    choose: Call,
    try_password: Try,
    effects: FixedEffects,
) -> None:
    await make_invited(pool, "ann")
    await choose(client, (await begin(client, "ann"))["Session"])

    effects.advance(365 * 24 * 60 * 60)

    assert await try_password(client, "ann", NEW) == ""


async def test_attributes_that_were_missing_are_set_with_the_answer(
    nameful: Pool, make_client: Make, make_invited: Make, begin: Make, choose: Call, described: Call
) -> None:
    client = await make_client(nameful, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_invited(nameful, "ann")
    session = (await begin(client, "ann"))["Session"]

    await choose(client, session, given_name="Ann", family_name="Bee")

    attributes = (await described(nameful, "ann"))["attributes"]
    assert attributes["given_name"] == "Ann"
    assert attributes["family_name"] == "Bee"


async def test_an_answer_without_a_required_attribute_is_refused_and_may_be_given_again(
    nameful: Pool, make_client: Make, make_invited: Make, begin: Make, choose: Call
) -> None:
    client = await make_client(nameful, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_invited(nameful, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(InvalidParameterException) as caught:
        await choose(client, session)

    assert caught.value.message == "Invalid attributes given, given_name is missing"
    assert await choose(client, session, given_name="Ann")


async def test_an_address_that_is_there_cannot_be_changed(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call
) -> None:
    await make_invited(pool, "ann", email="ann@example.com")
    session = (await begin(client, "ann"))["Session"]

    for email in ("eve@example.com", ""):
        with pytest.raises(NotAuthorizedException) as caught:
            await choose(client, session, email=email)

    assert caught.value.message == "Cannot modify an already provided email"


async def test_a_required_attribute_that_is_there_is_refused_even_unchanged(
    nameful: Pool, make_client: Make, make_invited: Make, begin: Make, choose: Call
) -> None:
    client = await make_client(nameful, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_invited(nameful, "ann", given_name="Ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(NotAuthorizedException, match="Cannot modify an already provided given_name"):
        await choose(client, session, given_name="Ann")


async def test_attributes_that_are_not_required_may_be_sent_back_and_changed(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, described: Call
) -> None:
    await make_invited(pool, "ann", email="ann@example.com", email_verified="true", nickname="Annie")
    session = (await begin(client, "ann"))["Session"]

    await choose(client, session, email="ann@example.com", nickname="Nan")

    attributes = (await described(pool, "ann"))["attributes"]
    assert (attributes["nickname"], attributes["email_verified"]) == ("Nan", "true")


async def test_what_was_fixed_with_the_user_cannot_be_changed(
    make_pool: Make, make_client: Make, make_invited: Make, begin: Make, choose: Call
) -> None:
    badge = SchemaAttributeTypeInput(name="badge", attribute_data_type="String", mutable=False)
    pool = await make_pool(schema=[badge])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_invited(pool, "ann", **{"custom:badge": "7"})
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(InvalidParameterException, match="Attribute cannot be updated"):
        await choose(client, session, **{"custom:badge": "8"})

    assert await choose(client, session, **{"custom:badge": "7"})


async def test_an_attribute_that_the_client_may_not_write_is_refused(
    pool: Pool, make_client: Make, make_invited: Make, begin: Make, choose: Call
) -> None:
    client = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], write_attributes=["given_name"]
    )
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(NotAuthorizedException, match="unauthorized attribute"):
        await choose(client, session, family_name="Bee")


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified", "sub"])
async def test_nobody_verifies_an_address_by_saying_so(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, name: str
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises((NotAuthorizedException, InvalidParameterException)):
        await choose(client, session, **{name: "true"})


async def test_a_password_against_the_policy_is_refused_and_may_be_given_again(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(InvalidPasswordException):
        await choose(client, session, password="short")

    assert await choose(client, session)


@pytest.mark.parametrize("password", ["Another-2" + "x" * 248, "Another horse 2", "Another-horse-2\t"])
async def test_a_password_that_no_other_operation_takes_is_refused(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, password: str
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(InvalidPasswordException):
        await choose(client, session, password=password)

    longest = "Another-2" + "x" * 247
    await choose(client, session, password=longest)
    assert (await begin(client, "ann", longest))["AuthenticationResult"]


@pytest.mark.parametrize("name", ["USERNAME", "NEW_PASSWORD"])
async def test_an_answer_needs_its_parameters(
    pool: Pool, client: Client, make_invited: Make, begin: Make, answer: Call, name: str
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    responses = {"USERNAME": "ann", "NEW_PASSWORD": NEW}
    del responses[name]

    with pytest.raises(InvalidParameterException) as caught:
        await answer(client, "NEW_PASSWORD_REQUIRED", responses, Session=session)

    assert caught.value.message == f"Missing required parameter {name}"


# ---- whose session it is ----


async def test_a_session_can_be_answered_only_once(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    await choose(client, session)

    with pytest.raises(NotAuthorizedException) as caught:
        await choose(client, session, password="Third-horse-3")

    assert caught.value.message == NO_SESSION


async def test_of_parallel_answers_to_one_session_one_counts(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, try_password: Try
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    passwords = [f"Parallel-horse-{number}" for number in range(6)]

    outcomes = await asyncio.gather(
        *(choose(client, session, password=password) for password in passwords), return_exceptions=True
    )

    winners = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, dict)]
    assert len(winners) == 1
    assert await try_password(client, "ann", passwords[winners[0]]) == ""


async def test_a_session_answers_no_other_challenge(
    pool: Pool, client: Client, make_invited: Make, begin: Make, begin_srp: Make, answer: Call
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await answer(client, "PASSWORD_VERIFIER", exchange.responses("Temporary-1"), Session=session)


async def test_a_session_of_another_client_is_refused(
    pool: Pool, client: Client, make_client: Make, make_invited: Make, begin: Make, choose: Call
) -> None:
    other = await make_client(pool)
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await choose(other, session)


async def test_a_session_of_another_user_is_refused(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call
) -> None:
    await make_invited(pool, "ann")
    await make_invited(pool, "bob")
    session = (await begin(client, "ann"))["Session"]

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await choose(client, session, username="bob")


async def test_a_session_expires(
    pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, effects: FixedEffects
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    effects.advance(180)

    with pytest.raises(NotAuthorizedException) as caught:
        await choose(client, session)
    assert caught.value.message == "Invalid session for the user, session is expired."


async def test_a_client_may_let_a_session_live_longer(
    pool: Pool, make_client: Make, make_invited: Make, begin: Make, choose: Call, effects: FixedEffects
) -> None:
    client = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], auth_session_validity=15
    )
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]

    effects.advance(899)

    assert await choose(client, session)


@pytest.mark.parametrize("session", [None, "A" * 40, "AYABe" + "A" * 40, "AYABe" + "ß" * 40])
async def test_what_was_never_a_session_is_refused(
    pool: Pool, client: Client, make_invited: Make, answer: Call, session: str | None
) -> None:
    await make_invited(pool, "ann")
    responses = {"USERNAME": "ann", "NEW_PASSWORD": NEW}
    members = {} if session is None else {"Session": session}

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "NEW_PASSWORD_REQUIRED", responses, **members)

    assert caught.value.message == NO_SESSION


@pytest.mark.parametrize("permanent", [True, False], ids=["to keep", "temporary"])
async def test_a_session_ends_when_an_administrator_sets_another_password(
    call: Call, pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, *, permanent: bool
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    await call(
        "AdminSetUserPassword",
        UserPoolId=pool.pool_id,
        Username="ann",
        Password="Replaced-horse-3",
        Permanent=permanent,
    )

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await choose(client, session)


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminDeleteUser"])
async def test_a_session_ends_with_its_user(
    call: Call, pool: Pool, client: Client, make_invited: Make, begin: Make, choose: Call, operation: str
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client, "ann"))["Session"]
    await call(operation, UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await choose(client, session)
