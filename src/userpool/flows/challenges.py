"""What the service answers to a sign-in, read as a step.

Rules of this room: nothing is believed about which challenge follows which. Whatever comes is read by its own
name, and a sign-in is over only when there is an access token. (js-sdk:CognitoUser.authenticateUserInternal
takes every challenge that it does not know for success, and stores empty tokens over the good ones.)

Sources: api:RespondToAuthChallenge; seen:success-envelope (an empty ChallengeParameters beside the tokens).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, TypeAlias, cast

import msgspec

from userpool.answers import UnderWay
from userpool.errors import GarbledAnswerError
from userpool.flows.app_client import AppClient
from userpool.flows.doors import AuthResponse
from userpool.steps import (
    Challenge,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    PasskeyRequired,
    PasswordRequired,
    SmsCodeRequired,
    SmsOtpRequired,
    TotpRequired,
    UnknownChallenge,
)
from userpool.token_bundle import Granted, NewDevice, Tokens
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.shapes import AuthenticationResultType

__all__ = ["PASSWORD_VERIFIER", "DeviceRefused", "Outcome", "name_in", "outcome_of", "tokens_of"]

PASSWORD_VERIFIER: Final = "PASSWORD_VERIFIER"
"""The challenge that a password proves itself to."""


class DeviceRefused(Value, frozen=True):
    """The service did not believe the device, so that the person cannot get in with it.

    ``fault`` is what the service said, ``lost_device`` the key of the device; ``login`` and ``username`` are the
    names under which it may be kept.
    """

    fault: ServiceException
    lost_device: str
    login: str
    username: str


Outcome: TypeAlias = Granted | Challenge | DeviceRefused
"""What one exchange of a sign-in comes to."""


class _Asked(Value, frozen=True):
    """A challenge as it came, with everything that a step may be made of."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"parameters", "session", "under_way"})

    name: str
    username: str
    client_id: str
    session: str | None
    parameters: Mapping[str, str]
    available: tuple[str, ...]
    under_way: UnderWay

    @property
    def common(self) -> dict[str, Any]:
        return {
            "client_id": self.client_id,
            "username": self.username,
            "session": self.session,
            "under_way": self.under_way,
        }

    @property
    def destination(self) -> str | None:
        return self.parameters.get("CODE_DELIVERY_DESTINATION")

    def names(self, parameter: str) -> tuple[str, ...]:
        """Return the names in a parameter that is a JSON list in a text; none if it is something else."""
        value = _json(self.parameters.get(parameter))
        items = cast("list[object]", value) if isinstance(value, list) else []
        return tuple(item for item in items if isinstance(item, str))

    def texts(self, parameter: str) -> dict[str, str]:
        """Return the texts in a parameter that is a JSON object in a text; none if it is something else."""
        value = _json(self.parameters.get(parameter))
        items = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        return {name: item for name, item in items.items() if isinstance(item, str)}


# Challenge name -> the step it becomes. The session is a secret that only the steps' common part carries.
_STEPS: Final[Mapping[str, Callable[[_Asked], Challenge]]] = {
    "SMS_MFA": lambda asked: SmsCodeRequired(**asked.common, destination=asked.destination),
    "SMS_OTP": lambda asked: SmsOtpRequired(**asked.common, destination=asked.destination),
    "EMAIL_OTP": lambda asked: EmailCodeRequired(**asked.common, destination=asked.destination),
    "SOFTWARE_TOKEN_MFA": lambda asked: TotpRequired(
        **asked.common, device_name=asked.parameters.get("FRIENDLY_DEVICE_NAME")
    ),
    # All client SDKs read MFAS_CAN_CHOOSE; one sentence of the guide calls it MFAS_CAN_SELECT.
    "SELECT_MFA_TYPE": lambda asked: MfaChoiceRequired(
        **asked.common, choices=asked.names("MFAS_CAN_CHOOSE") or asked.names("MFAS_CAN_SELECT")
    ),
    "MFA_SETUP": lambda asked: MfaSetupRequired(**asked.common, choices=asked.names("MFAS_CAN_SETUP")),
    "NEW_PASSWORD_REQUIRED": lambda asked: NewPasswordRequired(
        **asked.common,
        required_attributes=tuple(
            name.removeprefix("userAttributes.") for name in asked.names("requiredAttributes")
        ),
        attributes=asked.texts("userAttributes"),
    ),
    "CUSTOM_CHALLENGE": lambda asked: CustomChallenge(**asked.common, parameters=asked.parameters),
    "SELECT_CHALLENGE": lambda asked: FirstFactorChoice(**asked.common, choices=asked.available),
    "PASSWORD": lambda asked: PasswordRequired(**asked.common),
    "PASSWORD_SRP": lambda asked: PasswordRequired(**asked.common, srp=True),
    "WEB_AUTHN": lambda asked: PasskeyRequired(
        **asked.common, options=asked.parameters.get("CREDENTIAL_REQUEST_OPTIONS")
    ),
    "DEVICE_SRP_AUTH": lambda asked: DeviceRequired(**asked.common, parameters=asked.parameters),
    "DEVICE_PASSWORD_VERIFIER": lambda asked: DeviceRequired(**asked.common, parameters=asked.parameters),
}


def name_in(response: AuthResponse, *, sent: str) -> str:
    """Return the name by which the service speaks of the person, or the one that was sent if it does not tell."""
    parameters = response.challenge_parameters or {}
    return parameters.get("USER_ID_FOR_SRP") or parameters.get("USERNAME") or sent


def outcome_of(
    app: AppClient, response: AuthResponse, *, username: str, under_way: UnderWay | None = None
) -> Granted | Challenge:
    """Read what the service answered to somebody's sign-in; ``username`` is the name that was sent.

    Raises:
        GarbledAnswerError: it is neither a challenge nor tokens.
    """
    if response.challenge_name:
        parameters = response.challenge_parameters or {}
        asked = _Asked(
            name=response.challenge_name,
            username=name_in(response, sent=username),
            client_id=app.client_id,
            session=response.session,
            parameters=parameters,
            available=tuple(response.available_challenges or ()),
            under_way=under_way or UnderWay(),
        )
        if asked.name == PASSWORD_VERIFIER and asked.under_way.srp_secret is not None:
            return PasswordRequired(**asked.common, srp=True, parameters=parameters)
        make = _STEPS.get(asked.name)
        if make is not None:
            return make(asked)
        return UnknownChallenge(**asked.common, name=asked.name, parameters=parameters)
    tokens = tokens_of(response.authentication_result)
    return Granted(tokens.username or username, tokens, _new_device(response.authentication_result))


def tokens_of(result: AuthenticationResultType | None, *, refresh_token: str | None = None) -> Tokens:
    """Return the tokens of a sign-in or a renewal; ``refresh_token`` stays good if no new one came.

    Raises:
        GarbledAnswerError: there is no access token, so nobody is signed in.
    """
    if result is None or not result.access_token:
        raise GarbledAnswerError(
            "The service answered with neither a challenge nor an access token.", status=200
        )
    return Tokens(
        result.access_token,
        id_token=result.id_token or None,
        refresh_token=result.refresh_token or refresh_token,
    )


def _new_device(result: AuthenticationResultType | None) -> NewDevice | None:
    metadata = result.new_device_metadata if result else None
    if metadata is None or not metadata.device_key or not metadata.device_group_key:
        return None
    return NewDevice(key=metadata.device_key, group_key=metadata.device_group_key)


def _json(text: str | None) -> object:
    try:
        return msgspec.json.decode(text) if text else None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
