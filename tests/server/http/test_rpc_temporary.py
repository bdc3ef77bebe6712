"""Requests that are signed with the temporary credentials of an identity. The signer is botocore."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from userpool.effects import FixedEffects, MachineEffects
from userpool.server.build import Server, open_server
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Identity
from userpool.server.settings import Settings
from userpool.server.temporary_credentials import issue_credentials
from userpool.wire.identities import Credentials

pytestmark = pytest.mark.anyio

ROLE = "arn:aws:iam::000000000000:role/member"
IDENTITY = Identity(identity_id="us-east-1:2", identity_pool_id="us-east-1:1", created_ms=1, modified_ms=1)
BODY = b'{"MaxResults":5}'
PREFIXES = {
    "cognito-idp": "AWSCognitoIdentityProviderService",
    "cognito-identity": "AWSCognitoIdentityService",
}

Ask = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
async def allowing_server(make_key: Callable[[], RSAPrivateKey]) -> AsyncIterator[Server]:
    """A server that checks signatures and lets one role list user pools."""
    settings = Settings(
        database_url="sqlite://", role_actions={ROLE: frozenset({"cognito-idp:ListUserPools"})}
    )
    server = await open_server(settings, effects=MachineEffects(), make_key=make_key, inbox=Inbox())
    yield server
    await server.close()


def issued(server: Server) -> Credentials:
    return issue_credentials(server.context, IDENTITY, role_arn=ROLE, principal_tags={})


async def ask(
    server: Server,
    given: Credentials,
    operation: str,
    *,
    service: str = "cognito-idp",
    body: bytes = BODY,
    **changes: Any,
) -> tuple[int, str]:
    """Sign a request with credentials; return status and error."""
    keys = {
        "access_key": given.access_key_id,
        "secret_key": given.secret_key,
        "token": given.session_token,
        **changes,
    }
    request = AWSRequest(
        method="POST",
        url="http://127.0.0.1:9229/",
        data=body,
        headers={"Host": "127.0.0.1:9229", "X-Amz-Target": f"{PREFIXES[service]}.{operation}"},
    )
    SigV4Auth(Keys(**keys), service, "us-east-1").add_auth(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    reply = await server.rpc.answer(headers, body)
    return reply.status, msgspec.json.decode(reply.body).get("__type", "")


async def test_a_role_may_call_what_is_named_for_it(allowing_server: Server) -> None:
    assert await ask(allowing_server, issued(allowing_server), "ListUserPools") == (200, "")


async def test_a_role_may_call_nothing_else(allowing_server: Server) -> None:
    given = issued(allowing_server)

    for service, operation in (("cognito-idp", "CreateUserPool"), ("cognito-identity", "ListIdentityPools")):
        assert await ask(allowing_server, given, operation, service=service) == (400, "AccessDeniedException")


async def test_by_default_a_role_may_call_nothing(strict_server: Server) -> None:
    given = issued(strict_server)

    assert await ask(strict_server, given, "ListUserPools") == (400, "AccessDeniedException")


async def test_a_wrong_secret_is_refused_before_the_role_is_looked_at(allowing_server: Server) -> None:
    given = issued(allowing_server)

    for operation in ("ListUserPools", "CreateUserPool"):
        answer = await ask(allowing_server, given, operation, secret_key="x" * 40)
        assert answer == (400, "InvalidSignatureException")


async def test_without_its_session_token_a_key_is_unknown(
    allowing_server: Server, strict_server: Server
) -> None:
    given = issued(allowing_server)

    for changes in ({"token": None}, {"token": "made up"}, {"token": issued(strict_server).session_token}):
        answer = await ask(allowing_server, given, "ListUserPools", **changes)
        assert answer == (400, "UnrecognizedClientException")


async def test_in_development_too_an_identity_is_no_administrator(server: Server) -> None:
    given = issued(server)

    assert await ask(server, given, "ListUserPools") == (400, "AccessDeniedException")


async def test_in_development_an_identitys_credentials_expire(server: Server, effects: FixedEffects) -> None:
    given = issued(server)

    effects.advance(3600)

    assert await ask(server, given, "ListUserPools") == (400, "ExpiredTokenException")


async def test_in_development_somebody_elses_temporary_credentials_are_as_good_as_any(server: Server) -> None:
    given = Credentials(access_key_id="ASIAEXAMPLE222222222", secret_key="x", session_token="from elsewhere")

    assert await ask(server, given, "ListUserPools") == (200, "")


async def test_a_public_operation_needs_no_rights(allowing_server: Server) -> None:
    body = b'{"IdentityPoolId":"us-east-1:1"}'

    answer = await ask(
        allowing_server, issued(allowing_server), "GetId", service="cognito-identity", body=body
    )

    assert answer == (400, "ResourceNotFoundException")
