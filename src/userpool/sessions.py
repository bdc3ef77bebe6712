"""Who is signed in here: the tokens of every session, in memory and in storage.

Two `User` objects of the same session share one `Session`, so that both see a renewal or a sign-out at once
and never renew at the same time. Sessions are told apart by their refresh token: the same person may be
signed in twice.

Rules of this room: no requests are made here. Memory is changed before storage is, so that a full disk does
not lose a refresh token that has just been rotated.

Sources: js-sdk:CognitoUser (getSession, refreshSession, signOut); guide:token-refresh.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from userpool.errors import NotSignedInError
from userpool.storage.layout import Drawer
from userpool.token_bundle import Granted, Tokens
from userpool.transport.clock import ServiceClock
from userpool.wire.fault import ServiceException

__all__ = ["Session", "Sessions"]

FlightT = TypeVar("FlightT")


class Session(Generic[FlightT]):
    """One sign-in: who it is and their tokens of the moment; ``tokens`` is None once they are signed out."""

    __slots__ = ("__weakref__", "flight", "stored", "tokens", "username")

    def __init__(self, username: str, tokens: Tokens, *, stored: bool, flight: FlightT) -> None:
        self.username = username
        self.tokens: Tokens | None = tokens
        self.stored = stored
        self.flight = flight


class Sessions(Generic[FlightT]):
    """All sessions of one pool object; threads may share it."""

    def __init__(
        self,
        drawer: Drawer,
        *,
        clock: ServiceClock,
        leeway_seconds: float,
        new_flight: Callable[[], FlightT],
    ) -> None:
        self._drawer = drawer
        self._clock = clock
        self._leeway_seconds = leeway_seconds
        self._new_flight = new_flight
        self._by_refresh_token: WeakValueDictionary[str, Session[FlightT]] = WeakValueDictionary()
        self._lock = RLock()

    # ---- where sessions come from ----

    def begin(self, granted: Granted) -> Session[FlightT]:
        """Open the session of somebody who has just signed in, and store it."""
        with self._lock:
            session = self._session(granted.username, granted.tokens, stored=True)
            self._drawer.save(
                granted.username, granted.tokens, clock_offset_seconds=self._clock.offset_seconds
            )
            return session

    def hand_in(self, tokens: Tokens, *, username: str) -> Session[FlightT]:
        """Open a session from tokens that the caller keeps; storage is not touched, now or later."""
        with self._lock:
            return self._session(username, tokens, stored=False)

    def find(self, username: str | None) -> Session[FlightT] | None:
        """Open the stored session of somebody, or of whoever signed in last; None if there is none."""
        with self._lock:
            username = self._drawer.last_user() if username is None else username
            found = None if username is None else self._drawer.load(username)
            if found is None:
                return None
            self._clock.suppose(found.clock_offset_seconds)
            return self._session(found.username, found.tokens, stored=True)

    def usernames(self) -> tuple[str, ...]:
        """Return everybody who has a stored session, in alphabetical order."""
        return self._drawer.usernames()

    # ---- what becomes of them ----

    def current(self, session: Session[FlightT]) -> Tokens:
        """Return a session's tokens, whatever their age.

        Raises:
            NotSignedInError: it is over.
        """
        if session.tokens is None:
            raise NotSignedInError(f"{session.username} is signed out.")
        return session.tokens

    def is_due(self, tokens: Tokens) -> bool:
        """Whether tokens should be renewed before they are used."""
        return self._clock.now() >= tokens.expires_epoch - self._leeway_seconds

    def is_usable(self, session: Session[FlightT], tokens: Tokens) -> bool:
        """Whether a session still has these tokens and the service would still take them."""
        return session.tokens is tokens and self._clock.now() < tokens.expires_epoch

    def catch_up(self, session: Session[FlightT]) -> Tokens:
        """Take over what another process has renewed and stored meanwhile, and return the session's tokens.

        Raises:
            NotSignedInError: the session is over.
        """
        with self._lock:
            tokens = self.current(session)
            found = self._drawer.load(session.username) if session.stored else None
            if found is not None and found.tokens.expires_epoch > tokens.expires_epoch:
                self._take(session, found.tokens)
            return self.current(session)

    def renewed(self, session: Session[FlightT], old: Tokens, *, new: Tokens) -> Tokens:
        """Put renewed tokens in the place of those they were made from.

        Raises:
            NotSignedInError: the session was ended while they were being renewed.
        """
        with self._lock:
            if session.tokens is not old:
                raise NotSignedInError(
                    f"{session.username} was signed out while the tokens were being renewed."
                )
            self._take(session, new)
            if session.stored:
                self._drawer.replace(session.username, new, clock_offset_seconds=self._clock.offset_seconds)
            return new

    def refused(self, session: Session[FlightT], old: Tokens, *, fault: ServiceException) -> Tokens:
        """Give a session up, because the service refused for good to renew it.

        Returns:
            The tokens of another process that has rotated the refresh token meanwhile.

        Raises:
            ServiceException: the refusal itself.
        """
        with self._lock:
            found = self._drawer.load(session.username) if session.stored else None
            if found is not None and found.tokens.refresh_token not in {None, old.refresh_token}:
                self._take(session, found.tokens)
                return found.tokens
            if session.tokens is old:
                session.tokens = None
                if session.stored:
                    self._drawer.clear(session.username)
        raise fault

    def end(self, session: Session[FlightT]) -> Tokens | None:
        """Sign somebody out on this machine; return the tokens to revoke, None if they were out already."""
        with self._lock:
            tokens = session.tokens
            session.tokens = None
            if tokens is None or not session.stored:
                return tokens
            found = self._drawer.load(session.username)
            self._drawer.clear(session.username)
            # Another process may have rotated the refresh token; then it is the newer one that still opens
            # doors.
            newer = found is not None and found.tokens.expires_epoch > tokens.expires_epoch
            return found.tokens if found is not None and newer else tokens

    def profile_changed(self, session: Session[FlightT]) -> None:
        """Drop what a JavaScript SDK may have stored of a profile that is no longer true."""
        if session.stored:
            self._drawer.forget_profile(session.username)

    # ---- by whom they are shared ----

    def _session(self, username: str, tokens: Tokens, *, stored: bool) -> Session[FlightT]:
        """Return the session that these tokens belong to, with the newer of its tokens and these."""
        known = self._by_refresh_token.get(tokens.refresh_token or "")
        if known is None or known.tokens is None or known.username != username or known.stored != stored:
            session = Session(username, tokens, stored=stored, flight=self._new_flight())
            self._take(session, tokens)
            return session
        if tokens.expires_epoch > known.tokens.expires_epoch:
            self._take(known, tokens)
        return known

    def _take(self, session: Session[FlightT], tokens: Tokens) -> None:
        session.tokens = tokens
        if tokens.refresh_token is not None:
            self._by_refresh_token[tokens.refresh_token] = session
