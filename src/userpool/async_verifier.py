"""Whether a token is genuine, still good, and meant for us: what a back end asks before it believes one.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: a check that was not switched off in writing is made. What an unverified token says chooses
which of the trusted pools' keys are tried, and nothing else.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt; rfc8725 §3; rfc7519 §7.2.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TypedDict, Unpack, cast

from userpool.async_issuer_keys import AsyncIssuerKeys
from userpool.effects import Effects, MachineEffects
from userpool.errors import (
    ExpiredTokenError,
    MalformedTokenError,
    SettingsError,
    UnknownKeyError,
    WrongIssuerError,
)
from userpool.tokens.audience import Audience, check_audience
from userpool.tokens.claims import unverified_claims
from userpool.tokens.jwt import MAX_LEEWAY_SECONDS, check_lifetime, prove
from userpool.tokens.remembered import Remembered
from userpool.tokens.requirements import check_requirements, is_number, require
from userpool.tokens.verified import VerifiedClaims, read_facts
from userpool.transport import AsyncTransport
from userpool.transport.exchange import user_agent
from userpool.trusted_pools import TokenUse, TrustedPool

if TYPE_CHECKING:
    from userpool.async_pool import AsyncUserPool

__all__ = ["AsyncTokenVerifier", "AsyncVerifierOptions"]

# What each number may be: by default, at least, at most. An endless time is refused like a negative one: nobody would
# notice that a key was withdrawn, or that the pool does not answer.
_NUMBERS: Final[Mapping[str, tuple[float, float, float]]] = {
    "leeway_seconds": (0.0, 0.0, MAX_LEEWAY_SECONDS),
    "remember": (1_000, 0, 10_000),
    "keys_max_age_seconds": (3_600.0, 1.0, 604_800.0),
    "keys_cooldown_seconds": (10.0, 0.0, 3_600.0),
    "timeout_seconds": (3.0, 0.001, 300.0),
}


class AsyncVerifierOptions(TypedDict, total=False):
    """What a verifier can be told besides its pools; every one may be left out.

    ``leeway_seconds`` (0, at most 60) forgives clocks that disagree. ``groups``, ``scopes``, ``all_scopes`` and
    ``max_age_seconds`` are required of every token, as of one in `AsyncTokenVerifier.verify`. ``check`` is called with
    the claims each time a token is shown, and refuses by raising. ``remember`` (1,000, at most 10,000) is how many
    verified tokens are recognised without verifying them again; 0 switches that off.

    ``keys_max_age_seconds`` (3600, at most a week) is how long keys are used before they are fetched again,
    ``keys_cooldown_seconds`` (10, at most an hour) how long after a fetch none is made for an unknown key,
    ``timeout_seconds`` (3, at most 300) how long a fetch may wait. ``transport`` carries it, httpx2 by default;
    ``effects`` is the clock, for tests.
    """

    leeway_seconds: float
    groups: str | Collection[str] | None
    scopes: str | Collection[str] | None
    all_scopes: str | Collection[str] | None
    max_age_seconds: float | None
    check: Callable[[VerifiedClaims], object] | None
    remember: int
    keys_max_age_seconds: float
    keys_cooldown_seconds: float
    timeout_seconds: float
    transport: AsyncTransport | None
    effects: Effects | None


class AsyncTokenVerifier:
    """Verifies the tokens of a user pool: signature, issuer, expiry, use and client, always.

    Make one and keep it: it holds the pool's keys. Nothing is requested before the first token comes, or `hydrate`
    is called. A renewed key is found when a token names it.

    Args:
        user_pool_id: such as ``us-east-1_aB12cDe34``.
        client_id: the app client that tokens are for, or several; None takes those of every client of the pool.
        token_use: ``"access"`` or ``"id"``; None takes both.
        endpoint: the address of the service, where it is not AWS's own; the keys are below it.
        issuer: what the tokens name as their issuer, where it does not follow from the endpoint.
        keys_url: where the keys are, if neither below the endpoint nor below the issuer.
        jwks: the pool's key set, as text or decoded; then nothing is ever requested.
        **options: see `AsyncVerifierOptions`.

    Raises:
        SettingsError: one of them is wrong.
        GarbledAnswerError: ``jwks`` is no key set.
    """

    def __init__(
        self,
        user_pool_id: str,
        *,
        client_id: str | Collection[str] | None,
        token_use: TokenUse | None,
        endpoint: str | None = None,
        issuer: str | None = None,
        keys_url: str | None = None,
        jwks: bytes | str | Mapping[str, Any] | None = None,
        **options: Unpack[AsyncVerifierOptions],
    ) -> None:
        pool = TrustedPool(
            user_pool_id=user_pool_id,
            client_id=client_id,
            token_use=token_use,
            endpoint=endpoint,
            issuer=issuer,
            keys_url=keys_url,
            jwks=jwks,
        )
        self._open([pool], options)

    @classmethod
    def for_pools(cls, pools: Sequence[TrustedPool], **options: Unpack[AsyncVerifierOptions]) -> Self:
        """Return a verifier for several pools, or for several kinds of tokens of one.

        A pool may be listed more than once, such as with the access tokens of one client and the ID tokens of
        another.
        """
        verifier = cls.__new__(cls)
        verifier._open(pools, options)  # noqa: SLF001 - its own
        return verifier

    @classmethod
    def for_pool(
        cls, pool: AsyncUserPool, *, token_use: TokenUse | None, **options: Unpack[AsyncVerifierOptions]
    ) -> Self:
        """Return a verifier for the tokens that a pool object gets: its pool, its client, its endpoint."""
        return cls(
            pool.user_pool_id,
            client_id=pool.client_id,
            token_use=token_use,
            issuer=pool.issuer,
            keys_url=f"{pool.endpoint}/{pool.user_pool_id}/.well-known/jwks.json",
            **options,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {', '.join(issuer.pool_id for issuer in self._issuers.values())}>"

    async def close(self) -> None:
        """Let go of the connections."""
        if self._transport is not None:
            await self._transport.close()

    async def hydrate(self) -> None:
        """Fetch the keys of all pools now, so that the first token need not wait for them.

        Raises:
            TransportError: the keys of one could not be fetched; those known before stay in use.
        """
        try:
            for issuer in self._issuers.values():
                await issuer.keys.load()
        finally:
            # Those that were fetched before one failed get old as well.
            self._note_when_due()

    async def verify(
        self,
        token: str,
        *,
        groups: str | Collection[str] | None = None,
        scopes: str | Collection[str] | None = None,
        all_scopes: str | Collection[str] | None = None,
        nonce: str | None = None,
        access_token: str | None = None,
        max_age_seconds: float | None = None,
    ) -> VerifiedClaims:
        """Return what a token says, if it is to be believed.

        Args:
            token: its text alone, without ``Bearer``.
            groups: the person must be in one of these groups at least.
            scopes: the token must be good for one of these scopes at least.
            all_scopes: the token must be good for every one of these scopes.
            nonce: an ID token must carry it.
            access_token: an ID token must carry the hash of it (``at_hash``), which only those of the token endpoint
                do.
            max_age_seconds: the person must have proved who they are no longer ago than this.

        Raises:
            TokenError: it is not; the subclass and ``claim`` say why.
            MissingGrantError: it is genuine, but lacks the group or the scope.
            TransportError: the pool's keys are not known yet and cannot be fetched.
            SettingsError: a requirement that nothing can meet.
        """
        if not isinstance(token, str):  # pyright: ignore[reportUnnecessaryIsInstance] - it is a stranger's
            raise MalformedTokenError("token", expected="a text")
        now = self._effects.now()
        if not now < self._due_at:
            await self._freshen()
        claims = self._remembered.get(token)
        if claims is None:
            claims = await self._verify_anew(token, now)
        elif not now - self._leeway_seconds < claims.expires_epoch:
            self._remembered.forget(token)
            raise ExpiredTokenError("exp", actual=claims.expires_epoch, expected=f"a time after {now:.0f}")
        if self._always is not None:
            check_requirements(claims, self._always, now=now, leeway_seconds=self._leeway_seconds)
        if max_age_seconds is not None or not (
            groups is scopes is all_scopes is nonce is access_token is None
        ):
            asked = require(
                groups,
                scopes,
                all_scopes=all_scopes,
                nonce=nonce,
                access_token=access_token,
                max_age_seconds=max_age_seconds,
            )
            if asked is not None:
                check_requirements(claims, asked, now=now, leeway_seconds=self._leeway_seconds)
        if self._check is not None:
            self._check(claims)
        return claims

    # ---- a token that was not seen before ----

    async def _verify_anew(self, token: str, now: float) -> VerifiedClaims:
        issuer = self._only or self._issuer_of(token)
        if not issuer.keys.current:
            await self._freshen(issuer)
            now = self._effects.now()
        generation, tried = self._remembered.generation, issuer.keys.current
        try:
            _, payload = prove(token, tried)
        except UnknownKeyError:
            # Another pool's keys are unknown here, and looking for them again would find none.
            self._issuer_of(token)
            await issuer.keys.look_again()
            self._note_when_due()
            now = self._effects.now()
            generation = self._remembered.generation
            if issuer.keys.current is tried:
                raise
            _, payload = prove(token, issuer.keys.current)
        facts = read_facts(payload)
        if facts.iss != issuer.text:
            raise WrongIssuerError("iss", actual=facts.iss, expected=issuer.text)
        check_lifetime(facts, now, leeway_seconds=self._leeway_seconds)
        check_audience(facts, issuer.audiences)
        claims = VerifiedClaims(facts, payload, issuer.pool_id)
        self._remembered.put(token, claims, generation=generation)
        return claims

    def _issuer_of(self, token: str) -> _Issuer:
        # This only says whose keys are worth trying; it is compared again once the signature holds.
        named = unverified_claims(token).get("iss")
        found = self._issuers.get(named) if isinstance(named, str) else None
        if found is None:
            raise WrongIssuerError("iss", actual=named, expected=" or ".join(self._issuers))
        return found

    async def _freshen(self, first: _Issuer | None = None) -> None:
        for issuer in self._issuers.values():
            # The keys of a pool that nobody has shown a token of are not fetched.
            if issuer is first or issuer.keys.current:
                await issuer.keys.freshen()
        self._note_when_due()

    def _note_when_due(self) -> None:
        known = [issuer.keys.due_at for issuer in self._issuers.values() if issuer.keys.current]
        self._due_at = min(known, default=inf)

    # ---- putting it together ----

    def _open(self, pools: Sequence[TrustedPool], options: AsyncVerifierOptions) -> None:
        unknown = sorted(options.keys() - AsyncVerifierOptions.__optional_keys__)
        if unknown:
            # Python says so of arguments by itself. Who writes scope= for scopes= must not go without the check.
            raise TypeError(f"{type(self).__name__} has no option {unknown[0]}=.")
        self._leeway_seconds = _number(options, "leeway_seconds")
        self._remembered = Remembered[VerifiedClaims](int(_number(options, "remember")))
        self._effects = options.get("effects") or MachineEffects()
        self._check = options.get("check")
        self._always = require(
            options.get("groups"),
            options.get("scopes"),
            all_scopes=options.get("all_scopes"),
            max_age_seconds=options.get("max_age_seconds"),
        )
        self._transport = options.get("transport")
        if self._transport is None and any(pool.jwks is None for pool in pools):
            self._transport = _http_transport()
        self._issuers = self._gathered(pools, options)
        self._only = next(iter(self._issuers.values())) if len(self._issuers) == 1 else None
        self._note_when_due()

    def _gathered(self, pools: Sequence[TrustedPool], options: AsyncVerifierOptions) -> dict[str, _Issuer]:
        issuers: dict[str, _Issuer] = {}
        sources: dict[str, object] = {}
        for pool in pools:
            text = pool.issuer_text
            source = pool.keys_address if pool.jwks is None else pool.jwks
            if sources.setdefault(text, source) != source:
                raise SettingsError(f"{pool.user_pool_id} is listed twice, with different keys.")
            earlier = issuers.get(text)
            issuers[text] = _Issuer(
                text=text,
                pool_id=pool.user_pool_id,
                keys=self._keys_of(pool, options) if earlier is None else earlier.keys,
                audiences=(*(() if earlier is None else earlier.audiences), pool.audience),
            )
        if not issuers:
            raise SettingsError("A verifier needs a pool to trust.")
        return issuers

    def _keys_of(self, pool: TrustedPool, options: AsyncVerifierOptions) -> AsyncIssuerKeys:
        return AsyncIssuerKeys(
            "" if pool.jwks is not None else pool.keys_address,
            transport=self._transport,
            agent=user_agent(),
            effects=self._effects,
            timeout_seconds=_number(options, "timeout_seconds"),
            max_age_seconds=_number(options, "keys_max_age_seconds"),
            cooldown_seconds=_number(options, "keys_cooldown_seconds"),
            on_loss=self._remembered.clear,
            document=pool.jwks,
        )


class _Issuer:
    """One issuer: its name, its pool, its keys and whom its tokens may be for."""

    __slots__ = ("audiences", "keys", "pool_id", "text")

    def __init__(
        self, *, text: str, pool_id: str, keys: AsyncIssuerKeys, audiences: tuple[Audience, ...]
    ) -> None:
        self.text = text
        self.pool_id = pool_id
        self.keys = keys
        self.audiences = audiences


def _number(options: AsyncVerifierOptions, name: str) -> float:
    default, least, most = _NUMBERS[name]
    given = options.get(name, default)
    # Written so that what is no number, not-a-number included, fails it.
    if not (is_number(given) and least <= cast("float", given) <= most):
        raise SettingsError(f"{name}= is a number from {least:g} to {most:g}.")
    return cast("float", given)


def _http_transport() -> AsyncTransport:
    from userpool.transport.async_http import AsyncHttpTransport  # noqa: PLC0415 - it imports httpx2

    return AsyncHttpTransport()
