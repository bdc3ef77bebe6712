"""The application as HTTP clients see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from userpool.effects import FixedEffects
from userpool.server.build import Server
from userpool.server.http.application import Application
from userpool.server.http.rpc import Rpc

pytestmark = pytest.mark.anyio


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    application: Application,
    method: str,
    path: str,
    *,
    headers: dict[str, str] | None = None,
    chunks: tuple[bytes, ...] = (b"",),
) -> Reply:
    """Send one request through the application, its body in the given chunks."""
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "headers": [
            (name.encode(), value.encode())
            for name, value in {"host": "pool.test", **(headers or {})}.items()
        ],
    }
    waiting = list(chunks)
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

    async def send(event: Any) -> None:
        sent.append(event)

    await application(scope, receive, send)
    start, body = sent
    return Reply(
        start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"]
    )


@pytest.fixture
def application(server: Server) -> Application:
    return Application(server.context, server.rpc, server.inbox)


async def test_a_healthy_server_says_so(application: Application) -> None:
    reply = await ask(application, "GET", "/health")

    assert (reply.status, json.loads(reply.body)) == (200, {"status": "ok"})


async def test_an_operation_is_a_post_to_the_root(application: Application) -> None:
    target = {"x-amz-target": "AWSCognitoIdentityProviderService.GetUser"}

    reply = await ask(application, "POST", "/", headers=target, chunks=(b'{"Access', b'Token":"x"}'))

    assert reply.status == 400
    assert json.loads(reply.body) == {"__type": "NotAuthorizedException", "message": "Invalid Access Token"}
    assert reply.headers["x-amzn-errortype"] == "NotAuthorizedException:"
    assert reply.headers["x-amzn-errormessage"] == "Invalid Access Token"
    assert reply.headers["content-type"] == "application/x-amz-json-1.1"
    assert int(reply.headers["content-length"]) == len(reply.body)


async def test_every_answer_carries_the_date_of_the_servers_clock(
    application: Application, effects: FixedEffects
) -> None:
    effects.advance(86_400)

    for method, path in (("POST", "/"), ("GET", "/health"), ("OPTIONS", "/"), ("GET", "/nothing")):
        reply = await ask(application, method, path)
        assert reply.headers["date"] == "Fri, 02 Jan 2026 00:00:00 GMT"


async def test_a_browser_may_ask_from_anywhere(application: Application) -> None:
    reply = await ask(application, "OPTIONS", "/")

    assert reply.status == 200
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "POST" in reply.headers["access-control-allow-methods"]
    for name in ("x-amz-target", "x-amz-user-agent", "cache-control", "content-type", "authorization"):
        assert name in reply.headers["access-control-allow-headers"].split(",")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_browser_may_read_every_answer(application: Application, method: str) -> None:
    reply = await ask(application, method, "/")

    assert reply.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-ErrorType" in reply.headers["access-control-expose-headers"]


@pytest.mark.parametrize("chunks", [(b"x" * 2_000_000,), (b"x" * 600_000, b"x" * 600_000, b"")])
async def test_a_body_that_is_too_long_is_refused_before_it_is_read(
    application: Application, chunks: tuple[bytes, ...]
) -> None:
    reply = await ask(application, "POST", "/", chunks=chunks)

    assert reply.status == 413


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nothing", 404), ("PUT", "/", 405), ("POST", "/x", 405)]
)
async def test_what_is_not_there_is_told_apart(
    application: Application, method: str, path: str, status: int
) -> None:
    assert (await ask(application, method, path)).status == status


async def test_messages_are_shown_in_development(application: Application) -> None:
    reply = await ask(application, "GET", "/_userpool/messages")

    assert (reply.status, reply.body) == (200, b"[]")


async def test_messages_are_not_there_outside_development(server: Server) -> None:
    context = replace(server.context, settings=replace(server.context.settings, dev=False))
    application = Application(context, server.rpc, server.inbox)

    reply = await ask(application, "GET", "/_userpool/messages")

    assert reply.status == 404


async def test_an_unexpected_failure_is_told_without_its_reason(
    server: Server,
    application: Application,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail(*_: object) -> bytes:
        raise LookupError("a secret detail")

    monkeypatch.setattr(Rpc, "_run", fail)
    target = {"x-amz-target": "AWSCognitoIdentityProviderService.GetUser"}

    reply = await ask(application, "POST", "/", headers=target, chunks=(b'{"AccessToken":"x"}',))

    assert reply.status == 500
    assert json.loads(reply.body)["__type"] == "InternalErrorException"
    assert b"secret detail" not in reply.body
    assert "a secret detail" in caplog.text


async def test_the_lifespan_of_a_server_is_acknowledged(application: Application) -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event["type"])

    await application({"type": "lifespan"}, receive, send)

    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
