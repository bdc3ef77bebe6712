"""Functions behind HTTP: a server of the standard library on the other side, its signatures checked by botocore."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from trigger_functions import FunctionServer

from userpool.crypto.sigv4 import Credentials
from userpool.server.triggers import endpoints
from userpool.server.triggers.endpoints import Connections, EndpointRunner, EventSigner, LambdaApi
from userpool.server.triggers.runners import TriggerFailedError, TriggerUnreachableError

pytestmark = pytest.mark.anyio

ARN = "arn:aws:lambda:eu-central-1:123456789012:function:check"
EVENT = b'{"request": {}, "response": {}}'
NOW = 1_767_225_600.0
KEY = bytes(range(32))

Serve = Callable[..., FunctionServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that serves one answer."""
    opened: list[FunctionServer] = []

    def run(status: int = 200, body: bytes = EVENT, **headers: str) -> FunctionServer:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        server = FunctionServer(lambda *_: (status, told, body))
        opened.append(server)
        return server.__enter__()

    yield run
    for server in opened:
        server.__exit__()


@pytest.fixture
async def connections() -> Any:
    """The client of this test."""
    made = Connections()
    yield made
    await made.close()


async def test_an_endpoint_is_sent_the_event_and_returns_it(serve: Serve, connections: Connections) -> None:
    server = serve(body=b'{"response": {"a": 1}}')

    returned = await EndpointRunner(connections, f"{server.origin}/hook?key=k").run(EVENT)

    assert returned == b'{"response": {"a": 1}}'
    ((method, path, headers, body),) = server.requests
    assert (method, path, body) == ("POST", "/hook?key=k", EVENT)
    assert headers["content-type"] == "application/json"


async def test_an_endpoint_can_tell_whose_event_it_is_and_when_it_was_sent(
    serve: Serve, connections: Connections
) -> None:
    server = serve()
    signer = EventSigner(KEY, lambda: NOW + 0.9)

    await EndpointRunner(connections, server.origin, signer=signer).run(EVENT)

    # The other side is openssl's own HMAC, not ours.
    mac = HMAC(KEY, SHA256())
    mac.update(b"1767225600." + EVENT)
    ((_, _, headers, _),) = server.requests
    assert headers["userpool-signature"] == f"t=1767225600,v1={mac.finalize().hex()}"


async def test_without_a_key_an_event_is_not_signed(serve: Serve, connections: Connections) -> None:
    server = serve()

    await EndpointRunner(connections, server.origin).run(EVENT)

    assert "userpool-signature" not in server.requests[0][2]


def test_a_signer_does_not_show_its_key() -> None:
    assert KEY.hex() not in repr(EventSigner(KEY, lambda: NOW))


@pytest.mark.parametrize("status", [400, 403, 404, 422])
async def test_an_endpoint_refuses_with_a_message(
    serve: Serve, connections: Connections, status: int
) -> None:
    server = serve(status, b'{"errorMessage": "Not you", "errorType": "Refusal"}')

    with pytest.raises(TriggerFailedError, match=r"^Not you$"):
        await EndpointRunner(connections, server.origin).run(EVENT)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"errorMessage": "Not you"}'),
        (503, b""),
        (429, b'{"errorMessage": "slower"}'),
        (404, b"<html>"),
        (302, b""),
        (204, b""),
    ],
)
async def test_another_status_means_that_it_did_not_run(
    serve: Serve, connections: Connections, status: int, body: bytes
) -> None:
    server = serve(status, body, location="http://localhost:1/")

    with pytest.raises(TriggerUnreachableError, match=rf"^HTTP {status}$"):
        await EndpointRunner(connections, server.origin).run(EVENT)


async def test_the_proxies_of_the_environment_are_not_asked(
    serve: Serve, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "")

    assert await EndpointRunner(connections, serve().origin).run(EVENT) == EVENT


async def test_an_endpoint_that_is_not_there_is_told_by_kind_alone(connections: Connections) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]

        with pytest.raises(TriggerUnreachableError) as raised:
            await EndpointRunner(connections, f"http://127.0.0.1:{port}/?key=secret").run(EVENT)

    assert str(raised.value) == "ConnectError"


async def test_an_address_that_cannot_be_called_is_told_by_kind_alone(connections: Connections) -> None:
    with pytest.raises(TriggerUnreachableError, match=r"^InvalidURL$"):
        await EndpointRunner(connections, "http://127.0.0.1/\0?key=secret").run(EVENT)


