"""A second secret of an app client, so that one can replace the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash
from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.pools import client_by_id
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    ResourceNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

BROUGHT = "my_own_secret_of_some_length"


@pytest.fixture
async def client(pool: Pool, make_client: Make) -> Client:
    """A client with a secret."""
    client: Client = await make_client(
        pool,
        generate_secret=True,
        explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return client


@pytest.fixture
def of(client: Client) -> dict[str, str]:
    """The two members that name the client."""
    return {"UserPoolId": client.pool_id, "ClientId": client.client_id}


@pytest.fixture
def enter(call: Call, client: Client) -> Make:
    """Give a function that signs Ann in with a secret."""

    async def run(secret: str) -> Any:
        proof = secret_hash("ann", client_id=client.client_id, client_secret=secret)
        parameters = {"USERNAME": "ann", "PASSWORD": "Correct-horse-1", "SECRET_HASH": proof}
        return await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )

    return run


async def first_secret(call: Call, of: dict[str, str]) -> str:
    """Return the secret that the client is described with."""
    secret: str = (await call("DescribeUserPoolClient", **of))["UserPoolClient"]["ClientSecret"]
    return secret


async def ids(call: Call, of: dict[str, str]) -> list[str]:
    """Return the ids of the client's secrets."""
    return [
        each["ClientSecretId"] for each in (await call("ListUserPoolClientSecrets", **of))["ClientSecrets"]
    ]


async def test_a_made_secret_is_told_once(call: Call, of: dict[str, str], effects: FixedEffects) -> None:
    effects.advance(60)

    told = (await call("AddUserPoolClientSecret", **of))["ClientSecretDescriptor"]

    assert len(told.pop("ClientSecretValue")) == 51
    assert told == {
        "ClientSecretId": f"{of['ClientId']}--{int(effects.now())}",
        "ClientSecretCreateDate": effects.now(),
    }
    listed = (await call("ListUserPoolClientSecrets", **of))["ClientSecrets"]
    assert listed == [
        {
            "ClientSecretId": f"{of['ClientId']}--{int(effects.now()) - 60}",
            "ClientSecretCreateDate": effects.now() - 60,
        },
        told,
    ]


async def test_a_brought_secret_is_not_told(call: Call, of: dict[str, str]) -> None:
    told = await call("AddUserPoolClientSecret", **of, ClientSecret=BROUGHT)

    assert "ClientSecretValue" not in told["ClientSecretDescriptor"]


async def test_two_secrets_of_one_second_have_two_ids(call: Call, of: dict[str, str]) -> None:
    await call("AddUserPoolClientSecret", **of)

    assert len(set(await ids(call, of))) == 2


async def test_both_secrets_are_good_everywhere(
    call: Call, pool: Pool, client: Client, of: dict[str, str], make_user: Make, enter: Make
) -> None:
    await make_user(pool, "ann")
    await call("AddUserPoolClientSecret", **of, ClientSecret=BROUGHT)

    for secret in (await first_secret(call, of), BROUGHT):
        refresh_token = (await enter(secret))["AuthenticationResult"]["RefreshToken"]
        named = {"ClientId": client.client_id, "ClientSecret": secret}
        assert await call("GetTokensFromRefreshToken", **named, RefreshToken=refresh_token)
        assert await call("RevokeToken", **named, Token=refresh_token) == {}
    with pytest.raises(NotAuthorizedException, match="Unable to verify secret hash"):
        await enter("neither of both, however long")


@pytest.mark.parametrize("which", [0, 1])
async def test_a_deleted_secret_is_no_good_and_the_other_stays(
    call: Call, pool: Pool, of: dict[str, str], make_user: Make, enter: Make, which: int
) -> None:
    await make_user(pool, "ann")
    secrets = [await first_secret(call, of), BROUGHT]
    await call("AddUserPoolClientSecret", **of, ClientSecret=BROUGHT)
    both = await ids(call, of)

    assert await call("DeleteUserPoolClientSecret", **of, ClientSecretId=both[which]) == {}

    assert await ids(call, of) == [both[1 - which]]
    assert await first_secret(call, of) == secrets[1 - which]
    assert await enter(secrets[1 - which])
    with pytest.raises(NotAuthorizedException):
        await enter(secrets[which])


async def test_a_third_secret_is_one_too_many(call: Call, of: dict[str, str]) -> None:
    await call("AddUserPoolClientSecret", **of)

    with pytest.raises(LimitExceededException) as caught:
        await call("AddUserPoolClientSecret", **of)

    assert caught.value.message == "Client secrets cannot exceed limit of 2 secrets."


async def test_the_last_secret_stays(call: Call, of: dict[str, str]) -> None:
    (only,) = await ids(call, of)

    with pytest.raises(InvalidParameterException, match="last client secret"):
        await call("DeleteUserPoolClientSecret", **of, ClientSecretId=only)
    with pytest.raises(ResourceNotFoundException, match="Client secret nonsense does not exist"):
        await call("DeleteUserPoolClientSecret", **of, ClientSecretId="nonsense")

    assert await ids(call, of) == [only]


async def test_a_client_without_a_secret_gets_none(call: Call, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool)
    of = {"UserPoolId": pool.pool_id, "ClientId": client.client_id}

    with pytest.raises(InvalidParameterException, match="is not configured for secret"):
        await call("AddUserPoolClientSecret", **of)

    assert await ids(call, of) == []


async def test_an_update_leaves_both_secrets_alone(call: Call, of: dict[str, str]) -> None:
    await call("AddUserPoolClientSecret", **of)
    before = await ids(call, of)

    await call("UpdateUserPoolClient", **of, ClientName="shop")

    assert await ids(call, of) == before


async def test_secrets_are_kept_sealed(call: Call, of: dict[str, str], context: Context) -> None:
    await call("AddUserPoolClientSecret", **of, ClientSecret=BROUGHT)

    client = await client_by_id(context.database.reader, of["ClientId"])
    assert client is not None
    assert client.added_secret is not None
    assert BROUGHT.encode() not in client.added_secret.sealed
    assert repr(client.added_secret) == "AddedSecret(***)"
