"""Asking a function: within its time, as often as it takes to reach it, and with failures in the service's words.

Sources: guide:cognito-user-identity-pools-working-with-aws-lambda-triggers (five seconds, three tries); texts as
collected from public reports.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

import msgspec

from userpool.server.triggers.configured import function_of
from userpool.server.triggers.events import event_of
from userpool.server.triggers.runners import TRIES, TriggerFailedError, TriggerUnreachableError
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    UnexpectedLambdaException,
    UserLambdaValidationException,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.records import Pool
    from userpool.server.triggers.events import Question
    from userpool.server.triggers.runners import Runner, Triggers

log = logging.getLogger("userpool.triggers")

ReplyT = TypeVar("ReplyT")


class Reply(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The `response` member of an event that a function gave back; what it has beyond is ignored."""


class _Returned(msgspec.Struct, frozen=True, kw_only=True):
    # The whole event comes back, of which the response alone is read.
    response: msgspec.Raw


async def ask(context: Context, pool: Pool, question: Question, reply: type[ReplyT]) -> ReplyT:
    """Ask the function that a pool names for a trigger, and return its reply.

    Args:
        context: the request's surroundings.
        pool: the pool; it has the trigger.
        question: what is asked.
        reply: the form of the response.

    Raises:
        UserLambdaValidationException: the function raised.
        InvalidLambdaResponseException: what it returned isn't JSON, or not of the form.
        UnexpectedLambdaException: it could not be run, or not in time.
    """
    answered = await ask_perhaps(context, pool, question, reply)
    if answered is None:
        # Assumed: an event that comes back with null for its response is unrecognizable, UserMigration aside.
        raise unrecognizable()
    return answered


async def ask_perhaps(context: Context, pool: Pool, question: Question, reply: type[ReplyT]) -> ReplyT | None:
    """Ask as `ask` does, and return None where the function put null in the place of its reply."""
    try:
        returned = await run(context.triggers, pool, question)
    except TriggerFailedError as error:
        raise UserLambdaValidationException(f"{question.trigger} failed with error {error}.") from None
    except TriggerUnreachableError as error:
        raise UnexpectedLambdaException(str(error)) from None
    try:
        response = msgspec.json.decode(returned, type=_Returned).response
        return None if bytes(response) == b"null" else msgspec.json.decode(response, type=reply)
    except (msgspec.ValidationError, RecursionError):  # The second for what is nested too deeply to be read.
        raise unrecognizable() from None  # What a function returned may hold secrets.
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidLambdaResponseException("Invalid lambda function output : Invalid JSON") from None


async def run(triggers: Triggers, pool: Pool, question: Question) -> bytes:
    """Run the function that a pool names for a trigger and return what it returned, unread.

    Raises:
        TriggerFailedError: the function raised.
        TriggerUnreachableError: it could not be run, or not in time, however often; the text is for the caller.
    """
    trigger = question.trigger
    arn = function_of(pool, trigger) or ""
    runner = triggers.runner_of(trigger, arn)
    if runner is None:
        log.error("this server isn't told how to run the function of a trigger: %s, %s", trigger, arn)
        # Assumed: the text of UnexpectedLambdaException where a server isn't told how to run a function.
        raise TriggerUnreachableError(
            f"{trigger} invocation failed: this server has not been told how to run the pool's function."
        )
    event = event_of(pool, question)
    reason = ""
    for _ in range(TRIES):
        try:
            return await _try(runner, event, triggers.seconds_per_try)
        except TriggerUnreachableError as error:
            reason = str(error)
    log.error("the function of a trigger can't be run: %s, %s, %s", trigger, arn, reason)
    raise TriggerUnreachableError(f"{trigger} invocation failed due to error {reason}.")


async def _try(runner: Runner, event: bytes, seconds: float) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            return await runner.run(event)
    except TimeoutError:
        # Assumed: the name under which UnexpectedLambdaException tells of a function that took too long.
        raise TriggerUnreachableError("Timeout") from None


def unrecognizable() -> InvalidLambdaResponseException:
    """Return what a reply is answered with whose form is wrong."""
    return InvalidLambdaResponseException("Unrecognizable lambda output")
