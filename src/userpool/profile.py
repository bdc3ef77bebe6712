"""A signed-in person's record, as values: what the pool knows of them and which factors they have.

Rules of this room: what was read stays as it was read; nobody asks the service by looking at a value. The service's
words are kept (``SMS_MFA``), and words of the future are let through.

Sources: api:GetUser, api:SetUserMFAPreference, api:GetUserAuthFactors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, TypeAlias

from userpool.values import Value

__all__ = ["AuthFactors", "FactorSetting", "MfaOption", "MfaPreference", "PasskeySetting", "Profile"]

FactorSetting: TypeAlias = Literal["enabled", "preferred", "not_preferred", "disabled"]
"""What is set for a second factor; ``not_preferred`` is on without the preference, ``enabled`` leaves that as it is."""

PasskeySetting: TypeAlias = Literal["enabled", "disabled"]
"""What is set for passkeys as second factor."""


class MfaOption(Value, frozen=True):
    """A second factor by SMS as SetUserSettings has set it, which is the old way.

    ``medium`` is ``SMS``, ``attribute`` the name of the attribute with the number: ``phone_number``.
    """

    medium: str | None = None
    attribute: str | None = None


class MfaPreference(Value, frozen=True):
    """Which second factors a person has switched on, and which of them is asked for first.

    The words are the service's: ``SMS_MFA``, ``SOFTWARE_TOKEN_MFA``, ``EMAIL_OTP``.
    """

    enabled: tuple[str, ...] = ()
    preferred: str | None = None

    @property
    def sms(self) -> FactorSetting:
        """How a code by SMS is set: ``preferred``, ``enabled`` or ``disabled``."""
        return self._setting("SMS_MFA")

    @property
    def totp(self) -> FactorSetting:
        """How a code from an authenticator app is set: ``preferred``, ``enabled`` or ``disabled``."""
        return self._setting("SOFTWARE_TOKEN_MFA")

    @property
    def email(self) -> FactorSetting:
        """How a code by e-mail is set: ``preferred``, ``enabled`` or ``disabled``."""
        return self._setting("EMAIL_OTP")

    def _setting(self, name: str) -> FactorSetting:
        if self.preferred == name:
            return "preferred"
        return "enabled" if name in self.enabled else "disabled"


class Profile(Value, frozen=True):
    """What the pool told of a person at one moment (GetUser).

    ``attributes`` has those that the app client may read, by name; all values are texts, and they are not shown.
    ``mfa_options`` is what SetUserSettings has set, which is the old way; ``mfa`` is what counts today.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"attributes"})

    username: str
    attributes: Mapping[str, str]
    mfa: MfaPreference = MfaPreference()
    mfa_options: tuple[MfaOption, ...] = ()


class AuthFactors(Value, frozen=True):
    """With what a person can sign in (GetUserAuthFactors).

    ``configured`` names first factors that are ready for use, such as ``PASSWORD``, ``EMAIL_OTP``, ``SMS_OTP`` and
    ``WEB_AUTHN``; ``mfa`` the second ones.
    """

    username: str
    configured: tuple[str, ...] = ()
    mfa: MfaPreference = MfaPreference()
