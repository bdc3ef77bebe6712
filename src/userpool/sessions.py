"""Who is signed in here: the tokens of every session, in memory and in storage.

Two `User` objects of the same session share one `Session`, so that both see a renewal or a sign-out at once
and never renew at the same time. Sessions are told apart by their refresh token: the same person may be
signed in twice.

Rules of this room: no requests are made here. Memory is changed before storage is, so that a full disk does
not lose a refresh token that has just been rotated.

Sources: js-sdk:CognitoUser (getSession, refreshSession, signOut); guide:token-refresh.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from userpool.devices import KnownDevice
from userpool.errors import NotSignedInError
from userpool.events import Event, RefreshFailed, SignedOutEvent, TokensRefreshed
from userpool.storage.layout import Drawer, StoredUser
from userpool.thread_locks import ThreadLock
from userpool.token_bundle import Granted, Tokens
from userpool.transport.clock import ServiceClock
from userpool.wire.fault import ServiceException

__all__ = ["Session", "Sessions"]

FlightT = TypeVar("FlightT")


class Session(Generic[FlightT]):
    """One sign-in: who it is and their tokens of the moment; ``tokens`` is None once they are signed out.

    ``login`` is the name that was typed at sign-in, None if it is not known. ``shelf`` is the name under which it is
    stored: the pool's own for the person, unless a JavaScript SDK has stored it under the one that was typed.
    """

    __slots__ = ("__weakref__", "flight", "login", "profile_version", "shelf", "stored", "tokens", "username")

    def __init__(self, username: str, tokens: Tokens, *, stored: bool, flight: FlightT, shelf: str) -> None:
        self.username = username
        self.shelf = shelf
        self.login: str | None = None
        self.tokens: Tokens | None = tokens
        self.stored = stored
        self.flight = flight
        # It grows with every change of the profile, so that what was read before is not kept after it.
        self.profile_version = 0


class Sessions(Generic[FlightT]):
    """All sessions of one pool object; threads may share it."""

    def __init__(
        self,
        drawer: Drawer,
        *,
        clock: ServiceClock,
        leeway_seconds: float,
        new_flight: Callable[[], FlightT],
        tell: Callable[[Event], None] | None = None,
    ) -> None:
        self._drawer = drawer
        self._clock = clock
        self._leeway_seconds = leeway_seconds
        self._new_flight = new_flight
        self._tell = tell or _tell_nobody
        self._by_refresh_token: WeakValueDictionary[str, Session[FlightT]] = WeakValueDictionary()
        self._lock = ThreadLock()

    # ---- where sessions come from ----

    def begin(self, granted: Granted) -> Session[FlightT]:
        """Open the session of somebody who has just signed in, and store it."""
        with self._lock:
            session = self._session(granted.username, granted.tokens, stored=True)
            session.login = granted.login or None
            self._drawer.save(
                granted.username,
                granted.tokens,
                clock_offset_seconds=self._clock.offset_seconds,
                login=session.login,
            )
            if granted.lost_device is not None:
                self.lose_device(granted.lost_device, names={granted.login, granted.username})
            return session

    def keep_device(self, granted: Granted) -> None:
        """Store the device that was confirmed for somebody who has just signed in, if one was."""
        if granted.device is None or not granted.device_is_new:
            return
        with self._lock:
            # Under the typed name too: a password that is sent goes out before the pool tells its own name for the
            # person, and a device that is not named then is taken for a new one.
            for name in {granted.username, granted.login or granted.username}:
                self._drawer.save_device(name, granted.device)

    def hand_in(self, tokens: Tokens, *, username: str) -> Session[FlightT]:
        """Open a session from tokens that the caller keeps; storage is not touched, now or later."""
        with self._lock:
            return self._session(username, tokens, stored=False)

    def find(self, username: str | None) -> Session[FlightT] | None:
        """Open the stored session of somebody, or of whoever signed in last; None if there is none."""
        with self._lock:
            username = self._drawer.last_user() if username is None else username
            found = None if username is None else self._stored(username)
            if found is None:
                return None
            self._clock.suppose(found.clock_offset_seconds)
            known = self._by_refresh_token.get(found.tokens.refresh_token or "")
            before = None if known is None else known.tokens
            own = found.tokens.username or found.username
            session = self._session(own, found.tokens, stored=True, shelf=found.username)
            session.login = found.login
        if session is known and session.tokens is not before:
            self._tell_taken_over(session.username, found.tokens)
        return session

    def _stored(self, username: str) -> StoredUser | None:
        """Load somebody by the name they are stored under, or by their own where that is another (an alias)."""
        found = self._drawer.load(username)
        if found is not None:
            return found
        others = (self._drawer.load(name) for name in self._drawer.usernames())
        theirs = [each for each in others if each is not None and each.tokens.username == username]
        return max(theirs, key=lambda each: each.tokens.expires_epoch, default=None)

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

    def is_valid(self, session: Session[FlightT]) -> bool:
        """Whether somebody is signed in with tokens that the service would take now; nothing is asked."""
        return session.tokens is not None and self._clock.now() < session.tokens.expires_epoch

    def is_usable(self, session: Session[FlightT], tokens: Tokens) -> bool:
        """Whether a session still has these tokens and the service would still take them."""
        return session.tokens is tokens and self._clock.now() < tokens.expires_epoch

    def catch_up(self, session: Session[FlightT]) -> Tokens:
        """Take over what another process has renewed and stored meanwhile, and return the session's tokens.

        A newer sign-in of the same person is taken over too. From then on the two have one refresh token, and so they
        have one flight: their renewals are one.

        A stored session that is gone from the storage was ended elsewhere, and so it ends here.

        Raises:
            NotSignedInError: the session is over.
        """
        with self._lock:
            tokens = self.current(session)
            if not session.stored:
                return tokens
            found = self._drawer.load(session.shelf)
            if found is None:
                session.tokens = None
            # Tokens of the same second are told apart by their text: storage has the later ones.
            elif found.tokens.expires_epoch < tokens.expires_epoch or found.tokens == tokens:
                return tokens
            else:
                twin = self._by_refresh_token.get(found.tokens.refresh_token or "")
                if twin is not None and twin.stored and twin.shelf == session.shelf:
                    session.flight = twin.flight
                self._take(session, found.tokens)
                session.login = found.login
        if found is None:
            raise self._ended_elsewhere(session)
        self._tell_taken_over(session.username, found.tokens)
        return self.current(session)

    def try_lock(self, session: Session[FlightT]) -> Callable[[], None] | None:
        """Take the lock under which a session is renewed; None if another process is renewing it.

        Returns:
            What lets go of it.
        """
        return self._drawer.try_lock(session.shelf) if session.stored else _nothing_to_let_go

    def renewed(self, session: Session[FlightT], old: Tokens, *, new: Tokens) -> Tokens:
        """Put renewed tokens in the place of those they were made from.

        Raises:
            NotSignedInError: the session was ended, here or elsewhere, while they were being renewed.
        """
        with self._lock:
            if session.tokens is None:
                raise NotSignedInError(
                    f"{session.username} was signed out while the tokens were being renewed."
                )
            if session.tokens is not old:
                # The same person has signed in anew in another process, and that has been taken over meanwhile.
                return session.tokens
            self._take(session, new)
            kept = not session.stored or self._drawer.replace(
                session.shelf, new, clock_offset_seconds=self._clock.offset_seconds
            )
            if not kept:
                session.tokens = None
        if not kept:
            raise self._ended_elsewhere(session)
        self._tell(TokensRefreshed(session.username, new.expires_epoch))
        return new

    def refused(self, session: Session[FlightT], old: Tokens, *, fault: ServiceException) -> Tokens:
        """Give a session up, because the service refused for good to renew it.

        Returns:
            The tokens of another process that has rotated the refresh token meanwhile.

        Raises:
            ServiceException: the refusal itself.
        """
        with self._lock:
            # Whoever has signed out meanwhile stays out, though they have signed in anew beside it.
            lives = session.stored and session.tokens is not None
            found = self._drawer.load(session.shelf) if lives else None
            rotated = found is not None and found.tokens.refresh_token not in {None, old.refresh_token}
            if found is not None and rotated:
                self._take(session, found.tokens)
            elif session.tokens is old:
                session.tokens = None
                if session.stored:
                    self._drawer.clear(session.shelf)
        if found is not None and rotated:
            self._tell_taken_over(session.username, found.tokens)
            return found.tokens
        self._tell(RefreshFailed(session.username, fault, signed_out=session.tokens is None))
        raise fault

    def end(self, session: Session[FlightT]) -> tuple[Tokens, ...]:
        """Sign somebody out on this machine; return the tokens to revoke, none if they were out already."""
        with self._lock:
            tokens = session.tokens
            session.tokens = None
            if tokens is None:
                return ()
            ended = self._put_away(session.shelf, tokens) if session.stored else (tokens,)
        self._tell(SignedOutEvent(session.username))
        return ended

    def keep_profile(self, session: Session[FlightT], text: str, *, version: int) -> None:
        """Store a copy of somebody's profile, unless the session is over or not stored itself.

        ``version`` is the session's from before it was asked for; if the profile has been changed meanwhile, what
        came may be the old one and is not kept.
        """
        with self._lock:
            if session.stored and session.tokens is not None and session.profile_version == version:
                self._drawer.save_profile(session.shelf, text)

    def kept_profile(self, session: Session[FlightT]) -> str | None:
        """Return the stored copy of somebody's profile, or None if there is none.

        Raises:
            NotSignedInError: the session is over.
        """
        with self._lock:
            self.current(session)
            return self._drawer.load_profile(session.shelf) if session.stored else None

    def profile_changed(self, session: Session[FlightT]) -> None:
        """Drop the stored copy of a profile that is no longer true, whoever stored it."""
        with self._lock:
            session.profile_version += 1
            if session.stored:
                self._drawer.forget_profile(session.shelf)

    def _put_away(self, shelf: str, tokens: Tokens) -> tuple[Tokens, ...]:
        """Clear somebody's session from storage; return what still opens doors, of its tokens and these."""
        found = self._drawer.load(shelf)
        self._drawer.clear(shelf)
        if found is None or found.tokens.refresh_token == tokens.refresh_token:
            return (tokens,)
        if not _same_sign_in(found.tokens, tokens):
            # They have signed in anew since, and this machine is to let nobody in by either.
            return (tokens, found.tokens)
        # Another process may have rotated the refresh token; then it is the newer one that still opens doors.
        return (found.tokens if found.tokens.expires_epoch > tokens.expires_epoch else tokens,)

    def device_key(self, session: Session[FlightT]) -> str | None:
        """Return the key of the device that a session belongs to, by its tokens or else by what is stored."""
        with self._lock:
            if session.tokens is None:
                return None
            stored = self._drawer.device(session.shelf) if session.stored else None
            return session.tokens.device_key or (None if stored is None else stored.key)

    def known_device(self, username: str) -> KnownDevice | None:
        """Return the device that is stored under a name."""
        with self._lock:
            return self._drawer.device(username)

    def lose_device(self, key: str, *, names: Collection[str]) -> None:
        """Drop a device that the pool has forgotten, under each of these names that it is stored under."""
        with self._lock:
            for name in names:
                self._drawer.forget_device(name, key=key)

    def forget_device(self, session: Session[FlightT], *, key: str | None = None) -> None:
        """Drop the stored secret of somebody's device, if it has this key or none is told."""
        with self._lock:
            if not session.stored:
                return
            own = self._drawer.device(session.shelf)
            gone = key or (None if own is None else own.key)
            self._drawer.forget_device(session.shelf, key=key)
            if gone is not None:
                # It is kept under every name that they have typed, too.
                self.lose_device(gone, names=self._drawer.names_with_device(gone))

    # ---- what was done elsewhere ----

    def _tell_taken_over(self, username: str, tokens: Tokens) -> None:
        self._tell(TokensRefreshed(username, tokens.expires_epoch, elsewhere=True))

    def _ended_elsewhere(self, session: Session[FlightT]) -> NotSignedInError:
        """Tell that a session is over whose tokens are gone from the storage; return what to raise."""
        self._tell(SignedOutEvent(session.username, elsewhere=True))
        return NotSignedInError(f"{session.username} was signed out elsewhere: the stored session is gone.")

    # ---- by whom they are shared ----

    def _session(
        self, username: str, tokens: Tokens, *, stored: bool, shelf: str | None = None
    ) -> Session[FlightT]:
        """Return the session that these tokens belong to, with the newer of its tokens and these."""
        shelf = shelf or username
        known = self._by_refresh_token.get(tokens.refresh_token or "")
        whose = None if known is None else (known.username, known.shelf, known.stored)
        if known is None or known.tokens is None or whose != (username, shelf, stored):
            session = Session(username, tokens, stored=stored, flight=self._new_flight(), shelf=shelf)
            self._take(session, tokens)
            return session
        if tokens.expires_epoch > known.tokens.expires_epoch:
            self._take(known, tokens)
        return known

    def _take(self, session: Session[FlightT], tokens: Tokens) -> None:
        session.tokens = tokens
        if tokens.refresh_token is not None:
            self._by_refresh_token[tokens.refresh_token] = session


def _same_sign_in(one: Tokens, other: Tokens) -> bool:
    """Whether two refresh tokens are of one sign-in; what does not tell is taken for the same."""
    origins = {tokens.access_claims.get("origin_jti") for tokens in (one, other)}
    return len(origins - {None}) < 2


def _nothing_to_let_go() -> None:
    pass


def _tell_nobody(_: Event) -> None:
    pass
