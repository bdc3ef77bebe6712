"""An identity pool: AWS credentials for somebody who is signed in, or for a guest.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: an ID token goes to the identity pool and nowhere else; credentials are kept in memory only.

Sources: api:GetId, api:GetCredentialsForIdentity; guide:authentication-flow (of identity pools);
amplify-js:credentialsProvider (credentials are made anew when the ID token is another one).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Final, Self, TypeVar

from userpool.async_caller import AsyncCaller
from userpool.conversation import Flow, arun
from userpool.effects import Effects, MachineEffects
from userpool.errors import NotSignedInError, SettingsError, TransportError
from userpool.flows import identities
from userpool.identity_credentials import IdentityCredentials, IdentityToken
from userpool.single_flight import AsyncSingleFlight
from userpool.storage.identities import IdentityDrawer
from userpool.storage.memory import MemoryStorage
from userpool.thread_locks import ThreadLock
from userpool.transport import AsyncTransport
from userpool.transport.clock import ServiceClock
from userpool.transport.endpoints import identity_endpoint, identity_region
from userpool.transport.exchange import user_agent
from userpool.transport.retries import RetryPolicy
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from userpool.async_user import AsyncUser

__all__ = ["AsyncIdentityPool"]

ResultT = TypeVar("ResultT")

# A back end serves many people; credentials of those who have not come for long are made anew.
_MOST_KNOWN: Final = 1_000


class AsyncIdentityPool:
    """One identity pool. No AWS credentials are needed to ask it for some.

    Args:
        identity_pool_id: such as ``us-east-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55``; it tells the region too.
        account_id: the AWS account of the pool, which only pools of old still ask for.
        endpoint: the address of the service, where it is not AWS's own; https, except on this machine.
        use_fips: speak to AWS's FIPS endpoint.
        use_dual_stack: speak to AWS's dual-stack endpoint.
        storage: where identity ids are kept, so that a guest stays the same: any mapping from text to text, such as
            that of the user pool. By default memory.
        transport: what carries the requests; by default httpx2.
        timeout_seconds: how long to wait for a connection, and again for each part of an answer.
        retries: how to repeat what may be repeated.
        refresh_leeway_seconds: how long before they expire credentials are renewed.
        user_agent_suffix: what to add to the name under which this library introduces itself.
        effects: the clock and the random source, for tests.

    Raises:
        SettingsError: one of them is wrong, or two contradict each other.
    """

    def __init__(
        self,
        identity_pool_id: str,
        *,
        account_id: str | None = None,
        endpoint: str | None = None,
        use_fips: bool = False,
        use_dual_stack: bool = False,
        storage: MutableMapping[str, str] | None = None,
        transport: AsyncTransport | None = None,
        timeout_seconds: float = 10.0,
        retries: RetryPolicy | None = None,
        refresh_leeway_seconds: float = 300.0,
        user_agent_suffix: str = "",
        effects: Effects | None = None,
    ) -> None:
        # Written so that not-a-number fails them, and an endless wait as well.
        if not 0 < timeout_seconds < inf:
            raise SettingsError("timeout_seconds= is more than nothing, and comes to an end.")
        if not refresh_leeway_seconds >= 0:
            raise SettingsError("refresh_leeway_seconds= is not negative.")
        self._identity_pool_id = identity_pool_id
        self._region = identity_region(identity_pool_id)
        self._endpoint = identity_endpoint(self._region, endpoint, fips=use_fips, dual_stack=use_dual_stack)
        self._account_id = account_id
        self._leeway_seconds = refresh_leeway_seconds
        effects = effects or MachineEffects()
        self._clock = ServiceClock(effects)
        self._caller = AsyncCaller(
            transport or _http_transport(),
            endpoint=self._endpoint,
            agent=user_agent(user_agent_suffix),
            clock=self._clock,
            effects=effects,
            retries=retries or RetryPolicy(),
            timeout_seconds=timeout_seconds,
        )
        # An empty mapping is false, and is a storage all the same.
        kept = MemoryStorage() if storage is None else storage
        self._drawer = IdentityDrawer(kept, identity_pool_id=identity_pool_id)
        self._known: OrderedDict[str | None, _Known] = OrderedDict()
        self._lock = ThreadLock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.identity_pool_id!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._caller.close()

    @property
    def identity_pool_id(self) -> str:
        """The pool's id."""
        return self._identity_pool_id

    @property
    def region(self) -> str:
        """The region, as the pool's id tells it."""
        return self._region

    @property
    def endpoint(self) -> str:
        """The address of the service, without a slash at its end."""
        return self._endpoint

    def now(self) -> float:
        """Return the time at the service, in epoch seconds: the clock on which credentials expire."""
        return self._clock.now()

    # ---- what it gives ----

    async def identity_id(self, user: AsyncUser | None = None) -> str:
        """Return the id of somebody in this pool, or of the guest (GetId).

        The same login leads to the same id always. A guest has the one that is stored; without it they are a new
        guest.

        Raises:
            NotSignedInError: the user has no ID token, or is signed out.
            NotAuthorizedException: the pool does not take this login, or no guests.
        """

        async def find(bearer: _Bearer) -> str:
            found, _ = await self._identity(bearer)
            return found

        return await self._as(user, find)

    async def credentials(
        self,
        user: AsyncUser | None = None,
        *,
        custom_role_arn: str | None = None,
        valid_for_seconds: float | None = None,
    ) -> IdentityCredentials:
        """Return AWS credentials that are good for a while (GetCredentialsForIdentity).

        They are kept, renewed before they expire, and made anew when the user has a new ID token, whose groups and
        roles may be others. Callers at the same time share one renewal.

        Args:
            user: whose; None for the guest's.
            custom_role_arn: one of the roles that the ID token offers, instead of the pool's choice.
            valid_for_seconds: for how long those at hand must be good at least, else new ones are made; by default the
                pool object's leeway. New ones last as long as the pool gives them, which is an hour.

        Raises:
            NotSignedInError: the user has no ID token, or is signed out.
            NotAuthorizedException: the pool does not take this login, or no guests, or not for this role.
            InvalidIdentityPoolConfigurationException: the pool has no role to give.
            SettingsError: ``valid_for_seconds`` is negative.
        """
        leeway = self._leeway_seconds if valid_for_seconds is None else valid_for_seconds
        if not leeway >= 0:
            raise SettingsError("valid_for_seconds= is not negative.")

        async def give(bearer: _Bearer) -> IdentityCredentials:
            held = bearer.known.holding(custom_role_arn)
            kept = held.good_for(bearer, until=self._clock.now() + leeway)
            if kept is not None:
                return kept
            return await held.flight.run(
                lambda: self._renew(held, bearer, role=custom_role_arn, leeway=leeway)
            )

        return await self._as(user, give)

    async def open_id_token(self, user: AsyncUser | None = None) -> IdentityToken:
        """Return a token for AssumeRoleWithWebIdentity (GetOpenIdToken), where the pool allows the basic flow.

        It lives for ten minutes and is not kept.
        """

        async def give(bearer: _Bearer) -> IdentityToken:
            token = await self._as_identity(
                bearer, lambda identity: identities.open_id_token(identity, bearer.logins)
            )
            self._save(bearer, token.identity_id)
            return token

        return await self._as(user, give)

    def forget(self, user: AsyncUser | None = None) -> None:
        """Forget the id and the credentials of a user, or of the guest, who is a new guest afterwards.

        What is under way for them comes to its end, and nothing of it is kept.
        """
        sub = None if user is None else user.sub
        if user is not None and sub is None:
            raise NotSignedInError(f"{user.username} is signed out; `clear` forgets everybody.")
        with self._lock:
            known = self._known.pop(sub, None)
            if known is not None:
                known.forgotten = True
            self._drawer.forget(sub)

    def clear(self) -> None:
        """Forget everybody's ids and credentials, in memory and in storage."""
        with self._lock:
            for known in self._known.values():
                known.forgotten = True
            self._known.clear()
            self._drawer.clear()

    # ---- how ----

    async def _as(self, user: AsyncUser | None, work: Callable[[_Bearer], Awaitable[ResultT]]) -> ResultT:
        """Do the work as somebody; if the service finds their login expired, renew it and do the work again, once.

        It is the service's clock that counts, and where this machine's is wrong, the tokens look good for longer than
        they are.
        """
        # Before anything is awaited: whoever is forgotten from now on stays forgotten.
        known = self._known_as(None if user is None else user.sub)
        bearer = await self._bearer(user, known)
        try:
            return await work(bearer)
        except NotAuthorizedException as fault:
            if user is None or not identities.is_about_expiry(fault) or user.tokens.refresh_token is None:
                raise
        # Somebody else may have renewed it meanwhile.
        if user.tokens.id_token in bearer.logins.values():
            await user.refresh()
        return await work(await self._bearer(user, known))

    async def _bearer(self, user: AsyncUser | None, known: _Known) -> _Bearer:
        if user is None:
            return _Bearer(None, {}, known)
        tokens = await user.fresh_tokens()
        claims = tokens.id_claims
        issuer, sub = claims.get("iss"), claims.get("sub")
        if tokens.id_token is None or not isinstance(issuer, str) or not isinstance(sub, str):
            raise NotSignedInError(f"{user.username} has no ID token, and identity pools take nothing else.")
        # An identity pool knows who issued a token by the issuer without its scheme.
        return _Bearer(sub, {issuer.partition("://")[2] or issuer: tokens.id_token}, known)

    def _known_as(self, sub: str | None) -> _Known:
        with self._lock:
            known = self._known.setdefault(sub, _Known())
            self._known.move_to_end(sub)
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
            return known

    def _save(self, bearer: _Bearer, identity_id: str) -> None:
        """Keep somebody's id, unless they were forgotten since they asked."""
        with self._lock:
            if not bearer.known.forgotten:
                self._drawer.save(bearer.sub, identity_id)

    async def _identity(self, bearer: _Bearer) -> tuple[str, bool]:
        """Return somebody's id, and whether it was remembered."""
        kept = self._drawer.load(bearer.sub)
        if kept is not None:
            return kept, True
        return await bearer.known.naming.run(lambda: self._name(bearer)), False

    async def _name(self, bearer: _Bearer) -> str:
        kept = self._drawer.load(bearer.sub)
        if kept is not None:
            return kept
        found = await self._hold(
            identities.identity_id(self._identity_pool_id, bearer.logins, account_id=self._account_id)
        )
        self._save(bearer, found)
        return found

    async def _renew(
        self, held: _Held, bearer: _Bearer, *, role: str | None, leeway: float
    ) -> IdentityCredentials:
        kept = held.good_for(bearer, until=self._clock.now() + leeway)
        if kept is not None:
            return kept
        try:
            made = await self._as_identity(
                bearer, lambda identity: identities.credentials(identity, bearer.logins, custom_role_arn=role)
            )
        except (TransportError, ServiceException) as error:
            # Trouble on the way is no reason to stop as long as those at hand are still good.
            kept = held.good_for(bearer, until=self._clock.now())
            if kept is None or (isinstance(error, ServiceException) and not error.retryable):
                raise
            return kept
        self._save(bearer, made.identity_id)
        held.keep(made, bearer)
        return made

    async def _as_identity(self, bearer: _Bearer, begin: Callable[[str], Flow[ResultT]]) -> ResultT:
        identity, remembered = await self._identity(bearer)
        try:
            return await self._hold(begin(identity))
        except ServiceException as fault:
            if not remembered or not identities.is_about_the_identity(fault):
                raise
        # What was remembered is not true any more; once, and not for ever.
        self._drawer.forget(bearer.sub)
        identity, _ = await self._identity(bearer)
        return await self._hold(begin(identity))

    async def _hold(self, flow: Flow[ResultT]) -> ResultT:
        return await arun(flow, self._caller.send)


