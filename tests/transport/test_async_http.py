"""Requests over real sockets, and what is made of everything that can go wrong with them."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from userpool.errors import GarbledAnswerError, NoAnswerInTimeError, NotReachedError, TransportError
from userpool.transport import HttpRequest
from userpool.transport.async_http import AsyncHttpTransport

pytestmark = pytest.mark.anyio

OK = b"HTTP/1.1 200 OK\r\nX-Amzn-RequestId: 55ae\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"


def request(url: str, headers: dict[str, str] | None = None) -> HttpRequest:
    return HttpRequest(method="POST", url=url, headers=headers or {}, body=b'{"a":1}')


async def test_a_reply_comes_whole_with_lower_case_names(serve: Callable[..., Any]) -> None:
    transport = AsyncHttpTransport()

    reply = await transport.send(request(serve(OK).url), timeout=5)
    await transport.close()

    assert (reply.status, reply.body, reply.headers["x-amzn-requestid"]) == (200, b"{}", "55ae")


async def test_a_request_is_sent_as_it_is(serve: Callable[..., Any]) -> None:
    server = serve(OK)
    transport = AsyncHttpTransport()

    await transport.send(request(server.url, {"X-Amz-Target": "A.B", "User-Agent": "me"}), timeout=5)
    await transport.close()

    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST / HTTP/1.1\r\n")
    assert b"x-amz-target: a.b" in head.lower()
    assert b"user-agent: me\r\n" in head.lower() + b"\r\n"
    assert body == b'{"a":1}'


async def test_a_port_without_a_listener_is_not_reached(nobody: str) -> None:
    transport = AsyncHttpTransport()

    with pytest.raises(NotReachedError) as caught:
        await transport.send(request(nobody), timeout=5)
    await transport.close()

    assert isinstance(caught.value.__cause__, httpx2.ConnectError)


async def test_silence_ends_with_the_timeout(serve: Callable[..., Any]) -> None:
    # amazon-cognito-identity-js waits for ever.
    transport = AsyncHttpTransport()

    with pytest.raises(NoAnswerInTimeError):
        await transport.send(request(serve(b"").url), timeout=0.05)
    await transport.close()


async def test_a_connection_that_breaks_leaves_open_what_happened(serve: Callable[..., Any]) -> None:
    transport = AsyncHttpTransport()

    with pytest.raises(TransportError) as caught:
        await transport.send(request(serve(None).url), timeout=5)
    await transport.close()

    assert type(caught.value) is TransportError
    assert not caught.value.retryable


async def test_a_redirect_is_not_followed(serve: Callable[..., Any]) -> None:
    elsewhere = serve(OK)
    moved = b"HTTP/1.1 307 Moved\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % elsewhere.url.encode()
    transport = AsyncHttpTransport()

    reply = await transport.send(request(serve(moved).url), timeout=5)
    await transport.close()

    assert (reply.status, elsewhere.requests) == (307, [])


async def test_a_reply_without_end_is_cut_off(serve: Callable[..., Any]) -> None:
    body = b"x" * (4 * 1024 * 1024 + 1)
    transport = AsyncHttpTransport()

    with pytest.raises(GarbledAnswerError, match="larger"):
        await transport.send(request(serve(b"HTTP/1.0 200 OK\r\n\r\n" + body).url), timeout=5)
    await transport.close()


async def test_an_answer_that_comes_drop_by_drop_is_given_up(
    serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each look at the clock finds it ten seconds later.
    monkeypatch.setattr("userpool.transport.async_http.monotonic", itertools.count(0, 10).__next__)
    transport = AsyncHttpTransport()

    with pytest.raises(NoAnswerInTimeError, match="did not finish"):
        await transport.send(request(serve(OK).url), timeout=5)
    await transport.close()


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (httpx2.ConnectTimeout("slow"), NotReachedError),
        (httpx2.PoolTimeout("busy"), NotReachedError),
        (httpx2.ProxyError("no"), NotReachedError),
        (httpx2.InvalidURL("what?"), NotReachedError),
        (httpx2.ReadTimeout("slow"), NoAnswerInTimeError),
        (httpx2.WriteTimeout("slow"), NoAnswerInTimeError),
        (httpx2.DecodingError("what?"), GarbledAnswerError),
        (httpx2.ReadError("broken"), TransportError),
    ],
)
async def test_every_failure_of_httpx2_is_one_of_ours(
    raised: Exception, expected: type[TransportError]
) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise raised

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(fail))
    with pytest.raises(TransportError) as caught:
        await AsyncHttpTransport(client).send(request("https://pool.example.com/"), timeout=5)
    await client.aclose()

    assert type(caught.value) is expected
    assert caught.value.__cause__ is raised


async def test_a_client_of_one_s_own_is_used_and_left_open() -> None:
    def answer(asked: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, text=asked.headers["x-proxied"])

    async with httpx2.AsyncClient(
        transport=httpx2.MockTransport(answer), headers={"X-Proxied": "yes"}
    ) as client:
        transport = AsyncHttpTransport(client)
        await transport.close()

        reply = await transport.send(request("https://pool.example.com/"), timeout=5)

        assert reply.body == b"yes"
        assert not client.is_closed


async def test_closing_twice_is_closing_once_and_the_next_request_begins_anew(
    serve: Callable[..., Any],
) -> None:
    transport = AsyncHttpTransport()
    await transport.close()
    await transport.close()

    reply = await transport.send(request(serve(OK).url), timeout=5)
    await transport.close()

    assert reply.status == 200


async def test_a_client_is_used_again_where_it_was_made() -> None:
    transport = AsyncHttpTransport()
    first = transport._client()  # noqa: SLF001

    assert transport._client() is first  # noqa: SLF001
    await transport.close()
    assert first.is_closed


async def test_a_forked_child_makes_a_client_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = AsyncHttpTransport()
    parent_s = transport._client()  # noqa: SLF001

    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: -1)
        child_s = transport._client()  # noqa: SLF001
        await transport.close()

    assert child_s is not parent_s
    assert not parent_s.is_closed
    await parent_s.aclose()
