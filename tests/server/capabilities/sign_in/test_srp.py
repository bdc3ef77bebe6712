"""Sign-in with SRP, from both sides of the wire."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import pytest

from userpool.crypto.srp import Ephemeral, N, client_ephemeral
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."


# ---- the challenge ----


async def test_the_challenge_carries_what_the_service_sends_and_no_session(
    call: Call, pool: Pool, client: Client, make_user: Make
) -> None:
    await make_user(pool, "ann")

    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ann", "SRP_A": client_ephemeral(bytes(31) + b"\x05").public_hex},
    )

    assert set(reply) == {"ChallengeName", "ChallengeParameters"}
    parameters = reply["ChallengeParameters"]
    assert set(parameters) == {"SALT", "SECRET_BLOCK", "SRP_B", "USERNAME", "USER_ID_FOR_SRP"}
    assert parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"] == "ann"


async def test_the_same_number_twice_is_answered_with_two_numbers(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make
) -> None:
    await make_user(pool, "ann")
    ephemeral = client_ephemeral(bytes(31) + b"\x05")

    first = await begin_srp(client, "ann", ephemeral=ephemeral)
    second = await begin_srp(client, "ann", ephemeral=ephemeral)

    assert first.parameters["SRP_B"] != second.parameters["SRP_B"]
    assert first.parameters["SALT"] == second.parameters["SALT"]


async def test_in_a_pool_of_addresses_the_identity_is_the_sub(
    make_pool: Make, make_client: Make, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    pool = await make_pool(username_attributes=["email"])
    client = await make_client(pool)
    sub = await make_user(pool, "ann@example.com")

    exchange = await begin_srp(client, "ann@example.com")
    reply = await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert exchange.parameters["USER_ID_FOR_SRP"] == sub
    assert reply["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize("name", ["USERNAME", "SRP_A"])
async def test_a_beginning_needs_its_parameters(
    call: Call, pool: Pool, client: Client, make_user: Make, name: str
) -> None:
    await make_user(pool, "ann")
    parameters = {"USERNAME": "ann", "SRP_A": "abc"}
    del parameters[name]

    with pytest.raises(InvalidParameterException) as caught:
        await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters=parameters,
        )

    assert caught.value.message == f"Missing required parameter {name}"


@pytest.mark.parametrize(
    "number",
    [
        pytest.param("0", id="zero"),
        pytest.param("00", id="two digits of zero"),
        pytest.param(f"{N:x}", id="N"),
        pytest.param(f"{2 * N:x}", id="2N"),
        pytest.param("not hexadecimal", id="text"),
        pytest.param("-5", id="negative"),
        pytest.param("f" * 771, id="longer than any number below N"),
    ],
)
async def test_a_hostile_number_is_refused_before_anything_is_computed(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, number: str
) -> None:
    await make_user(pool, "ann")

    with pytest.raises(NotAuthorizedException):
        await begin_srp(client, "ann", SRP_A=number)


# ---- the proof ----


async def test_the_right_password_signs_in(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    reply = await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert set(reply) == {"AuthenticationResult", "ChallengeParameters"}
    assert reply["ChallengeParameters"] == {}
    assert set(reply["AuthenticationResult"]) == {
        "AccessToken",
        "ExpiresIn",
        "IdToken",
        "RefreshToken",
        "TokenType",
    }


async def test_a_wrong_password_is_refused(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses("wrong"))

    assert caught.value.message == INCORRECT


@pytest.mark.parametrize("form", ["odd number of digits", "zero in front", "upper case"])
async def test_a_number_may_be_written_in_several_ways(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, form: str
) -> None:
    await make_user(pool, "ann")
    ephemeral = with_an_odd_number_of_digits()
    assert len(ephemeral.public_hex) % 2 == 1
    texts = {"zero in front": f"0{ephemeral.public_hex}", "upper case": ephemeral.public_hex.upper()}

    exchange = await begin_srp(
        client, "ann", ephemeral=ephemeral, SRP_A=texts.get(form, ephemeral.public_hex)
    )
    reply = await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert reply["AuthenticationResult"]["AccessToken"]


async def test_an_alias_may_begin_and_answer(
    make_pool: Make, make_client: Make, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    client = await make_client(pool)
    await make_user(pool, "ann", email="ann@example.com")

    exchange = await begin_srp(client, "ann@example.com")
    reply = await answer(
        client, "PASSWORD_VERIFIER", exchange.responses(password, USERNAME="ann@example.com")
    )

    assert exchange.parameters["USER_ID_FOR_SRP"] == "ann"
    assert reply["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize(
    "name", ["USERNAME", "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP"]
)
async def test_an_answer_needs_its_parameters(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, name: str
) -> None:
    await make_user(pool, "ann")
    responses = (await begin_srp(client, "ann")).responses(password)
    del responses[name]

    with pytest.raises(InvalidParameterException) as caught:
        await answer(client, "PASSWORD_VERIFIER", responses)

    assert caught.value.message == f"Missing required parameter {name}"


@pytest.mark.parametrize("signature", ["not base64!", "", "AAAA", b64encode(bytes(32)).decode()])
async def test_a_signature_that_proves_nothing_is_refused(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, signature: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(ServiceException):
        await answer(
            client,
            "PASSWORD_VERIFIER",
            exchange.responses(password, PASSWORD_CLAIM_SIGNATURE=signature),
        )


async def test_an_answer_in_another_name_is_refused(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    await make_user(pool, "bob")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException):
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, USERNAME="bob"))


async def test_a_session_from_elsewhere_is_refused(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password), Session="A" * 40)

    assert caught.value.message == "Invalid session for the user."


async def test_a_password_that_was_replaced_meanwhile_is_refused(
    call: Call, pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    await call(
        "AdminSetUserPassword",
        UserPoolId=pool.pool_id,
        Username="ann",
        Password="Another-horse-2",
        Permanent=True,
    )

    with pytest.raises(NotAuthorizedException):
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))


async def test_a_user_who_was_deleted_meanwhile_is_refused_like_a_wrong_password(
    call: Call, pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert caught.value.message == INCORRECT


@cache
def with_an_odd_number_of_digits() -> Ephemeral:
    """Return an ephemeral whose public number begins with a zero, as one in sixteen does."""
    candidates = (client_ephemeral(number.to_bytes(32, "big")) for number in range(2**255, 2**256))
    return next(candidate for candidate in candidates if len(candidate.public_hex) % 2)
