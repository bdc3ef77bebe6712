"""What the tokens of a Logins map prove, and in which words they are refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace as with_fields
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.identity_tokens import identity_token
from userpool.server.proving_logins import prove
from userpool.server.records import Client, Identity, IdentityPool, Pool
from userpool.server.settings import Settings
from userpool.tokens.jwt import sign
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.identity_pools import CognitoIdentityProvider
from userpool.wire.identity_pools import IdentityPool as Description

pytestmark = pytest.mark.anyio

KEY = "cognito-identity.amazonaws.com"
UNSUPPORTED = "Token is not from a supported provider of this identity pool."
NO_ID_TOKEN = "Invalid login token. Not a valid OpenId Connect identity token."
UNVERIFIED = "Invalid login token. Couldn't verify signed token."

Sign = Callable[..., Awaitable[str]]


@pytest.fixture
async def pool(make_pool: Callable[..., Awaitable[Pool]]) -> Pool:
    """The user pool that is trusted."""
    return await make_pool()


@pytest.fixture
async def client(make_client: Callable[..., Awaitable[Client]], pool: Pool) -> Client:
    """The client of it that is trusted."""
    return await make_client(pool)


@pytest.fixture
def name(pool: Pool) -> str:
    """The user pool's name as identity provider."""
    return f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"


@pytest.fixture
def trusting(client: Client, name: str) -> IdentityPool:
    """An identity pool that trusts that client, and providers elsewhere."""
    description = Description(
        identity_pool_id="us-east-1:1",
        identity_pool_name="x",
        allow_unauthenticated_identities=True,
        cognito_identity_providers=[CognitoIdentityProvider(provider_name=name, client_id=client.client_id)],
        supported_login_providers={"accounts.google.com": "1"},
    )
    return IdentityPool(identity_pool_id="us-east-1:1", description=description)


@pytest.fixture
def signed(context: Context, pool: Pool, client: Client) -> Sign:
    """Give a function that signs the claims of an id token with the user pool's key; None leaves a claim out."""

    async def make(**changes: Any) -> str:
        now = int(context.effects.now())
        claims = {
            "iss": f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}",
            "sub": "ann",
            "aud": client.client_id,
            "token_use": "id",
            "iat": now,
            "exp": now + 60,
            **changes,
        }
        keys = await context.keys.of_pool(pool.pool_id)
        return sign({key: value for key, value in claims.items() if value is not None}, keys.signing["id"])

    return make


@pytest.fixture
def refusal(context: Context, trusting: IdentityPool) -> Callable[[dict[str, str]], Awaitable[str]]:
    """Give a function that returns in which words logins are refused."""

    async def ask(logins: dict[str, str]) -> str:
        with pytest.raises(NotAuthorizedException) as refused:
            await prove(context, trusting, logins)
        return refused.value.message

    return ask


async def test_an_id_token_proves_its_user(
    context: Context, trusting: IdentityPool, signed: Sign, name: str, client: Client
) -> None:
    proof = await prove(context, trusting, {name: await signed(email="ann@example.com")})

    (login,) = proof.logins
    assert (login.provider, login.user_id, login.client_id) == (name, "ann", client.client_id)
    assert login.claims["email"] == "ann@example.com"
    assert not proof.is_empty


@pytest.mark.parametrize("logins", [None, {}])
async def test_no_login_proves_nothing(
    context: Context, trusting: IdentityPool, logins: dict[str, str] | None
) -> None:
    assert (await prove(context, trusting, logins)).is_empty


async def test_the_services_own_token_is_kept_apart(context: Context, trusting: IdentityPool) -> None:
    identity = Identity(
        identity_id="us-east-1:2",
        identity_pool_id="us-east-1:1",
        created_ms=1,
        modified_ms=1,
        developer_logins={"ours": ["ann"]},
    )

    proof = await prove(context, trusting, {KEY: await identity_token(context, identity, seconds=9)})

    assert proof.logins == []
    assert proof.identity_claims is not None
    assert proof.identity_claims["sub"] == "us-east-1:2"
    assert not proof.is_empty


