"""The ASGI application: what is answered to which method at which path, and with which headers."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from userpool.server.build import Server, open_server
from userpool.server.http.application import Application
from userpool.server.records import Client
from userpool.server.settings import Settings

pytestmark = pytest.mark.anyio

SIGN_UP = [(b"x-amz-target", b"AWSCognitoIdentityProviderService.SignUp")]


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


Ask = Callable[..., Awaitable[Reply | None]]


@pytest.fixture
def ask(server: Server) -> Ask:
    """Give a function that sends a request to the application."""
    return asking(Application(server.context, server.rpc, server.inbox))


def asking(application: Application) -> Ask:
    async def run(
        method: str,
        path: str = "/",
        headers: Iterable[tuple[bytes, bytes]] = (),
        *parts: bytes,
        ends: bool = True,
    ) -> Reply | None:
        events = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        events.append({"type": "http.request"} if ends else {"type": "http.disconnect"})
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return events.pop(0)

        async def send(event: Any) -> None:
            sent.append(event)

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "scheme": "http"}
        await application(scope, receive, send)
        if not sent:
            return None
        start, body = sent
        names = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        assert len(names) == len(start["headers"]), "a header was sent twice"
        return Reply(start["status"], names, body["body"])

    return run


# ---- operations ----


async def test_an_operation_is_a_post_to_the_root(ask: Ask) -> None:
    reply = await ask("POST", "/", SIGN_UP, b'{"ClientId":"abc","Username":"ann"}')

    assert reply is not None
    assert reply.status == 400
    assert json.loads(reply.body)["__type"] == "ResourceNotFoundException"
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    assert reply.headers["content-length"] == str(len(reply.body))


async def test_a_body_may_come_in_parts(ask: Ask) -> None:
    body = b'{"ClientId":"abc","Username":"ann"}'

    whole = await ask("POST", "/", SIGN_UP, body)
    parts = await ask("POST", "/", SIGN_UP, *(bytes([byte]) for byte in body))

    assert whole is not None
    assert parts is not None
    assert parts.body == whole.body


async def test_half_a_request_is_none(ask: Ask) -> None:
    assert await ask("POST", "/", SIGN_UP, b'{"ClientId":"abc","Username":"ann"}', ends=False) is None


@pytest.mark.parametrize("most_parts", [1, 20])
async def test_a_body_that_is_too_long_is_refused_before_it_ends(
    ask: Ask, server: Server, most_parts: int
) -> None:
    longest = server.context.settings.max_body_bytes
    part = b" " * (longest // most_parts + 1)

    reply = await ask("POST", "/", SIGN_UP, *[part] * most_parts, b"never read")

    assert reply is not None
    assert reply.status == 413
    assert reply.headers["access-control-allow-origin"] == "*"


async def test_a_body_of_the_longest_kind_is_read(ask: Ask, server: Server) -> None:
    reply = await ask("POST", "/", SIGN_UP, b" " * server.context.settings.max_body_bytes)

    assert reply is not None
    assert reply.status == 400


# ---- browsers ----


async def test_a_browser_is_told_that_it_may_ask(ask: Ask) -> None:
    reply = await ask(
        "OPTIONS", "/", [(b"origin", b"https://app.example"), (b"access-control-request-method", b"POST")]
    )

    assert reply is not None
    allowed = reply.headers["access-control-allow-headers"].split(",")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    assert {"content-type", "x-amz-target", "x-amz-user-agent", "cache-control", "authorization"} <= set(
        allowed
    )
    assert {"amz-sdk-request", "amz-sdk-invocation-id", "x-amz-date", "x-amz-security-token"} <= set(allowed)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("GET", "/"), ("GET", "/health"), ("PUT", "/"), ("GET", "/nowhere"), ("OPTIONS", "/x")],
)
async def test_every_answer_may_be_read_by_a_browser_and_by_no_guesser(
    ask: Ask, method: str, path: str
) -> None:
    reply = await ask(method, path)

    assert reply is not None
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
    exposed = reply.headers["access-control-expose-headers"]
    assert exposed == "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_an_answer_has_the_date_of_the_clock_it_was_judged_by(ask: Ask) -> None:
    for method, path in (("POST", "/"), ("GET", "/health"), ("OPTIONS", "/")):
        reply = await ask(method, path)

        assert reply is not None
        assert reply.headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


# ---- documents ----


async def test_health_is_told_and_nothing_about_the_server(ask: Ask) -> None:
    reply = await ask("GET", "/health")

    assert reply is not None
    assert (reply.status, reply.body) == (200, b'{"status":"ok"}')
    assert "server" not in reply.headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nowhere",
        "/health/",
        "/.well-known/jwks.json",
        "/../health",
        "/\0/.well-known/jwks.json",
        "//",
        "/ü",
    ],
)
async def test_what_is_not_there_is_not_found(ask: Ask, path: str) -> None:
    reply = await ask("GET", path)

    assert reply is not None
    assert reply.status == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/", "POST, OPTIONS"),
        ("DELETE", "/health", "GET, HEAD, OPTIONS"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("PATCH", "/nowhere", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_method_that_is_not_for_a_path_is_told_which_are(
    ask: Ask, method: str, path: str, allowed: str
) -> None:
    reply = await ask(method, path)

    assert reply is not None
    assert (reply.status, reply.headers["allow"]) == (405, allowed)


async def test_the_head_of_a_document_has_its_length(ask: Ask) -> None:
    get, head = await ask("GET", "/health"), await ask("HEAD", "/health")

    assert get is not None
    assert head is not None
    assert (head.status, head.headers) == (get.status, get.headers)


async def test_the_keys_of_a_pool_are_there(ask: Ask, client_of_pool: Client) -> None:
    reply = await ask("GET", f"/{client_of_pool.pool_id}/.well-known/jwks.json")

    assert reply is not None
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert len(json.loads(reply.body)["keys"]) == 2


async def test_messages_are_shown_in_development(ask: Ask) -> None:
    reply = await ask("GET", "/_userpool/messages")

    assert reply is not None
    assert (reply.status, reply.body) == (200, b"[]")


async def test_messages_are_shown_in_development_only(strict_server: Server) -> None:
    assert strict_server.inbox is not None
    ask = asking(Application(strict_server.context, strict_server.rpc, strict_server.inbox))

    reply = await ask("GET", "/_userpool/messages")

    assert reply is not None
    assert reply.status == 404


async def test_what_goes_wrong_here_is_told_to_the_operator_and_not_to_the_caller(
    make_key: Callable[[], RSAPrivateKey], caplog: pytest.LogCaptureFixture
) -> None:
    server = await open_server(Settings(database_url="sqlite://"), make_key=make_key)
    await server.close()
    ask = asking(Application(server.context, server.rpc, None))

    with caplog.at_level(logging.ERROR, logger="userpool.http"):
        reply = await ask("GET", "/us-east-1_aaaaaaaaa/.well-known/jwks.json")

    assert reply is not None
    assert (reply.status, reply.body) == (500, b'{"message":"Internal server error"}')
    assert [record.message for record in caplog.records] == ["a document could not be made"]


# ---- the rest of the protocol ----


async def test_the_start_and_the_end_of_a_server_are_acknowledged(server: Server) -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> dict[str, str]:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event["type"])

    await Application(server.context, server.rpc, None)({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_connection_of_another_kind_is_left_alone(server: Server) -> None:
    async def never(*_: object) -> Any:
        pytest.fail("nothing is to be said")

    await Application(server.context, server.rpc, None)({"type": "websocket"}, never, never)
