"""Requests carried by an aiohttp session of the caller's."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from userpool.errors import GarbledAnswerError, NoAnswerInTimeError, NotReachedError, TransportError
from userpool.transport import HttpRequest
from userpool.transport.aiohttp import AiohttpTransport

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId: 55ae\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def request(url: str, headers: dict[str, str] | None = None) -> HttpRequest:
    return HttpRequest(method="POST", url=url, headers=headers or {}, body=b'{"a":1}')


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_a_reply_comes_whole_with_lower_case_names(
    serve: Callable[..., Any], session: aiohttp.ClientSession
) -> None:
    reply = await AiohttpTransport(session).send(request(serve(OK).url), timeout=5)

    assert (reply.status, reply.body, reply.headers["x-amzn-requestid"]) == (200, b"{}", "55ae")


async def test_a_request_is_sent_as_it_is(serve: Callable[..., Any], session: aiohttp.ClientSession) -> None:
    server = serve(OK)
    headers = {"X-Amz-Target": "A.B", "User-Agent": "me", "Content-Type": "application/x-amz-json-1.1"}

    await AiohttpTransport(session).send(request(server.url, headers), timeout=5)

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert {b"x-amz-target: a.b", b"user-agent: me", b"content-type: application/x-amz-json-1.1"} < set(
        head.lower().split(b"\r\n")
    )
    assert body == b'{"a":1}'


async def test_the_session_stays_open(serve: Callable[..., Any], session: aiohttp.ClientSession) -> None:
    transport = AiohttpTransport(session)

    await transport.close()
    await transport.close()

    assert not session.closed
    assert (await transport.send(request(serve(OK).url), timeout=5)).status == 200


async def test_a_port_without_a_listener_is_not_reached(nobody: str, session: aiohttp.ClientSession) -> None:
    with pytest.raises(NotReachedError) as caught:
        await AiohttpTransport(session).send(request(nobody), timeout=5)

    assert isinstance(caught.value.__cause__, aiohttp.ClientConnectorError)


async def test_silence_ends_with_the_timeout(
    serve: Callable[..., Any], session: aiohttp.ClientSession
) -> None:
    with pytest.raises(NoAnswerInTimeError):
        await AiohttpTransport(session).send(request(serve(b"").url), timeout=0.05)


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"])
async def test_a_connection_that_breaks_leaves_open_what_happened(
    serve: Callable[..., Any], session: aiohttp.ClientSession, answer: bytes | None
) -> None:
    with pytest.raises(TransportError) as caught:
        await AiohttpTransport(session).send(request(serve(answer).url), timeout=5)

    assert type(caught.value) is TransportError
    assert not caught.value.retryable


async def test_what_is_not_http_is_garbled(serve: Callable[..., Any], session: aiohttp.ClientSession) -> None:
    with pytest.raises(GarbledAnswerError):
        await AiohttpTransport(session).send(request(serve(b"220 mail.example.com ESMTP\r\n").url), timeout=5)


async def test_a_redirect_is_not_followed(serve: Callable[..., Any], session: aiohttp.ClientSession) -> None:
    elsewhere = serve(OK)
    moved = b"HTTP/1.1 307 Moved\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()

    reply = await AiohttpTransport(session).send(request(serve(moved).url), timeout=5)

    assert (reply.status, elsewhere.requests) == (307, [])


async def test_a_refusal_is_a_reply_whatever_the_session_thinks_of_it(serve: Callable[..., Any]) -> None:
    refusal = b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"

    async with aiohttp.ClientSession(raise_for_status=True) as strict:
        reply = await AiohttpTransport(strict).send(request(serve(refusal).url), timeout=5)

    assert reply.status == 400


async def test_a_reply_without_end_is_cut_off(
    serve: Callable[..., Any], session: aiohttp.ClientSession
) -> None:
    body = b"x" * (4 * 1024 * 1024 + 1)

    with pytest.raises(GarbledAnswerError, match="larger"):
        await AiohttpTransport(session).send(request(serve(b"HTTP/1.0 200 OK\r\n\r\n" + body).url), timeout=5)


async def test_an_answer_that_comes_drop_by_drop_is_given_up(
    serve: Callable[..., Any], session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each look at the clock finds it ten seconds later.
    monkeypatch.setattr("userpool.transport.aiohttp.monotonic", itertools.count(0, 10).__next__)

    with pytest.raises(NoAnswerInTimeError, match="did not finish"):
        await AiohttpTransport(session).send(request(serve(OK).url), timeout=5)


KEY = ConnectionKey("pool.example.com", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (aiohttp.ConnectionTimeoutError("slow"), NotReachedError),
        (aiohttp.ClientConnectorDNSError(KEY, OSError("who?")), NotReachedError),
        (aiohttp.ClientProxyConnectionError(KEY, OSError("no")), NotReachedError),
        (aiohttp.InvalidURL("what?"), NotReachedError),
        (aiohttp.SocketTimeoutError("slow"), NoAnswerInTimeError),
        (TimeoutError("slow"), NoAnswerInTimeError),
        (aiohttp.ServerDisconnectedError(), TransportError),
        (aiohttp.ClientOSError(104, "broken"), TransportError),
        (aiohttp.ClientPayloadError("broken"), TransportError),
    ],
)
async def test_every_failure_of_aiohttp_is_one_of_ours(
    monkeypatch: pytest.MonkeyPatch,
    session: aiohttp.ClientSession,
    raised: Exception,
    expected: type[TransportError],
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise raised

    monkeypatch.setattr(aiohttp.ClientSession, "request", fail)
    with pytest.raises(TransportError) as caught:
        await AiohttpTransport(session).send(request("https://pool.example.com/"), timeout=5)

    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


# A sign-in by SRP with nothing but aiohttp, while Python's audit hook notes what would hold up the event loop.
PROGRAM = """
import asyncio, json, sys
from threading import get_ident
import aiohttp
from userpool import AsyncUserPool
from userpool.testing import LocalPool
from userpool.transport.aiohttp import AiohttpTransport

noted = []
watched = None

def note(event, arguments):
    if get_ident() == watched and event in {"open", "import", "time.sleep", "os.listdir", "socket.getaddrinfo"}:
        noted.append([event, str(arguments[0])])

async def main(local):
    global watched
    await asyncio.to_thread(int)
    async with aiohttp.ClientSession() as session:
        pool = AsyncUserPool(local.user_pool_id, local.client_id, endpoint=local.endpoint,
                             transport=AiohttpTransport(session))
        watched = get_ident()
        step = await pool.sign_in("alice", "Correct-Horse-7-Staple")
        await step.user.attributes()
        await step.user.refresh()
        await step.user.sign_out()
        watched = None
    print(json.dumps({"noted": noted, "httpx2": "httpx2" in sys.modules}))

with LocalPool() as local:
    pool = local.client()
    pool.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
    pool.confirm_sign_up("alice", local.inbox.latest("alice").code)
    sys.addaudithook(note)
    asyncio.run(main(local))
"""


def test_a_sign_in_reads_no_file_and_loads_no_module_in_the_event_loop() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    assert json.loads(done.stdout) == {"noted": [], "httpx2": False}
