"""Guests who sign in, logins that are linked and unlinked, and identities that become one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
LoginsOf = Callable[[str], Awaitable[dict[str, str]]]


@pytest.fixture
def second_logins(
    call: Call, make_pool: Call, make_client: Call, make_user: Call, sign_in: Call
) -> Callable[[str], Awaitable[tuple[Client, dict[str, str]]]]:
    """Give a function that makes somebody in another user pool; returns the client there and a Logins map."""

    async def run(username: str) -> tuple[Client, dict[str, str]]:
        pool: Any = await make_pool()
        client: Any = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
        await make_user(pool, username)
        tokens = await sign_in(client, username)
        return client, {f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}": tokens["IdToken"]}

    return run


@pytest.fixture
def trust(identity_call: Call, trusting: str, client: Client) -> Callable[[Client], Awaitable[None]]:
    """Give a function that lets the identity pool trust a second client, too."""

    async def run(other: Client) -> None:
        providers = [
            {
                "ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{each.pool_id}",
                "ClientId": each.client_id,
            }
            for each in (client, other)
        ]
        await identity_call(
            "UpdateIdentityPool",
            IdentityPoolId=trusting,
            IdentityPoolName="visitors",
            AllowUnauthenticatedIdentities=True,
            CognitoIdentityProviders=providers,
        )

    return run


async def test_a_guest_who_signs_in_keeps_the_identity(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    logins = await logins_of("ann")

    reply = await identity_call("GetCredentialsForIdentity", **guest, Logins=logins)

    assert reply["IdentityId"] == guest["IdentityId"]
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=logins) == guest
    with pytest.raises(NotAuthorizedException, match="is forbidden"):
        await identity_call("GetCredentialsForIdentity", **guest)


async def test_a_guest_who_signs_in_as_a_known_user_gets_that_users_identity(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)
    guest = await identity_call("GetId", IdentityPoolId=trusting)

    reply = await identity_call("GetOpenIdToken", **guest, Logins=logins)

    assert reply["IdentityId"] == member["IdentityId"]
    listed = await identity_call("ListIdentities", IdentityPoolId=trusting, MaxResults=60, HideDisabled=True)
    assert [each["IdentityId"] for each in listed["Identities"]] == [member["IdentityId"]]
    everybody = await identity_call("ListIdentities", IdentityPoolId=trusting, MaxResults=60)
    assert len(everybody["Identities"]) == 2


async def test_a_merged_identity_still_leads_to_the_one_it_became(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)
    guest = await identity_call("GetId", IdentityPoolId=trusting)
    await identity_call("GetCredentialsForIdentity", **guest, Logins=logins)

    again = await identity_call("GetCredentialsForIdentity", **guest, Logins=logins)

    assert again["IdentityId"] == member["IdentityId"]
    with pytest.raises(NotAuthorizedException, match="is forbidden"):
        await identity_call("GetCredentialsForIdentity", **guest)
    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call("GetCredentialsForIdentity", **guest, Logins=await logins_of("bob"))


async def test_two_logins_at_once_are_linked(
    identity_call: Call, trusting: str, logins_of: LoginsOf, second_logins: Call, trust: Call
) -> None:
    first = await logins_of("ann")
    other, second = await second_logins("ann-at-work")
    await trust(other)

    linked = await identity_call("GetId", IdentityPoolId=trusting, Logins={**first, **second})

    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=first) == linked
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=second) == linked
    assert len((await identity_call("DescribeIdentity", **linked))["Logins"]) == 2


async def test_two_identities_whose_logins_come_together_become_the_older_one(
    identity_call: Call,
    trusting: str,
    logins_of: LoginsOf,
    second_logins: Call,
    trust: Call,
    effects: FixedEffects,
) -> None:
    first = await logins_of("ann")
    other, second = await second_logins("ann-at-work")
    await trust(other)
    older = await identity_call("GetId", IdentityPoolId=trusting, Logins=second)
    effects.advance(1)
    younger = await identity_call("GetId", IdentityPoolId=trusting, Logins=first)

    united = await identity_call("GetId", IdentityPoolId=trusting, Logins={**first, **second})

    assert united == older != younger
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=first) == older
    assert (await identity_call("DescribeIdentity", **younger))["Logins"] == []


async def test_two_users_of_one_provider_do_not_become_one(
    identity_call: Call, trusting: str, logins_of: LoginsOf, second_logins: Call, trust: Call
) -> None:
    ann, bob = await logins_of("ann"), await logins_of("bob")
    other, work = await second_logins("ann-at-work")
    await trust(other)
    hers = await identity_call("GetId", IdentityPoolId=trusting, Logins={**ann, **work})
    his = await identity_call("GetId", IdentityPoolId=trusting, Logins=bob)

    with pytest.raises(ResourceConflictException, match="already linked to another account"):
        await identity_call("GetId", IdentityPoolId=trusting, Logins={**bob, **work})

    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=ann) == hers
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=bob) == his


# ---- UnlinkIdentity ----


async def test_an_unlinked_login_gets_a_new_identity(
    identity_call: Call, trusting: str, logins_of: LoginsOf, second_logins: Call, trust: Call
) -> None:
    first = await logins_of("ann")
    other, second = await second_logins("ann-at-work")
    await trust(other)
    both = await identity_call("GetId", IdentityPoolId=trusting, Logins={**first, **second})

    await identity_call("UnlinkIdentity", **both, Logins=first, LoginsToRemove=list(second))

    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=first) == both
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=second) != both


async def test_an_identity_without_its_last_login_is_not_a_guests(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    await identity_call("UnlinkIdentity", **member, Logins=logins, LoginsToRemove=list(logins))

    with pytest.raises(NotAuthorizedException, match="is forbidden"):
        await identity_call("GetCredentialsForIdentity", **member)
    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call("GetCredentialsForIdentity", **member, Logins=logins)


async def test_nobody_unlinks_the_logins_of_others(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "UnlinkIdentity", **member, Logins=await logins_of("bob"), LoginsToRemove=list(logins)
        )

    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=logins) == member


async def test_a_login_that_is_not_linked_is_not_unlinked(
    identity_call: Call, trusting: str, logins_of: LoginsOf
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)

    with pytest.raises(InvalidParameterException, match="not linked to this identity"):
        await identity_call("UnlinkIdentity", **member, Logins=logins, LoginsToRemove=["graph.facebook.com"])


async def test_a_token_is_no_login_any_more_once_its_login_is_unlinked(
    identity_call: Call,
    trusting: str,
    logins_of: LoginsOf,
    second_logins: Call,
    trust: Call,
    context: Context,
) -> None:
    first = await logins_of("ann")
    other, second = await second_logins("ann-at-work")
    await trust(other)
    member = await identity_call("GetId", IdentityPoolId=trusting, Logins=first)
    token = (await identity_call("GetOpenIdToken", **member, Logins=first))["Token"]
    await identity_call("GetCredentialsForIdentity", **member, Logins={**first, **second})

    await identity_call("UnlinkIdentity", **member, Logins=second, LoginsToRemove=list(first))

    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await identity_call(
            "GetCredentialsForIdentity", **member, Logins={"cognito-identity.amazonaws.com": token}
        )


# ---- ServerSideTokenCheck ----


@pytest.fixture
async def checking(make_identity_pool: Call, client: Client) -> Any:
    """An identity pool that asks the user pool whether somebody is still signed in."""
    provider = {
        "ProviderName": f"cognito-idp.us-east-1.amazonaws.com/{client.pool_id}",
        "ClientId": client.client_id,
        "ServerSideTokenCheck": True,
    }
    return await make_identity_pool(CognitoIdentityProviders=[provider])


@pytest.mark.parametrize("operation", ["AdminUserGlobalSignOut", "AdminDisableUser", "AdminDeleteUser"])
async def test_whoever_was_signed_out_or_disabled_is_refused_where_that_is_checked(
    call: Call,
    identity_call: Call,
    checking: str,
    trusting: str,
    logins_of: LoginsOf,
    pool: Pool,
    effects: FixedEffects,
    operation: str,
) -> None:
    logins = await logins_of("ann")
    member = await identity_call("GetId", IdentityPoolId=checking, Logins=logins)
    effects.advance(2)

    await call(operation, UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match="Token has been revoked"):
        await identity_call("GetCredentialsForIdentity", **member, Logins=logins)
    assert await identity_call("GetId", IdentityPoolId=trusting, Logins=logins)


async def test_where_that_is_checked_the_tokens_of_a_session_end_with_it(
    call: Call,
    identity_call: Call,
    checking: str,
    pool: Pool,
    client: Client,
    make_user: Call,
    sign_in: Call,
) -> None:
    await make_user(pool, "ann")
    ended, other = [await sign_in(client, "ann") for _ in range(2)]
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    member = await identity_call("GetId", IdentityPoolId=checking, Logins={name: ended["IdToken"]})

    await call("RevokeToken", ClientId=client.client_id, Token=ended["RefreshToken"])

    with pytest.raises(NotAuthorizedException, match="Token has been revoked"):
        await identity_call("GetCredentialsForIdentity", **member, Logins={name: ended["IdToken"]})
    assert await identity_call("GetCredentialsForIdentity", **member, Logins={name: other["IdToken"]})


async def test_a_sign_out_everywhere_ends_tokens_that_name_no_session_too(
    call: Call,
    identity_call: Call,
    make_identity_pool: Call,
    make_client: Any,
    make_user: Call,
    sign_in: Call,
    pool: Pool,
    effects: FixedEffects,
) -> None:
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    client = await make_client(pool, explicit_auth_flows=flows, enable_token_revocation=False)
    name = f"cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    provider = {"ProviderName": name, "ClientId": client.client_id, "ServerSideTokenCheck": True}
    checking = await make_identity_pool(CognitoIdentityProviders=[provider])
    await make_user(pool, "ann")
    logins = {name: (await sign_in(client, "ann"))["IdToken"]}
    member = await identity_call("GetId", IdentityPoolId=checking, Logins=logins)
    effects.advance(2)

    await call("AdminUserGlobalSignOut", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match="Token has been revoked"):
        await identity_call("GetCredentialsForIdentity", **member, Logins=logins)
