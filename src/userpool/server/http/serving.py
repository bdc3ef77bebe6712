"""Serving: the application on a TCP port, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn

from userpool.errors import SettingsError
from userpool.server.http.application import Application

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from userpool.server.context import Context
    from userpool.server.http.rpc import Rpc
    from userpool.server.messages.inbox import Inbox

STOP_SECONDS = 10
# Longer than clients and proxies keep an idle connection, so that it is they who close it: a request that meets a
# connection on its way out is lost.
IDLE_SECONDS = 75


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; port 0 takes a free one.

    Raises:
        SettingsError: the address isn't this machine's, or the port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise SettingsError(f"Can't listen on {host}:{port}: {error.strerror}.") from error
    return listening


def origin_of(listening: socket.socket) -> str:
    """Return the origin that clients on this machine reach a socket by, such as `http://127.0.0.1:9229`."""
    bound, port = listening.getsockname()[:2]
    on_this_machine: dict[str, str] = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # Compared, not bound.
    host = on_this_machine.get(bound) or str(bound)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Door:
    """A port that is being served in the background of an event loop."""

    def __init__(self, context: Context, rpc: Rpc, inbox: Inbox | None, listening: socket.socket) -> None:
        """Take what is served, and where."""
        config = uvicorn.Config(
            Application(context, rpc, inbox),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,  # The application's own, which follows its clock.
            http="httptools",
            ws="none",
            loop="none",
            timeout_graceful_shutdown=STOP_SECONDS,
            timeout_keep_alive=IDLE_SECONDS,
        )
        self._listening = listening
        self.origin = origin_of(listening)
        self._server = _QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Begin to answer; returns as soon as it does."""
        self._task = asyncio.get_running_loop().create_task(self._server.serve(sockets=[self._listening]))
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise SettingsError("The server stopped before it began.")
            await asyncio.sleep(0.002)

    async def close(self) -> None:
        """Answer what has been asked, then stop."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._listening.close()


class _QuietServer(uvicorn.Server):
    """Leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


async def serve_until(door: Door, stop: asyncio.Event, *, ready: Callable[[str], None]) -> None:
    """Serve until the event is set; `ready` is told the origin once requests are answered."""
    await door.open()
    ready(door.origin)
    await stop.wait()
    await door.close()
