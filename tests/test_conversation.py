"""A conversation: what is yielded, what is sent back, what is thrown."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from userpool.conversation import Call, Flow, Reply, arun, ask, ask_when, run
from userpool.errors import UserPoolError
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.profile import GetUser, GetUserRequest, GetUserResponse

REQUEST = GetUserRequest(access_token="the token")
ALICE = GetUserResponse(username="alice", user_attributes=[])


def twice() -> Flow[tuple[str, float]]:
    first = yield from ask(GetUser, REQUEST)
    _, now = yield from ask_when(GetUser, REQUEST)
    return first.username, now


def forgiving() -> Flow[str]:
    try:
        yield from ask(GetUser, REQUEST)
    except NotAuthorizedException as fault:
        return f"forgiven: {fault}"
    return "nothing to forgive"


def answering(*replies: GetUserResponse | Exception) -> Callable[[Call], Reply]:
    rest = list(replies)

    def send(call: Call) -> Reply:
        assert (call.operation, call.request) == (GetUser, REQUEST)
        reply = rest.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return Reply(reply, 7.0)

    return send


def held(flow: Flow[object], *replies: GetUserResponse | Exception) -> object:
    return run(flow, answering(*replies))


async def aheld(flow: Flow[object], *replies: GetUserResponse | Exception) -> object:
    send = answering(*replies)

    async def asend(call: Call) -> Reply:
        return send(call)

    return await arun(flow, asend)


@pytest.mark.anyio
async def test_a_flow_is_held_to_its_end() -> None:
    assert held(twice(), ALICE, ALICE) == ("alice", 7.0)
    assert await aheld(twice(), ALICE, ALICE) == ("alice", 7.0)


@pytest.mark.anyio
async def test_a_fault_is_thrown_where_it_was_asked() -> None:
    fault = NotAuthorizedException("no")

    assert held(forgiving(), fault) == "forgiven: no"
    assert await aheld(forgiving(), fault) == "forgiven: no"


@pytest.mark.anyio
async def test_a_fault_that_a_flow_does_not_handle_comes_out_as_it_is() -> None:
    fault = UserPoolError("something else")

    with pytest.raises(UserPoolError) as caught:
        held(forgiving(), fault)
    with pytest.raises(UserPoolError) as acaught:
        await aheld(forgiving(), fault)

    assert caught.value is acaught.value is fault


@pytest.mark.anyio
async def test_what_is_no_error_of_ours_ends_the_conversation() -> None:
    # A flow must not take an interruption, or a mistake in a transport, for something that the service said.
    flow, aflow = forgiving(), forgiving()

    with pytest.raises(KeyError):
        held(flow, KeyError("a mistake"))
    with pytest.raises(KeyError):
        await aheld(aflow, KeyError("a mistake"))

    assert flow.gi_frame is aflow.gi_frame is None


def test_a_call_does_not_show_the_token() -> None:
    assert "the token" not in repr(Call(GetUser, REQUEST))
