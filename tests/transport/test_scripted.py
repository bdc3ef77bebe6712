"""The transport that plays the service."""

from __future__ import annotations

import json

import pytest

from userpool.errors import NotReachedError
from userpool.tokens.claims import unverified_claims
from userpool.transport import HttpRequest
from userpool.transport.scripted import AsyncScriptedTransport, ScriptedTransport, grants, refuses, says

REQUEST = HttpRequest(
    method="POST",
    url="https://e/",
    headers={"X-Amz-Target": "AWSCognitoIdentityProviderService.GetUser"},
    body=b'{"AccessToken":"the token"}',
)


def test_lines_are_played_in_order_and_requests_noted() -> None:
    script = ScriptedTransport(says({"a": 1}), refuses("NotAuthorizedException", "no"))

    first, second = script.send(REQUEST, timeout=5), script.send(REQUEST, timeout=5)

    assert (first.status, json.loads(first.body)) == (200, {"a": 1})
    assert (second.status, second.headers["x-amzn-errortype"]) == (400, "NotAuthorizedException:")
    assert script.operations == ["GetUser", "GetUser"]
    assert (script.requests[0].body, script.requests[0].timeout) == ({"AccessToken": "the token"}, 5)


def test_an_error_is_raised_and_a_function_is_asked() -> None:
    script = ScriptedTransport(
        NotReachedError("no cable"), lambda asked: says({"operation": asked.operation}), says()
    )

    with pytest.raises(NotReachedError):
        script.send(REQUEST, timeout=5)

    assert json.loads(script.send(REQUEST, timeout=5).body) == {"operation": "GetUser"}
    assert script.send(REQUEST, timeout=5).body == b""


def test_a_request_after_the_end_is_a_failed_test() -> None:
    with pytest.raises(AssertionError, match="GetUser"):
        ScriptedTransport().send(REQUEST, timeout=5)


def test_what_comes_otherwise_comes_for_ever() -> None:
    script = ScriptedTransport(otherwise=says({}))
    script.add(refuses("ForbiddenException"))

    statuses = [script.send(REQUEST, timeout=5).status for _ in range(3)]

    assert statuses == [400, 200, 200]
    assert script.rest == 0


def test_what_was_asked_is_not_shown() -> None:
    script = ScriptedTransport(says({}))

    script.send(REQUEST, timeout=5)

    assert "the token" not in repr(script.requests)


def test_made_up_tokens_can_be_read() -> None:
    result = json.loads(grants("alice", expires_epoch=99.5, more={"email": "a@e"}).body)[
        "AuthenticationResult"
    ]

    access, identity = unverified_claims(result["AccessToken"]), unverified_claims(result["IdToken"])
    assert (access["username"], access["exp"], access["sub"]) == ("alice", 99, "the sub of alice")
    assert (identity["cognito:username"], identity["email"]) == ("alice", "a@e")
    assert result["RefreshToken"] == "a refresh token"
    assert "RefreshToken" not in str(grants("alice", expires_epoch=1, refresh_token=None).body)


@pytest.mark.anyio
async def test_the_asyncio_half_plays_the_same_scripts() -> None:
    transport = AsyncScriptedTransport(says({"a": 1}))
    transport.add(says({"a": 2}))

    replies = [await transport.send(REQUEST, timeout=5) for _ in range(2)]
    await transport.close()

    assert [json.loads(reply.body)["a"] for reply in replies] == [1, 2]
    assert (transport.operations, len(transport.requests)) == (["GetUser", "GetUser"], 2)
    assert transport.closed
