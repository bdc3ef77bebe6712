"""Believing a token, or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from async_publisher import CLIENT, ISSUER, NOON, POOL, AsyncPublisher, jwks, token

from userpool.async_pool import AsyncUserPool
from userpool.async_verifier import AsyncTokenVerifier
from userpool.effects import FixedEffects
from userpool.errors import (
    BadSignatureError,
    ExpiredTokenError,
    MalformedTokenError,
    MissingGrantError,
    NotReachedError,
    NotYetValidTokenError,
    SettingsError,
    TokenError,
    UnknownKeyError,
    WrongAudienceError,
    WrongIssuerError,
    WrongUseError,
)
from userpool.tokens.verified import VerifiedClaims

pytestmark = pytest.mark.anyio


class Scene:
    """A verifier of access tokens, the keys it finds and its clock."""

    def __init__(self, *kids: str, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.publisher = AsyncPublisher(*(kids or ("one",)))
        given: dict[str, Any] = {"client_id": CLIENT, "token_use": "access"}
        self.verifier = AsyncTokenVerifier(
            POOL, **{**given, "transport": self.publisher, "effects": self.effects, **settings}
        )

    @property
    def fetches(self) -> int:
        return len(self.publisher.requests)


# ---- what is believed ----


async def test_an_access_token_tells_whose_it_is() -> None:
    claims = await Scene().verifier.verify(token())

    assert claims.sub == "34c8a4d8-0001-7002-8003-123456789abc"
    assert (claims.username, claims.client_id, claims.token_use) == ("alice", CLIENT, "access")
    assert (claims.user_pool_id, claims.issuer) == (POOL, ISSUER)
    assert claims.groups == ("staff", "pilots")
    assert claims.scopes == {"orders/read", "openid"}
    assert claims.expires_epoch == NOON + 3_000


async def test_an_id_token_tells_what_the_pool_knows() -> None:
    scene = Scene(token_use="id")

    claims = await scene.verifier.verify(token(use="id"))

    assert (claims.username, claims["email"]) == ("alice", "alice@example.com")


async def test_either_use_and_any_client_are_taken_where_that_is_written_out() -> None:
    scene = Scene(token_use=None, client_id=None)

    for text in (token(), token(use="id"), token(client_id="another"), token(use="id", aud="another")):
        assert (await scene.verifier.verify(text)).username == "alice"


async def test_one_of_several_clients_is_enough() -> None:
    scene = Scene(client_id=["web", "mobile"])

    assert (await scene.verifier.verify(token(client_id="mobile"))).client_id == "mobile"
    with pytest.raises(WrongAudienceError):
        await scene.verifier.verify(token())


def test_client_and_use_have_no_default() -> None:
    with pytest.raises(TypeError, match="client_id"):
        AsyncTokenVerifier(POOL, token_use="access")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="token_use"):
        AsyncTokenVerifier(POOL, client_id=CLIENT)  # type: ignore[call-arg]


# ---- what is not ----


@pytest.mark.parametrize(
    ("text", "error", "claim"),
    [
        (lambda: token(use="id"), WrongUseError, "token_use"),
        (lambda: token(token_use="refresh"), WrongUseError, "token_use"),
        (lambda: token(client_id="another"), WrongAudienceError, "client_id"),
        (lambda: token(without="client_id"), WrongAudienceError, "client_id"),
        (
            lambda: token(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Zz99yyYY8"),
            WrongIssuerError,
            "iss",
        ),
        (lambda: token(iss=f"{ISSUER}/"), WrongIssuerError, "iss"),
        (lambda: token(exp=NOON), ExpiredTokenError, "exp"),
        (lambda: token(nbf=NOON + 1), NotYetValidTokenError, "nbf"),
        (lambda: token(without="exp"), MalformedTokenError, "exp"),
        (lambda: token(exp=True), MalformedTokenError, "exp"),
        (lambda: token(exp=float(NOON + 60)), MalformedTokenError, "exp"),
        (lambda: token(exp=2**60), MalformedTokenError, "exp"),
        (lambda: token(iat=-1), MalformedTokenError, "iat"),
        (lambda: token(without="iss"), MalformedTokenError, "iss"),
        (lambda: token(without="sub"), MalformedTokenError, "sub"),
        (lambda: token(sub=""), MalformedTokenError, "sub"),
        (lambda: token(client_id=["7ghr"]), MalformedTokenError, "client_id"),
        (lambda: token("two"), UnknownKeyError, "kid"),
        (lambda: token()[:-6] + "AAAAAA", TokenError, "signature"),
        (lambda: f"Bearer {token()}", MalformedTokenError, "header"),
        (lambda: "", MalformedTokenError, "token"),
    ],
)
async def test_a_token_is_refused(text: Callable[[], str], error: type[TokenError], claim: str) -> None:
    shown = text()

    with pytest.raises(error) as caught:
        await Scene().verifier.verify(shown)

    assert caught.value.claim == claim
    assert not shown or shown not in str(caught.value)


@pytest.mark.parametrize("shown", [None, b"a.b.c", 5, ["a.b.c"], {}])
async def test_what_is_no_text_is_no_token(shown: Any) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        await Scene().verifier.verify(shown)

    assert caught.value.claim == "token"


async def test_a_token_of_another_pool_is_told_apart_and_causes_no_fetch() -> None:
    scene = Scene("one")
    await scene.verifier.verify(token("one"))
    scene.effects.advance(10)

    with pytest.raises(WrongIssuerError) as caught:
        await scene.verifier.verify(
            token("two", iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Zz")
        )

    assert caught.value.expected == ISSUER
    assert scene.fetches == 1


async def test_every_date_of_a_token_that_is_believed_is_a_date() -> None:
    claims = await Scene().verifier.verify(token(exp=253_402_300_799, iat=253_402_300_799))

    assert (claims.expires_at.year, claims.issued_at.year) == (9999, 9999)
    with pytest.raises(MalformedTokenError, match="exp"):
        await Scene().verifier.verify(token(exp=253_402_300_800))


@pytest.mark.parametrize("aud", [[CLIENT], None, "another", 5])
async def test_an_id_token_names_exactly_one_client(aud: Any) -> None:
    with pytest.raises(WrongAudienceError) as caught:
        await Scene(token_use="id").verifier.verify(token(use="id", aud=aud))

    assert caught.value.claim == "aud"


async def test_a_key_of_another_pool_proves_nothing() -> None:
    scene = Scene(jwks={"keys": [{**jwks("two")["keys"][0], "kid": "one"}]})

    with pytest.raises(BadSignatureError):
        await scene.verifier.verify(token("one"))


# ---- time ----


async def test_leeway_forgives_a_clock_that_is_ahead() -> None:
    scene = Scene(leeway_seconds=5)
    text = token(exp=NOON)
    scene.effects.advance(4)

    assert await scene.verifier.verify(text)

    scene.effects.advance(1)
    with pytest.raises(ExpiredTokenError):
        await scene.verifier.verify(text)


async def test_a_token_that_was_believed_expires() -> None:
    scene = Scene()
    text = token()
    await scene.verifier.verify(text)
    scene.effects.advance(3_000)

    with pytest.raises(ExpiredTokenError):
        await scene.verifier.verify(text)


# ---- more than genuine ----


@pytest.mark.parametrize(
    "asked",
    [
        {"groups": "staff"},
        {"groups": ["admins", "pilots"]},
        {"scopes": "openid"},
        {"scopes": ["orders/write", "orders/read"]},
        {"all_scopes": ["openid", "orders/read"]},
        {"max_age_seconds": 600},
    ],
)
async def test_a_requirement_that_is_met(asked: dict[str, Any]) -> None:
    assert await Scene().verifier.verify(token(), **asked)
    assert await Scene(**asked).verifier.verify(token())


@pytest.mark.parametrize(
    ("asked", "error", "claim"),
    [
        ({"groups": "admins"}, MissingGrantError, "cognito:groups"),
        ({"scopes": "orders/write"}, MissingGrantError, "scope"),
        ({"all_scopes": ["openid", "orders/write"]}, MissingGrantError, "scope"),
        ({"max_age_seconds": 599}, TokenError, "auth_time"),
    ],
)
async def test_a_requirement_that_is_not_met(
    asked: dict[str, Any], error: type[TokenError], claim: str
) -> None:
    scene, always = Scene(), Scene(**asked)
    await scene.verifier.verify(token())

    with pytest.raises(error) as caught:
        await scene.verifier.verify(token(), **asked)
    assert caught.value.claim == claim
    with pytest.raises(error) as caught:
        await always.verifier.verify(token())
    assert caught.value.claim == claim


@pytest.mark.parametrize("asked", [{"groups": []}, {"scopes": ""}, {"all_scopes": [""]}, {"nonce": ""}])
async def test_a_requirement_of_nothing_is_a_mistake(asked: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        await Scene().verifier.verify(token(), **asked)


async def test_an_age_is_reckoned_each_time() -> None:
    scene = Scene(max_age_seconds=700)
    text = token()
    await scene.verifier.verify(text)
    scene.effects.advance(101)

    with pytest.raises(TokenError, match="auth_time"):
        await scene.verifier.verify(text)


async def test_a_check_of_one_s_own_is_made_each_time() -> None:
    revoked: set[str] = set()

    def check(claims: VerifiedClaims) -> None:
        if claims.sub in revoked:
            raise TokenError("sub", expected="somebody who was not shut out")

    scene = Scene(check=check)
    text = token()
    revoked.add((await scene.verifier.verify(text)).sub)

    with pytest.raises(TokenError, match="sub"):
        await scene.verifier.verify(text)


# ---- keys ----


async def test_nothing_is_requested_before_the_first_token() -> None:
    scene = Scene()
    assert scene.fetches == 0

    await scene.verifier.verify(token())

    assert [request.url for request in scene.publisher.requests] == [f"{ISSUER}/.well-known/jwks.json"]


async def test_keys_can_be_fetched_in_advance() -> None:
    scene = Scene()
    await scene.verifier.hydrate()
    scene.publisher.answer = NotReachedError("The cable is out.")

    assert await scene.verifier.verify(token())
    assert scene.fetches == 1


async def test_a_pool_that_cannot_be_reached_is_told() -> None:
    scene = Scene()
    scene.publisher.answer = NotReachedError("The cable is out.")

    with pytest.raises(NotReachedError):
        await scene.verifier.verify(token())


async def test_a_key_that_came_later_is_found() -> None:
    scene = Scene("one")
    await scene.verifier.verify(token("one"))
    scene.publisher.answer = jwks("one", "two")
    scene.effects.advance(10)

    assert await scene.verifier.verify(token("two"))


async def test_invented_keys_cause_one_fetch_per_cooldown() -> None:
    scene = Scene("one")
    await scene.verifier.verify(token("one"))
    scene.effects.advance(10)
    invented = token("invented")

    for _ in range(20):
        with pytest.raises(UnknownKeyError):
            await scene.verifier.verify(invented)

    assert scene.fetches == 2


async def test_a_token_that_was_believed_is_not_when_its_key_was_withdrawn() -> None:
    scene = Scene("one", "two")
    texts = [token("one"), token("two")]
    for text in texts:
        await scene.verifier.verify(text)
    scene.publisher.answer = jwks("two")
    scene.effects.advance(2_900)
    await scene.verifier.hydrate()

    with pytest.raises(UnknownKeyError):
        await scene.verifier.verify(texts[0])
    assert await scene.verifier.verify(texts[1]) is await scene.verifier.verify(texts[1])


async def test_a_withdrawal_is_noticed_though_every_token_was_seen_before() -> None:
    scene = Scene("one", "two", keys_max_age_seconds=60)
    text = token("one")
    await scene.verifier.verify(text)
    scene.publisher.answer = jwks("two")
    scene.effects.advance(60)

    with pytest.raises(UnknownKeyError):
        await scene.verifier.verify(text)


async def test_given_keys_need_no_network() -> None:
    scene = Scene(jwks=jwks("one"), transport=None)

    assert await scene.verifier.verify(token("one"))
    with pytest.raises(UnknownKeyError):
        await scene.verifier.verify(token("two"))
    await scene.verifier.close()


# ---- what is remembered ----


async def test_a_token_that_comes_again_is_not_verified_again() -> None:
    scene = Scene()
    text = token()

    first = await scene.verifier.verify(text)

    assert await scene.verifier.verify("".join(text)) is first


async def test_nothing_is_remembered_where_that_is_switched_off() -> None:
    scene = Scene(remember=0)
    text = token()

    assert await scene.verifier.verify(text) is not await scene.verifier.verify(text)


async def test_a_refusal_is_not_remembered_as_belief() -> None:
    scene = Scene()
    text = token(exp=NOON + 10, nbf=NOON + 5)
    with pytest.raises(NotYetValidTokenError):
        await scene.verifier.verify(text)
    scene.effects.advance(5)

    assert await scene.verifier.verify(text)


# ---- what it is made of ----


async def test_a_verifier_follows_a_pool_object() -> None:
    publisher = AsyncPublisher("one")
    pool = AsyncUserPool(POOL, CLIENT, endpoint="http://localhost:9229", issuer=ISSUER, transport=publisher)

    verifier = AsyncTokenVerifier.for_pool(
        pool, token_use="access", transport=publisher, effects=FixedEffects(now=NOON)
    )

    assert await verifier.verify(token())
    assert publisher.requests[0].url == f"http://localhost:9229/{POOL}/.well-known/jwks.json"


async def test_a_pool_object_gives_a_verifier_that_is_its_own() -> None:
    pools, ours = AsyncPublisher("one"), AsyncPublisher("one")
    async with AsyncUserPool(
        POOL, CLIENT, endpoint="http://localhost:9229", issuer=ISSUER, transport=pools
    ) as pool:
        verifier = pool.verifier(token_use="access", transport=ours, effects=FixedEffects(now=NOON))

    assert await verifier.verify(token())
    with pytest.raises(WrongUseError):
        await verifier.verify(token(use="id"))
    assert ours.requests[0].url == f"http://localhost:9229/{POOL}/.well-known/jwks.json"
    assert (pools.requests, ours.closed) == ([], False)


async def test_closing_lets_go_of_the_transport() -> None:
    scene = Scene()

    async with scene.verifier as verifier:
        assert POOL in repr(verifier)

    assert scene.publisher.closed
