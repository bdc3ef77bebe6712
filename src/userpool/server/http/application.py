"""The ASGI application: one bare dispatcher, since every operation is a POST to `/`.

Sources: asgi 3.0; cross-origin headers as browsers need them and the service sends them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from userpool.server.http.development import MESSAGES, messages_document
from userpool.server.http.discovery import discovery_document
from userpool.server.http.rpc import http_date

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from userpool.server.context import Context
    from userpool.server.http.rpc import Rpc
    from userpool.server.messages.inbox import Inbox

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

JSON = "application/json"

log = logging.getLogger("userpool.http")

_ALLOWED_HEADERS = (
    b"authorization,cache-control,content-type,x-amz-target,x-amz-user-agent,x-amz-date,x-amz-security-token,"
    b"x-amz-content-sha256,amz-sdk-request,amz-sdk-invocation-id"
)
_SHARED = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"),
    (b"x-content-type-options", b"nosniff"),
]
_PREFLIGHT = [
    *_SHARED,
    (b"access-control-allow-methods", b"POST,GET,OPTIONS"),
    (b"access-control-allow-headers", _ALLOWED_HEADERS),
    (b"access-control-max-age", b"172800"),
]


class TooLargeError(Exception):
    """The body is longer than is read."""


class GoneError(Exception):
    """The client went away before its request was whole."""


class Application:
    """Answers HTTP requests."""

    def __init__(self, context: Context, rpc: Rpc, inbox: Inbox | None) -> None:
        """Take what answers operations, and the inbox that is shown in development."""
        self._context = context
        self._rpc = rpc
        self._inbox = inbox if context.settings.dev else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection event, as ASGI has it."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            try:
                if scope["method"] == "POST" and scope["path"] == "/":
                    await self._post(scope, receive, send)
                else:
                    await self._other(scope, send)
            except GoneError:
                return  # Half a request is none, and nobody waits for an answer.

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            body = await _body(receive, self._context.settings.max_body_bytes)
        except TooLargeError:
            await self._send(send, 413, JSON, b'{"message":"The request body is too long."}')
            return
        reply = await self._rpc.answer(headers, body)
        answer_headers = [(name.encode(), value.encode("latin-1")) for name, value in reply.headers]
        await _send_raw(send, reply.status, [*answer_headers, *_SHARED], reply.body)

    async def _other(self, scope: Scope, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            await _send_raw(send, 200, [*_PREFLIGHT, self._date()], b"")
            return
        if method not in {"GET", "HEAD"}:
            allowed = b"POST, OPTIONS" if path == "/" else b"GET, HEAD, OPTIONS"
            answer = b'{"message":"Method not allowed."}'
            await self._send(send, 405, JSON, answer, (b"allow", allowed))
            return
        try:
            document = await self._document(scope, path)
        except Exception:
            # The last resort, as for operations: told to the operator and not to the caller.
            log.exception("a document could not be made", extra={"path": path})
            await self._send(send, 500, JSON, b'{"message":"Internal server error"}')
            return
        if document is None:
            await self._send(send, 404, JSON, b'{"message":"Not found."}')
        else:
            await self._send(send, 200, JSON, document)

    async def _send(
        self, send: Send, status: int, content_type: str, body: bytes, *more: tuple[bytes, bytes]
    ) -> None:
        headers = [(b"content-type", content_type.encode()), self._date(), *_SHARED, *more]
        await _send_raw(send, status, headers, body)

    def _date(self) -> tuple[bytes, bytes]:
        return (b"date", http_date(int(self._context.effects.now())).encode())

    async def _document(self, scope: Scope, path: str) -> bytes | None:
        if path == "/health":
            return b'{"status":"ok"}'
        if path == MESSAGES and self._inbox is not None:
            return messages_document(self._inbox)
        host = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "localhost"
        )
        return await discovery_document(self._context, path, origin=f"{scope['scheme']}://{host}")


async def _body(receive: Receive, most: int) -> bytes:
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise GoneError
        body += event.get("body", b"")
        if len(body) > most:
            raise TooLargeError
        more = event.get("more_body", False)
    return bytes(body)


async def _send_raw(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    # The server is opened and closed around the application (`serve`), so there is nothing to do here.
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
