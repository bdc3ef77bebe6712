"""boto3, unmodified, makes identity pools and gets credentials of them; joserfc verifies the tokens of identities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt as stranger
from joserfc.jwk import KeySet

MEMBER = "arn:aws:iam::000000000000:role/member"
GUEST = "arn:aws:iam::000000000000:role/guest"


@pytest.fixture(scope="module")
def identity_client() -> Iterator[Callable[..., Any]]:
    """Give a function that makes a boto3 client of identity pools, signing or not."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    made: list[Any] = []

    def make(origin: str, *keys: str, signed: bool = True, service: str = "cognito-identity") -> Any:
        config = Config(retries={"total_max_attempts": 1})
        if not signed:
            config = config.merge(Config(signature_version=UNSIGNED))
        session = boto3.Session(*keys or ("AKIDEXAMPLE000000000", "any secret"), region_name="us-east-1")
        made.append(session.client(service, endpoint_url=origin, config=config))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def identities(served: Any, identity_client: Callable[..., Any]) -> Any:
    """An administrator of identity pools."""
    return identity_client(served.origin)


@pytest.fixture
def provider(place: Any) -> str:
    """The user pool's name as identity provider."""
    return f"cognito-idp.us-east-1.amazonaws.com/{place.pool_id}"


@pytest.fixture
def pool_id(identities: Any, place: Any, provider: str) -> str:
    """An identity pool that lets in guests and the users of the place."""
    made = identities.create_identity_pool(
        IdentityPoolName="visitors",
        AllowUnauthenticatedIdentities=True,
        DeveloperProviderName="login.example.com",
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": place.client_id}],
    )
    identities.set_identity_pool_roles(
        IdentityPoolId=made["IdentityPoolId"], Roles={"authenticated": MEMBER, "unauthenticated": GUEST}
    )
    found: str = made["IdentityPoolId"]
    return found


@pytest.fixture
def logins(provider: str, sign_in: Callable[[], dict[str, Any]]) -> dict[str, str]:
    """The login of somebody who has just signed in."""
    return {provider: sign_in()["IdToken"]}


def test_a_person_gets_credentials_without_any_key(
    served: Any, identity_client: Callable[..., Any], pool_id: str, logins: dict[str, str]
) -> None:
    visitor = identity_client(served.origin, signed=False)
    identity_id = visitor.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]

    reply = visitor.get_credentials_for_identity(IdentityId=identity_id, Logins=logins)

    given = reply["Credentials"]
    assert reply["IdentityId"] == identity_id
    assert set(given) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert abs(given["Expiration"] - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)


def test_an_access_token_is_told_what_it_lacks(
    identities: Any, pool_id: str, provider: str, sign_in: Callable[[], dict[str, Any]]
) -> None:
    with pytest.raises(identities.exceptions.NotAuthorizedException) as refused:
        identities.get_id(IdentityPoolId=pool_id, Logins={provider: sign_in()["AccessToken"]})

    message = refused.value.response["Error"]["Message"]
    assert message == "Invalid login token. Missing a required claim: aud"


def test_a_guest_who_signs_in_keeps_the_identity(
    identities: Any, pool_id: str, logins: dict[str, str]
) -> None:
    guest = identities.get_id(IdentityPoolId=pool_id)["IdentityId"]
    identities.get_credentials_for_identity(IdentityId=guest)

    identities.get_credentials_for_identity(IdentityId=guest, Logins=logins)

    assert identities.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"] == guest
    with pytest.raises(identities.exceptions.NotAuthorizedException, match="is forbidden"):
        identities.get_credentials_for_identity(IdentityId=guest)


def test_joserfc_verifies_a_token_of_an_identity(
    served: Any,
    call: Callable[..., Any],
    identities: Any,
    pool_id: str,
    provider: str,
    logins: dict[str, str],
) -> None:
    identity_id = identities.get_id(IdentityPoolId=pool_id, Logins=logins)["IdentityId"]
    token = identities.get_open_id_token(IdentityId=identity_id, Logins=logins)["Token"]

    configuration = call(served.origin, method="GET", path="/.well-known/openid-configuration").json
    keys = call(served.origin, method="GET", path=configuration["jwks_uri"].removeprefix(served.origin)).json
    claims = stranger.decode(token, KeySet.import_key_set(keys), algorithms=["RS512"]).claims

    assert (claims["iss"], claims["aud"], claims["sub"]) == (configuration["issuer"], pool_id, identity_id)
    assert claims["amr"][:2] == ["authenticated", provider]
    assert claims["exp"] - claims["iat"] == 600


