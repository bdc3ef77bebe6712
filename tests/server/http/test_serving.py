"""The application on a TCP port."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from collections.abc import AsyncIterator

import pytest

from userpool.errors import SettingsError
from userpool.server.build import Server
from userpool.server.http.serving import Door, listen, origin_of, serve_until

pytestmark = pytest.mark.anyio

SIGN_UP = b"x-amz-target: AWSCognitoIdentityProviderService.SignUp\r\n"


@pytest.fixture
async def door(server: Server) -> AsyncIterator[Door]:
    """A port that is being served."""
    opened = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    await opened.open()
    yield opened
    await opened.close()


async def connect(origin: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, _, port = origin.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def read_reply(
    reader: asyncio.StreamReader, *, head: bool = False
) -> tuple[int, dict[str, str], bytes]:
    """Read one answer."""
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:-2])}
    length = 0 if head else int(headers["content-length"])
    return int(lines[0].split()[1]), headers, await reader.readexactly(length)


async def ask(origin: str, request: bytes, *, head: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Send one request and read its answer."""
    reader, writer = await connect(origin)
    writer.write(request)
    reply = await read_reply(reader, head=head)
    writer.close()
    await writer.wait_closed()
    return reply


# ---- addresses ----


def test_a_port_that_is_taken_is_told_so() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(
            SettingsError, match=rf"Can't listen on 127\.0\.0\.1:{port}: Address already in use"
        ):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1"])
def test_an_address_of_another_machine_is_told_so(host: str) -> None:
    with pytest.raises(SettingsError, match="Can't listen on"):
        listen(host, 0)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("localhost", "http://127.0.0.1:"),
    ],
)
def test_the_origin_is_what_clients_here_reach_it_by(host: str, origin: str) -> None:
    with listen(host, 0) as listening:
        port = listening.getsockname()[1]

        assert port > 0
        assert origin_of(listening) == f"{origin}{port}"


def test_an_address_of_the_newer_kind_stands_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with contextlib.closing(socket.socket(socket.AF_INET6)) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 address")
    for host in ("::1", "::"):
        with listen(host, 0) as listening:
            assert origin_of(listening) == f"http://[::1]:{listening.getsockname()[1]}"


# ---- answers ----


async def test_an_operation_is_answered_over_the_network(door: Door) -> None:
    body = b'{"ClientId":"abc","Username":"ann"}'

    status, headers, answer = await ask(
        door.origin,
        b"POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n%s" % (SIGN_UP, len(body), body),
    )

    assert status == 400
    assert json.loads(answer)["__type"] == "ResourceNotFoundException"
    assert headers["x-amzn-errortype"] == "ResourceNotFoundException:"


async def test_nothing_is_told_about_the_software(door: Door) -> None:
    _, headers, _ = await ask(door.origin, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")

    assert "server" not in headers
    assert headers["date"] == "Thu, 01 Jan 2026 00:00:00 GMT"


async def test_the_head_of_a_document_has_no_body(door: Door) -> None:
    reader, writer = await connect(door.origin)
    writer.write(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n")

    first = await read_reply(reader, head=True)
    second = await read_reply(reader)

    assert first[0] == second[0] == 200
    assert first[1]["content-length"] == second[1]["content-length"]
    writer.close()


async def test_header_names_come_in_any_case(door: Door) -> None:
    request = (
        b"POST / HTTP/1.1\r\nHOST: x\r\nX-AMZ-TARGET: AWSCognitoIdentityProviderService.SignUp\r\n"
        b"CONTENT-LENGTH: 2\r\n\r\n{}"
    )

    _, _, answer = await ask(door.origin, request)

    assert json.loads(answer)["__type"] == "InvalidParameterException"


@pytest.mark.parametrize(
    "request_text", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbroken\r\n\r\n", b"\x16\x03\x01\r\n\r\n"]
)
async def test_what_is_not_http_ends_the_connection_and_not_the_server(
    door: Door, request_text: bytes
) -> None:
    reader, writer = await connect(door.origin)
    writer.write(request_text)
    await asyncio.wait_for(reader.read(), 5)
    writer.close()

    status, _, _ = await ask(door.origin, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")

    assert status == 200


# ---- beginning and end ----


async def test_a_closed_door_lets_the_port_go(server: Server) -> None:
    door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    await door.open()
    port = int(door.origin.rpartition(":")[2])

    await door.close()

    with listen("127.0.0.1", port):
        pass


async def test_a_request_that_has_begun_is_answered_before_the_door_closes(server: Server) -> None:
    door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    await door.open()
    reader, writer = await connect(door.origin)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n%sContent-Length: 2\r\n\r\n{" % SIGN_UP)
    await asyncio.sleep(0.05)

    closing = asyncio.ensure_future(door.close())
    await asyncio.sleep(0.05)
    writer.write(b"}")

    status, _, _ = await read_reply(reader)
    assert status == 400
    writer.close()
    await closing


async def test_a_door_that_was_never_opened_can_be_closed(server: Server) -> None:
    await Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0)).close()


async def test_serving_ends_when_it_is_told_to(server: Server) -> None:
    door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    stop, told = asyncio.Event(), []

    def ready(origin: str) -> None:
        told.append(origin)
        stop.set()

    await asyncio.wait_for(serve_until(door, stop, ready=ready), 10)

    assert told == [door.origin]


async def test_signals_are_left_to_whoever_runs_the_loop(door: Door) -> None:
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
