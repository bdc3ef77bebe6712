"""Making, describing, changing, listing and deleting identity pools; their roles and tags."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from userpool.server.capabilities.identity_pools import MOST_IDENTITIES_AT_ONCE
from userpool.server.context import Context
from userpool.server.database.query import Query
from userpool.server.database.tables import identities, identity_logins, identity_pools
from userpool.wire.faults import InvalidParameterException, ResourceNotFoundException

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]

NOBODY = "us-east-1:00000000-0000-4000-8000-000000000000"
FULL = {
    "IdentityPoolName": "visitors",
    "AllowUnauthenticatedIdentities": False,
    "AllowClassicFlow": True,
    "SupportedLoginProviders": {"accounts.google.com": "123.apps.googleusercontent.com"},
    "DeveloperProviderName": "login.example.com",
    "OpenIdConnectProviderARNs": ["arn:aws:iam::000000000000:oidc-provider/id.example.com"],
    "CognitoIdentityProviders": [
        {"ProviderName": "cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34", "ClientId": "abc"}
    ],
    "SamlProviderARNs": ["arn:aws:iam::000000000000:saml-provider/work"],
    "IdentityPoolTags": {"team": "red"},
}


def arn(identity_pool_id: str) -> str:
    return f"arn:aws:cognito-identity:us-east-1:000000000000:identitypool/{identity_pool_id}"


@pytest.mark.parametrize("other", ["000000000000:userpool", "999999999999:identitypool"])
async def test_tags_are_those_of_an_identity_pool_of_this_account(
    identity_call: Call, make_identity_pool: Call, other: str
) -> None:
    named = arn(await make_identity_pool()).replace("000000000000:identitypool", other)

    with pytest.raises(ResourceNotFoundException, match=f"Resource '{named}' not found"):
        await identity_call("ListTagsForResource", ResourceArn=named)


async def test_a_pool_is_described_as_it_was_made(identity_call: Call) -> None:
    made = await identity_call("CreateIdentityPool", **FULL)

    described = await identity_call("DescribeIdentityPool", IdentityPoolId=made["IdentityPoolId"])

    assert described == made == {**FULL, "IdentityPoolId": made["IdentityPoolId"]}


async def test_a_pool_is_made_in_the_region_of_the_request(identity_call: Call) -> None:
    asked = {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}

    made = await identity_call("CreateIdentityPool", region="eu-west-3", **asked)

    assert made["IdentityPoolId"].startswith("eu-west-3:")
    assert (await identity_call("ListIdentityPools", MaxResults=5))["IdentityPools"] == []


async def test_what_an_update_leaves_out_is_gone(identity_call: Call) -> None:
    made = await identity_call("CreateIdentityPool", **{**FULL, "DeveloperProviderName": None})
    kept = {
        "IdentityPoolId": made["IdentityPoolId"],
        "IdentityPoolName": "guests",
        "AllowUnauthenticatedIdentities": True,
    }

    changed = await identity_call("UpdateIdentityPool", **kept)

    assert changed == kept
    assert await identity_call("DescribeIdentityPool", IdentityPoolId=made["IdentityPoolId"]) == kept


@pytest.mark.parametrize("name", [None, "login.example.org"])
async def test_a_developer_provider_keeps_its_name(identity_call: Call, name: str | None) -> None:
    made = await identity_call("CreateIdentityPool", **FULL)

    with pytest.raises(InvalidParameterException, match="developer provider name cannot be changed"):
        await identity_call(
            "UpdateIdentityPool",
            **{**FULL, "IdentityPoolId": made["IdentityPoolId"], "DeveloperProviderName": name},
        )


async def test_an_update_keeps_the_roles(identity_call: Call, make_identity_pool: Call) -> None:
    pool_id = await make_identity_pool()
    before = await identity_call("GetIdentityPoolRoles", IdentityPoolId=pool_id)

    await identity_call(
        "UpdateIdentityPool",
        IdentityPoolId=pool_id,
        IdentityPoolName="other",
        AllowUnauthenticatedIdentities=False,
    )

    assert await identity_call("GetIdentityPoolRoles", IdentityPoolId=pool_id) == before


async def test_pools_are_listed_page_by_page(identity_call: Call, make_identity_pool: Call) -> None:
    made = [await make_identity_pool() for _ in range(3)]

    first = await identity_call("ListIdentityPools", MaxResults=2)
    second = await identity_call("ListIdentityPools", MaxResults=2, NextToken=first["NextToken"])

    listed = [each["IdentityPoolId"] for page in (first, second) for each in page["IdentityPools"]]
    assert listed == sorted(made)
    assert "NextToken" not in second
    assert {each["IdentityPoolName"] for each in first["IdentityPools"]} == {"visitors"}


async def test_a_deleted_pool_leaves_nothing_behind(
    identity_call: Call, trusting: str, logins_of: Call, context: Context
) -> None:
    await identity_call("GetId", IdentityPoolId=trusting, Logins=await logins_of("ann"))
    for _ in range(MOST_IDENTITIES_AT_ONCE):
        await identity_call("GetId", IdentityPoolId=trusting)

    await identity_call("DeleteIdentityPool", IdentityPoolId=trusting)

    for table in (identity_pools, identities, identity_logins):
        rows = await context.database.reader.one(Query(select(func.count()).select_from(table)))
        assert rows == (0,), table.name


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("DescribeIdentityPool", {}),
        ("DeleteIdentityPool", {}),
        ("UpdateIdentityPool", {"IdentityPoolName": "x", "AllowUnauthenticatedIdentities": True}),
        ("GetIdentityPoolRoles", {}),
        ("SetIdentityPoolRoles", {"Roles": {}}),
        ("GetPrincipalTagAttributeMap", {"IdentityProviderName": "x"}),
        ("SetPrincipalTagAttributeMap", {"IdentityProviderName": "x"}),
        ("ListIdentities", {"MaxResults": 5}),
    ],
)
async def test_a_pool_that_is_not_there_is_told_so(
    identity_call: Call, operation: str, members: dict[str, Any]
) -> None:
    with pytest.raises(ResourceNotFoundException) as refused:
        await identity_call(operation, IdentityPoolId=NOBODY, **members)

    assert refused.value.message == f"IdentityPool '{NOBODY}' not found."


# ---- roles ----


async def test_roles_are_told_as_they_were_set(identity_call: Call, make_identity_pool: Call) -> None:
    pool_id = await make_identity_pool()
    rule = {
        "Claim": "custom:team",
        "MatchType": "Equals",
        "Value": "red",
        "RoleARN": "arn:aws:iam::000000000000:role/red",
    }
    asked = {
        "Roles": {"authenticated": "arn:aws:iam::000000000000:role/member"},
        "RoleMappings": {
            "graph.facebook.com": {
                "Type": "Rules",
                "AmbiguousRoleResolution": "Deny",
                "RulesConfiguration": {"Rules": [rule]},
            }
        },
    }

    await identity_call("SetIdentityPoolRoles", IdentityPoolId=pool_id, **asked)

    told = await identity_call("GetIdentityPoolRoles", IdentityPoolId=pool_id)
    assert told == {"IdentityPoolId": pool_id, **asked}


async def test_setting_roles_without_mappings_takes_the_mappings_away(
    identity_call: Call, make_identity_pool: Call
) -> None:
    pool_id = await make_identity_pool()
    mappings = {"graph.facebook.com": {"Type": "Token", "AmbiguousRoleResolution": "Deny"}}
    await identity_call("SetIdentityPoolRoles", IdentityPoolId=pool_id, Roles={}, RoleMappings=mappings)

    await identity_call("SetIdentityPoolRoles", IdentityPoolId=pool_id, Roles={})

    assert await identity_call("GetIdentityPoolRoles", IdentityPoolId=pool_id) == {
        "IdentityPoolId": pool_id,
        "Roles": {},
    }


# ---- principal tags ----


async def test_principal_tags_are_told_as_they_were_set(
    identity_call: Call, make_identity_pool: Call
) -> None:
    pool_id = await make_identity_pool()
    named = {"IdentityPoolId": pool_id, "IdentityProviderName": "accounts.google.com"}

    told = await identity_call("SetPrincipalTagAttributeMap", **named, PrincipalTags={"team": "custom:team"})

    assert told == {**named, "UseDefaults": False, "PrincipalTags": {"team": "custom:team"}}
    assert await identity_call("GetPrincipalTagAttributeMap", **named) == told


async def test_the_default_principal_tags_are_username_and_client(
    identity_call: Call, make_identity_pool: Call
) -> None:
    named = {"IdentityPoolId": await make_identity_pool(), "IdentityProviderName": "accounts.google.com"}
    nothing = await identity_call("GetPrincipalTagAttributeMap", **named)

    told = await identity_call("SetPrincipalTagAttributeMap", **named, UseDefaults=True)

    assert nothing == {**named, "UseDefaults": False, "PrincipalTags": {}}
    assert told == {**named, "UseDefaults": True, "PrincipalTags": {"username": "sub", "client": "aud"}}


# ---- tags ----


async def test_tags_come_and_go(identity_call: Call, make_identity_pool: Call) -> None:
    pool_id = await make_identity_pool(IdentityPoolTags={"team": "red"})

    await identity_call("TagResource", ResourceArn=arn(pool_id), Tags={"team": "blue", "stage": "test"})
    both = await identity_call("ListTagsForResource", ResourceArn=arn(pool_id))
    await identity_call("UntagResource", ResourceArn=arn(pool_id), TagKeys=["team", "nothing"])

    assert both == {"Tags": {"team": "blue", "stage": "test"}}
    assert await identity_call("ListTagsForResource", ResourceArn=arn(pool_id)) == {"Tags": {"stage": "test"}}


async def test_a_pool_has_fifty_tags_at_most(identity_call: Call, make_identity_pool: Call) -> None:
    pool_id = await make_identity_pool(IdentityPoolTags={f"tag {number}": "" for number in range(50)})

    with pytest.raises(InvalidParameterException, match="at most 50 tags"):
        await identity_call("TagResource", ResourceArn=arn(pool_id), Tags={"one more": ""})


@pytest.mark.parametrize("prefix", ["arn:aws:cognito-idp:us-east-1:000000000000:userpool/", arn("")[:-1], ""])
async def test_an_arn_of_something_else_is_not_found(
    identity_call: Call, make_identity_pool: Call, prefix: str
) -> None:
    pool_id = await make_identity_pool()

    with pytest.raises(ResourceNotFoundException):
        await identity_call("ListTagsForResource", ResourceArn=f"{prefix}{pool_id}")
