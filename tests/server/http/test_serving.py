"""The application on a port."""

from __future__ import annotations

import asyncio
import http.client
import socket
from urllib.parse import urlsplit

import pytest

from userpool.errors import SettingsError
from userpool.server.build import Server
from userpool.server.http.serving import Door, listen, origin_of, serve_until

pytestmark = pytest.mark.anyio


def get(origin: str, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=10)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


async def test_an_open_door_answers_and_a_closed_one_does_not(server: Server) -> None:
    door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    await door.open()

    assert await asyncio.to_thread(get, door.origin, "/health") == 200

    await door.close()
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(get, door.origin, "/health")


async def test_serving_ends_when_it_is_told_to(server: Server) -> None:
    stop = asyncio.Event()
    ready: asyncio.Queue[str] = asyncio.Queue()
    door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
    serving = asyncio.create_task(serve_until(door, stop, ready=ready.put_nowait))

    assert await asyncio.to_thread(get, await ready.get(), "/health") == 200
    stop.set()
    await asyncio.wait_for(serving, 10)


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=f"Can't listen on 127.0.0.1:{port}"):
            listen("127.0.0.1", port)


def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(SettingsError, match=r"Can't listen on 192\.0\.2\.1:0"):
        listen("192.0.2.1", 0)


def test_a_socket_on_all_addresses_is_reached_on_loopback() -> None:
    with listen("0.0.0.0", 0) as listening:  # noqa: S104  # For a moment, and nothing answers.
        port = listening.getsockname()[1]

        assert origin_of(listening) == f"http://127.0.0.1:{port}"
