"""Sign-in with SRP: what is refused of an answer, and what a stranger learns."""

from __future__ import annotations

import asyncio
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from userpool.crypto.srp import N, format_timestamp
from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client whose users stay unknown to strangers."""
    client: Client = await make_client(
        pool,
        explicit_auth_flows=["ALLOW_USER_SRP_AUTH", "ALLOW_USER_PASSWORD_AUTH"],
        prevent_user_existence_errors="ENABLED",
    )
    return client


# ---- the secret block ----


async def test_a_block_is_not_answered_again_after_a_success(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    responses = (await begin_srp(client, "ann")).responses(password)
    await answer(client, "PASSWORD_VERIFIER", responses)

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", responses)

    assert caught.value.message == INCORRECT


async def test_a_block_is_not_answered_again_after_a_failure(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    with pytest.raises(NotAuthorizedException):
        await answer(client, "PASSWORD_VERIFIER", exchange.responses("wrong"))

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert caught.value.message == INCORRECT


async def test_of_parallel_answers_to_one_block_one_counts(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    responses = (await begin_srp(client, "ann")).responses(password)

    outcomes = await asyncio.gather(
        *(answer(client, "PASSWORD_VERIFIER", responses) for _ in range(8)), return_exceptions=True
    )

    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, NotAuthorizedException) for outcome in outcomes) == 7


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_block_with_any_changed_byte_is_refused(
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
    made: dict[str, Any],
    place: int,
    flip: int,
) -> None:
    if not made:
        await make_user(pool, "ann")
        made["responses"] = (await begin_srp(client, "ann")).responses(password)
    block = bytearray(b64decode(made["responses"]["PASSWORD_CLAIM_SECRET_BLOCK"]))
    block[place % len(block)] ^= flip
    changed = {**made["responses"], "PASSWORD_CLAIM_SECRET_BLOCK": b64encode(block).decode()}

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", changed)

    assert caught.value.message == INCORRECT


@pytest.fixture
def made() -> dict[str, Any]:
    """What the first example of a test made for those that follow."""
    return {}


@pytest.mark.parametrize("block", ["", "AAAA", "not base64!", "ß", b64encode(bytes(600)).decode()])
async def test_what_was_never_a_block_is_refused(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, block: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(ServiceException) as caught:
        await answer(
            client, "PASSWORD_VERIFIER", exchange.responses(password, PASSWORD_CLAIM_SECRET_BLOCK=block)
        )

    assert caught.value.status == 400


async def test_a_block_of_another_client_is_refused(
    pool: Pool,
    client: Client,
    secretive: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException):
        await answer(secretive, "PASSWORD_VERIFIER", exchange.responses(password))


async def test_a_block_of_another_pool_is_refused(
    make_pool: Make,
    make_client: Make,
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
) -> None:
    elsewhere = await make_client(await make_pool())
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException):
        await answer(elsewhere, "PASSWORD_VERIFIER", exchange.responses(password))


async def test_a_block_lives_as_long_as_the_client_lets_a_session_live(
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
    effects: FixedEffects,
) -> None:
    await make_user(pool, "ann")
    in_time, too_late = await begin_srp(client, "ann"), await begin_srp(client, "ann")

    effects.advance(179)
    assert await answer(client, "PASSWORD_VERIFIER", in_time.responses(password))
    effects.advance(1)

    with pytest.raises(NotAuthorizedException):
        await answer(client, "PASSWORD_VERIFIER", too_late.responses(password))


# ---- the timestamp ----


@pytest.mark.parametrize("minutes", [-10, 10])
async def test_a_clock_ten_minutes_off_is_refused(
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
    effects: FixedEffects,
    minutes: int,
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    timestamp = format_timestamp(effects.now() + minutes * 60)

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, timestamp=timestamp))

    assert caught.value.message == INCORRECT


@pytest.mark.parametrize("minutes", [-4, 4])
async def test_a_clock_four_minutes_off_is_near_enough(
    pool: Pool,
    client: Client,
    make_user: Make,
    begin_srp: Make,
    answer: Call,
    password: str,
    effects: FixedEffects,
    minutes: int,
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")
    timestamp = format_timestamp(effects.now() + minutes * 60)

    assert await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, timestamp=timestamp))


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param("Thu Jan 01 00:00:00 UTC 2026", id="padded day"),
        pytest.param("Fri Jan 1 00:00:00 UTC 2026", id="wrong weekday"),
    ],
)
async def test_a_date_that_the_service_does_not_write_is_a_wrong_password(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, timestamp: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, timestamp=timestamp))

    assert caught.value.message == INCORRECT


@pytest.mark.parametrize(
    "timestamp",
    ["2026-01-01T00:00:00Z", "jeu. janv. 1 00:00:00 UTC 2026", "Thu Jan 1 00:00:00 CET 2026", "Thu Jan 1"],
)
async def test_what_is_no_timestamp_is_told_so(
    pool: Pool, client: Client, make_user: Make, begin_srp: Make, answer: Call, password: str, timestamp: str
) -> None:
    await make_user(pool, "ann")
    exchange = await begin_srp(client, "ann")

    with pytest.raises(InvalidParameterException) as caught:
        await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, timestamp=timestamp))

    assert caught.value.message == "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."


# ---- strangers ----


async def test_nobody_is_told_so_where_the_client_lets_it_be_known(client: Client, begin_srp: Make) -> None:
    with pytest.raises(UserNotFoundException) as caught:
        await begin_srp(client, "nobody")

    assert caught.value.message == "User does not exist."


async def test_nobody_has_the_same_salt_and_id_each_time_and_another_number(
    secretive: Client, begin_srp: Make
) -> None:
    first = (await begin_srp(secretive, "nobody")).parameters
    second = (await begin_srp(secretive, "nobody")).parameters

    assert first["SALT"] == second["SALT"]
    assert first["USER_ID_FOR_SRP"] == second["USER_ID_FOR_SRP"]
    assert first["SRP_B"] != second["SRP_B"]
    assert first["SECRET_BLOCK"] != second["SECRET_BLOCK"]


async def test_two_nobodies_are_two_people(secretive: Client, begin_srp: Make) -> None:
    first = (await begin_srp(secretive, "nobody")).parameters
    second = (await begin_srp(secretive, "nobody else")).parameters

    assert first["SALT"] != second["SALT"]
    assert first["USER_ID_FOR_SRP"] != second["USER_ID_FOR_SRP"]


async def test_nobody_has_the_shape_of_a_user(
    make_pool: Make, make_client: Make, make_user: Make, begin_srp: Make
) -> None:
    pool = await make_pool(username_attributes=["email"])
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")
    await make_user(pool, "somebody@example.com")

    somebody = (await begin_srp(client, "somebody@example.com")).parameters
    nobody = (await begin_srp(client, "anybody2@example.com")).parameters

    assert set(nobody) == set(somebody)
    for name in ("SALT", "SECRET_BLOCK", "USER_ID_FOR_SRP", "USERNAME"):
        assert len(nobody[name]) == len(somebody[name]), name
    assert nobody["USER_ID_FOR_SRP"] == nobody["USERNAME"]
    assert int(nobody["SRP_B"], 16) < N


async def test_nobody_is_refused_like_a_wrong_password(
    secretive: Client, begin_srp: Make, answer: Call, password: str
) -> None:
    exchange = await begin_srp(secretive, "nobody")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(secretive, "PASSWORD_VERIFIER", exchange.responses(password))

    assert caught.value.message == INCORRECT


async def test_a_disabled_user_looks_like_a_wrong_password(
    call: Call, pool: Pool, secretive: Client, make_user: Make, begin_srp: Make, answer: Call, password: str
) -> None:
    await make_user(pool, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")
    exchange = await begin_srp(secretive, "ann")

    with pytest.raises(NotAuthorizedException) as caught:
        await answer(secretive, "PASSWORD_VERIFIER", exchange.responses(password))

    assert caught.value.message == INCORRECT
