"""A back end believes the tokens that the pool has issued, and nothing that somebody has made of them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol

from userpool import AsyncUserPool
from userpool.errors import (
    BadSignatureError,
    ExpiredTokenError,
    MissingGrantError,
    NotReachedError,
    TokenError,
    UnknownKeyError,
    WrongAudienceError,
    WrongUseError,
)
from userpool.testing import LocalPool
from userpool.wire.user_pool_clients import CreateUserPoolClient, CreateUserPoolClientRequest

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]


@pytest.fixture
def options() -> dict[str, Any]:
    """A pool whose people are all editors."""

    def editors(event: dict[str, Any]) -> dict[str, Any]:
        event["response"]["claimsOverrideDetails"] = {
            "groupOverrideDetails": {"groupsToOverride": ["editors"]}
        }
        return event

    return {"triggers": {"PreTokenGeneration": editors}}


@pytest.fixture
def verifier(local: LocalPool, pool: Any) -> Any:
    """Give a function that makes a verifier of the same half as the pool object."""

    def make(**options: Any) -> Any:
        face = local.async_verifier if isinstance(pool, AsyncUserPool) else local.verifier
        # Over HTTP in any case, so that there is a connection that can break.
        return face(**{"endpoint": local.endpoint, "transport": None, **options})

    return make


@pytest.fixture
async def tokens(local: LocalPool, pool: Any, now: Any) -> Any:
    """The tokens of Alice."""
    enrol(local, "alice", email="alice@example.com")
    return (await now(pool.sign_in("alice", PASSWORD))).user.tokens


async def closed(now: Any, *verifiers: Any) -> None:
    """Let go of the verifiers' connections."""
    for verifier in verifiers:
        await now(verifier.close())


def part(value: dict[str, Any]) -> str:
    """Write a part of a token."""
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read(part: str) -> dict[str, Any]:
    """Read a part of a token."""
    value: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


async def test_tokens_of_the_pool_are_believed_for_what_they_are(
    verifier: Any, tokens: Any, now: Any
) -> None:
    access, identity = verifier(), verifier(token_use="id")

    told = await now(access.verify(tokens.access_token, groups="editors"))
    assert (told.username, told.groups) == ("alice", ("editors",))
    assert (await now(identity.verify(tokens.id_token)))["email"] == "alice@example.com"
    with pytest.raises(WrongUseError):
        await now(access.verify(tokens.id_token))
    with pytest.raises(MissingGrantError):
        await now(access.verify(tokens.access_token, groups="admins"))

    await closed(now, access, identity)


async def test_once_the_keys_are_known_the_pool_need_not_be_there(
    local: LocalPool, verifier: Any, tokens: Any, now: Any
) -> None:
    knowing, unknowing = verifier(remember=0), verifier()
    await now(knowing.hydrate())
    local.close()

    assert (await now(knowing.verify(tokens.access_token))).username == "alice"
    with pytest.raises(NotReachedError):
        await now(unknowing.verify(tokens.access_token))

    await closed(now, knowing, unknowing)


async def test_what_somebody_has_made_of_a_token_is_not_believed(
    verifier: Any, tokens: Any, now: Any
) -> None:
    ours = verifier()
    head, body, signature = tokens.access_token.split(".")
    promoted = part(read(body) | {"cognito:groups": ["admins"]})
    forged = {
        f"{head}.{promoted}.{signature}": BadSignatureError,
        f"{head}.{body}.{signature[:-8]}{'A' * 8}": BadSignatureError,
        f"{part(read(head) | {'alg': 'none'})}.{promoted}.": TokenError,
        f"{part(read(head) | {'alg': 'HS256'})}.{promoted}.{signature}": TokenError,
        f"{part(read(head) | {'kid': 'mine'})}.{promoted}.{signature}": UnknownKeyError,
        f"{tokens.access_token}.": TokenError,
    }
    assert (await now(ours.verify(tokens.access_token))).username == "alice"

    for token, refusal in forged.items():
        with pytest.raises(refusal):
            await now(ours.verify(token))

    await closed(now, ours)


async def test_a_token_is_believed_until_it_expires_and_then_its_successor_is(
    local: LocalPool, pool: Any, verifier: Any, tokens: Any, now: Any
) -> None:
    ours = verifier()
    await now(ours.verify(tokens.access_token))
    local.advance(minutes=61)

    with pytest.raises(ExpiredTokenError):
        await now(ours.verify(tokens.access_token))
    renewed = await now(pool.current_user("alice").refresh())
    assert (await now(ours.verify(renewed.access_token))).username == "alice"

    await closed(now, ours)


async def test_another_client_s_token_is_not_for_us(
    local: LocalPool, make_pool: Any, verifier: Any, tokens: Any, now: Any
) -> None:
    request = CreateUserPoolClientRequest(user_pool_id=local.user_pool_id, client_name="other")
    other = local.call(CreateUserPoolClient, request).user_pool_client.client_id
    ours, everybodys = verifier(client_id=other), verifier(client_id=[other, local.client_id])

    with pytest.raises(WrongAudienceError):
        await now(ours.verify(tokens.access_token))
    assert (await now(everybodys.verify(tokens.access_token))).username == "alice"

    await closed(now, ours, everybodys)
