"""One call, carried to the service and back."""

from __future__ import annotations

from email.utils import formatdate
from typing import Any

import pytest

from userpool import AwsCredentials
from userpool.async_caller import AsyncCaller
from userpool.conversation import Call
from userpool.effects import FixedEffects
from userpool.errors import NoAnswerInTimeError, NotReachedError, TransportError
from userpool.transport.clock import ServiceClock
from userpool.transport.retries import RetryPolicy
from userpool.transport.scripted import AsyncScriptedTransport, refuses, says
from userpool.transport.signing import Signer
from userpool.wire.faults import InternalErrorException, NotAuthorizedException, TooManyRequestsException
from userpool.wire.profile import GetUser, GetUserRequest
from userpool.wire.sign_up import SignUp, SignUpRequest
from userpool.wire.users import AdminGetUser, AdminGetUserRequest

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800.0
ALICE = says({"Username": "alice", "UserAttributes": []})
BUSY = refuses("TooManyRequestsException", "Too many requests")
BROKEN = refuses("InternalErrorException", status=500)
GET_USER = Call(GetUser, GetUserRequest(access_token="t"))
SIGN_UP = Call(SignUp, SignUpRequest(client_id="c", username="alice", password="pw"))


def caller_of(transport: AsyncScriptedTransport, **settings: Any) -> AsyncCaller:
    effects = FixedEffects(now=NOON)
    return AsyncCaller(
        transport,
        endpoint="https://pool.example.com",
        agent="me",
        clock=ServiceClock(effects),
        effects=effects,
        retries=settings.get("retries", RetryPolicy(first_delay_seconds=0)),
        timeout_seconds=7.5,
        total_timeout_seconds=settings.get("total_timeout_seconds"),
        monotonic=settings.get("monotonic", float),
        signer=settings.get("signer"),
    )


async def test_a_call_is_sent_with_its_timeout_and_its_reply_decoded() -> None:
    transport = AsyncScriptedTransport(ALICE)

    reply = await caller_of(transport).send(GET_USER)

    assert (reply.response.username, reply.now) == ("alice", NOON)
    [request] = transport.requests
    assert (request.url, request.timeout) == ("https://pool.example.com/", 7.5)


async def test_the_time_of_a_reply_is_the_service_s() -> None:
    date = {"date": formatdate(NOON - 3600, usegmt=True)}
    transport = AsyncScriptedTransport(says({"Username": "a", "UserAttributes": []}, headers=date))

    reply = await caller_of(transport).send(GET_USER)

    assert reply.now == pytest.approx(NOON - 3600, abs=1)


async def test_a_refusal_tells_the_time_too() -> None:
    date = {"date": formatdate(NOON - 3600, usegmt=True)}
    transport = AsyncScriptedTransport(refuses("NotAuthorizedException", headers=date), ALICE)
    caller = caller_of(transport)

    with pytest.raises(NotAuthorizedException):
        await caller.send(GET_USER)

    assert (await caller.send(GET_USER)).now == pytest.approx(NOON - 3600, abs=1)


@pytest.mark.parametrize("trouble", [BUSY, BROKEN, NotReachedError("no cable"), TransportError("broken")])
async def test_a_question_is_asked_again(trouble: Any) -> None:
    transport = AsyncScriptedTransport(trouble, trouble, ALICE)

    reply = await caller_of(transport).send(GET_USER)

    assert reply.response.username == "alice"
    assert transport.operations == ["GetUser"] * 3


async def test_in_the_end_the_last_trouble_is_told() -> None:
    transport = AsyncScriptedTransport(BROKEN, BROKEN, BUSY)

    with pytest.raises(TooManyRequestsException):
        await caller_of(transport).send(GET_USER)


async def test_an_order_is_given_once() -> None:
    transport = AsyncScriptedTransport(BROKEN)

    with pytest.raises(InternalErrorException):
        await caller_of(transport).send(SIGN_UP)

    assert transport.operations == ["SignUp"]


