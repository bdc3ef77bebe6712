"""Who may act with an access token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.bearer import authorise
from userpool.server.context import Context
from userpool.server.database.sessions import delete_session, put_session
from userpool.server.issuing import new_session, tokens_for
from userpool.server.records import Client, Pool, Session, User
from userpool.server.roster import change, enrol, strike
from userpool.tokens.jwt import sign
from userpool.wire.faults import NotAuthorizedException, UserNotFoundException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

SUB = "34c84488-e0e1-40ae-92ee-991ad1a898c8"


class SignedIn(NamedTuple):
    """A sign-in."""

    pool: Pool
    client: Client
    user: User
    session: Session
    access_token: str
    id_token: str


@pytest.fixture
async def ann(context: Context, make_pool: Make, make_client: Make) -> SignedIn:
    """Ann, signed in."""
    pool = await make_pool()
    return await signed_in(context, pool, await make_client(pool))


async def test_a_good_token_tells_who_acts(context: Context, ann: SignedIn) -> None:
    bearer = await authorise(context, ann.access_token)

    assert bearer.pool.pool_id == ann.pool.pool_id
    assert bearer.client.client_id == ann.client.client_id
    assert bearer.user.sub == SUB
    assert bearer.session_id == ann.session.session_id


async def test_an_id_token_is_no_access_token(context: Context, ann: SignedIn) -> None:
    await refused(context, ann.id_token, "Invalid Access Token")


@pytest.mark.parametrize("token", ["", "garbage", "a.b.c", "e30.e30.e30", "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_is_refused(context: Context, token: str) -> None:
    await refused(context, token, "Invalid Access Token")


@pytest.mark.parametrize("place", [10, 200, -3])
async def test_an_altered_token_is_refused(context: Context, ann: SignedIn, place: int) -> None:
    letters = list(ann.access_token)
    letters[place] = "A" if letters[place] != "A" else "B"

    await refused(context, "".join(letters), "Invalid Access Token")


async def test_a_token_expires(context: Context, ann: SignedIn, effects: FixedEffects) -> None:
    effects.advance(3599)
    await authorise(context, ann.access_token)

    effects.advance(1)

    await refused(context, ann.access_token, "Access Token has expired")


async def test_a_token_of_another_issuer_is_refused_though_its_key_is_ours(
    context: Context, ann: SignedIn
) -> None:
    await refused(context, await resigned(context, ann, iss="https://evil.example/x"), "Invalid Access Token")
    other = f"https://evil.example/{ann.pool.pool_id}"
    await refused(context, await resigned(context, ann, iss=other), "Invalid Access Token")


async def test_a_token_of_another_pool_is_refused(
    context: Context, ann: SignedIn, make_pool: Make, make_client: Make
) -> None:
    other_pool = await make_pool()
    issuer = context.settings.issuer(other_pool.pool_id)
    other_client = await make_client(other_pool)

    # Signed by Ann's pool, but said to be of the other one.
    await refused(context, await resigned(context, ann, iss=issuer), "Invalid Access Token")
    # Signed by Ann's pool for a client of the other one.
    forged = await resigned(context, ann, client_id=other_client.client_id)
    await refused(context, forged, "Invalid Access Token")


@pytest.mark.parametrize(
    "claims", [{"sub": 7}, {"client_id": None}, {"token_use": "refresh"}, {"iss": ["x"]}]
)
async def test_claims_of_another_kind_are_refused(
    context: Context, ann: SignedIn, claims: dict[str, Any]
) -> None:
    await refused(context, await resigned(context, ann, **claims), "Invalid Access Token")


async def test_a_revoked_session_takes_its_tokens_along(context: Context, ann: SignedIn) -> None:
    await context.database.write(lambda transaction: delete_session(transaction, SUB, ann.session.session_id))

    await refused(context, ann.access_token, "Access Token has been revoked")


async def test_a_disabled_user_does_not_act(context: Context, ann: SignedIn) -> None:
    await changed(context, ann, enabled=False)

    await refused(context, ann.access_token, "User is disabled.")


async def test_who_was_signed_out_everywhere_does_not_act(
    context: Context, ann: SignedIn, effects: FixedEffects
) -> None:
    effects.advance(1)
    await changed(context, ann, signed_out_ms=context.now_ms)

    await refused(context, ann.access_token, "Access Token has been revoked")


async def test_a_deleted_user_does_not_exist(context: Context, ann: SignedIn) -> None:
    await context.database.write(lambda transaction: strike(transaction, ann.pool, ann.user))

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await authorise(context, ann.access_token)


async def test_a_token_without_the_scope_does_not_open_this_api(context: Context, ann: SignedIn) -> None:
    token = await resigned(context, ann, scope="openid email")

    await refused(context, token, "Access Token does not have required scopes")


async def test_a_token_with_more_scopes_does(context: Context, ann: SignedIn) -> None:
    token = await resigned(context, ann, scope="openid aws.cognito.signin.user.admin")

    assert (await authorise(context, token)).user.sub == SUB


async def signed_in(context: Context, pool: Pool, client: Client) -> SignedIn:
    """Make a user and sign in."""
    user = User(
        sub=SUB, pool_id=pool.pool_id, username="ann", status="CONFIRMED", created_ms=0, modified_ms=0
    )
    session, _ = new_session(context, client, user)
    await context.database.write(lambda transaction: enrol(transaction, pool, user, taken="taken"))
    await context.database.write(lambda transaction: put_session(transaction, session))
    tokens = await tokens_for(context, pool, client, user, session, refresh_token=None)
    return SignedIn(pool, client, user, session, tokens.access_token or "", tokens.id_token or "")


async def resigned(context: Context, ann: SignedIn, **claims: Any) -> str:
    """Return Ann's token with other claims, rightly signed by her pool."""
    from userpool.tokens.claims import unverified_claims

    keys = await context.keys.of_pool(ann.pool.pool_id)
    return sign({**unverified_claims(ann.access_token), **claims}, keys.signing["access"])


async def changed(context: Context, ann: SignedIn, **changes: Any) -> None:
    """Change Ann."""
    after = replace(ann.user, **changes)
    await context.database.write(lambda transaction: change(transaction, ann.pool, ann.user, after))


async def refused(context: Context, token: str, text: str) -> None:
    """See that a token is refused, and in which words."""
    with pytest.raises(NotAuthorizedException) as caught:
        await authorise(context, token)
    assert caught.value.message == text
