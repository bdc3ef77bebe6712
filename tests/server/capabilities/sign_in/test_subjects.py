"""Whom a sign-in is about: users, nobody, and people who come from another directory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    NotAuthorizedException,
    UserLambdaValidationException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"]


@pytest.fixture
async def pool(make_triggered: Make) -> Pool:
    """A pool that asks before a sign-in and takes people over from elsewhere."""
    pool: Pool = await make_triggered("PreAuthentication", "UserMigration")
    return pool


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client whose users stay unknown to strangers."""
    client: Client = await make_client(
        pool, explicit_auth_flows=FLOWS, prevent_user_existence_errors="ENABLED"
    )
    return client


def elsewhere(event: dict[str, Any]) -> dict[str, Any]:
    """Know Ann by her password, and nobody else."""
    if (event["userName"], event["request"]["password"]) != ("ann", "Correct-horse-1"):
        raise ValueError("Bad password")
    return {
        "userAttributes": {"username": "ann"},
        "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
    }


# ---- PreAuthentication ----


async def test_the_trigger_is_asked_before_the_password_is_looked_at(
    client: Client, pool: Pool, make_user: Make, enter: Call, functions: Any
) -> None:
    await make_user(pool, "ann")
    functions["PreAuthentication"] = refuse

    for password in ("Correct-horse-1", "wrong"):
        with pytest.raises(UserLambdaValidationException) as caught:
            await enter(client, PASSWORD=password)
        assert caught.value.message == "PreAuthentication failed with error not today."


async def test_in_srp_it_is_asked_at_the_beginning(
    client: Client, pool: Pool, make_user: Make, begin_srp: Make, functions: Any
) -> None:
    await make_user(pool, "ann")
    functions["PreAuthentication"] = refuse

    with pytest.raises(UserLambdaValidationException):
        await begin_srp(client, "ann")


async def test_it_is_asked_of_nobody_where_strangers_must_not_learn_that(
    client: Client, secretive: Client, begin_srp: Make, functions: Any
) -> None:
    await begin_srp(secretive, "nobody")
    with pytest.raises(UserNotFoundException):
        await begin_srp(client, "nobody")

    (event,) = functions.calls
    assert event["userName"] == "nobody"
    assert event["request"]["userNotFound"] is True
    assert event["request"]["userAttributes"] == {}


async def test_it_is_not_asked_of_a_locked_user(
    client: Client, pool: Pool, make_user: Make, enter: Call, functions: Any
) -> None:
    await make_user(pool, "ann")
    for _ in range(5):
        with pytest.raises(NotAuthorizedException):
            await enter(client, PASSWORD="wrong")
    asked = len(functions.calls)

    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await enter(client)

    assert len(functions.calls) == asked


# ---- UserMigration ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_whoever_is_known_elsewhere_is_taken_over_and_signs_in(
    client: Client, enter: Call, functions: Any, door: str
) -> None:
    functions["UserMigration"] = elsewhere

    first = await enter(client, metadata={"from": "here"})
    second = await enter(client)

    assert first["AuthenticationResult"]
    assert second["AuthenticationResult"]
    assert functions.sources == [
        "UserMigration_Authentication",
        "PreAuthentication_Authentication",
        "PreAuthentication_Authentication",
    ]
    assert functions.calls[0]["request"]["validationData"] == {"from": "here"}
    assert functions.calls[1]["request"]["userNotFound"] is False


async def test_a_refusal_from_elsewhere_is_told(client: Client, enter: Call, functions: Any) -> None:
    functions["UserMigration"] = elsewhere

    with pytest.raises(UserLambdaValidationException, match="Bad password"):
        await enter(client, PASSWORD="wrong")


async def test_whom_nobody_knows_is_nobody(
    client: Client, secretive: Client, enter: Call, functions: Any
) -> None:
    with pytest.raises(UserNotFoundException):
        await enter(client, "nobody")
    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await enter(secretive, "nobody")

    migration = "UserMigration_Authentication"
    assert functions.sources == [migration, migration, "PreAuthentication_Authentication"]


async def test_guesses_at_who_may_be_known_elsewhere_are_counted(
    client: Client, enter: Call, functions: Any
) -> None:
    for _ in range(5):
        with pytest.raises(UserNotFoundException):
            await enter(client, "nobody")
    asked = len(functions.calls)

    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await enter(client, "nobody")

    assert len(functions.calls) == asked


async def test_guesses_that_are_refused_elsewhere_are_counted(
    client: Client, enter: Call, functions: Any
) -> None:
    functions["UserMigration"] = elsewhere
    for _ in range(5):
        with pytest.raises(UserLambdaValidationException):
            await enter(client, PASSWORD="wrong")

    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await enter(client)

    assert len(functions.calls) == 5


async def test_guesses_at_the_same_time_tell_no_more_than_five_would(
    client: Client, enter: Call, functions: Any
) -> None:
    functions["UserMigration"] = elsewhere
    outcomes = await asyncio.gather(
        *(enter(client, PASSWORD=f"wrong {number}") for number in range(20)), return_exceptions=True
    )

    answers = [type(outcome) for outcome in outcomes]
    assert answers.count(UserLambdaValidationException) == 5
    assert answers.count(NotAuthorizedException) == 15


async def test_a_right_guess_that_is_judged_during_a_lock_is_not_told(
    client: Client, enter: Call, functions: Any
) -> None:
    asked, others_are_done = asyncio.Event(), asyncio.Event()

    async def slow_to_agree(event: dict[str, Any]) -> dict[str, Any]:
        if event["request"]["password"] == "Correct-horse-1":
            asked.set()
            await others_are_done.wait()
        return elsewhere(event)

    functions["UserMigration"] = slow_to_agree
    right = asyncio.create_task(enter(client))
    await asked.wait()
    for _ in range(5):
        with pytest.raises(UserLambdaValidationException):
            await enter(client, PASSWORD="wrong")
    others_are_done.set()

    with pytest.raises(NotAuthorizedException, match="Password attempts exceeded"):
        await right


async def test_a_password_longer_than_any_takes_nobody_over(
    client: Client, enter: Call, functions: Any
) -> None:
    functions["UserMigration"] = lambda _: {"userAttributes": {"username": "ann"}}

    with pytest.raises(UserNotFoundException):
        await enter(client, PASSWORD="p" * 257)

    assert functions.calls == []


async def test_srp_shows_no_password_and_takes_nobody_over(
    client: Client, begin_srp: Make, functions: Any
) -> None:
    functions["UserMigration"] = elsewhere

    with pytest.raises(UserNotFoundException):
        await begin_srp(client, "ann")

    assert functions.calls == []


def refuse(event: dict[str, Any]) -> dict[str, Any]:
    """Refuse."""
    raise ValueError("not today")
