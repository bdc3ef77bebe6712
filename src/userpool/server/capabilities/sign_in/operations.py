"""The four doors of sign-in: they differ in who may come and in which flows they open, and turn one machine.

Operations: InitiateAuth, RespondToAuthChallenge, AdminInitiateAuth, AdminRespondToAuthChallenge.

Sources: api:InitiateAuth, api:AdminInitiateAuth (flows of each door), texts as collected from public reports.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from userpool.server.capabilities.sign_in.custom import answer_custom_challenge, begin_custom
from userpool.server.capabilities.sign_in.device_srp import (
    answer_device_password_verifier,
    answer_device_srp_auth,
)
from userpool.server.capabilities.sign_in.first_factors import answer_select_challenge, begin_with_choice
from userpool.server.capabilities.sign_in.mfa_steps import answer_mfa_setup, answer_select_mfa_type
from userpool.server.capabilities.sign_in.new_password import answer_new_password_required
from userpool.server.capabilities.sign_in.parameters import Asked, check_built
from userpool.server.capabilities.sign_in.password import begin_with_password
from userpool.server.capabilities.sign_in.renewal import begin_with_refresh_token
from userpool.server.capabilities.sign_in.second_factors import (
    answer_email_otp,
    answer_sms_mfa,
    answer_software_token_mfa,
)
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

    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.context import Context
    from userpool.server.records import Client
    from userpool.wire.sign_in import (
        AdminInitiateAuthRequest,
        AdminRespondToAuthChallengeRequest,
        InitiateAuthRequest,
        RespondToAuthChallengeRequest,
    )

    Step = Callable[[Context, Asked], Awaitable[Outcome]]

ReplyT = TypeVar(
    "ReplyT",
    InitiateAuthResponse,
    RespondToAuthChallengeResponse,
    AdminInitiateAuthResponse,
    AdminRespondToAuthChallengeResponse,
)

_BOTH_DOORS: dict[str, Step] = {
    "USER_SRP_AUTH": begin_with_srp,
    "CUSTOM_AUTH": begin_custom,
    "USER_AUTH": begin_with_choice,
    "REFRESH_TOKEN_AUTH": begin_with_refresh_token,
    "REFRESH_TOKEN": begin_with_refresh_token,
}
PUBLIC_FLOWS: Mapping[str, Step] = MappingProxyType(
    {**_BOTH_DOORS, "USER_PASSWORD_AUTH": begin_with_password}
)
ADMIN_FLOWS: Mapping[str, Step] = MappingProxyType(
    {**_BOTH_DOORS, "ADMIN_USER_PASSWORD_AUTH": begin_with_password, "ADMIN_NO_SRP_AUTH": begin_with_password}
)
ANSWERS: Mapping[str, Step] = MappingProxyType(
    {
        "PASSWORD_VERIFIER": answer_password_verifier,
        "NEW_PASSWORD_REQUIRED": answer_new_password_required,
        "SELECT_CHALLENGE": answer_select_challenge,
        "CUSTOM_CHALLENGE": answer_custom_challenge,
        "SMS_MFA": answer_sms_mfa,
        "EMAIL_OTP": answer_email_otp,
        "SOFTWARE_TOKEN_MFA": answer_software_token_mfa,
        "SELECT_MFA_TYPE": answer_select_mfa_type,
        "MFA_SETUP": answer_mfa_setup,
        "DEVICE_SRP_AUTH": answer_device_srp_auth,
        "DEVICE_PASSWORD_VERIFIER": answer_device_password_verifier,
    }
)


async def initiate_auth(context: Context, request: InitiateAuthRequest) -> InitiateAuthResponse:
    """Begin a sign-in, or renew one with a refresh token."""
    pool, client = await find_client(context, request.client_id)
    step = _beginning(client, request.auth_flow, PUBLIC_FLOWS)
    parameters = request.auth_parameters or {}
    check_built(parameters)
    asked = Asked(pool, client, parameters, request.session, validation_data=request.client_metadata)
    return _reply(InitiateAuthResponse, await step(context, asked))


async def admin_initiate_auth(
    context: Context, request: AdminInitiateAuthRequest
) -> AdminInitiateAuthResponse:
    """Begin a sign-in from a server that holds AWS credentials."""
    pool, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    step = _beginning(client, request.auth_flow, ADMIN_FLOWS)
    parameters = request.auth_parameters or {}
    check_built(parameters)
    asked = Asked(pool, client, parameters, request.session, validation_data=request.client_metadata)
    return _reply(AdminInitiateAuthResponse, await step(context, asked))


async def respond_to_auth_challenge(
    context: Context, request: RespondToAuthChallengeRequest
) -> RespondToAuthChallengeResponse:
    """Answer the challenge that a sign-in waits for."""
    pool, client = await find_client(context, request.client_id)
    step = _answer(request.challenge_name)
    responses = request.challenge_responses or {}
    asked = Asked(pool, client, responses, request.session, client_metadata=request.client_metadata)
    return _reply(RespondToAuthChallengeResponse, await step(context, asked))


async def admin_respond_to_auth_challenge(
    context: Context, request: AdminRespondToAuthChallengeRequest
) -> AdminRespondToAuthChallengeResponse:
    """Answer a challenge from a server that holds AWS credentials."""
    pool, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    step = _answer(request.challenge_name)
    responses = request.challenge_responses or {}
    asked = Asked(pool, client, responses, request.session, client_metadata=request.client_metadata)
    return _reply(AdminRespondToAuthChallengeResponse, await step(context, asked))


def _beginning(client: Client, flow: str, flows: Mapping[str, Step]) -> Step:
    if flow not in flows and (flow in PUBLIC_FLOWS or flow in ADMIN_FLOWS):
        raise InvalidParameterException("Initiate Auth method not supported")
    check_enabled(client.description, flow)
    if flow not in flows:
        raise not_built(f"The flow {flow}")
    return flows[flow]


def _answer(challenge_name: str) -> Step:
    step = ANSWERS.get(challenge_name)
    if step is None:
        raise not_built(f"The challenge {challenge_name}")
    return step


def _reply(kind: type[ReplyT], outcome: Outcome) -> ReplyT:
    available = outcome.available
    return kind(
        challenge_name=outcome.challenge_name,
        session=outcome.session,
        challenge_parameters=outcome.parameters,
        authentication_result=outcome.result,
        available_challenges=None if available is None else list(available),
    )