async def test_an_order_that_never_left_is_given_again() -> None:
    transport = AsyncScriptedTransport(
        NotReachedError("no cable"), says({"UserConfirmed": False, "UserSub": "1"})
    )

    reply = await caller_of(transport).send(SIGN_UP)

    assert reply.response.user_sub == "1"


async def test_waiting_in_vain_is_not_done_twice() -> None:
    transport = AsyncScriptedTransport(NoAnswerInTimeError("slow"))

    with pytest.raises(NoAnswerInTimeError):
        await caller_of(transport).send(GET_USER)


async def test_a_policy_of_one_attempt_repeats_nothing() -> None:
    transport = AsyncScriptedTransport(NotReachedError("no cable"))

    with pytest.raises(NotReachedError):
        await caller_of(transport, retries=RetryPolicy(attempts=1)).send(GET_USER)


async def test_a_mistake_in_a_transport_is_not_repeated() -> None:
    transport = AsyncScriptedTransport(KeyError("a mistake"))

    with pytest.raises(KeyError):
        await caller_of(transport).send(GET_USER)


async def test_closing_closes_the_transport() -> None:
    transport = AsyncScriptedTransport()

    await caller_of(transport).close()

    assert transport.closed


# ---- the time for all of it ----


class Watch:
    """A clock that goes on by so many seconds with every reply."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def slow(self, line: Any) -> Any:
        def play(_: Any) -> Any:
            self.now += self.seconds
            return line

        return play


async def test_no_repetition_is_begun_when_the_time_is_over() -> None:
    watch = Watch(seconds=4)
    transport = AsyncScriptedTransport(*[watch.slow(BUSY)] * 3)
    caller = caller_of(transport, total_timeout_seconds=6, monotonic=watch)

    with pytest.raises(TooManyRequestsException):
        await caller.send(GET_USER)

    # The second one was given what was left.
    assert [request.timeout for request in transport.requests] == [6, 2]


async def test_a_pause_that_would_outlast_the_time_is_not_made() -> None:
    transport = AsyncScriptedTransport(BUSY)
    retries = RetryPolicy(first_delay_seconds=1e6, longest_delay_seconds=1e6)

    with pytest.raises(TooManyRequestsException):
        await caller_of(transport, total_timeout_seconds=1, retries=retries).send(GET_USER)


async def test_the_calls_of_one_conversation_share_its_time() -> None:
    watch = Watch(seconds=4)
    transport = AsyncScriptedTransport(watch.slow(ALICE), watch.slow(ALICE))
    send = caller_of(transport, total_timeout_seconds=7, monotonic=watch).begin()

    await send(GET_USER)
    await send(GET_USER)
    with pytest.raises(NoAnswerInTimeError, match="not sent"):
        await send(GET_USER)

    assert [request.timeout for request in transport.requests] == [7, 3]


async def test_another_conversation_has_a_time_of_its_own() -> None:
    watch = Watch(seconds=4)
    caller = caller_of(
        AsyncScriptedTransport(*[watch.slow(ALICE)] * 3), total_timeout_seconds=5, monotonic=watch
    )

    for _ in range(3):
        await caller.send(GET_USER)


async def test_the_longest_a_call_may_take_is_known() -> None:
    usual = caller_of(AsyncScriptedTransport(), retries=RetryPolicy(attempts=2, longest_delay_seconds=1))

    assert usual.longest_call_seconds == 2 * (3 * 7.5 + 1)
    assert caller_of(AsyncScriptedTransport(), total_timeout_seconds=5).longest_call_seconds == 5


async def test_time_that_the_credentials_took_is_not_given_to_the_request() -> None:
    watch = Watch(seconds=0)

    def slowly() -> AwsCredentials:
        watch.now += 8
        return AwsCredentials("AKIDEXAMPLE", "the secret key")

    transport = AsyncScriptedTransport()
    signer = Signer(slowly, "us-east-1")
    caller = caller_of(transport, total_timeout_seconds=6, monotonic=watch, signer=signer)

    with pytest.raises(NoAnswerInTimeError, match="not sent"):
        await caller.send(
            Call(AdminGetUser, AdminGetUserRequest(user_pool_id="us-east-1_a", username="alice"))
        )

    assert transport.requests == []
