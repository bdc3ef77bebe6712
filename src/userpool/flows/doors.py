"""The two doors through which a sign-in goes: everybody's, and the one for administrators.

Operations: InitiateAuth, RespondToAuthChallenge, AdminInitiateAuth, AdminRespondToAuthChallenge.

Both lead to the same state machine and take the same parameters. The administrators' names the pool, is signed
with AWS credentials, and is told about the person's device as the person's server sees it.

Sources: api:InitiateAuth, api:RespondToAuthChallenge, api:AdminInitiateAuth, api:AdminRespondToAuthChallenge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, cast

from userpool.conversation import Flow, ask_when
from userpool.flows.app_client import AppClient, Extras
from userpool.values import Value
from userpool.wire.enums import AuthFlowType, ChallengeNameType
from userpool.wire.sign_in import (
    AdminInitiateAuth,
    AdminInitiateAuthRequest,
    AdminInitiateAuthResponse,
    AdminRespondToAuthChallenge,
    AdminRespondToAuthChallengeRequest,
    AdminRespondToAuthChallengeResponse,
    ContextDataType,
    HttpHeader,
    InitiateAuth,
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallenge,
    RespondToAuthChallengeRequest,
    RespondToAuthChallengeResponse,
)

__all__ = ["AuthResponse", "Door"]

AuthResponse: TypeAlias = (
    InitiateAuthResponse
    | RespondToAuthChallengeResponse
    | AdminInitiateAuthResponse
    | AdminRespondToAuthChallengeResponse
)
"""What either door answers; the four have the same members."""


class Door(Value, frozen=True):
    """One of the two; ``admin`` tells which."""

    app: AppClient
    extras: Extras
    admin: bool = False

    def begin(
        self, auth_flow: str, parameters: Mapping[str, str], *, session: str | None = None
    ) -> Flow[tuple[AuthResponse, float]]:
        """Begin a sign-in; return the answer, and the time at the service in epoch seconds."""
        flow = cast("AuthFlowType", auth_flow)
        if self.admin:
            signed = AdminInitiateAuthRequest(
                user_pool_id=self.app.user_pool_id,
                client_id=self.app.client_id,
                auth_flow=flow,
                auth_parameters=dict(parameters),
                client_metadata=self.extras.metadata,
                context_data=_context_data(self.extras),
                session=session,
            )
            return (yield from ask_when(AdminInitiateAuth, signed))
        request = InitiateAuthRequest(
            auth_flow=flow,
            client_id=self.app.client_id,
            auth_parameters=dict(parameters),
            user_context_data=self.extras.context,
            client_metadata=self.extras.metadata,
            session=session,
        )
        return (yield from ask_when(InitiateAuth, request))

    def respond(
        self, challenge: str, responses: Mapping[str, str], *, session: str | None
    ) -> Flow[tuple[AuthResponse, float]]:
        """Answer a challenge; return what came back, and the time at the service in epoch seconds."""
        # The service may know more challenges than its model of today; what it asked by, it is answered by.
        name = cast("ChallengeNameType", challenge)
        if self.admin:
            signed = AdminRespondToAuthChallengeRequest(
                user_pool_id=self.app.user_pool_id,
                client_id=self.app.client_id,
                challenge_name=name,
                challenge_responses=dict(responses),
                session=session,
                context_data=_context_data(self.extras),
                client_metadata=self.extras.metadata,
            )
            return (yield from ask_when(AdminRespondToAuthChallenge, signed))
        request = RespondToAuthChallengeRequest(
            client_id=self.app.client_id,
            challenge_name=name,
            session=session,
            challenge_responses=dict(responses),
            user_context_data=self.extras.context,
            client_metadata=self.extras.metadata,
        )
        return (yield from ask_when(RespondToAuthChallenge, request))


def _context_data(extras: Extras) -> ContextDataType | None:
    """Return what an administrator tells of the person's device; all of it is asked for, or nothing."""
    known = extras.user_context
    if known is None or not known.ip_address:
        return None
    return ContextDataType(
        ip_address=known.ip_address,
        server_name=known.server_name,
        server_path=known.server_path,
        http_headers=[HttpHeader(header_name=name, header_value=value) for name, value in known.http_headers],
        encoded_data=known.encoded_data,
    )
