"""What a signed-in person does with their second factors.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:SetUserMFAPreference, api:SetUserSettings, api:AssociateSoftwareToken, api:VerifySoftwareToken,
api:GetUserAuthFactors, api:GetUser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool import flows
from userpool.async_person import AsyncPerson

if TYPE_CHECKING:
    from userpool.otpauth import TotpSetup
    from userpool.profile import AuthFactors, FactorSetting, MfaOption, MfaPreference, PasskeySetting

__all__ = ["AsyncMfaVerbs"]


class AsyncMfaVerbs(AsyncPerson):
    """The verbs of an `AsyncUser` about their second factors."""

    __slots__ = ()

    async def mfa_preference(self) -> MfaPreference:
        """Return which second factors are switched on, and which is asked for first (GetUser)."""
        return (await self._hold(flows.profile.profile)).profile.mfa

    async def set_mfa_preference(
        self,
        *,
        sms: FactorSetting | None = None,
        totp: FactorSetting | None = None,
        email: FactorSetting | None = None,
        passkey: PasskeySetting | None = None,
    ) -> None:
        """Switch second factors on and off (SetUserMFAPreference); those that are not named stay as they are.

        Each is ``"enabled"``, ``"preferred"`` (on, and asked for first), ``"not_preferred"`` (on, and no longer asked
        for first) or ``"disabled"``; a passkey cannot be preferred.

        Raises:
            InvalidParameterException: the factor is not ready (no verified app, no number, no address), the pool does
                not offer it, or two are to be preferred.
            SettingsError: nothing was named, or a word is none of those. Nothing is sent.
        """
        await self._change(
            lambda token: flows.mfa.set_mfa_preference(
                token, sms=sms, totp=totp, email=email, passkey=passkey
            )
        )

    async def mfa_options(self) -> tuple[MfaOption, ...]:
        """Return what `set_user_settings` has set, which is the old way (GetUser)."""
        return (await self._hold(flows.profile.profile)).profile.mfa_options

    async def set_user_settings(self, *, sms_mfa: bool) -> None:
        """Switch the second factor by SMS on or off in the old way (SetUserSettings).

        It knows of no other factor, and new programs use `set_mfa_preference`.
        """
        await self._change(lambda token: flows.mfa.set_user_settings(token, sms_mfa=sms_mfa))

    # ---- an authenticator app ----

    async def begin_totp_setup(self) -> TotpSetup:
        """Have a secret made for an authenticator app (AssociateSoftwareToken); show it, then `verify_totp`.

        An app that was verified before goes on working until the new one is. Its secret cannot be had again: asking
        twice makes two, and only the second counts.

        Raises:
            SoftwareTokenMFANotFoundException: the pool does not offer this factor.
        """
        from userpool.otpauth import TotpSetup  # noqa: PLC0415 - few programs set an app up

        made = await self._hold(lambda token: flows.mfa.associate_software_token(access_token=token))
        return TotpSetup(made.secret, self.username)

    async def verify_totp(self, code: str, *, device_name: str | None = None) -> None:
        """Verify the authenticator app with a first code from it (VerifySoftwareToken).

        A wrong code can be tried again with the same secret. The factor is not on by that yet: switch it on by
        ``set_mfa_preference(totp="preferred")``.

        Args:
            code: the six digits that the app shows.
            device_name: told to the person when a code is asked for later, such as the name of the phone.

        Raises:
            EnableSoftwareTokenMFAException: the code is wrong, or the clock of the phone is; try the next one.
            InvalidParameterException: it is not of six digits.
        """
        await self._change(
            lambda token: flows.mfa.verify_software_token(
                code=code, device_name=device_name, access_token=token
            )
        )

    async def auth_factors(self) -> AuthFactors:
        """Return with what the person can sign in, first factors and second ones (GetUserAuthFactors)."""
        return await self._hold(flows.mfa.auth_factors)
