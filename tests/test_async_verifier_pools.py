"""Believing the tokens of several pools, each by its own keys and on its own terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from async_publisher import CLIENT, ISSUER, NOON, POOL, AsyncPublisher, jwks, token

from userpool.async_verifier import AsyncTokenVerifier
from userpool.effects import FixedEffects
from userpool.errors import (
    NotReachedError,
    SettingsError,
    TokenError,
    UnknownKeyError,
    WrongAudienceError,
    WrongIssuerError,
    WrongUseError,
)
from userpool.transport import HttpReply, HttpRequest
from userpool.trusted_pools import TrustedPool

pytestmark = pytest.mark.anyio

OTHER_POOL = "eu-west-1_Zz99yyYY8"
OTHER_ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{OTHER_POOL}"


def several(publisher: Any, *more: TrustedPool) -> AsyncTokenVerifier:
    pools = [
        TrustedPool(user_pool_id=POOL, client_id=CLIENT, token_use="access"),
        TrustedPool(user_pool_id=OTHER_POOL, client_id=None, token_use="id", jwks=jwks("two")),
        *more,
    ]
    return AsyncTokenVerifier.for_pools(pools, transport=publisher, effects=FixedEffects(now=NOON))


class Halfway(AsyncPublisher):
    """Tells the keys of one pool; the other one cannot be reached."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Answer, unless it is about the other pool."""
        if OTHER_POOL in request.url:
            raise NotReachedError("The cable is out.")
        return await super().send(request, timeout=timeout)


async def test_each_pool_is_believed_by_its_own_keys_and_terms() -> None:
    verifier = several(AsyncPublisher("one"))

    assert (await verifier.verify(token("one"))).user_pool_id == POOL
    assert (await verifier.verify(token("two", use="id", iss=OTHER_ISSUER))).user_pool_id == OTHER_POOL


@pytest.mark.parametrize(
    ("text", "error"),
    [
        # Signed by one pool in the name of the other.
        (lambda: token("two", iss=ISSUER), UnknownKeyError),
        (lambda: token("one", use="id", iss=OTHER_ISSUER), UnknownKeyError),
        # What the other pool may do and this one may not.
        (lambda: token("one", use="id"), WrongUseError),
        (lambda: token("two", iss=OTHER_ISSUER), WrongUseError),
        (lambda: token("one", iss="https://evil.example"), WrongIssuerError),
        (lambda: token("one", without="iss"), WrongIssuerError),
        (lambda: token("one", iss=[ISSUER]), WrongIssuerError),
    ],
)
async def test_one_pool_s_terms_are_not_the_other_s(text: Callable[[], str], error: type[TokenError]) -> None:
    verifier = several(AsyncPublisher("one"))

    with pytest.raises(error):
        await verifier.verify(text())


async def test_one_pool_may_be_listed_with_several_kinds_of_tokens() -> None:
    verifier = several(AsyncPublisher("one"), TrustedPool(user_pool_id=POOL, client_id="web", token_use="id"))

    assert await verifier.verify(token("one"))
    assert await verifier.verify(token("one", use="id", aud="web"))
    with pytest.raises(WrongAudienceError):
        await verifier.verify(token("one", use="id", aud=CLIENT))
    with pytest.raises(WrongAudienceError):
        await verifier.verify(token("one", client_id="web"))


async def test_a_pool_whose_tokens_nobody_shows_is_not_asked_for_its_keys() -> None:
    publisher = AsyncPublisher("one")
    nobodys = TrustedPool(user_pool_id="us-east-2_Nn00bb00D", client_id=None, token_use="id")
    verifier = several(publisher, nobodys)

    await verifier.verify(token("two", use="id", iss=OTHER_ISSUER))
    assert publisher.requests == []
    await verifier.verify(token("one"))

    assert [request.url for request in publisher.requests] == [f"{ISSUER}/.well-known/jwks.json"]


async def test_keys_that_were_fetched_get_old_though_another_pool_could_not_be_reached() -> None:
    publisher, effects = Halfway("one", "two"), FixedEffects(now=NOON)
    pools = [
        TrustedPool(user_pool_id=POOL, client_id=CLIENT, token_use="access"),
        TrustedPool(user_pool_id=OTHER_POOL, client_id=CLIENT, token_use="access"),
    ]
    verifier = AsyncTokenVerifier.for_pools(
        pools, transport=publisher, effects=effects, keys_max_age_seconds=60
    )
    with pytest.raises(NotReachedError):
        await verifier.hydrate()
    assert await verifier.verify(token("one"))
    publisher.answer = jwks("two")
    effects.advance(60)

    with pytest.raises(UnknownKeyError):
        await verifier.verify(token("one"))


@pytest.mark.parametrize("pools", [[], [{"jwks": jwks("one")}, {"jwks": jwks("two")}]])
def test_pools_that_make_no_sense_are_refused(pools: list[dict[str, Any]]) -> None:
    trusted = [TrustedPool(user_pool_id=POOL, client_id=None, token_use=None, **more) for more in pools]

    with pytest.raises(SettingsError):
        AsyncTokenVerifier.for_pools(trusted)