def test_a_back_end_vouches_for_a_user_of_its_own(identities: Any, pool_id: str) -> None:
    vouched = identities.get_open_id_token_for_developer_identity(
        IdentityPoolId=pool_id, Logins={"login.example.com": "user-17"}
    )

    reply = identities.get_credentials_for_identity(
        IdentityId=vouched["IdentityId"], Logins={"cognito-identity.amazonaws.com": vouched["Token"]}
    )

    assert reply["IdentityId"] == vouched["IdentityId"]
    found = identities.lookup_developer_identity(IdentityPoolId=pool_id, DeveloperUserIdentifier="user-17")
    assert found["IdentityId"] == vouched["IdentityId"]


def test_pools_are_listed_page_by_page(identities: Any, pool_id: str) -> None:
    made = {
        identities.create_identity_pool(IdentityPoolName="x", AllowUnauthenticatedIdentities=True)[
            "IdentityPoolId"
        ]
        for _ in range(2)
    }

    pages = list(identities.get_paginator("list_identity_pools").paginate(PaginationConfig={"PageSize": 2}))

    assert {pool_id, *made} <= {each["IdentityPoolId"] for page in pages for each in page["IdentityPools"]}


def test_a_pool_is_described_changed_and_deleted(identities: Any, pool_id: str) -> None:
    identities.update_identity_pool(
        IdentityPoolId=pool_id,
        IdentityPoolName="members",
        AllowUnauthenticatedIdentities=False,
        DeveloperProviderName="login.example.com",
    )

    described = identities.describe_identity_pool(IdentityPoolId=pool_id)
    identities.delete_identity_pool(IdentityPoolId=pool_id)

    assert described["IdentityPoolName"] == "members"
    assert "CognitoIdentityProviders" not in described
    with pytest.raises(identities.exceptions.ResourceNotFoundException):
        identities.describe_identity_pool(IdentityPoolId=pool_id)


# ---- what the credentials are good for ----


@pytest.mark.parametrize("options", [("--dev",), ()], ids=["development", "guarded"])
def test_an_identity_may_call_what_its_role_is_allowed(
    start_server: Callable[..., Any],
    identity_client: Callable[..., Any],
    options: tuple[str, ...],
) -> None:
    from botocore.exceptions import ClientError

    server = start_server(*options, "--role-action", f"{MEMBER}=cognito-idp:ListUserPools")
    keys = access_key(server.database)
    admin = identity_client(server.origin, *keys)
    given = vouched_for(admin)

    holder = identity_client(server.origin, *given, service="cognito-idp")

    assert holder.list_user_pools(MaxResults=5)["UserPools"] == []
    with pytest.raises(ClientError) as refused:
        holder.create_user_pool(PoolName="mine")
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def access_key(database: str) -> list[str]:
    """Make an access key for a server."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "userpool", "keys", "create", "--database", database]
    printed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    return [line.split("=", 1)[1] for line in printed.splitlines()]


def vouched_for(admin: Any) -> list[str]:
    """Make an identity pool with one identity; return that one's credentials."""
    pool_id = admin.create_identity_pool(
        IdentityPoolName="x", AllowUnauthenticatedIdentities=False, DeveloperProviderName="ours"
    )["IdentityPoolId"]
    admin.set_identity_pool_roles(IdentityPoolId=pool_id, Roles={"authenticated": MEMBER})
    vouched = admin.get_open_id_token_for_developer_identity(IdentityPoolId=pool_id, Logins={"ours": "ann"})
    given = admin.get_credentials_for_identity(
        IdentityId=vouched["IdentityId"], Logins={"cognito-identity.amazonaws.com": vouched["Token"]}
    )["Credentials"]
    return [given["AccessKeyId"], given["SecretKey"], given["SessionToken"]]
