"""What an answer of the service means for the device: it proves itself when asked, and is confirmed when new.

Operations: ConfirmDevice; RespondToAuthChallenge, with the challenges DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER.

Every answer of the service to a sign-in passes through `settle`, so a device is seen to on every path, whatever the
service asked for before. A new one is confirmed by a conversation of its own, `confirm_device`, so that the tokens can
be stored first.

Sources: api:ConfirmDevice, api:RespondToAuthChallenge; guide:amazon-cognito-user-pools-device-tracking;
js-sdk:CognitoUser (getDeviceResponse, authenticateUserInternal).
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from userpool.conversation import Flow, ask
from userpool.crypto.device import DEVICE_RANDOM_BYTES, new_device_secret
from userpool.crypto.srp import SrpIdentity
from userpool.devices import KnownDevice
from userpool.errors import UserPoolError
from userpool.flows.attempt import Attempt, is_about_the_device
from userpool.flows.challenges import DeviceRefused, Outcome, name_in, outcome_of
from userpool.flows.doors import AuthResponse
from userpool.flows.proofs import proof
from userpool.steps import Challenge
from userpool.token_bundle import Granted
from userpool.wire.devices import ConfirmDevice, ConfirmDeviceRequest, DeviceSecretVerifierConfigType
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException

__all__ = ["DEVICE_RANDOM_BYTES", "confirm_device", "settle"]

DEVICE_SRP_AUTH: Final = "DEVICE_SRP_AUTH"
DEVICE_PASSWORD_VERIFIER: Final = "DEVICE_PASSWORD_VERIFIER"


def settle(attempt: Attempt, response: AuthResponse, *, username: str) -> Flow[Outcome]:
    """Read an answer of the service, and do at once what this device is asked for.

    ``username`` is the name that was sent.

    Raises:
        GarbledAnswerError: it is neither a challenge nor tokens.
    """
    if response.challenge_name:
        username = name_in(response, sent=username)
        attempt.recognise(username)
        if response.challenge_name == DEVICE_SRP_AUTH and attempt.under_way.device is not None:
            return (
                yield from _prove_device(
                    attempt, attempt.under_way.device, session=response.session, username=username
                )
            )
    return _finish(attempt, response, username=username)


def confirm_device(granted: Granted, *, random: bytes) -> Flow[Granted]:
    """Register the secret of a new device; whoever has tokens is signed in, even if that fails.

    ``random`` are `DEVICE_RANDOM_BYTES` fresh bytes.
    """
    new = granted.new_device
    if new is None:
        return granted
    try:
        # The keys are the service's, and no words of its may break a sign-in that has succeeded.
        secret = new_device_secret(new.group_key, new.key, random=random)
        request = ConfirmDeviceRequest(
            access_token=granted.tokens.access_token,
            device_key=new.key,
            device_secret_verifier_config=DeviceSecretVerifierConfigType(
                password_verifier=secret.verifier_b64, salt=secret.salt_b64
            ),
            device_name=granted.device_name,
        )
        response = yield from ask(ConfirmDevice, request)
    except UserPoolError as error:
        return replace(granted, device_error=error)
    return replace(
        granted,
        device=KnownDevice(new.key, new.group_key, secret.password),
        device_is_new=True,
        user_confirmation_necessary=bool(response.user_confirmation_necessary),
    )


def _finish(attempt: Attempt, response: AuthResponse, *, username: str) -> Granted | Challenge:
    outcome = outcome_of(attempt.app, response, username=username, under_way=attempt.under_way)
    if not isinstance(outcome, Granted):
        return outcome
    known = attempt.under_way
    return replace(
        outcome,
        # Whoever is given a new device has not signed in with the one before.
        device=known.device if outcome.new_device is None else None,
        device_name=known.device_name,
        lost_device=known.lost_device,
        login=known.login,
    )


def _prove_device(
    attempt: Attempt, device: KnownDevice, *, session: str | None, username: str
) -> Flow[Outcome]:
    """Let the device stand in for the second factor.

    ``session`` is that of the challenge. (js-sdk:CognitoUser.getDeviceResponse sends the one of the challenge before
    it, where a code was answered.)
    """
    ephemeral = attempt.device_ephemeral()
    named = {"DEVICE_KEY": device.key}
    try:
        response, now = yield from attempt.say(
            DEVICE_SRP_AUTH, username, {**named, "SRP_A": ephemeral.public_hex}, session=session
        )
        if response.challenge_name == DEVICE_PASSWORD_VERIFIER:
            responses = proof(
                response.challenge_parameters or {},
                identity=SrpIdentity(device.group_key, device.key),
                password=device.password,
                ephemeral=ephemeral,
                now=now,
            )
            response, _ = yield from attempt.say(
                DEVICE_PASSWORD_VERIFIER, username, {**named, **responses}, session=response.session
            )
    except (ResourceNotFoundException, NotAuthorizedException) as fault:
        if not _refuses_the_device(fault):
            raise
        return DeviceRefused(fault, device.key, attempt.under_way.login, username)
    return _finish(attempt, response, username=username)


def _refuses_the_device(fault: ServiceException) -> bool:
    # A session that has expired and too many attempts are told by the same name as a proof that is wrong, and say
    # nothing about the device.
    # Assumed: a device whose proof is not believed is refused in the words for a wrong password.
    wrong_proof = isinstance(fault, NotAuthorizedException) and "incorrect" in fault.message.lower()
    return wrong_proof or is_about_the_device(fault)
