"""The line between a pool's objects and the service: it holds conversations and keeps tokens fresh.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: js-sdk:CognitoUser (getSession, refreshSession); guide:token-refresh; seen:access-token-has-expired.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from math import inf
from os import PathLike
from typing import Final, TypeAlias, TypeVar

from userpool import flows
from userpool.async_caller import AsyncCaller
from userpool.async_turns import async_turn
from userpool.conversation import Call, Flow, Reply, arun
from userpool.effects import Effects, MachineEffects
from userpool.errors import NotSignedInError, SettingsError, StorageError, TransportError, UserPoolError
from userpool.events import Event, Listener, RefreshFailed, checked, tell
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.refresh import RefreshWay, is_definite_refusal, renew
from userpool.sessions import Session, Sessions
from userpool.single_flight import AsyncSingleFlight
from userpool.storage.layout import Drawer
from userpool.storage.memory import MemoryStorage
from userpool.token_bundle import Tokens
from userpool.transport import AsyncTransport
from userpool.transport.clock import ServiceClock
from userpool.transport.endpoints import Place, parse_pool_id, pool_endpoint, pool_issuer
from userpool.transport.exchange import user_agent
from userpool.transport.retries import RetryPolicy
from userpool.transport.signing import AsyncCredentialsSource, Signer
from userpool.user_context import UserContext
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException

__all__ = ["AsyncLine", "AsyncUserSession", "open_line"]

ResultT = TypeVar("ResultT")

# The service has one name for twenty refusals; after these two a renewed access token may be taken.
_RENEWABLE: Final = frozenset({"access_token_expired", "access_token_revoked"})

# A renewal takes a tenth of a second; a process that takes longer is in trouble, and need not be ours.
_PATIENCE_SECONDS: Final = 5.0

AsyncUserSession: TypeAlias = Session[AsyncSingleFlight[Tokens]]
"""One sign-in, whose renewals are shared."""


class AsyncLine:
    """What a pool object and its users have in common."""

    def __init__(
        self,
        app: AppClient,
        *,
        place: Place,
        caller: AsyncCaller,
        sessions: Sessions[AsyncSingleFlight[Tokens]],
        extras: Extras,
        effects: Effects,
        on_event: Listener | None = None,
        remember_devices: bool = True,
    ) -> None:
        self.app = app
        self.place = place
        self.caller = caller
        self.sessions = sessions
        self.extras = extras
        self.effects = effects
        self.remember_devices = remember_devices
        self._on_event = on_event
        # The way to renew that worked last: the same for all users of an app client.
        self._way: RefreshWay = "GetTokensFromRefreshToken"

    def tell(self, event: Event) -> None:
        """Tell the pool's listener what has happened; this never fails."""
        tell(self._on_event, event)

    async def hold(
        self, flow: Flow[ResultT], *, send: Callable[[Call], Awaitable[Reply]] | None = None
    ) -> ResultT:
        """Hold a conversation that needs nobody signed in.

        ``send`` is what the caller has begun to send by (`AsyncCaller.begin`), where two conversations share one total
        time.
        """
        return await arun(flow, send or self.caller.begin())

    async def hold_as(self, session: AsyncUserSession, begin: Callable[[str], Flow[ResultT]]) -> ResultT:
        """Hold a conversation as somebody; ``begin`` is given an access token that should still be valid.

        If the service finds it expired all the same (its clock is the one that counts) or revoked, nothing was
        done yet, so it is renewed and the conversation is held again, once. Where the whole session was revoked,
        somewhere else, the renewal is refused for good, and they are signed out here too.

        Raises:
            NotSignedInError: they are signed out, or their tokens have expired and cannot be renewed.
        """
        tokens = await self.fresh_tokens(session)
        try:
            return await self.hold(begin(tokens.access_token))
        except NotAuthorizedException as fault:
            if tokens.refresh_token is None or fault.reason not in _RENEWABLE:
                raise
        longest = self.caller.longest_call_seconds
        tokens = await self._newer(session, tokens, extras=self.extras, longest_wait_seconds=longest)
        return await self.hold(begin(tokens.access_token))

    async def fresh_tokens(self, session: AsyncUserSession) -> Tokens:
        """Return tokens that are good for a while, renewing them if they are not.

        Trouble on the way to a renewal is no reason to stop as long as the tokens at hand are still valid.

        Raises:
            NotSignedInError: they are signed out, or their tokens have expired and cannot be renewed.
            ServiceException: the tokens have expired and the service refuses to renew them.
            TransportError: the tokens have expired and the service cannot be reached.
            StorageError: the tokens have expired, and the place where they are kept fails.
        """
        tokens = self.sessions.current(session)
        if not self.sessions.is_due(tokens):
            return tokens
        try:
            tokens = self.sessions.catch_up(session)
            if not self.sessions.is_due(tokens):
                return tokens
            return await self._newer(
                session, tokens, extras=self.extras, longest_wait_seconds=self._patience(session, tokens)
            )
        except (ServiceException, TransportError, NotSignedInError, StorageError):
            if self.sessions.is_usable(session, tokens):
                return tokens
            raise

    async def renew(self, session: AsyncUserSession, seen: Tokens, *, extras: Extras) -> Tokens:
        """Renew tokens now, also if they are still good, unless somebody else has since they were ``seen``.

        Callers at the same time share one renewal, in other processes too if the storage has locks. What another
        process has renewed before is no reason not to: the caller wants to know how things are now.

        Raises:
            NotSignedInError: they are signed out, or there is no refresh token.
            ServiceException: the service refused; if for good, they are signed out now.
            TransportError: the service was not reached; they stay signed in.
            StorageError: another process holds the lock and does not come to an end.
        """
        if session.tokens is seen:
            seen = self.sessions.catch_up(session)
        longest = self.caller.longest_call_seconds
        return await self._newer(session, seen, extras=extras, longest_wait_seconds=longest)

    def _patience(self, session: AsyncUserSession, tokens: Tokens) -> float:
        """Return how long to wait for another process: not long while there are tokens to go on with."""
        longest = self.caller.longest_call_seconds
        return min(longest, _PATIENCE_SECONDS) if self.sessions.is_usable(session, tokens) else longest

    async def _newer(
        self, session: AsyncUserSession, seen: Tokens, *, extras: Extras, longest_wait_seconds: float
    ) -> Tokens:
        """Return tokens newer than those that were ``seen``, wherever they come from; otherwise like `renew`."""
        return await session.flight.run(lambda: self._in_turn(session, seen, extras, longest_wait_seconds))

    async def _in_turn(
        self, session: AsyncUserSession, seen: Tokens, extras: Extras, longest_wait_seconds: float
    ) -> Tokens:
        if session.tokens is not seen:
            return self.sessions.current(session)
        try_lock = partial(self.sessions.try_lock, session)
        async with async_turn(try_lock, longest_wait_seconds=longest_wait_seconds):
            tokens = self.sessions.catch_up(session)
            if tokens is not seen and not self.sessions.is_due(tokens):
                return tokens
            return await self._renew(session, tokens, extras)

    async def _renew(self, session: AsyncUserSession, tokens: Tokens, extras: Extras) -> Tokens:
        if tokens.refresh_token is None:
            raise NotSignedInError(
                f"The tokens of {session.username} cannot be renewed: there is no refresh token."
            )
        flow = renew(
            self.app,
            tokens,
            refresh_token=tokens.refresh_token,
            username=session.username,
            way=self._way,
            extras=extras,
        )
        try:
            renewal = await self.hold(flow)
        except UserPoolError as error:
            if isinstance(error, ServiceException) and is_definite_refusal(error):
                return self.sessions.refused(session, tokens, fault=error)
            self.tell(RefreshFailed(session.username, error, signed_out=False))
            raise
        self._way = renewal.way
        if renewal.lost_device is not None and session.stored:
            self.sessions.lose_device(renewal.lost_device, names={session.username, session.shelf})
        try:
            return self.sessions.renewed(session, tokens, new=renewal.tokens)
        except NotSignedInError:
            if renewal.tokens.refresh_token != tokens.refresh_token:
                # They have signed out meanwhile, and revoked a token that this one has just replaced.
                await self.hold(flows.sign_out.revoke(self.app, (renewal.tokens,)))
            raise


