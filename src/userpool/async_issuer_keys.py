"""The published keys of one user pool, kept for a while and fetched anew when a token names one we do not know.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: a stranger who invents key ids causes one fetch per cooldown and no more. Keys at hand are kept
when a fetch fails: a pool that cannot be reached for an hour does not lock everybody out.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt; rfc7517 §5;
openid-connect-core §10.1.1 (rotation of keys).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from math import inf
from typing import Any, Final

from userpool.effects import Effects
from userpool.errors import GarbledAnswerError, TransportError
from userpool.single_flight import AsyncSingleFlight
from userpool.tokens.jwk import PublicKeys, load_jwks
from userpool.transport import AsyncTransport, HttpReply, HttpRequest

__all__ = ["AsyncIssuerKeys"]

# A pool publishes two keys, which take about one thousand bytes.
_LARGEST_KEY_SET_BYTES: Final = 262_144


class AsyncIssuerKeys:
    """The keys of one issuer; may be shared as its transport may.

    Args:
        url: where they are.
        transport: what fetches them.
        agent: how we introduce ourselves.
        effects: the clock.
        timeout_seconds: how long a fetch may wait.
        max_age_seconds: after how long they are fetched again, to notice that one was withdrawn.
        cooldown_seconds: how long after a fetch another one is not worth trying.
        on_loss: called when a key was withdrawn, so that nobody believes any longer what only it proved.
        document: the keys themselves; then nothing is fetched.
    """

    def __init__(
        self,
        url: str,
        *,
        transport: AsyncTransport | None,
        agent: str,
        effects: Effects,
        timeout_seconds: float,
        max_age_seconds: float,
        cooldown_seconds: float,
        on_loss: Callable[[], None],
        document: bytes | str | Mapping[str, Any] | None = None,
    ) -> None:
        self._transport = transport
        self._request = HttpRequest(
            method="GET",
            url=url,
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": agent},
            body=b"",
        )
        self._effects = effects
        self._timeout_seconds = timeout_seconds
        self._max_age_seconds = max_age_seconds
        self._cooldown_seconds = cooldown_seconds
        self._on_loss = on_loss
        self._flight = AsyncSingleFlight[None]()
        self._tried_at = -inf
        self.current: PublicKeys = {}
        """The keys as they are known, by id; empty before the first fetch."""
        self.due_at = -inf
        """When they should be fetched next, in epoch seconds."""
        if document is not None:
            self.current = _signing_keys(document)
            self.due_at = inf

    async def load(self) -> None:
        """Fetch the keys now, unless they were given.

        Raises:
            TransportError: they could not be fetched; those at hand stay.
        """
        if self.due_at < inf:
            await self._flight.run(self._fetch)

    async def freshen(self) -> None:
        """Fetch the keys if they are due, and be content with old ones where that fails.

        Raises:
            TransportError: there are none yet, and they could not be fetched, now or a moment ago.
        """
        now = self._effects.now()
        if now < self.due_at:
            return
        if not self.current:
            if self._is_cooling():
                raise TransportError(
                    "The pool's keys could not be fetched a moment ago; they will be tried again."
                )
            await self._flight.run(self._fetch_first)
            return
        # Others go on with the old keys meanwhile, and after a failure for as long as the cooldown.
        self.due_at = now + self._cooldown_seconds
        with suppress(TransportError):
            await self._flight.run(self._fetch)

    async def look_again(self) -> None:
        """Fetch the keys because a token names an unknown one, unless that was tried a moment ago."""
        if self.due_at == inf or self._is_cooling():
            return
        # If it fails the token stays unknown, which is what its bearer is told.
        with suppress(TransportError):
            await self._flight.run(self._fetch_unless_cooling)

    async def _fetch_first(self) -> None:
        # Whoever asked while another fetch was landing does not start the next one.
        if not self.current:
            await self._fetch()

    async def _fetch_unless_cooling(self) -> None:
        if not self._is_cooling():
            await self._fetch()

    async def _fetch(self) -> None:
        if self._transport is None:
            return
        try:
            keys = _read(await self._transport.send(self._request, timeout=self._timeout_seconds))
        finally:
            self._tried_at = self._effects.now()
        self.due_at = self._tried_at + self._max_age_seconds
        before = self.current
        if keys != before:
            self.current = keys
        if any(keys.get(kid) != key for kid, key in before.items()):
            self._on_loss()

    def _is_cooling(self) -> bool:
        # A clock that was turned back must not block the next fetch until it has caught up.
        return 0 <= self._effects.now() - self._tried_at < self._cooldown_seconds


def _read(reply: HttpReply) -> PublicKeys:
    if reply.status != 200:
        raise GarbledAnswerError(
            f"The pool's keys are not there: the answer has status {reply.status}.", status=reply.status
        )
    if len(reply.body) > _LARGEST_KEY_SET_BYTES:
        raise GarbledAnswerError("The key set is larger than any pool's.", status=reply.status)
    return _signing_keys(reply.body)


def _signing_keys(document: bytes | str | Mapping[str, Any]) -> PublicKeys:
    keys = load_jwks(document)
    if not keys:
        # Not the answer of a pool. Whoever lost all keys this way would refuse everybody.
        raise GarbledAnswerError("The key set has no key with which a user pool signs.")
    return keys