async def test_an_expired_token_tells_when(
    refusal: Callable[..., Any], signed: Sign, name: str, effects: FixedEffects
) -> None:
    token = await signed()
    expires = int(effects.now()) + 60
    effects.advance(75)

    assert await refusal({name: token}) == f"Invalid login token. Token expired: {expires + 15} >= {expires}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"aud": None}, "Invalid login token. Missing a required claim: aud"),
        ({"aud": "another client"}, UNSUPPORTED),
        ({"aud": ["a", "list"]}, UNSUPPORTED),
        ({"iss": "https://elsewhere.example"}, "Invalid login token. Issuer doesn't match providerName"),
        ({"iss": None}, "Invalid login token. Issuer doesn't match providerName"),
        ({"token_use": "access"}, NO_ID_TOKEN),
        ({"sub": None}, NO_ID_TOKEN),
        ({"exp": "tomorrow"}, NO_ID_TOKEN),
    ],
)
async def test_a_token_that_is_no_id_token_for_us_is_refused(
    refusal: Callable[..., Any], signed: Sign, name: str, changes: dict[str, Any], message: str
) -> None:
    assert await refusal({name: await signed(**changes)}) == message


async def test_a_forged_token_is_refused(
    refusal: Callable[..., Any], signed: Sign, name: str, context: Context
) -> None:
    header, payload, signature = (await signed()).split(".")

    assert await refusal({name: f"{header}.{payload}.{signature[:-8]}AAAAAAAA"}) == UNVERIFIED
    for text in ("token", "a.b.c", f"e30.{payload}.{signature}"):
        assert await refusal({name: text}) == NO_ID_TOKEN


async def test_one_bad_token_among_good_ones_is_refused(
    refusal: Callable[..., Any], signed: Sign, name: str
) -> None:
    assert await refusal({name: await signed(), "graph.facebook.com": "x"}) == UNSUPPORTED


async def test_a_provider_elsewhere_is_not_asked(refusal: Callable[..., Any], signed: Sign) -> None:
    assert await refusal({"accounts.google.com": await signed()}) == UNVERIFIED


async def test_a_user_pool_under_another_name_is_not_trusted(
    context: Context, trusting: IdentityPool, signed: Sign, pool: Pool, client: Client
) -> None:
    name = f"cognito-idp.eu-west-1.amazonaws.com/{pool.pool_id}"
    provider = CognitoIdentityProvider(provider_name=name, client_id=client.client_id)
    trusting.description.cognito_identity_providers = [provider]

    with pytest.raises(NotAuthorizedException) as refused:
        await prove(context, trusting, {name: await signed()})

    assert refused.value.message == UNSUPPORTED


async def test_a_user_pool_that_is_not_here_is_not_trusted(
    context: Context, trusting: IdentityPool, signed: Sign
) -> None:
    elsewhere = "cognito-idp.us-east-1.amazonaws.com/us-east-1_nosuchpool"
    trusting.description.cognito_identity_providers = [
        CognitoIdentityProvider(provider_name=elsewhere, client_id="abc")
    ]

    with pytest.raises(NotAuthorizedException) as refused:
        await prove(context, trusting, {elsewhere: await signed()})

    assert refused.value.message == UNSUPPORTED


@pytest.mark.parametrize("host", ["cognito-idp.us-east-1.amazonaws.com", "id.example.com"])
async def test_behind_a_public_url_a_user_pool_has_two_names(
    context: Context, trusting: IdentityPool, signed: Sign, pool: Pool, client: Client, host: str
) -> None:
    settings = Settings(database_url="sqlite://", public_url="https://id.example.com")
    name = f"{host}/{pool.pool_id}"
    provider = CognitoIdentityProvider(provider_name=name, client_id=client.client_id)
    trusting.description.cognito_identity_providers = [provider]
    token = await signed(iss=f"https://id.example.com/{pool.pool_id}")

    proof = await prove(with_fields(context, settings=settings), trusting, {name: token})

    assert [login.provider for login in proof.logins] == [name]


async def test_a_proof_shows_nothing(
    context: Context, trusting: IdentityPool, signed: Sign, name: str
) -> None:
    assert repr(await prove(context, trusting, {name: await signed()})) == "Proof(***)"
