"""Users of a program's own, whom its back end vouches for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.records import Client
from userpool.server.temporary_credentials import open_grant
from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import (
    DeveloperUserAlreadyRegisteredException,
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
    ResourceNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]

OURS = "login.example.com"
KEY = "cognito-identity.amazonaws.com"


@pytest.fixture
async def trusting(make_identity_pool: Call, client: Client) -> Any:
    """An identity pool with a developer provider, that trusts `client`, too."""
    name = f"cognito-idp.us-east-1.amazonaws.com/{client.pool_id}"
    return await make_identity_pool(
        DeveloperProviderName=OURS,
        CognitoIdentityProviders=[{"ProviderName": name, "ClientId": client.client_id}],
    )


@pytest.fixture
def vouch(identity_call: Call, trusting: str) -> Call:
    """Give a function that vouches for a user of the developer's."""

    async def run(user_id: str, logins: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
        return await identity_call(
            "GetOpenIdTokenForDeveloperIdentity",
            IdentityPoolId=trusting,
            Logins={OURS: user_id, **(logins or {})},
            **members,
        )

    return run


async def test_a_developers_user_always_has_the_same_identity(vouch: Call) -> None:
    first, again, other = await vouch("ann"), await vouch("ann"), await vouch("bob")

    assert first["IdentityId"] == again["IdentityId"] != other["IdentityId"]


async def test_a_token_says_who_vouched_for_whom(vouch: Call, trusting: str, effects: FixedEffects) -> None:
    given = await vouch("ann")

    claims = unverified_claims(given["Token"])

    assert claims["sub"] == given["IdentityId"]
    assert claims["aud"] == trusting
    assert claims["amr"] == ["authenticated", OURS, f"{OURS}:{trusting}:ann"]
    assert claims["exp"] - claims["iat"] == 900
    assert claims["iat"] == effects.now()


async def test_the_token_is_the_login_for_credentials(
    vouch: Call, identity_call: Call, context: Context
) -> None:
    given = await vouch("ann", PrincipalTags={"team": "red"})

    reply = await identity_call(
        "GetCredentialsForIdentity", IdentityId=given["IdentityId"], Logins={KEY: given["Token"]}
    )

    credentials = reply["Credentials"]
    grant = open_grant(context, credentials["AccessKeyId"], credentials["SessionToken"])
    assert grant is not None
    assert grant.role_arn == "arn:aws:iam::000000000000:role/member"
    assert grant.principal_tags == {"team": "red"}


async def test_a_token_lasts_as_long_as_was_asked(
    vouch: Call, identity_call: Call, effects: FixedEffects
) -> None:
    given = await vouch("ann", TokenDuration=60)
    asked = {"IdentityId": given["IdentityId"], "Logins": {KEY: given["Token"]}}

    effects.advance(59)
    await identity_call("GetCredentialsForIdentity", **asked)
    effects.advance(1)

    with pytest.raises(NotAuthorizedException) as refused:
        await identity_call("GetCredentialsForIdentity", **asked)
    now = int(effects.now())
    assert refused.value.message == f"Invalid login token. Token expired: {now} >= {now}"


async def test_a_token_opens_no_other_identity(vouch: Call, identity_call: Call) -> None:
    ann, bob = await vouch("ann"), await vouch("bob")

    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "GetCredentialsForIdentity", IdentityId=bob["IdentityId"], Logins={KEY: ann["Token"]}
        )


