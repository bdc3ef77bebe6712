"""How requests reach the service: the protocol of a transport, and what every one of them carries.

A transport takes one HTTP request and brings back one HTTP reply. It knows nothing of Cognito, does not retry
and follows no redirects. Ours is made of httpx2 (`userpool.transport.http`); anything with these two methods
will do, such as an aiohttp session or a pool in the same process.

Rules of this room: httpx2 is imported nowhere else, and here only when a client is built, so that importing
the library stays cheap.

Sources: js-sdk:Client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol

from userpool.values import Value

__all__ = ["AsyncTransport", "HttpReply", "HttpRequest", "Transport"]


class HttpRequest(Value, frozen=True):
    """One request; ``url`` is absolute. The body is never shown: it carries passwords and tokens."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"body"})

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


class HttpReply(Value, frozen=True):
    """One reply; the names of its headers are in lower case, its body is whole and decoded."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"body"})

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries requests for the blocking half; threads may share it."""

    def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Send one request and return the whole reply, whatever its status.

        Args:
            request: what to send.
            timeout: seconds to wait for a connection, again for the answer to begin, and again for the rest of it.

        Raises:
            NotReachedError: no connection was made; nothing was sent.
            NoAnswerInTimeError: sent, but the answer did not come in time.
            TransportError: the connection broke on the way.
            GarbledAnswerError: an answer came that is not HTTP, or is larger than any answer of the service.
        """
        ...

    def close(self) -> None:
        """Let go of the connections; may be called more than once."""
        ...


class AsyncTransport(Protocol):
    """Carries requests for the asyncio half; belongs to one event loop."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Send one request and return the whole reply; fails as `Transport.send` does."""
        ...

    async def close(self) -> None:
        """Let go of the connections; may be called more than once."""
        ...
