"""Asking a function: tries and times, and every way to fail in the service's words."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from trigger_functions import triggered

from userpool.server.context import Context
from userpool.server.records import Pool
from userpool.server.triggers.calling import Reply, ask, ask_perhaps
from userpool.server.triggers.events import Question
from userpool.server.triggers.runners import TriggerFailedError, Triggers, TriggerUnreachableError
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]


class Yes(Reply, frozen=True, kw_only=True):
    """A reply with one member."""

    is_so: bool | None = None


class Answering:
    """Runs nothing: gives the same answer, or raises the same error, at each try."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self._answers = list(answers)
        self.events: list[dict[str, Any]] = []

    async def run(self, event: bytes) -> bytes:
        self.events.append(json.loads(event))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Hanging:
    """Never comes to an end."""

    def __init__(self) -> None:
        self.tries = 0

    async def run(self, event: bytes) -> bytes:
        self.tries += 1
        await asyncio.Event().wait()
        return event


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool with a trigger."""
    made: Pool = await make_pool(lambda_config=triggered("PreSignUp"))
    return made


def surroundings(context: Context, runner: Any, **members: Any) -> Context:
    return replace(context, triggers=Triggers({"PreSignUp": runner}, **members))


def question() -> Question:
    return Question("PreSignUp", "PreSignUp_SignUp", "ann", None, {"password": "secret"}, {"isSo": None})


async def test_a_reply_is_read_from_the_event_that_comes_back(context: Context, pool: Pool) -> None:
    runner = Answering(b'{"response": {"isSo": true, "andMore": 1}, "version": 7}')

    reply = await ask(surroundings(context, runner), pool, question(), Yes)

    assert reply.is_so is True
    assert runner.events[0]["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


async def test_a_function_that_raises_is_not_asked_again(context: Context, pool: Pool) -> None:
    runner = Answering(TriggerFailedError("Not you"))

    with pytest.raises(UserLambdaValidationException, match=r"^PreSignUp failed with error Not you\.$"):
        await ask(surroundings(context, runner), pool, question(), Yes)

    assert len(runner.events) == 1


async def test_what_cannot_be_reached_is_tried_three_times(
    context: Context, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    runner = Answering(TriggerUnreachableError("ConnectError"))

    with pytest.raises(
        UnexpectedLambdaException, match=r"^PreSignUp invocation failed due to error ConnectError\.$"
    ):
        await ask(surroundings(context, runner), pool, question(), Yes)

    assert len(runner.events) == 3
    assert "ConnectError" in caplog.text
    assert "secret" not in caplog.text


async def test_a_later_try_may_succeed(context: Context, pool: Pool) -> None:
    runner = Answering(TriggerUnreachableError("HTTP 503"), b'{"response": {"isSo": true}}')

    assert (await ask(surroundings(context, runner), pool, question(), Yes)).is_so is True


async def test_a_function_that_takes_too_long_is_given_up(context: Context, pool: Pool) -> None:
    runner = Hanging()

    with pytest.raises(UnexpectedLambdaException, match="Timeout"):
        await ask(surroundings(context, runner, seconds_per_try=0.01), pool, question(), Yes)

    assert runner.tries == 3


async def test_a_function_that_nothing_runs_is_told_of_without_its_address(
    context: Context, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(UnexpectedLambdaException, match="has not been told how to run") as raised:
        await ask(replace(context, triggers=Triggers()), pool, question(), Yes)

    assert "arn:" not in str(raised.value)
    assert "arn:aws:lambda:us-east-1:000000000000:function:PreSignUp" in caplog.text


@pytest.mark.parametrize(
    "returned",
    [
        b"null",
        b"[]",
        b'"event"',
        b"{}",
        b'{"response": []}',
        b'{"response": {"isSo": "yes"}}',
        b'{"response": null}',
        b'{"response": {}, "more": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"response": {"more": ' + b"[" * 50_000 + b"]" * 50_000 + b"}}",
    ],
    ids=range(9),
)
async def test_another_shape_is_unrecognizable(context: Context, pool: Pool, returned: bytes) -> None:
    with pytest.raises(InvalidLambdaResponseException, match=r"^Unrecognizable lambda output$"):
        await ask(surroundings(context, Answering(returned)), pool, question(), Yes)


@pytest.mark.parametrize("returned", [b"", b"{", b"\xff\xfe", b"<html>"])
async def test_what_is_not_json_is_called_so(context: Context, pool: Pool, returned: bytes) -> None:
    with pytest.raises(
        InvalidLambdaResponseException, match=r"^Invalid lambda function output : Invalid JSON$"
    ):
        await ask(surroundings(context, Answering(returned)), pool, question(), Yes)


async def test_null_in_the_place_of_a_reply_may_be_an_answer(context: Context, pool: Pool) -> None:
    runner = Answering(b'{"response": null}')

    assert await ask_perhaps(surroundings(context, runner), pool, question(), Yes) is None


async def test_a_question_shows_nothing_of_its_request(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("userpool.triggers").error("%r", question())

    assert "secret" not in caplog.text
