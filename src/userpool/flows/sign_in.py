"""Signing in, and the answers that carry a sign-in on.

Operations: InitiateAuth, RespondToAuthChallenge.

Sources: api:InitiateAuth, api:RespondToAuthChallenge;
guide:amazon-cognito-user-pools-authentication-flow-methods.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from userpool.answers import Answer
from userpool.conversation import Flow, ask, ask_when
from userpool.crypto.srp import client_ephemeral
from userpool.errors import ChallengeError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.challenges import Outcome, outcome_of, respond
from userpool.flows.srp import prove_password
from userpool.wire.sign_in import InitiateAuth, InitiateAuthRequest

__all__ = ["SignInFlow", "answer_challenge", "sign_in"]

SignInFlow: TypeAlias = Literal["USER_SRP_AUTH", "USER_PASSWORD_AUTH"]
"""How the password reaches the service: as a proof, or as it is (which lets a pool migrate its people)."""


def sign_in(
    app: AppClient, username: str, *, password: str, flow: SignInFlow, random: bytes, extras: Extras
) -> Flow[Outcome]:
    """Begin to sign somebody in; ``random`` are 32 fresh bytes for the proof of the password.

    Raises:
        ChallengeError: the password is empty. Nothing is sent.
    """
    if not password:
        raise ChallengeError("The password is empty.")
    if flow == "USER_PASSWORD_AUTH":
        return (yield from _with_password(app, username, password=password, extras=extras))
    return (yield from _with_srp(app, username, password=password, random=random, extras=extras))


def answer_challenge(app: AppClient, answer: Answer, *, random: bytes, extras: Extras) -> Flow[Outcome]:
    """Answer a challenge; ``random`` are 32 fresh bytes, for an answer that proves a password.

    Raises:
        ChallengeError: the challenge was another app client's. Nothing is sent.
    """
    if answer.client_id != app.client_id:
        raise ChallengeError("This answer belongs to a challenge of another app client.")
    if answer.srp_password is None:
        response, _ = yield from respond(app, answer, extras=extras)
        return outcome_of(app, response, username=answer.username)
    ephemeral = client_ephemeral(random)
    opening = answer.with_response("SRP_A", ephemeral.public_hex)
    response, now = yield from respond(app, opening, extras=extras)
    return (
        yield from prove_password(
            app,
            response,
            now=now,
            username=answer.username,
            password=answer.srp_password,
            ephemeral=ephemeral,
            extras=extras,
        )
    )


def _with_srp(
    app: AppClient, username: str, *, password: str, random: bytes, extras: Extras
) -> Flow[Outcome]:
    ephemeral = client_ephemeral(random)
    request = InitiateAuthRequest(
        auth_flow="USER_SRP_AUTH",
        client_id=app.client_id,
        auth_parameters=app.parameters(username, {"SRP_A": ephemeral.public_hex}),
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response, now = yield from ask_when(InitiateAuth, request)
    return (
        yield from prove_password(
            app,
            response,
            now=now,
            username=username,
            password=password,
            ephemeral=ephemeral,
            extras=extras,
        )
    )


def _with_password(app: AppClient, username: str, *, password: str, extras: Extras) -> Flow[Outcome]:
    request = InitiateAuthRequest(
        auth_flow="USER_PASSWORD_AUTH",
        client_id=app.client_id,
        auth_parameters=app.parameters(username, {"PASSWORD": password}),
        user_context_data=extras.context,
        client_metadata=extras.metadata,
    )
    response = yield from ask(InitiateAuth, request)
    return outcome_of(app, response, username=username)
