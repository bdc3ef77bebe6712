"""A signed-in person's second factors: switched on and off, and an authenticator app set up.

Operations: SetUserMFAPreference, SetUserSettings, AssociateSoftwareToken, VerifySoftwareToken, GetUserAuthFactors.

An app is set up with an access token by whoever is signed in, and with a session by whoever has to do so in the
middle of a sign-in (the challenge MFA_SETUP); both say the same.

Sources: api:SetUserMFAPreference, api:SetUserSettings, api:AssociateSoftwareToken, api:VerifySoftwareToken,
api:GetUserAuthFactors; guide:user-pool-settings-mfa-totp; amplify-js:updateMFAPreference (its four words).
"""

from __future__ import annotations

from typing import ClassVar, Final

from userpool.conversation import Flow, ask
from userpool.errors import GarbledAnswerError, SettingsError
from userpool.profile import AuthFactors, FactorSetting, MfaPreference, PasskeySetting
from userpool.values import Value
from userpool.wire.faults import EnableSoftwareTokenMFAException
from userpool.wire.mfa import (
    AssociateSoftwareToken,
    AssociateSoftwareTokenRequest,
    EmailMfaSettingsType,
    GetUserAuthFactors,
    GetUserAuthFactorsRequest,
    MFAOptionTypeInput,
    SetUserMFAPreference,
    SetUserMFAPreferenceRequest,
    SetUserSettings,
    SetUserSettingsRequest,
    SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType,
    VerifySoftwareToken,
    VerifySoftwareTokenRequest,
    WebAuthnMfaSettingsType,
)

__all__ = [
    "AssociatedToken",
    "associate_software_token",
    "auth_factors",
    "set_mfa_preference",
    "set_user_settings",
    "verify_software_token",
]

# The word -> whether the factor is on, and whether it is the one to ask for; None is not sent and changes nothing.
_MEANING: Final[dict[FactorSetting, tuple[bool, bool | None]]] = {
    "enabled": (True, None),
    "preferred": (True, True),
    "not_preferred": (True, False),
    "disabled": (False, None),
}


class AssociatedToken(Value, frozen=True):
    """The secret for an authenticator app, and the session that goes on with a sign-in, if that is what it is for."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"secret", "session"})

    secret: str
    session: str | None = None


def set_mfa_preference(
    access_token: str,
    *,
    sms: FactorSetting | None,
    totp: FactorSetting | None,
    email: FactorSetting | None,
    passkey: PasskeySetting | None,
) -> Flow[None]:
    """Switch second factors on and off; those that are None stay as they are.

    Raises:
        SettingsError: nothing was given, or a word that is none of the four. Nothing is sent.
    """
    if sms is None and totp is None and email is None and passkey is None:
        raise SettingsError("No second factor was named; give sms=, totp=, email= or passkey=.")
    request = SetUserMFAPreferenceRequest(
        access_token=access_token,
        sms_mfa_settings=None if sms is None else SMSMfaSettingsType(**_members("sms", sms)),
        software_token_mfa_settings=(
            None if totp is None else SoftwareTokenMfaSettingsType(**_members("totp", totp))
        ),
        email_mfa_settings=None if email is None else EmailMfaSettingsType(**_members("email", email)),
        webauthn_mfa_settings=None if passkey is None else _passkey_settings(passkey),
    )
    yield from ask(SetUserMFAPreference, request)


def set_user_settings(access_token: str, *, sms_mfa: bool) -> Flow[None]:
    """Switch the second factor by SMS on or off in the old way."""
    option = MFAOptionTypeInput(delivery_medium="SMS", attribute_name="phone_number")
    request = SetUserSettingsRequest(access_token=access_token, mfa_options=[option] if sms_mfa else [])
    yield from ask(SetUserSettings, request)


def associate_software_token(
    *, access_token: str | None = None, session: str | None = None
) -> Flow[AssociatedToken]:
    """Have a secret made for an authenticator app; give the access token or the session, not both."""
    request = AssociateSoftwareTokenRequest(access_token=access_token, session=session)
    response = yield from ask(AssociateSoftwareToken, request)
    if not response.secret_code:
        raise GarbledAnswerError("The answer to AssociateSoftwareToken has no secret in it.")
    return AssociatedToken(response.secret_code, response.session)


def verify_software_token(
    *, code: str, device_name: str | None, access_token: str | None = None, session: str | None = None
) -> Flow[str | None]:
    """Verify the app with a first code; return the session that goes on with a sign-in, if there is one.

    Raises:
        EnableSoftwareTokenMFAException: the code is wrong; the next one from the app may be right.
    """
    request = VerifySoftwareTokenRequest(
        user_code=code, access_token=access_token, session=session, friendly_device_name=device_name
    )
    response = yield from ask(VerifySoftwareToken, request)
    if response.status == "ERROR":
        # The service may refuse in a reply that looks like success. It means the same to whoever typed the code, so
        # it bears the same name.
        raise EnableSoftwareTokenMFAException(
            "The code was not accepted (Status is ERROR).", operation=VerifySoftwareToken.name, status=200
        )
    return response.session


def auth_factors(access_token: str) -> Flow[AuthFactors]:
    """Return with what the person can sign in."""
    response = yield from ask(GetUserAuthFactors, GetUserAuthFactorsRequest(access_token=access_token))
    return AuthFactors(
        response.username,
        configured=tuple(response.configured_user_auth_factors or ()),
        mfa=MfaPreference(tuple(response.user_mfa_setting_list or ()), response.preferred_mfa_setting),
    )


def _members(factor: str, setting: FactorSetting) -> dict[str, bool | None]:
    if setting not in _MEANING:
        raise SettingsError(f"{factor}={setting!r} is none of {', '.join(_MEANING)}.")
    enabled, preferred = _MEANING[setting]
    return {"enabled": enabled, "preferred_mfa": preferred}


def _passkey_settings(setting: PasskeySetting) -> WebAuthnMfaSettingsType:
    if setting not in {"enabled", "disabled"}:
        raise SettingsError(f"passkey={setting!r} is neither enabled nor disabled.")
    return WebAuthnMfaSettingsType(enabled=setting == "enabled")
