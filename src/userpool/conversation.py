"""A conversation with the service: a generator that yields calls and is sent their replies.

What is said stands in `userpool.flows`; how one waits for an answer stands here. A flow does no I/O and asks
no clock, so the blocking and the asyncio half run the very same flows, and a test can play the service by
hand.

Rules of this room:

1. A flow yields a `Call` and is sent the `Reply` to it; its return value is the result of the conversation.
2. A failed call is thrown into the flow at the place where it asked, as the `UserPoolError` that it is.
3. The time comes in with the replies (`Reply.now`), never from the machine.

Sources: none; this is our own shape (an idea of httpx's `Auth.auth_flow` and psycopg's generators).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, TypeAlias, TypeVar

from userpool.errors import UserPoolError
from userpool.values import Value
from userpool.wire.operation import Operation, Shape

__all__ = ["Call", "Flow", "Reply", "arun", "ask", "ask_when", "run"]

RequestT = TypeVar("RequestT", bound=Shape)
ResponseT = TypeVar("ResponseT", bound=Shape | None)
ResultT = TypeVar("ResultT")


class Call(Value, frozen=True):
    """One operation of the service and what is asked of it."""

    operation: Operation[Any, Any]
    request: Any


class Reply(Value, frozen=True):
    """What the service answered: the decoded response, and what time it was on the service's clock.

    ``response`` is an instance of the operation's response shape, or None where the operation has none.
    ``now`` is in epoch seconds.
    """

    response: Any
    now: float


Flow: TypeAlias = Generator[Call, Reply, ResultT]
"""A conversation that ends in a ``ResultT``."""


def ask(operation: Operation[RequestT, ResponseT], request: RequestT) -> Flow[ResponseT]:
    """Say one thing to the service and return its answer (use it with ``yield from``)."""
    reply = yield Call(operation, request)
    response: ResponseT = reply.response
    return response


def ask_when(operation: Operation[RequestT, ResponseT], request: RequestT) -> Flow[tuple[ResponseT, float]]:
    """Say one thing to the service and return its answer and the service's time, in epoch seconds."""
    reply = yield Call(operation, request)
    return reply.response, reply.now


def run(flow: Flow[ResultT], send: Callable[[Call], Reply]) -> ResultT:
    """Hold a conversation, blocking until it has ended.

    Raises:
        UserPoolError: what the flow did not want to handle itself.
    """
    try:
        call = next(flow)
        while True:
            try:
                reply = send(call)
            except UserPoolError as error:
                call = flow.throw(error)
            else:
                call = flow.send(reply)
    except StopIteration as end:
        result: ResultT = end.value
        return result
    finally:
        flow.close()


async def arun(flow: Flow[ResultT], send: Callable[[Call], Awaitable[Reply]]) -> ResultT:
    """Hold a conversation without blocking the event loop; otherwise the same as `run`."""
    try:
        call = next(flow)
        while True:
            try:
                reply = await send(call)
            except UserPoolError as error:
                call = flow.throw(error)
            else:
                call = flow.send(reply)
    except StopIteration as end:
        result: ResultT = end.value
        return result
    finally:
        flow.close()
