"""Signing in, and the answers that carry a sign-in on.

Operations: InitiateAuth, RespondToAuthChallenge, AdminInitiateAuth, AdminRespondToAuthChallenge,
AssociateSoftwareToken, VerifySoftwareToken.

Sources: api:InitiateAuth, api:RespondToAuthChallenge;
guide:amazon-cognito-user-pools-authentication-flow-methods; guide:user-pool-lambda-challenge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from userpool.answers import Answer, SoftwareTokenAnswer, UnderWay
from userpool.conversation import Flow
from userpool.errors import ChallengeError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.attempt import FRESH_BYTES, Attempt, DeviceUse
from userpool.flows.challenges import DeviceRefused, Outcome
from userpool.flows.devices import DEVICE_RANDOM_BYTES, confirm_device, settle
from userpool.flows.mfa import associate_software_token, verify_software_token
from userpool.flows.srp import go_on_with_proof, prove_password
from userpool.steps import Challenge, FirstFactorChoice, MfaChoiceRequired, TotpSetupRequired

__all__ = [
    "DEVICE_RANDOM_BYTES",
    "FRESH_BYTES",
    "AdminSignInFlow",
    "DeviceRefused",
    "DeviceUse",
    "FirstFactor",
    "SignInFlow",
    "answer_challenge",
    "confirm_device",
    "same_choice",
    "sign_in",
]

SignInFlow: TypeAlias = Literal["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"]
"""How a sign-in begins: with a proof of the password, with the password as it is (which lets a pool migrate its
people), with the pool's own triggers, or with a choice of first factors."""

AdminSignInFlow: TypeAlias = Literal["ADMIN_USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"]
"""How an administrator signs somebody in."""

