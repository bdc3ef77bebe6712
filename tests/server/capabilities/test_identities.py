"""Identities: who gets which, and what it is given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.records import Client, Pool
from userpool.server.temporary_credentials import open_grant
from userpool.wire.faults import (
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
LoginsOf = Callable[[str], Awaitable[dict[str, str]]]

NOBODY = "us-east-1:00000000-0000-4000-8000-000000000000"


# ---- GetId ----


async def test_a_guest_is_new_each_time(identity_call: Call, trusting: str) -> None:
    first = await identity_call("GetId", IdentityPoolId=trusting)
    second = await identity_call("GetId", IdentityPoolId=trusting)

    assert first["IdentityId"].startswith("us-east-1:")
    assert first != second


async def test_the_same_login_leads_to_the_same_identity(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    first = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))
    again = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))
    other = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("bob"))

    assert first == again
    assert first != other


async def test_a_user_has_an_identity_of_its_own_in_each_pool(
    identity_call: Call, trusting: str, make_identity_pool: Call, client: Client, logins_of: LoginsOf
) -> None:
    name = f"cognito-idp.us-east-1.amazonaws.com/{client.pool_id}"
    provider = {"ProviderName": name, "ClientId": client.client_id}
    elsewhere = await make_identity_pool(CognitoIdentityProviders=[provider])
    logins = await logins_of("ann")

    here = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    assert here != await identity_call("GetId", IdentityPoolId=elsewhere, Logins=logins)


async def test_a_pool_may_have_no_guests(
    identity_call: Call, make_identity_pool: Call, logins_of: LoginsOf
) -> None:
    closed = await make_identity_pool(AllowUnauthenticatedIdentities=False)

    with pytest.raises(NotAuthorizedException) as refused:
        await identity_call("GetId", IdentityPoolId=closed)

    assert refused.value.message == "Unauthenticated access is not supported for this identity pool."


async def test_a_login_of_a_provider_that_is_not_trusted_is_refused(
    identity_call: Call, make_identity_pool: Call, logins_of: LoginsOf
) -> None:
    trusts_nobody = await make_identity_pool()

    with pytest.raises(NotAuthorizedException) as refused:
        await identity_call("GetId", IdentityPoolId=trusts_nobody, Logins=await logins_of("ann"))

    assert refused.value.message == "Token is not from a supported provider of this identity pool."


async def test_a_pool_that_is_not_there_is_told_so(identity_call: Call) -> None:
    with pytest.raises(ResourceNotFoundException) as refused:
        await identity_call("GetId", IdentityPoolId=NOBODY)

    assert refused.value.message == f"IdentityPool '{NOBODY}' not found."


# ---- GetCredentialsForIdentity ----


async def test_a_guest_gets_credentials_for_the_guests_role(
    identity_call: Call, trusting: str, context: Context, effects: FixedEffects
) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)

    reply = await identity_call("GetCredentialsForIdentity", **guest)

    given = reply["Credentials"]
    assert reply["IdentityId"] == guest["IdentityId"]
    assert set(given) == {"AccessKeyId", "SecretKey", "SessionToken", "Expiration"}
    assert given["AccessKeyId"].startswith("ASIA")
    assert (len(given["AccessKeyId"]), len(given["SecretKey"])) == (20, 40)
    assert given["Expiration"] == effects.now() + 3600
    grant = open_grant(context, given["AccessKeyId"], given["SessionToken"])
    assert grant is not None
    assert grant.role_arn == "arn:aws:iam::000000000000:role/guest"


async def test_a_user_gets_credentials_for_the_members_role(
    identity_call: Call, trusting: str, logins_of: LoginsOf, context: Context
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    reply = await identity_call("GetCredentialsForIdentity", **member, Logins=logins)

    grant = open_grant(context, reply["Credentials"]["AccessKeyId"], reply["Credentials"]["SessionToken"])
    assert grant is not None
    assert grant.role_arn == "arn:aws:iam::000000000000:role/member"
    assert grant.identity_id == member["IdentityId"]


async def test_an_identity_without_a_role_gets_nothing(identity_call: Call, trusting: str) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    await identity_call("SetIdentityPoolRoles", IdentityPoolId=trusting, Roles={})

    with pytest.raises(InvalidIdentityPoolConfigurationException) as refused:
        await identity_call("GetCredentialsForIdentity", **guest)

    assert refused.value.message == (
        "Invalid identity pool configuration. Check assigned IAM roles for this pool."
    )


@pytest.mark.parametrize("operation", ["GetCredentialsForIdentity", "GetOpenIdToken"])
async def test_the_id_of_a_users_identity_alone_opens_nothing(
    identity_call: Call, trusting: str, logins_of: LoginsOf, operation: str
) -> None:
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))

    with pytest.raises(NotAuthorizedException) as refused:
        await identity_call(operation, **member)

    assert refused.value.message == f"Access to Identity '{member['IdentityId']}' is forbidden."


@pytest.mark.parametrize("operation", ["GetCredentialsForIdentity", "GetOpenIdToken"])
async def test_another_users_login_does_not_open_an_identity(
    identity_call: Call, trusting: str, logins_of: LoginsOf, operation: str
) -> None:
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))

    with pytest.raises(NotAuthorizedException) as refused:
        await identity_call(operation, **member, Logins=await logins_of("bob"))

    assert refused.value.message == (
        "Logins don't match. Please include at least one valid login for this identity or identity pool."
    )


@pytest.mark.parametrize("operation", ["GetCredentialsForIdentity", "GetOpenIdToken", "DescribeIdentity"])
async def test_an_identity_that_is_not_there_is_told_so(identity_call: Call, operation: str) -> None:
    with pytest.raises(ResourceNotFoundException) as refused:
        await identity_call(operation, IdentityId=NOBODY)

    assert refused.value.message == f"Identity '{NOBODY}' not found."


async def test_guests_are_sent_away_once_the_pool_lets_none_in(identity_call: Call, trusting: str) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    await identity_call(
        "UpdateIdentityPool",
        IdentityPoolId=trusting,
        IdentityPoolName="visitors",
        AllowUnauthenticatedIdentities=False,
    )

    with pytest.raises(NotAuthorizedException, match="Unauthenticated access is not supported"):
        await identity_call("GetCredentialsForIdentity", **guest)


# ---- GetOpenIdToken ----


async def test_the_basic_flow_can_be_closed(identity_call: Call, make_identity_pool: Call) -> None:
    enhanced = await make_identity_pool(AllowClassicFlow=False)
    guest = await identity_call("GetId", IdentityPoolId=enhanced)

    with pytest.raises(InvalidParameterException) as refused:
        await identity_call("GetOpenIdToken", **guest)

    assert refused.value.message == "Basic (classic) flow is not enabled, please use enhanced flow."


async def test_the_basic_flow_does_not_go_with_role_mappings(identity_call: Call, trusting: str) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    mapping = {"Type": "Token", "AmbiguousRoleResolution": "Deny"}
    await identity_call(
        "SetIdentityPoolRoles",
        IdentityPoolId=trusting,
        Roles={},
        RoleMappings={"graph.facebook.com": mapping},
    )

    with pytest.raises(InvalidParameterException) as refused:
        await identity_call("GetOpenIdToken", **guest)

    assert "is not supported with RoleMappings" in refused.value.message


async def test_a_token_of_the_basic_flow_is_a_login_itself(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))
    reply = await identity_call("GetOpenIdToken", **member, Logins=await logins_of("ann"))

    login = {"cognito-identity.amazonaws.com": reply["Token"]}
    given = await identity_call("GetCredentialsForIdentity", **member, Logins=login)

    assert given["IdentityId"] == member["IdentityId"]
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=login) == member


async def test_a_guests_token_is_no_login(identity_call: Call, trusting: str) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    token = (await identity_call("GetOpenIdToken", **guest))["Token"]

    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "GetCredentialsForIdentity", **guest, Logins={"cognito-identity.amazonaws.com": token}
        )


# ---- describing, listing, deleting ----


async def test_an_identity_tells_its_providers_and_times(
    identity_call: Call, trusting: str, logins_of: LoginsOf, pool: Pool, effects: FixedEffects
) -> None:
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))

    told = await identity_call("DescribeIdentity", **member)

    assert told == {
        **member,
        "Logins": [f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"],
        "CreationDate": effects.now(),
        "LastModifiedDate": effects.now(),
    }


async def test_identities_are_listed_page_by_page(identity_call: Call, trusting: str) -> None:
    made = [(await identity_call("GetId", IdentityPoolId=trusting))["IdentityId"] for _ in range(3)]

    first = await identity_call("ListIdentities", IdentityPoolId=trusting, MaxResults=2)
    second = await identity_call(
        "ListIdentities", IdentityPoolId=trusting, MaxResults=2, NextToken=first["NextToken"]
    )

    listed = [each["IdentityId"] for page in (first, second) for each in page["Identities"]]
    assert listed == sorted(made)
    assert "NextToken" not in second
    assert first["IdentityPoolId"] == trusting


async def test_a_page_token_is_good_for_its_own_listing_only(
    identity_call: Call, trusting: str, make_identity_pool: Call
) -> None:
    for _ in range(2):
        await identity_call("GetId", IdentityPoolId=trusting)
    token = (await identity_call("ListIdentities", IdentityPoolId=trusting, MaxResults=1))["NextToken"]

    for changed in ({"IdentityPoolId": await make_identity_pool()}, {"HideDisabled": True}):
        asked = {"IdentityPoolId": trusting, "MaxResults": 1, "NextToken": token, **changed}
        with pytest.raises(InvalidParameterException, match="Invalid pagination token"):
            await identity_call("ListIdentities", **asked)


async def test_a_deleted_identity_is_forgotten_with_its_logins(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    before = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    reply = await identity_call("DeleteIdentities", IdentityIdsToDelete=[before["IdentityId"], NOBODY])

    assert reply == {"UnprocessedIdentityIds": []}
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=logins) != before
    with pytest.raises(ResourceNotFoundException):
        await identity_call("DescribeIdentity", **before)
