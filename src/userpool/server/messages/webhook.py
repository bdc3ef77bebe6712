"""Text messages by HTTP: a sender that posts each as JSON to an address of the operator's, which knows a gateway.

Rules of the room: httpx2 is imported when the first message is sent; the address comes from the settings alone.

Sources: rfc9110 §15 (status codes).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError

if TYPE_CHECKING:
    import httpx2

    from userpool.server.records import Message

TIMEOUT_SECONDS = 10.0
ACCEPTED = range(200, 300)
REFUSED = {400, 422}
"""This message won't do; every other status may be another at the next try."""


class WebhookSender:
    """Posts text messages to an address."""

    is_immediate = False

    def __init__(self, url: str) -> None:
        """Take the address; a user and a password in it become Basic authentication."""
        self._url = url
        self._client: httpx2.AsyncClient | None = None

    async def send(self, message: Message) -> None:
        """Post a message: id, pool_id, destination, text and kind.

        Raises:
            MessageRefusedError: the answer was 400 or 422.
            DeliveryFailedError: there was none, or another one.
        """
        import httpx2  # noqa: PLC0415  # A server without text messages doesn't pay for it.

        if self._client is None:
            # The environment's proxies aren't for what an operator named.
            self._client = httpx2.AsyncClient(
                timeout=TIMEOUT_SECONDS, trust_env=False, follow_redirects=False
            )
        body = {
            "id": message.message_id,
            "pool_id": message.pool_id,
            "destination": message.destination,
            "text": message.text,
            "kind": message.kind,
        }
        headers = {"content-type": "application/json"}
        try:
            answer = await self._client.post(self._url, content=msgspec.json.encode(body), headers=headers)
        except httpx2.HTTPError as error:
            # The address may hold a key; the kind of failure says enough.
            raise DeliveryFailedError(
                f"the webhook could not be talked to ({type(error).__name__})"
            ) from None
        if answer.status_code in ACCEPTED:
            return
        kind = MessageRefusedError if answer.status_code in REFUSED else DeliveryFailedError
        raise kind(f"the webhook answered {answer.status_code}")

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()
