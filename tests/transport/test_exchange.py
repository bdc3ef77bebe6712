"""Operations as requests, replies as what they answer."""

from __future__ import annotations

import json
import sys

import pytest

import userpool
from userpool.errors import GarbledAnswerError, SettingsError
from userpool.transport import HttpReply
from userpool.transport.exchange import read_reply, to_request, user_agent
from userpool.transport.scripted import refuses, says
from userpool.wire.fault import UnknownServiceException
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.profile import DeleteUser, GetUser, GetUserRequest
from userpool.wire.tokens import RevokeToken


def test_a_request_is_what_the_service_expects() -> None:
    request = to_request(
        GetUser, GetUserRequest(access_token="t"), endpoint="https://pool.example.com", agent="me"
    )

    assert (request.method, request.url) == ("POST", "https://pool.example.com/")
    assert json.loads(request.body) == {"AccessToken": "t"}
    assert request.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert request.headers["X-Amz-Target"] == "AWSCognitoIdentityProviderService.GetUser"


def test_nobody_on_the_way_may_keep_an_answer_or_pack_it() -> None:
    headers = to_request(GetUser, GetUserRequest(access_token="t"), endpoint="https://e", agent="me").headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["Accept-Encoding"] == "identity"


def test_the_library_introduces_itself_and_lets_the_caller_add_a_word() -> None:
    agent = user_agent("shop/2.1")

    assert agent.startswith(f"userpool/{userpool.__version__} ")
    assert agent.endswith(f"python#{sys.version_info.major}.{sys.version_info.minor} shop/2.1")
    headers = to_request(GetUser, GetUserRequest(access_token="t"), endpoint="https://e", agent=agent).headers
    assert headers["User-Agent"] == headers["X-Amz-User-Agent"] == agent


@pytest.mark.parametrize("suffix", ["a\r\nX-Evil: 1", "ü", "\x00"])
def test_a_suffix_cannot_smuggle_a_header(suffix: str) -> None:
    with pytest.raises(SettingsError):
        user_agent(suffix)


def test_an_answer_is_read_by_its_operation() -> None:
    response = read_reply(GetUser, says({"Username": "alice", "UserAttributes": [], "NewMember": 1}))

    assert response.username == "alice"


@pytest.mark.parametrize("body", [b"", b"{}", b" \n"])
def test_an_operation_without_an_answer_gives_none(body: bytes) -> None:
    assert read_reply(DeleteUser, HttpReply(status=200, headers={}, body=body)) is None


@pytest.mark.parametrize("operation", [DeleteUser, GetUser, RevokeToken])
def test_the_page_of_a_captive_portal_is_no_success(operation: object) -> None:
    reply = HttpReply(status=200, headers={"content-type": "text/html"}, body=b"<html>Please log in</html>")

    with pytest.raises(GarbledAnswerError) as caught:
        read_reply(operation, reply)  # type: ignore[arg-type]

    assert caught.value.status == 200
    assert "Please" not in str(caught.value)


@pytest.mark.parametrize("status", [204, 301, 302, 307])
def test_a_redirect_is_no_answer(status: int) -> None:
    with pytest.raises(GarbledAnswerError) as caught:
        read_reply(GetUser, HttpReply(status=status, headers={"location": "https://evil.example"}, body=b""))

    assert caught.value.status == status


def test_a_refusal_keeps_the_service_s_words_and_the_status() -> None:
    # amazon-cognito-identity-js loses the status and the request id.
    reply = refuses(
        "NotAuthorizedException", "Incorrect username or password.", headers={"x-amzn-requestid": "55ae2950"}
    )

    with pytest.raises(NotAuthorizedException, match="Incorrect username or password") as caught:
        read_reply(GetUser, reply)

    fault = caught.value
    assert (fault.status, fault.request_id, fault.operation) == (400, "55ae2950", "GetUser")


def test_an_error_page_is_a_fault_of_the_server_and_no_type_error() -> None:
    reply = HttpReply(status=502, headers={}, body=b"<html>Bad Gateway</html>")

    with pytest.raises(UnknownServiceException) as caught:
        read_reply(GetUser, reply)

    assert (caught.value.status, caught.value.retryable) == (502, True)
