"""Carries one call of a conversation to the service and brings its reply back.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:CommonErrors; js-sdk:Client.
"""

from __future__ import annotations

from userpool.conversation import Call, Reply
from userpool.effects import Effects
from userpool.errors import UserPoolError
from userpool.pausing import async_pause
from userpool.transport import AsyncTransport
from userpool.transport.clock import ServiceClock
from userpool.transport.exchange import read_reply, to_request
from userpool.transport.retries import RetryPolicy, may_repeat

__all__ = ["AsyncCaller"]


class AsyncCaller:
    """Encodes, sends, repeats where that is safe, decodes, and corrects the clock by what comes back."""

    def __init__(
        self,
        transport: AsyncTransport,
        *,
        endpoint: str,
        agent: str,
        clock: ServiceClock,
        effects: Effects,
        retries: RetryPolicy,
        timeout_seconds: float,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._agent = agent
        self._clock = clock
        self._effects = effects
        self._retries = retries
        self._timeout_seconds = timeout_seconds

    async def send(self, call: Call) -> Reply:
        """Return the reply to a call.

        Raises:
            ServiceException: the service said no.
            TransportError: it was not reached, or did not answer sensibly.
        """
        attempt = 1
        while True:
            try:
                return await self._send_once(call)
            except UserPoolError as error:
                last = attempt >= self._retries.attempts
                if last or not may_repeat(call.operation, call.request, error=error):
                    raise
            await async_pause(self._retries.delay_seconds(attempt, random=self._effects.random_bytes(4)))
            attempt += 1

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()

    async def _send_once(self, call: Call) -> Reply:
        request = to_request(call.operation, call.request, endpoint=self._endpoint, agent=self._agent)
        sent_at = self._clock.local_now()
        reply = await self._transport.send(request, timeout=self._timeout_seconds)
        # A refusal carries the time too, and it is the one that matters when the refusal is about the time.
        self._clock.learn(reply.headers.get("date"), sent_at=sent_at, received_at=self._clock.local_now())
        return Reply(read_reply(call.operation, reply), self._clock.now())
