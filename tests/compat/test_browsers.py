"""What a browser asks for and has to be told before a script of another origin may speak to the pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ORIGIN = "https://app.example.com"
# What the JavaScript SDKs send, in the order and the spelling of a browser's preflight.
SENT = {
    "amazon-cognito-identity-js": "cache-control,content-type,x-amz-target,x-amz-user-agent",
    "AWS SDK for JavaScript v3": "amz-sdk-invocation-id,amz-sdk-request,authorization,content-type,"
    "x-amz-content-sha256,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent",
}


@pytest.mark.parametrize("client", SENT)
def test_a_preflight_allows_what_clients_send(call: Callable[..., Any], served: Any, client: str) -> None:
    answer = call(
        served.origin,
        method="OPTIONS",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": SENT[client],
        },
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in names(answer.headers["access-control-allow-methods"])
    allowed = {name.lower() for name in names(answer.headers["access-control-allow-headers"])}
    assert set(SENT[client].split(",")) <= allowed


def test_an_answer_may_be_read_from_another_origin(
    call: Callable[..., Any], place: Any, newcomer: Any
) -> None:
    body = {"ClientId": place.client_id, "Username": newcomer.username, "Password": newcomer.password}

    answer = call(place.endpoint, "SignUp", body, headers={"Origin": ORIGIN})

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-requestid" in exposed(answer)


def test_a_refusal_says_in_its_headers_too_what_it_is(
    call: Callable[..., Any], place: Any, newcomer: Any
) -> None:
    parameters = {"USERNAME": newcomer.username, "PASSWORD": newcomer.password}
    body = {"ClientId": place.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}

    answer = call(place.endpoint, "InitiateAuth", body, headers={"Origin": ORIGIN})

    assert answer.status == 400
    assert answer.json == {"__type": "UserNotFoundException", "message": "User does not exist."}
    assert answer.headers["x-amzn-errortype"] == "UserNotFoundException:"
    assert answer.headers["x-amzn-errormessage"] == "User does not exist."
    assert answer.headers["access-control-allow-origin"] == "*"
    assert exposed(answer) >= {"x-amzn-requestid", "x-amzn-errortype", "x-amzn-errormessage", "date"}


def test_the_keys_may_be_read_from_another_origin(call: Callable[..., Any], place: Any) -> None:
    answer = call(
        place.endpoint,
        method="GET",
        path=f"/{place.pool_id}/.well-known/jwks.json",
        headers={"Origin": ORIGIN},
    )

    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(answer.json["keys"]) == 2


@pytest.mark.parametrize(
    ("target", "body", "name"),
    [
        ("NoSuchOperation", b"{}", "UnknownOperationException"),
        ("SignUp", b"{", "SerializationException"),
        ("SignUp", b"[]", "SerializationException"),
    ],
)
def test_what_is_no_request_is_refused_in_the_same_form(
    call: Callable[..., Any], served: Any, target: str, body: bytes, name: str
) -> None:
    answer = call(served.origin, target, body, headers={"Origin": ORIGIN})

    assert answer.status == 400
    assert answer.json["__type"] == name
    assert answer.headers["x-amzn-errortype"] == f"{name}:"
    assert answer.headers["access-control-allow-origin"] == "*"


def exposed(answer: Any) -> set[str]:
    return {name.lower() for name in names(answer.headers["access-control-expose-headers"])}


def names(value: str) -> list[str]:
    return [name.strip() for name in value.split(",")]
