"""Carries one call of a conversation to the service and brings its reply back.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:CommonErrors; js-sdk:Client.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from userpool.conversation import Call, Reply
from userpool.effects import Effects
from userpool.errors import NoAnswerInTimeError, UserPoolError
from userpool.pausing import async_pause, async_within
from userpool.transport import AsyncTransport
from userpool.transport.clock import ServiceClock
from userpool.transport.exchange import read_reply, to_request
from userpool.transport.retries import RetryPolicy, may_repeat
from userpool.transport.signing import Signer, async_signed
from userpool.wire.operation import Access

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
        total_timeout_seconds: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        signer: Signer | None = None,
    ) -> None:
        self._transport = transport
        self._endpoint = endpoint
        self._agent = agent
        self._clock = clock
        self._effects = effects
        self._retries = retries
        self._timeout_seconds = timeout_seconds
        self._total_timeout_seconds = total_timeout_seconds
        self._monotonic = monotonic
        self._signer = signer

    def now(self) -> float:
        """Return the time at the service, in epoch seconds."""
        return self._clock.now()

    @property
    def longest_call_seconds(self) -> float:
        """How long a call may take when everything goes wrong that can."""
        if self._total_timeout_seconds is not None:
            return self._total_timeout_seconds
        # Each time one timeout for the connection and two for the answer, and the pauses between.
        once = 3 * self._timeout_seconds + self._retries.longest_delay_seconds
        return self._retries.attempts * once

    async def send(self, call: Call) -> Reply:
        """Return the reply to a call that is a conversation by itself.

        Raises:
            ServiceException: the service said no.
            TransportError: it was not reached, or did not answer sensibly, or not in time.
        """
        return await self.begin()(call)

    def begin(self) -> Callable[[Call], Awaitable[Reply]]:
        """Return what sends the calls of one conversation, whose total time begins to run now."""
        total = self._total_timeout_seconds
        end = None if total is None else self._monotonic() + total
        return lambda call: self._send(call, end)

    async def _send(self, call: Call, end: float | None) -> Reply:
        attempt = 1
        while True:
            try:
                return await self._send_once(call, end)
            except UserPoolError as error:
                delay = self._retries.delay_seconds(attempt, random=self._effects.random_bytes(4))
                last = attempt >= self._retries.attempts or self._is_over(end, delay)
                if last or not may_repeat(call.operation, call.request, error=error):
                    raise
            await async_pause(delay)
            attempt += 1

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.close()

    async def _send_once(self, call: Call, end: float | None) -> Reply:
        request = to_request(call.operation, call.request, endpoint=self._endpoint, agent=self._agent)
        if call.operation.access is Access.SIGNED and self._signer is not None:
            request = await async_signed(request, signer=self._signer, now=self._clock.now())
        # Looked at only now: to come by the credentials for the signature may have taken a while.
        rest = None if end is None else end - self._monotonic()
        if rest is not None and rest <= 0:
            raise NoAnswerInTimeError(f"There was no time left for {call.operation.name}; it was not sent.")
        sent_at = self._clock.local_now()
        timeout = self._timeout_seconds if rest is None else min(self._timeout_seconds, rest)
        try:
            async with async_within(rest):
                reply = await self._transport.send(request, timeout=timeout)
        except TimeoutError as error:
            raise NoAnswerInTimeError("The service did not answer in time.") from error
        # A refusal carries the time too, and it is the one that matters when the refusal is about the time.
        self._clock.learn(reply.headers.get("date"), sent_at=sent_at, received_at=self._clock.local_now())
        return Reply(read_reply(call.operation, reply), self._clock.now())

    def _is_over(self, end: float | None, delay: float = 0.0) -> bool:
        return end is not None and self._monotonic() + delay >= end
