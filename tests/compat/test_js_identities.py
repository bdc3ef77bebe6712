"""amazon-cognito-identity-js and the AWS SDK for JavaScript, unmodified, get credentials of an identity pool."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

VISITOR = "arn:aws:iam::000000000000:role/visitor"


@pytest.fixture(scope="module")
def identity_pool_id(boto: Callable[..., Any], served: Any, place: Any) -> str:
    """An identity pool for the users of the place."""
    identities = boto(served.origin, service="cognito-identity")
    provider = f"cognito-idp.us-east-1.amazonaws.com/{place.pool_id}"
    made = identities.create_identity_pool(
        IdentityPoolName="visitors",
        AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": place.client_id}],
    )
    found: str = made["IdentityPoolId"]
    identities.set_identity_pool_roles(IdentityPoolId=found, Roles={"authenticated": VISITOR})
    return found


@pytest.mark.parametrize("scene", ["afterSignIn", "fromStorage"])
def test_whoever_is_signed_in_gets_credentials_that_aws_clients_sign_with(
    js: Callable[..., Any],
    boto: Callable[..., Any],
    place: Any,
    person: Any,
    identity_pool_id: str,
    scene: str,
) -> None:
    given = js(f"identities/{scene}", place, person, identityPoolId=identity_pool_id)

    holder = boto(place.endpoint, given["accessKeyId"], given["secretAccessKey"], token=given["sessionToken"])
    assert holder.describe_user_pool(UserPoolId=place.pool_id)["UserPool"]["Id"] == place.pool_id
    with pytest.raises(holder.exceptions.ClientError, match="AccessDeniedException"):
        holder.list_user_pools(MaxResults=1)
    assert datetime.fromisoformat(given["expiration"]) > datetime.now(UTC)


def test_a_renewed_session_gets_credentials_of_the_same_identity(
    js: Callable[..., Any], place: Any, person: Any, identity_pool_id: str
) -> None:
    seen = js("identities/afterRefresh", place, person, identityPoolId=identity_pool_id)

    assert seen["after"]["identityId"] == seen["before"]["identityId"]
    assert seen["after"]["accessKeyId"] != seen["before"]["accessKeyId"]


def test_a_guest_gets_none_where_none_are_let_in(
    js: Callable[..., Any], place: Any, identity_pool_id: str
) -> None:
    assert js("identities/asGuest", place, identityPoolId=identity_pool_id) == {
        "name": "NotAuthorizedException",
        "message": "Unauthenticated access is not supported for this identity pool.",
    }