class _Known:
    """What is known of one person, or of the guest, and the work that is under way for them."""

    __slots__ = ("_held", "forgotten", "naming")

    def __init__(self) -> None:
        self._held: dict[str | None, _Held] = {}
        self.naming = AsyncSingleFlight[str]()
        self.forgotten = False

    def holding(self, role: str | None) -> _Held:
        """Return what is held for one role of theirs."""
        return self._held.setdefault(role, _Held())


class _Bearer(Value, frozen=True):
    """Who asks: the person's ``sub`` and what proves them, an ID token by its issuer; neither for a guest."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"logins"})

    sub: str | None
    logins: dict[str, str]
    known: _Known


class _Held:
    """The credentials that are held for one role, and the work that is under way for them."""

    __slots__ = ("_made", "flight")

    def __init__(self) -> None:
        self._made: tuple[IdentityCredentials, dict[str, str]] | None = None
        self.flight = AsyncSingleFlight[IdentityCredentials]()

    def good_for(self, bearer: _Bearer, *, until: float) -> IdentityCredentials | None:
        """Return the credentials if they were made from this very login and are good until then."""
        if self._made is None:
            return None
        credentials, logins = self._made
        return credentials if logins == bearer.logins and credentials.expires_epoch > until else None

    def keep(self, credentials: IdentityCredentials, bearer: _Bearer) -> None:
        """Hold credentials together with what they were made from."""
        self._made = credentials, bearer.logins


def _http_transport() -> AsyncTransport:
    from userpool.transport.async_http import AsyncHttpTransport  # noqa: PLC0415 - it imports httpx2

    return AsyncHttpTransport()