async def test_the_developers_own_name_for_a_user_is_no_login(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    await vouch("ann")

    with pytest.raises(NotAuthorizedException, match="not from a supported provider"):
        await identity_call("GetId", IdentityPoolId=trusting, Logins={OURS: "ann"})


async def test_a_guests_identity_becomes_a_developers_users(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)

    given = await vouch("ann", IdentityId=guest["IdentityId"])

    assert given["IdentityId"] == guest["IdentityId"]
    with pytest.raises(NotAuthorizedException, match="is forbidden"):
        await identity_call("GetCredentialsForIdentity", **guest)


async def test_a_user_is_not_bound_to_a_second_identity(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    await vouch("ann")
    guest = await identity_call("GetId", IdentityPoolId=trusting)

    with pytest.raises(DeveloperUserAlreadyRegisteredException):
        await vouch("ann", IdentityId=guest["IdentityId"])


async def test_a_developers_user_is_linked_with_a_login(
    vouch: Call, identity_call: Call, trusting: str, logins_of: Call
) -> None:
    logins = await logins_of("ann")

    given = await vouch("ann", logins)

    found = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)
    assert found["IdentityId"] == given["IdentityId"]
    assert len((await identity_call("DescribeIdentity", **found))["Logins"]) == 2


async def test_the_services_own_token_is_no_login_beside_a_developers_user(vouch: Call) -> None:
    token = (await vouch("ann"))["Token"]

    with pytest.raises(NotAuthorizedException, match="not from a supported provider"):
        await vouch("bob", {KEY: token})


async def test_a_pool_without_a_developer_provider_vouches_for_nobody(
    identity_call: Call, make_identity_pool: Call
) -> None:
    with pytest.raises(InvalidParameterException, match="developer provider"):
        await identity_call(
            "GetOpenIdTokenForDeveloperIdentity",
            IdentityPoolId=await make_identity_pool(),
            Logins={OURS: "ann"},
        )


async def test_logins_have_to_name_the_developers_user(identity_call: Call, trusting: str) -> None:
    with pytest.raises(InvalidParameterException, match="name a user of the developer provider"):
        await identity_call("GetOpenIdTokenForDeveloperIdentity", IdentityPoolId=trusting, Logins={})


# ---- LookupDeveloperIdentity ----


async def test_a_user_leads_to_an_identity_and_back(vouch: Call, identity_call: Call, trusting: str) -> None:
    identity_id = (await vouch("ann"))["IdentityId"]
    told = {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["ann"]}

    for asked in (
        {"DeveloperUserIdentifier": "ann"},
        {"IdentityId": identity_id},
        {"IdentityId": identity_id, "DeveloperUserIdentifier": "ann"},
    ):
        assert await identity_call("LookupDeveloperIdentity", IdentityPoolId=trusting, **asked) == told


async def test_the_users_of_an_identity_are_told_page_by_page(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    identity_id = (await vouch("ann"))["IdentityId"]
    for user_id in ("anna", "annie"):
        await vouch(user_id, IdentityId=identity_id)
    asked = {"IdentityPoolId": trusting, "IdentityId": identity_id, "MaxResults": 2}

    first = await identity_call("LookupDeveloperIdentity", **asked)
    second = await identity_call("LookupDeveloperIdentity", **asked, NextToken=first["NextToken"])

    assert first["DeveloperUserIdentifierList"] == ["ann", "anna"]
    assert second == {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["annie"]}


async def test_one_user_of_an_identity_leads_to_the_others(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    identity_id = (await vouch("ann"))["IdentityId"]
    await vouch("anna", IdentityId=identity_id)
    asked = {"IdentityPoolId": trusting, "DeveloperUserIdentifier": "anna"}

    by_user = await identity_call("LookupDeveloperIdentity", **asked)
    by_both = await identity_call("LookupDeveloperIdentity", **asked, IdentityId=identity_id)

    assert by_user == {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["ann", "anna"]}
    assert by_both == {"IdentityId": identity_id, "DeveloperUserIdentifierList": ["anna"]}


async def test_what_does_not_belong_together_is_told_so(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    identity_id = (await vouch("ann"))["IdentityId"]
    await vouch("bob")

    for kind, asked in (
        (ResourceConflictException, {"IdentityId": identity_id, "DeveloperUserIdentifier": "bob"}),
        (ResourceNotFoundException, {"DeveloperUserIdentifier": "carol"}),
        (InvalidParameterException, {}),
    ):
        with pytest.raises(kind):
            await identity_call("LookupDeveloperIdentity", IdentityPoolId=trusting, **asked)


# ---- MergeDeveloperIdentities ----


async def test_two_users_become_one(vouch: Call, identity_call: Call, trusting: str) -> None:
    source, destination = await vouch("ann"), await vouch("anna")

    merged = await identity_call(
        "MergeDeveloperIdentities",
        IdentityPoolId=trusting,
        DeveloperProviderName=OURS,
        SourceUserIdentifier="ann",
        DestinationUserIdentifier="anna",
    )

    assert merged == {"IdentityId": destination["IdentityId"]}
    assert (await vouch("ann"))["IdentityId"] == destination["IdentityId"]
    with pytest.raises(NotAuthorizedException, match="is forbidden"):
        await identity_call("GetCredentialsForIdentity", IdentityId=source["IdentityId"])


async def test_a_token_from_before_the_merge_opens_nothing(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    source = await vouch("ann")
    await vouch("anna")
    await identity_call(
        "MergeDeveloperIdentities",
        IdentityPoolId=trusting,
        DeveloperProviderName=OURS,
        SourceUserIdentifier="ann",
        DestinationUserIdentifier="anna",
    )

    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "GetCredentialsForIdentity", IdentityId=source["IdentityId"], Logins={KEY: source["Token"]}
        )


async def test_users_with_different_logins_of_one_provider_are_not_merged(
    vouch: Call, identity_call: Call, trusting: str, logins_of: Call
) -> None:
    await vouch("ann", await logins_of("ann"))
    await vouch("bob", await logins_of("bob"))

    with pytest.raises(ResourceConflictException):
        await identity_call(
            "MergeDeveloperIdentities",
            IdentityPoolId=trusting,
            DeveloperProviderName=OURS,
            SourceUserIdentifier="ann",
            DestinationUserIdentifier="bob",
        )

    assert (await vouch("ann"))["IdentityId"] != (await vouch("bob"))["IdentityId"]


async def test_only_known_users_of_the_provider_are_merged(
    vouch: Call, identity_call: Call, trusting: str
) -> None:
    await vouch("ann")
    asked = {
        "IdentityPoolId": trusting,
        "DeveloperProviderName": OURS,
        "SourceUserIdentifier": "ann",
        "DestinationUserIdentifier": "nobody",
    }

    with pytest.raises(ResourceNotFoundException):
        await identity_call("MergeDeveloperIdentities", **asked)
    with pytest.raises(InvalidParameterException, match="developer provider of this identity pool"):
        await identity_call("MergeDeveloperIdentities", **{**asked, "DeveloperProviderName": "other"})


# ---- UnlinkDeveloperIdentity ----


async def test_an_unlinked_user_gets_a_new_identity(vouch: Call, identity_call: Call, trusting: str) -> None:
    before = await vouch("ann")
    asked = {
        "IdentityId": before["IdentityId"],
        "IdentityPoolId": trusting,
        "DeveloperProviderName": OURS,
        "DeveloperUserIdentifier": "ann",
    }

    await identity_call("UnlinkDeveloperIdentity", **asked)

    assert (await vouch("ann"))["IdentityId"] != before["IdentityId"]
    with pytest.raises(ResourceNotFoundException):
        await identity_call("UnlinkDeveloperIdentity", **asked)
    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "GetCredentialsForIdentity", IdentityId=before["IdentityId"], Logins={KEY: before["Token"]}
        )
