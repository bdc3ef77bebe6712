"""Requests over HTTPS, carried by httpx2.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: importing this module imports httpx2, so import it where a client is built, not before.

Sources: js-sdk:Client (which has no timeout, and no limit to what it reads).
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import httpx2

from userpool.errors import GarbledAnswerError, NoAnswerInTimeError, NotReachedError, TransportError
from userpool.pausing import async_here
from userpool.thread_locks import ThreadLock
from userpool.transport import HttpReply, HttpRequest

__all__ = ["AsyncHttpTransport"]

# The largest true answers are lists of users and stay far below this; a larger one is not from the service.
_LARGEST_REPLY_BYTES: Final = 4 * 1024 * 1024
# With these, the request was never sent.
_NOT_SENT: Final = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)


class AsyncHttpTransport:
    """Carries requests with an httpx2 client.

    Pass a client of your own for proxies, certificates or connection limits; it stays yours and is not closed
    here. Otherwise one is made at once, because that reads certificates from the disk, which would hold up an
    event loop later. After a fork it is made anew: two processes cannot share one TLS connection, and neither can
    two event loops, one after the other.
    """

    def __init__(self, client: httpx2.AsyncClient | None = None) -> None:
        self._given = client
        self._made = None if client is not None else httpx2.AsyncClient()
        self._used_in: object = None
        self._making = ThreadLock()

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Send one request and return the whole reply; redirects are not followed."""
        client = self._client()
        try:
            async with client.stream(
                request.method,
                request.url,
                headers=dict(request.headers),
                content=request.body,
                timeout=timeout,
                follow_redirects=False,
            ) as response:
                body = await _whole_body(response, end=monotonic() + timeout)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(status=response.status_code, headers=headers, body=body)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _told_apart(error) from error

    async def close(self) -> None:
        """Close the client if it was made here; the next request would make a new one."""
        with self._making:
            made, used_in = self._made, self._used_in
            self._made = self._used_in = None
        if made is not None and used_in in {None, async_here()}:
            await made.aclose()

    def _client(self) -> httpx2.AsyncClient:
        if self._given is not None:
            return self._given
        with self._making:
            place = async_here()
            if self._made is None or self._used_in not in {None, place}:
                self._made = httpx2.AsyncClient()
            self._used_in = place
            return self._made


async def _whole_body(response: httpx2.Response, *, end: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _LARGEST_REPLY_BYTES:
            raise GarbledAnswerError(
                f"The answer is larger than {_LARGEST_REPLY_BYTES} bytes.", status=response.status_code
            )
        # httpx2 waits anew for each part, and a server that sends one byte a second would never be given up.
        if monotonic() > end:
            raise NoAnswerInTimeError("The service did not finish its answer in time.")
        parts.append(part)
    return b"".join(parts)


def _told_apart(error: Exception) -> TransportError:
    if isinstance(error, _NOT_SENT):
        return NotReachedError("The service could not be reached.")
    if isinstance(error, httpx2.TimeoutException):
        return NoAnswerInTimeError("The service did not answer in time.")
    if isinstance(error, httpx2.InvalidURL):
        return NotReachedError("The address of the service cannot be used.")
    if isinstance(error, httpx2.DecodingError):
        return GarbledAnswerError("The answer could not be decoded.")
    return TransportError("The connection broke before the answer was complete.")
