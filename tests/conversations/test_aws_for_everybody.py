"""AWS credentials: a guest's, then those of whoever signs in, in the role meant for them, renewed as time goes by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from stories import EACH_WAY_ONCE, PASSWORD, enrol

from userpool import AsyncUserPool, NotAuthorizedException, NotSignedInError
from userpool.effects import MachineEffects
from userpool.server.temporary_credentials import open_grant
from userpool.testing import LocalPool
from userpool.wire.identity_pools import (
    MappingRuleInput,
    RoleMappingInput,
    RulesConfigurationTypeInput,
    SetIdentityPoolRoles,
    SetIdentityPoolRolesInput,
)

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

ROLE = "arn:aws:iam::000000000000:role"


@pytest.fixture
def duties() -> dict[str, Any]:
    """What the tokens say that people are, in the words of PreTokenGeneration."""
    return {}


@pytest.fixture
def options(duties: dict[str, Any]) -> dict[str, Any]:
    """A pool whose tokens say so."""

    def tell(event: dict[str, Any]) -> dict[str, Any]:
        event["response"]["claimsOverrideDetails"] = {"groupOverrideDetails": duties} if duties else None
        return event

    return {"triggers": {"PreTokenGeneration": tell}}


@pytest.fixture
def pool(local: LocalPool, make_pool: Any) -> Any:
    """A user pool object whose clock is the pool's, over HTTP, too."""
    return make_pool(effects=local._effects)  # noqa: SLF001 - clients over HTTP are not given it


@pytest.fixture
async def identities(local: LocalPool, pool: Any, now: Any) -> AsyncIterator[Any]:
    """An identity pool, by an object of the same half as the user pool's, and as near to it as can be."""
    over_http = {"transport": None, "endpoint": local.endpoint} if pool.endpoint == local.endpoint else {}
    make: Any = local.async_identity_pool if isinstance(pool, AsyncUserPool) else local.identity_pool
    opened = make(storage={}, **over_http)
    yield opened
    await now(opened.close())


@pytest.fixture
async def alice(local: LocalPool, pool: Any, now: Any) -> Any:
    """Alice, who is signed in."""
    enrol(local, "alice", email="alice@example.com")
    return (await now(pool.sign_in("alice", PASSWORD))).user


def role_of(local: LocalPool, credentials: Any) -> str:
    """Return the role that credentials are for, which at AWS sts:GetCallerIdentity would tell."""
    context = local._opened().context  # noqa: SLF001 - see above
    grant = open_grant(context, credentials.access_key_id, credentials.session_token)
    assert grant is not None
    return grant.role_arn.removeprefix(f"{ROLE}/")


def map_roles(local: LocalPool, identities: Any, alice: Any, mapping: RoleMappingInput) -> None:
    """Have the roles of the user pool's people follow from their tokens."""
    provider = f"{alice.claims['iss'].partition('://')[2]}:{local.client_id}"
    request = SetIdentityPoolRolesInput(
        identity_pool_id=identities.identity_pool_id,
        roles={"authenticated": f"{ROLE}/authenticated", "unauthenticated": f"{ROLE}/guest"},
        role_mappings={provider: mapping},
    )
    local.call(SetIdentityPoolRoles, request)


async def test_a_guest_stays_the_same_guest_and_is_somebody_else_than_the_person(
    local: LocalPool, identities: Any, alice: Any, now: Any
) -> None:
    guest, hers = await now(identities.credentials()), await now(identities.credentials(alice))

    assert (role_of(local, guest), role_of(local, hers)) == ("guest", "authenticated")
    assert guest.identity_id == await now(identities.identity_id()) != hers.identity_id
    assert hers.identity_id == await now(identities.identity_id(alice))
    assert await now(identities.credentials()) is guest


async def test_credentials_renew_themselves_before_they_expire(
    local: LocalPool, identities: Any, alice: Any, now: Any
) -> None:
    guest, hers = await now(identities.credentials()), await now(identities.credentials(alice))
    tokens = alice.tokens
    local.advance(minutes=54)
    assert await now(identities.credentials()) is guest

    for _ in range(2):
        local.advance(minutes=56)
        later = await now(identities.credentials(alice)), await now(identities.credentials())
        assert [each.identity_id for each in later] == [hers.identity_id, guest.identity_id]
        assert {each.access_key_id for each in later}.isdisjoint({hers.access_key_id, guest.access_key_id})
        assert all(each.expires_epoch > identities.now() + 3000 for each in later)
    assert alice.tokens.id_token != tokens.id_token


async def test_rules_about_the_token_choose_the_role(
    duties: dict[str, Any], local: LocalPool, identities: Any, alice: Any, now: Any
) -> None:
    rule = MappingRuleInput(
        claim="cognito:groups", match_type="Contains", value="editors", role_arn=f"{ROLE}/editor"
    )
    rules = RulesConfigurationTypeInput(rules=[rule])
    mapping = RoleMappingInput(
        type="Rules", ambiguous_role_resolution="AuthenticatedRole", rules_configuration=rules
    )
    map_roles(local, identities, alice, mapping)
    assert role_of(local, await now(identities.credentials(alice))) == "authenticated"

    # She becomes an editor, and is one as soon as her tokens say so.
    duties["groupsToOverride"] = ["editors"]
    await now(alice.refresh())

    assert role_of(local, await now(identities.credentials(alice))) == "editor"


async def test_the_token_itself_tells_the_roles_to_choose_from(
    duties: dict[str, Any], local: LocalPool, identities: Any, alice: Any, now: Any
) -> None:
    map_roles(local, identities, alice, RoleMappingInput(type="Token", ambiguous_role_resolution="Deny"))
    with pytest.raises(NotAuthorizedException):
        await now(identities.credentials(alice))

    duties |= {
        "groupsToOverride": ["staff"],
        "iamRolesToOverride": [f"{ROLE}/reader", f"{ROLE}/writer"],
        "preferredRole": f"{ROLE}/reader",
    }
    await now(alice.refresh())

    assert role_of(local, await now(identities.credentials(alice))) == "reader"
    writer = await now(identities.credentials(alice, custom_role_arn=f"{ROLE}/writer"))
    assert role_of(local, writer) == "writer"
    with pytest.raises(NotAuthorizedException):
        await now(identities.credentials(alice, custom_role_arn=f"{ROLE}/owner"))


async def test_a_slow_clock_costs_nobody_their_credentials(
    local: LocalPool, make_pool: Any, identities: Any, now: Any
) -> None:
    storage: dict[str, str] = {}
    enrol(local, "alice", email="alice@example.com")
    await now(make_pool(storage=storage).sign_in("alice", PASSWORD))
    local.advance(minutes=61)
    # The next run of the program, on a machine where it is an hour ago.
    alice = make_pool(storage=storage, effects=MachineEffects()).current_user()
    old = alice.tokens.id_token

    credentials = await now(identities.credentials(alice))

    assert role_of(local, credentials) == "authenticated"
    assert alice.tokens.id_token != old


async def test_whoever_is_out_gets_no_more_credentials(identities: Any, alice: Any, now: Any) -> None:
    await now(identities.credentials(alice))

    await now(alice.sign_out())

    with pytest.raises(NotSignedInError):
        await now(identities.credentials(alice))
    assert (await now(identities.credentials())).identity_id
