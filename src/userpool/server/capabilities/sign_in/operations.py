"""The four doors of sign-in: they differ in who may come and in which flows they open, and turn one machine.

Operations: InitiateAuth, RespondToAuthChallenge, AdminInitiateAuth, AdminRespondToAuthChallenge.

Sources: api:InitiateAuth, api:AdminInitiateAuth (flows of each door), texts as collected from public reports.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from userpool.server.capabilities.sign_in.new_password import answer_new_password_required
from userpool.server.capabilities.sign_in.password import begin_with_password
from userpool.server.capabilities.sign_in.renewal import begin_with_refresh_token
from userpool.server.capabilities.sign_in.srp import answer_password_verifier, begin_with_srp
from userpool.server.finding import find_client
from userpool.server.rules.auth_flows import check_enabled
from userpool.server.unbuilt import not_built
from userpool.wire.faults import InvalidParameterException
from userpool.wire.sign_in import (
    AdminInitiateAuthResponse,
    AdminRespondToAuthChallengeResponse,
    InitiateAuthResponse,
    RespondToAuthChallengeResponse,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from userpool.server.capabilities.sign_in.attempt import Outcome
    from userpool.server.context import Context
    from userpool.server.records import Client, Pool
    from userpool.wire.sign_in import (
        AdminInitiateAuthRequest,
        AdminRespondToAuthChallengeRequest,
        InitiateAuthRequest,
        RespondToAuthChallengeRequest,
    )

    Beginning = Callable[[Context, Pool, Client, Mapping[str, str]], Awaitable[Outcome]]
    Answering = Callable[[Context, Pool, Client, str | None, Mapping[str, str]], Awaitable[Outcome]]

ReplyT = TypeVar(
    "ReplyT",
    InitiateAuthResponse,
    RespondToAuthChallengeResponse,
    AdminInitiateAuthResponse,
    AdminRespondToAuthChallengeResponse,
)

_BOTH_DOORS: dict[str, Beginning] = {
    "USER_SRP_AUTH": begin_with_srp,
    "REFRESH_TOKEN_AUTH": begin_with_refresh_token,
    "REFRESH_TOKEN": begin_with_refresh_token,
}
PUBLIC_FLOWS: Mapping[str, Beginning] = MappingProxyType(
    {**_BOTH_DOORS, "USER_PASSWORD_AUTH": begin_with_password}
)
ADMIN_FLOWS: Mapping[str, Beginning] = MappingProxyType(
    {**_BOTH_DOORS, "ADMIN_USER_PASSWORD_AUTH": begin_with_password, "ADMIN_NO_SRP_AUTH": begin_with_password}
)
ANSWERS: Mapping[str, Answering] = MappingProxyType(
    {
        "PASSWORD_VERIFIER": answer_password_verifier,
        "NEW_PASSWORD_REQUIRED": answer_new_password_required,
    }
)


async def initiate_auth(context: Context, request: InitiateAuthRequest) -> InitiateAuthResponse:
    """Begin a sign-in, or renew one with a refresh token."""
    pool, client = await find_client(context, request.client_id)
    outcome = await _begin(context, pool, client, request.auth_flow, request.auth_parameters, PUBLIC_FLOWS)
    return _reply(InitiateAuthResponse, outcome)


async def admin_initiate_auth(
    context: Context, request: AdminInitiateAuthRequest
) -> AdminInitiateAuthResponse:
    """Begin a sign-in from a server that holds AWS credentials."""
    pool, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    outcome = await _begin(context, pool, client, request.auth_flow, request.auth_parameters, ADMIN_FLOWS)
    return _reply(AdminInitiateAuthResponse, outcome)


async def respond_to_auth_challenge(
    context: Context, request: RespondToAuthChallengeRequest
) -> RespondToAuthChallengeResponse:
    """Answer the challenge that a sign-in waits for."""
    pool, client = await find_client(context, request.client_id)
    answer = _answer(request.challenge_name)
    outcome = await answer(context, pool, client, request.session, request.challenge_responses or {})
    return _reply(RespondToAuthChallengeResponse, outcome)


async def admin_respond_to_auth_challenge(
    context: Context, request: AdminRespondToAuthChallengeRequest
) -> AdminRespondToAuthChallengeResponse:
    """Answer a challenge from a server that holds AWS credentials."""
    pool, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    answer = _answer(request.challenge_name)
    outcome = await answer(context, pool, client, request.session, request.challenge_responses or {})
    return _reply(AdminRespondToAuthChallengeResponse, outcome)


async def _begin(
    context: Context,
    pool: Pool,
    client: Client,
    flow: str,
    parameters: Mapping[str, str] | None,
    flows: Mapping[str, Beginning],
) -> Outcome:
    if flow not in flows and (flow in PUBLIC_FLOWS or flow in ADMIN_FLOWS):
        raise InvalidParameterException("Initiate Auth method not supported")
    check_enabled(client.description, flow)
    if flow == "CUSTOM_AUTH":
        raise InvalidParameterException("Custom auth lambda trigger is not configured for the user pool.")
    if flow not in flows:
        raise not_built(f"The flow {flow}")
    return await flows[flow](context, pool, client, parameters or {})


def _answer(challenge_name: str) -> Answering:
    answer = ANSWERS.get(challenge_name)
    if answer is None:
        raise not_built(f"The challenge {challenge_name}")
    return answer


def _reply(kind: type[ReplyT], outcome: Outcome) -> ReplyT:
    return kind(
        challenge_name=outcome.challenge_name,
        session=outcome.session,
        challenge_parameters=outcome.parameters,
        authentication_result=outcome.result,
    )
