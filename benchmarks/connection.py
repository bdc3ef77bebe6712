"""The smallest HTTP/1.1 client that can measure a server: requests built beforehand, one socket kept open.

A general client would cost more than the servers it times, and would cost it unevenly. This one sends bytes
that were made before the clock started and reads until the body is complete. A server that closes the
connection after each answer is connected to again, inside the measured time, because its callers pay for
that too.

Sources: rfc9112 (message framing).
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

ANSWER_TIMEOUT = 30.0
"""Seconds without a byte after which a server counts as stuck."""


@dataclass(frozen=True)
class Answer:
    """One HTTP answer: status and body."""

    status: int
    body: bytes

    @property
    def document(self) -> Any:
        """The body read as JSON; an empty body is an empty object."""
        return json.loads(self.body) if self.body else {}


class Connection:
    """A connection to 127.0.0.1, opened when first needed and again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._socket: socket.socket | None = None

    def exchange(self, request: bytes) -> Answer:
        """Send prepared bytes and return the answer; once more when a kept connection proves closed."""
        kept = self._socket is not None
        try:
            return self._exchange(request)
        except (ConnectionError, EOFError):
            self.close()
            if not kept:
                raise
            return self._exchange(request)

    def close(self) -> None:
        """Close the socket; the next exchange opens another."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_TIMEOUT)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)
        answer, closing = _read_answer(self._socket)
        if closing:
            self.close()
        return answer


def _read_answer(source: socket.socket) -> tuple[Answer, bool]:
    """Read one answer; the second value says whether the server closes the connection after it."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(source)
    head, data = data[:end].lower(), data[end + 4 :]
    status = int(head[9:12])
    closing = b"\r\nconnection: close" in head or (
        head.startswith(b"http/1.0") and b"\r\nconnection: keep-alive" not in head
    )
    if b"\r\ntransfer-encoding: chunked" in head:
        return Answer(status, _read_chunks(source, data)), closing
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        return Answer(status, _read_to_end(source, data)), True
    length = int(head[at + 17 :].split(b"\r\n", 1)[0])
    while len(data) < length:
        data += _receive(source)
    return Answer(status, data), closing


def _read_chunks(source: socket.socket, data: bytes) -> bytes:
    body = b""
    while True:
        while (end := data.find(b"\r\n")) < 0:
            data += _receive(source)
        size = int(data[:end].split(b";")[0], 16)
        data = data[end + 2 :]
        while len(data) < size + 2:
            data += _receive(source)
        body, data = body + data[:size], data[size + 2 :]
        if size == 0:
            return body


def _read_to_end(source: socket.socket, data: bytes) -> bytes:
    while more := source.recv(65536):
        data += more
    return data


def _receive(source: socket.socket) -> bytes:
    data = source.recv(65536)
    if not data:
        raise EOFError("the server closed the connection before its answer was complete")
    return data
