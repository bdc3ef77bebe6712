"""The line between a pool's objects and the service: it holds conversations and keeps tokens fresh.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: js-sdk:CognitoUser (getSession, refreshSession); guide:token-refresh; seen:access-token-has-expired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from typing import TypeAlias, TypeVar

from userpool import flows
from userpool.async_caller import AsyncCaller
from userpool.conversation import Flow, arun
from userpool.effects import Effects, MachineEffects
from userpool.errors import NotSignedInError, SettingsError, TransportError
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
from userpool.user_context import UserContext
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException

__all__ = ["AsyncLine", "AsyncUserSession", "open_line"]

ResultT = TypeVar("ResultT")

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
    ) -> None:
        self.app = app
        self.place = place
        self.caller = caller
        self.sessions = sessions
        self.extras = extras
        self.effects = effects
        # The way to renew that worked last: the same for all users of an app client.
        self._way: RefreshWay = "GetTokensFromRefreshToken"

    async def hold(self, flow: Flow[ResultT]) -> ResultT:
        """Hold a conversation that needs nobody signed in."""
        return await arun(flow, self.caller.send)

    async def hold_as(self, session: AsyncUserSession, begin: Callable[[str], Flow[ResultT]]) -> ResultT:
        """Hold a conversation as somebody; ``begin`` is given an access token that should still be valid.

        If the service finds it expired all the same (its clock is the one that counts), nothing was done yet,
        so it is renewed and the conversation is held again, once.

        Raises:
            NotSignedInError: they are signed out, or their tokens have expired and cannot be renewed.
        """
        tokens = await self.fresh_tokens(session)
        try:
            return await self.hold(begin(tokens.access_token))
        except NotAuthorizedException as fault:
            if tokens.refresh_token is None or not _says_expired(fault):
                raise
        tokens = await self.renew(session, tokens, extras=self.extras)
        return await self.hold(begin(tokens.access_token))

    async def fresh_tokens(self, session: AsyncUserSession) -> Tokens:
        """Return tokens that are good for a while, renewing them if they are not.

        Trouble on the way to a renewal is no reason to stop as long as the tokens at hand are still valid.

        Raises:
            NotSignedInError: they are signed out, or their tokens have expired and cannot be renewed.
            ServiceException: the tokens have expired and the service refuses to renew them.
            TransportError: the tokens have expired and the service cannot be reached.
        """
        tokens = self.sessions.current(session)
        if self.sessions.is_due(tokens):
            tokens = self.sessions.catch_up(session)
        if not self.sessions.is_due(tokens):
            return tokens
        try:
            return await self.renew(session, tokens, extras=self.extras)
        except (ServiceException, TransportError, NotSignedInError):
            if self.sessions.is_usable(session, tokens):
                return tokens
            raise

    async def renew(self, session: AsyncUserSession, seen: Tokens, *, extras: Extras) -> Tokens:
        """Return tokens newer than those that were ``seen``; callers at the same time share one renewal.

        Raises:
            NotSignedInError: they are signed out, or there is no refresh token.
            ServiceException: the service refused; if for good, they are signed out now.
            TransportError: the service was not reached; they stay signed in.
        """
        return await session.flight.run(lambda: self._renew(session, seen, extras))

    async def _renew(self, session: AsyncUserSession, seen: Tokens, extras: Extras) -> Tokens:
        if session.tokens is not seen:
            return self.sessions.current(session)
        tokens = self.sessions.catch_up(session)
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
        except ServiceException as fault:
            if not is_definite_refusal(fault):
                raise
            return self.sessions.refused(session, tokens, fault=fault)
        self._way = renewal.way
        return self.sessions.renewed(session, tokens, new=renewal.tokens)


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
    retries: RetryPolicy | None,
    refresh_leeway_seconds: float,
    client_metadata: Mapping[str, str] | None,
    user_context: UserContext | None,
    user_agent_suffix: str,
    effects: Effects | None,
) -> AsyncLine:
    """Put a pool's line together; `AsyncUserPool` tells what the arguments mean.

    Raises:
        SettingsError: one of them is wrong, or two contradict each other.
    """
    flows.load()
    pool_id = parse_pool_id(user_pool_id)
    if not client_id:
        raise SettingsError("client_id is empty.")
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
    )
    # An empty mapping is false, and is a storage all the same.
    drawer = Drawer(MemoryStorage() if storage is None else storage, client_id=client_id)
    sessions = Sessions(
        drawer,
        clock=clock,
        leeway_seconds=refresh_leeway_seconds,
        new_flight=AsyncSingleFlight[Tokens],
    )
    return AsyncLine(
        AppClient(pool_id.name, client_id, client_secret),
        place=place,
        caller=caller,
        sessions=sessions,
        extras=Extras(client_metadata, user_context),
        effects=effects,
    )


def _http_transport() -> AsyncTransport:
    from userpool.transport.async_http import AsyncHttpTransport  # noqa: PLC0415 - it imports httpx2

    return AsyncHttpTransport()


def _says_expired(fault: NotAuthorizedException) -> bool:
    # The service has one name for ten refusals, and only this text tells that a new access token would be
    # taken.
    return "access token has expired" in fault.message.lower()
