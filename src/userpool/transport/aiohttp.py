"""Requests over HTTPS, carried by an aiohttp session of the caller's; needs ``userpool[aiohttp]``.

    pool = AsyncUserPool(pool_id, client_id, transport=AiohttpTransport(session))

For programs that have one session for everything, such as Home Assistant. httpx2 is not loaded then.

Rules of this room: importing this module imports aiohttp, so nobody imports it but who uses it.

Sources: the manual of aiohttp (ClientSession, ClientTimeout, the hierarchy of its errors).
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import aiohttp

from userpool.errors import GarbledAnswerError, NoAnswerInTimeError, NotReachedError, TransportError
from userpool.transport import HttpReply, HttpRequest

__all__ = ["AiohttpTransport"]

# The largest true answers are lists of users and stay far below this; a larger one is not from the service.
_LARGEST_REPLY_BYTES: Final = 4 * 1024 * 1024
_CHUNK_BYTES: Final = 64 * 1024
# With these, the request was never sent.
_NOT_SENT: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    aiohttp.NonHttpUrlClientError,
    aiohttp.ServerFingerprintMismatch,
)


class AiohttpTransport:
    """Carries requests with a session that stays the caller's: its connections, its certificates, its proxy.

    Nothing here blocks the event loop, and the session is not closed here.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Send one request and return the whole reply; redirects are not followed."""
        limits = aiohttp.ClientTimeout(total=None, connect=timeout, sock_connect=timeout, sock_read=timeout)
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=dict(request.headers),
                data=request.body,
                timeout=limits,
                allow_redirects=False,
                raise_for_status=False,
            ) as response:
                body = await _whole_body(response, end=monotonic() + timeout)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return HttpReply(status=response.status, headers=headers, body=body)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise _told_apart(error) from error

    async def close(self) -> None:
        """There is nothing to let go of: the session is the caller's."""


async def _whole_body(response: aiohttp.ClientResponse, *, end: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_chunked(_CHUNK_BYTES):
        size += len(part)
        if size > _LARGEST_REPLY_BYTES:
            # The rest is not read, so the connection cannot be used again.
            response.close()
            raise GarbledAnswerError(
                f"The answer is larger than {_LARGEST_REPLY_BYTES} bytes.", status=response.status
            )
        # aiohttp waits anew for each part, and a server that sends one byte a second would never be given up.
        if monotonic() > end:
            response.close()
            raise NoAnswerInTimeError("The service did not finish its answer in time.")
        parts.append(part)
    return b"".join(parts)


def _told_apart(error: Exception) -> TransportError:
    if isinstance(error, _NOT_SENT):
        return NotReachedError("The service could not be reached.")
    if isinstance(error, TimeoutError):
        return NoAnswerInTimeError("The service did not answer in time.")
    if isinstance(error, aiohttp.ClientResponseError):
        return GarbledAnswerError("The answer is not HTTP.", status=error.status or None)
    return TransportError("The connection broke before the answer was complete.")