async def test_a_refusal_that_is_nested_too_deeply_is_none(serve: Serve, connections: Connections) -> None:
    server = serve(400, b'{"errorMessage": ' + b"[" * 50_000)

    with pytest.raises(TriggerUnreachableError, match=r"^HTTP 400$"):
        await EndpointRunner(connections, server.origin).run(EVENT)


async def test_an_endless_reply_is_not_read_to_the_end(
    serve: Serve, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "LONGEST_REPLY_BYTES", 100)
    server = serve(body=b"x" * 101)

    with pytest.raises(TriggerUnreachableError, match="ResponseTooLarge"):
        await EndpointRunner(connections, server.origin).run(EVENT)


def api(connections: Connections, origin: str, **changed: Any) -> LambdaApi:
    key = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token")
    asked: dict[str, Any] = {"credentials": key, "region": "us-east-1", "now": lambda: NOW}
    return LambdaApi(connections, origin, **{**asked, **changed})


async def test_lambda_is_invoked_with_a_signature_that_botocore_makes_too(
    serve: Serve, connections: Connections
) -> None:
    server = serve()

    await api(connections, server.origin).runner_of(ARN).run(EVENT)

    ((method, path, headers, body),) = server.requests
    assert path == (
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Acheck/invocations"
    )
    assert headers["X-Amz-Invocation-Type"] == "RequestResponse"
    assert headers["Authorization"] == signed_by_botocore(method, server.origin + path, headers, body)


def signed_by_botocore(method: str, url: str, sent: dict[str, str], body: bytes) -> str:
    """Sign what arrived once more, with the stranger's code, at the time that it says."""
    _, _, rest = sent["Authorization"].partition("SignedHeaders=")
    named = rest.partition(",")[0].split(";")
    headers = {name: value for name, value in sent.items() if name.lower() in named}
    request = AWSRequest(method, url, headers=headers, data=body)
    request.context["timestamp"] = sent["X-Amz-Date"]
    key = BotocoreCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token")
    signer = SigV4Auth(key, "lambda", "eu-central-1")
    canonical = signer.canonical_request(request)
    signature = signer.signature(signer.string_to_sign(request, canonical), request)
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, "
        f"SignedHeaders={';'.join(named)}, Signature={signature}"
    )


async def test_without_a_key_nothing_is_signed(serve: Serve, connections: Connections) -> None:
    server = serve()

    await api(connections, f"{server.origin}/", credentials=None).runner_of("check").run(EVENT)

    ((_, path, headers, _),) = server.requests
    assert path == "/2015-03-31/functions/check/invocations"
    assert "Authorization" not in headers


async def test_a_name_without_a_region_is_in_the_servers(serve: Serve, connections: Connections) -> None:
    server = serve()

    await api(connections, server.origin).runner_of("check").run(EVENT)

    assert "/us-east-1/lambda/aws4_request" in server.requests[0][2]["Authorization"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"errorMessage": "'email'", "errorType": "KeyError", "stackTrace": ["..."]}, "'email'"),
        ({"errorType": "Unknown"}, "Unhandled"),
    ],
)
async def test_a_function_error_is_what_the_function_raised(
    serve: Serve, connections: Connections, body: dict[str, Any], told: str
) -> None:
    server = serve(body=json.dumps(body).encode(), X_Amz_Function_Error="Unhandled")

    with pytest.raises(TriggerFailedError) as raised:
        await api(connections, server.origin).runner_of(ARN).run(EVENT)

    assert str(raised.value) == told


async def test_a_refusal_of_lambda_itself_is_not_the_functions(
    serve: Serve, connections: Connections
) -> None:
    server = serve(403, b'{"Message": "User is not authorized to perform: lambda:InvokeFunction"}')

    with pytest.raises(TriggerUnreachableError, match="HTTP 403"):
        await api(connections, server.origin).runner_of(ARN).run(EVENT)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("AccessDeniedException", "AccessDeniedException"),
        ("ResourceNotFoundException:http://internal.amazon.com/coral/", "ResourceNotFoundException"),
        ("<b>", "HTTP 403"),
    ],
)
async def test_a_refusal_of_lambda_is_told_by_its_name(
    serve: Serve, connections: Connections, header: str, told: str
) -> None:
    server = serve(403, b'{"Message": "no"}', X_Amzn_ErrorType=header)

    with pytest.raises(TriggerUnreachableError) as raised:
        await api(connections, server.origin).runner_of(ARN).run(EVENT)

    assert str(raised.value) == told
