"""Temporary credentials: recognised by any process, worth nothing by themselves."""

from __future__ import annotations

import re
from dataclasses import replace as with_fields

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.records import Identity
from userpool.server.sealing import Sealer
from userpool.server.settings import Settings
from userpool.server.temporary_credentials import (
    LIFE_SECONDS,
    Grant,
    check_grant,
    issue_credentials,
    open_grant,
    secret_of_temporary_key,
)
from userpool.wire.faults import AccessDeniedException, ExpiredTokenException
from userpool.wire.identities import Credentials

pytestmark = pytest.mark.anyio

ROLE = "arn:aws:iam::123456789012:role/team/member"
IDENTITY = Identity(identity_id="us-east-1:2", identity_pool_id="us-east-1:1", created_ms=1, modified_ms=1)


@pytest.fixture
def given(context: Context) -> Credentials:
    return issue_credentials(context, IDENTITY, role_arn=ROLE, principal_tags={"team": "red"})


@pytest.fixture
def grant(context: Context, given: Credentials) -> Grant:
    found = open_grant(context, str(given.access_key_id), given.session_token)
    assert found is not None
    return found


def allowing(context: Context, actions: set[str], role: str = ROLE) -> Context:
    settings = Settings(database_url="sqlite://", role_actions={role: frozenset(actions)})
    return with_fields(context, settings=settings)


async def test_credentials_look_as_the_services_do(given: Credentials, effects: FixedEffects) -> None:
    assert re.fullmatch("ASIA[A-Z2-7]{16}", str(given.access_key_id))
    assert re.fullmatch("[A-Za-z0-9+/]{40}", str(given.secret_key))
    assert given.expiration == effects.now() + LIFE_SECONDS
    assert str(given.secret_key) not in repr(given)
    assert str(given.session_token) not in repr(given)


async def test_no_two_are_alike(context: Context, given: Credentials) -> None:
    other = issue_credentials(context, IDENTITY, role_arn=ROLE, principal_tags={})

    assert other.access_key_id != given.access_key_id
    assert other.secret_key != given.secret_key


async def test_the_session_token_tells_what_they_stand_for(grant: Grant, effects: FixedEffects) -> None:
    assert grant == Grant(
        role_arn=ROLE,
        identity_id="us-east-1:2",
        identity_pool_id="us-east-1:1",
        expires_ms=int(effects.now() + LIFE_SECONDS) * 1000,
        principal_tags={"team": "red"},
    )


async def test_the_secret_follows_from_the_key_id_and_the_root_key(
    context: Context, given: Credentials, effects: FixedEffects
) -> None:
    elsewhere = with_fields(context, sealer=Sealer(bytes(32), effects))

    assert secret_of_temporary_key(context, str(given.access_key_id)) == given.secret_key
    assert secret_of_temporary_key(elsewhere, str(given.access_key_id)) != given.secret_key


async def test_a_session_token_belongs_to_its_key(context: Context, given: Credentials) -> None:
    other = issue_credentials(context, IDENTITY, role_arn=ROLE, principal_tags={})
    key_id, token = str(given.access_key_id), str(given.session_token)

    for name, text in (
        (key_id, None),
        (key_id, ""),
        (key_id, "somebody else's"),
        (key_id, other.session_token),
        (key_id, token[:-2] + ("AA" if token[-2:] != "AA" else "BB")),
        (str(other.access_key_id), token),
        ("AKUP" + key_id[4:], token),
    ):
        assert open_grant(context, name, text) is None


async def test_a_role_that_is_not_named_may_call_nothing(context: Context, grant: Grant) -> None:
    with pytest.raises(AccessDeniedException) as refused:
        check_grant(context, grant, "cognito-idp:ListUsers")

    assert refused.value.message == (
        "User: arn:aws:sts::123456789012:assumed-role/member/CognitoIdentityCredentials is not authorized to "
        "perform: cognito-idp:ListUsers because no identity-based policy allows the cognito-idp:ListUsers action"
    )


async def test_a_role_may_call_what_is_named_for_it_and_no_more(context: Context, grant: Grant) -> None:
    named = allowing(context, {"cognito-idp:ListUsers"})
    check_grant(named, grant, "cognito-idp:ListUsers")

    for surroundings, action in (
        (named, "cognito-idp:AdminDeleteUser"),
        (named, "cognito-identity:ListUsers"),
        (allowing(context, {"cognito-idp:ListUsers"}, role=f"{ROLE}s"), "cognito-idp:ListUsers"),
    ):
        with pytest.raises(AccessDeniedException):
            check_grant(surroundings, grant, action)


async def test_after_an_hour_they_are_worth_nothing(
    context: Context, grant: Grant, effects: FixedEffects
) -> None:
    named = allowing(context, {"cognito-idp:ListUsers"})

    effects.advance(LIFE_SECONDS)

    with pytest.raises(ExpiredTokenException, match="The security token included in the request is expired"):
        check_grant(named, grant, "cognito-idp:ListUsers")
