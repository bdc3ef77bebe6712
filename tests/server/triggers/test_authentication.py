"""PreAuthentication and PostAuthentication: when they are asked, what they see, what their refusal does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.wire.faults import NotAuthorizedException, UserLambdaValidationException

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


async def test_both_are_asked_in_their_order(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreAuthentication", "PostAuthentication", "PreTokenGeneration")
    await admit(client, email="ann@example.com")

    await sign_in(client, ClientMetadata={"from": "here"})

    assert functions.sources == [
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_Authentication",
    ]
    before, after, _ = functions.events
    assert before["request"]["validationData"] == {"from": "here"}
    assert before["request"]["userNotFound"] is False
    assert before["request"]["userAttributes"]["email"] == "ann@example.com"
    assert before["response"] == {}
    # ClientMetadata of InitiateAuth is for the first one alone.
    assert set(after["request"]) == {"userAttributes", "newDeviceUsed"}
    assert after["request"]["newDeviceUsed"] is False


async def test_a_refusal_comes_before_the_password_is_looked_at(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreAuthentication")
    await admit(client)
    functions.refuse("PreAuthentication", "closed today")

    with pytest.raises(
        UserLambdaValidationException, match=r"^PreAuthentication failed with error closed today\.$"
    ):
        await sign_in(client, password="wrong")


async def test_nobody_is_shown_as_nobody_where_strangers_must_not_know(
    begin: Make, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PreAuthentication", client={"prevent_user_existence_errors": "ENABLED"})

    with pytest.raises(NotAuthorizedException):
        await sign_in(client, "nobody")

    request = functions.event("PreAuthentication_Authentication")["request"]
    assert (request["userNotFound"], request["userAttributes"]) == (True, {})


async def test_after_a_refusal_at_the_end_there_are_no_tokens(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PostAuthentication")
    await admit(client)
    functions.refuse("PostAuthentication", "too late")

    with pytest.raises(UserLambdaValidationException, match="PostAuthentication failed with error too late"):
        await sign_in(client)


async def test_a_wrong_password_does_not_reach_the_second(
    begin: Make, admit: Call, sign_in: Call, functions: Functions
) -> None:
    client = await begin("PostAuthentication")
    await admit(client)

    with pytest.raises(NotAuthorizedException):
        await sign_in(client, password="wrong")

    assert functions.events == []
