"""A server of a few lines that answers with the bytes it is told, for tests of what travels over a socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest


class ByteServer:
    """Answers each connection with the next of its answers; None is to hang up, an empty one is silence."""

    def __init__(self, *answers: bytes | None) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._answers = list(answers)
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}/"

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()
        self._thread.join()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            self.requests.append(whole_request(connection))
            if answer is None:
                connection.close()
            elif answer:
                connection.sendall(answer)
                connection.close()


def whole_request(connection: socket.socket) -> bytes:
    # A socket that is closed with something unread is reset, and what was answered may be lost.
    data = b""
    while not data.endswith(b"}"):
        data += connection.recv(65536)
    return data


@pytest.fixture
def serve() -> Iterator[Callable[..., ByteServer]]:
    """Give a function that starts a server with these answers."""
    servers: list[ByteServer] = []

    def start(*answers: bytes | None) -> ByteServer:
        servers.append(ByteServer(*answers))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def nobody() -> str:
    """The address of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}/"