FirstFactor: TypeAlias = Literal["PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]
"""What can be asked for first in a choice-based sign-in."""


def sign_in(
    app: AppClient,
    username: str,
    *,
    password: str | None,
    flow: str,
    random: bytes,
    extras: Extras,
    under_way: UnderWay | None = None,
    devices: DeviceUse | None = None,
    session: str | None = None,
) -> Flow[Outcome]:
    """Begin to sign somebody in.

    ``random`` are `FRESH_BYTES` fresh bytes. ``under_way`` tells what was wished for besides: the first factor, the
    device, the door. ``session`` is that of a sign-up, which goes on into a choice-based sign-in.

    If the pool does not believe the device any more, the sign-in is begun again without it, once.

    Raises:
        ChallengeError: the password is missing, empty, or does not belong to this flow. Nothing is sent.
    """
    wishes = under_way or UnderWay()
    said = _checked(flow, password, preferred=wishes.preferred_challenge, session=session)
    begun = UnderWay(
        login=username,
        flow=flow,
        preferred_challenge=wishes.preferred_challenge,
        admin=wishes.admin,
        device=wishes.device,
        device_name=wishes.device_name,
    )
    attempt = Attempt(app, begun, username=username, random=random, extras=extras, devices=devices)
    outcome = yield from _begin(attempt, username, said, session)
    if isinstance(outcome, DeviceRefused) and session is None:
        attempt.lose_device(outcome.lost_device)
        return (yield from _begin(attempt, username, said, session))
    return outcome


def answer_challenge(
    app: AppClient,
    answer: Answer,
    *,
    random: bytes,
    extras: Extras,
    now: float = 0.0,
    devices: DeviceUse | None = None,
) -> Flow[Outcome]:
    """Answer a challenge; ``random`` are `FRESH_BYTES` fresh bytes, ``now`` is the time in epoch seconds.

    Raises:
        ChallengeError: the challenge was another app client's. Nothing is sent.
    """
    if answer.client_id != app.client_id:
        raise ChallengeError("This answer belongs to a challenge of another app client.")
    attempt = Attempt(
        app, answer.under_way, username=answer.username, random=random, extras=extras, devices=devices
    )
    if answer.software_token is not None:
        return (yield from _set_up_app(attempt, answer, answer.software_token))
    if answer.proof_for is not None:
        return (yield from prove_password(attempt, answer, now=now))
    if answer.srp_password is None:
        response, _ = yield from attempt.respond(answer)
        return (yield from settle(attempt, response, username=answer.username))
    ephemeral = attempt.ephemeral()
    response, said_at = yield from attempt.respond(answer.with_response("SRP_A", ephemeral.public_hex))
    return (
        yield from go_on_with_proof(
            attempt,
            response,
            now=said_at,
            username=answer.username,
            password=answer.srp_password,
            ephemeral=ephemeral,
        )
    )


def same_choice(reached: object, wanted: Challenge) -> Answer | None:
    """Return the answer that chooses again what led to a step the last time, if that is what is asked."""
    if isinstance(reached, MfaChoiceRequired | FirstFactorChoice) and wanted.NAME in reached.choices:
        return reached.choose(wanted.NAME)
    return None


def _checked(flow: str, password: str | None, *, preferred: str | None, session: str | None) -> str:
    """Return the password to begin with, or nothing; refuse what cannot be meant."""
    if password == "":
        raise ChallengeError("The password is empty.")
    if flow != "USER_AUTH":
        if session is not None or preferred is not None:
            raise ChallengeError(f"{flow} knows neither a session nor a preferred challenge; USER_AUTH does.")
        if password is None and flow != "CUSTOM_AUTH":
            raise ChallengeError(f"{flow} needs the password.")
        return password or ""
    if session is not None and password is not None:
        raise ChallengeError("Whoever goes on from a sign-up is asked for no password.")
    of_the_password = preferred in {"PASSWORD", "PASSWORD_SRP"}
    if of_the_password and password is None:
        raise ChallengeError(f"{preferred} needs the password.")
    if password is not None and preferred is not None and not of_the_password:
        raise ChallengeError(f"A password has no part in {preferred}.")
    return password or ""


def _begin(attempt: Attempt, username: str, password: str, session: str | None) -> Flow[Outcome]:
    flow = attempt.under_way.flow
    if flow in {"USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH"}:
        return (yield from _plainly(attempt, username, {"PASSWORD": password}, None))
    if flow == "USER_AUTH":
        return (yield from _by_choice(attempt, username, password, session))
    if flow == "CUSTOM_AUTH":
        if not password:
            return (yield from _plainly(attempt, username, {}, None))
        return (yield from _with_proof(attempt, username, password, {"CHALLENGE_NAME": "SRP_A"}))
    return (yield from _with_proof(attempt, username, password, {}))


def _by_choice(attempt: Attempt, username: str, password: str, session: str | None) -> Flow[Outcome]:
    preferred = attempt.under_way.preferred_challenge or ("PASSWORD_SRP" if password else None)
    wish = {"PREFERRED_CHALLENGE": preferred} if preferred else {}
    if preferred == "PASSWORD_SRP":
        return (yield from _with_proof(attempt, username, password, wish))
    secret = {"PASSWORD": password} if preferred == "PASSWORD" else {}
    return (yield from _plainly(attempt, username, {**wish, **secret}, session))


def _plainly(
    attempt: Attempt, username: str, parameters: Mapping[str, str], session: str | None
) -> Flow[Outcome]:
    response, _ = yield from attempt.begin(attempt.under_way.flow, username, parameters, session=session)
    return (yield from settle(attempt, response, username=username))


def _with_proof(
    attempt: Attempt, username: str, password: str, parameters: Mapping[str, str]
) -> Flow[Outcome]:
    ephemeral = attempt.ephemeral()
    said = {**parameters, "SRP_A": ephemeral.public_hex}
    response, now = yield from attempt.begin(attempt.under_way.flow, username, said)
    return (
        yield from go_on_with_proof(
            attempt, response, now=now, username=username, password=password, ephemeral=ephemeral
        )
    )


def _set_up_app(attempt: Attempt, answer: Answer, token: SoftwareTokenAnswer) -> Flow[Outcome]:
    """Have a secret made for an authenticator app, or verify the app and go on with the sign-in."""
    if not token.code:
        associated = yield from associate_software_token(session=answer.session)
        return TotpSetupRequired(
            client_id=answer.client_id,
            username=answer.username,
            session=associated.session or answer.session,
            under_way=attempt.under_way,
            secret=associated.secret,
        )
    session = yield from verify_software_token(
        code=token.code, device_name=token.device_name, session=answer.session
    )
    verified = Answer(
        client_id=answer.client_id,
        challenge=answer.challenge,
        username=answer.username,
        session=session or answer.session,
        responses=answer.responses,
    )
    response, _ = yield from attempt.respond(verified)
    return (yield from settle(attempt, response, username=answer.username))