def open_line(
    user_pool_id: str,
    client_id: str,
    *,
    client_secret: str | None,
    endpoint: str | None,
    issuer: str | None,
    use_fips: bool,
    use_dual_stack: bool,
    storage: MutableMapping[str, str] | None,
    transport: AsyncTransport | None,
    timeout_seconds: float,
    total_timeout_seconds: float | None,
    retries: RetryPolicy | None,
    refresh_leeway_seconds: float,
    client_metadata: Mapping[str, str] | None,
    user_context: UserContext | None,
    user_agent_suffix: str,
    on_event: Listener | None,
    effects: Effects | None,
    credentials: AsyncCredentialsSource | None = None,
    remember_devices: bool = True,
) -> AsyncLine:
    """Put a pool's line together; `AsyncUserPool` tells what the arguments mean.

    Raises:
        SettingsError: one of them is wrong, or two contradict each other.
    """
    flows.load()
    on_event = checked(on_event)
    pool_id = parse_pool_id(user_pool_id)
    if not client_id:
        raise SettingsError("client_id is empty.")
    if client_secret == "":
        raise SettingsError("client_secret= is empty; leave it out for an app client that has none.")
    if isinstance(storage, str | bytes | PathLike):
        raise SettingsError("storage= is a mapping; to keep tokens in a file, give FileStorage(path).")
    # Written so that what is no number fails them.
    timeouts = (timeout_seconds, timeout_seconds if total_timeout_seconds is None else total_timeout_seconds)
    if not all(0 < seconds < inf for seconds in timeouts):
        raise SettingsError("timeout_seconds= and total_timeout_seconds= are more than nothing, and finite.")
    if not 0 <= refresh_leeway_seconds < inf:
        raise SettingsError("refresh_leeway_seconds= is not negative, and finite.")
    address = pool_endpoint(pool_id, endpoint, fips=use_fips, dual_stack=use_dual_stack)
    place = Place(pool_id, address, issuer or pool_issuer(pool_id, endpoint))
    agent = user_agent(user_agent_suffix)
    effects = effects or MachineEffects()
    clock = ServiceClock(effects)
    caller = AsyncCaller(
        transport or _http_transport(),
        endpoint=address,
        agent=agent,
        clock=clock,
        effects=effects,
        retries=retries or RetryPolicy(),
        timeout_seconds=timeout_seconds,
        total_timeout_seconds=total_timeout_seconds,
        signer=Signer(credentials, pool_id.region),
    )
    # An empty mapping is false, and is a storage all the same.
    drawer = Drawer(MemoryStorage() if storage is None else storage, client_id=client_id)
    sessions = Sessions(
        drawer,
        clock=clock,
        leeway_seconds=refresh_leeway_seconds,
        new_flight=AsyncSingleFlight[Tokens],
        tell=lambda event: tell(on_event, event),
    )
    return AsyncLine(
        AppClient(pool_id.name, client_id, client_secret, pool_id.text),
        place=place,
        caller=caller,
        sessions=sessions,
        extras=Extras(client_metadata, user_context),
        effects=effects,
        on_event=on_event,
        remember_devices=remember_devices,
    )


def _http_transport() -> AsyncTransport:
    from userpool.transport.async_http import AsyncHttpTransport  # noqa: PLC0415 - it imports httpx2

    return AsyncHttpTransport()
