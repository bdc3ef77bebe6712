"""The part of a random life that is lived inside: second factors, devices, attributes, and the end of an account.

Sources: as `account_model`.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from lives import FLOWS, NAME, Surroundings, another

from userpool import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    InvalidParameterException,
    ResourceNotFoundException,
)
from userpool.wire.mfa import (
    AdminSetUserMFAPreference,
    AdminSetUserMFAPreferenceRequest,
    EmailMfaSettingsType,
    SMSMfaSettingsType,
    SoftwareTokenMfaSettingsType,
)
from userpool.wire.shapes import AttributeTypeInput
from userpool.wire.users import (
    AdminDeleteUser,
    AdminDeleteUserRequest,
    AdminDisableUser,
    AdminDisableUserRequest,
    AdminEnableUser,
    AdminEnableUserRequest,
    AdminUpdateUserAttributes,
    AdminUpdateUserAttributesRequest,
)

ANY = st.integers(0, 11)
"""Which of those that there are."""
SHORT = {"SMS_MFA": "sms", "SOFTWARE_TOKEN_MFA": "totp", "EMAIL_OTP": "email"}


def is_there(life: Any) -> bool:
    """Whether there is an account."""
    return life.account is not None


def is_signed_in(life: Any) -> bool:
    """Whether somebody holds good tokens."""
    return any(held.alive for held in life.sessions)


def has_code(purpose: str) -> Any:
    """Return a condition: such a code was sent and not used."""
    return lambda life: life.account is not None and purpose in life.account.codes


class Inside(Surroundings):
    """What happens to an account besides signing in."""

    # ---- second factors ----

    @precondition(is_signed_in)
    @rule(which=ANY, slips=st.booleans())
    def set_up_an_app(self, which: int, slips: bool) -> None:  # noqa: FBT001 - a rule's arguments come by name
        held = self.held(which)
        setup = self.show(self.use(held, lambda user: user.begin_totp_setup()))
        code = self.code_of_app(setup.secret)
        if slips:
            self.refused(
                lambda: self.use(held, lambda user: user.verify_totp(another(code))),
                EnableSoftwareTokenMFAException,
            )
        self.use(held, lambda user: user.verify_totp(code))
        self.living.secret = setup.secret

    @precondition(lambda life: is_signed_in(life) and life.can_switch_on())
    @rule(which=ANY, setting=st.sampled_from(["enabled", "preferred"]))
    def switch_a_factor_on(self, which: int, setting: str) -> None:
        there = self.can_switch_on()
        self.switch_a_factor(there[which % len(there)], setting, which=which, by_administrator=which > 5)

    @precondition(is_signed_in)
    @rule(
        which=ANY,
        factor=st.sampled_from(sorted(SHORT)),
        setting=st.sampled_from(["enabled", "not_preferred", "disabled"]),
        by_administrator=st.booleans(),
    )
    def switch_any_factor(self, which: int, factor: str, setting: str, by_administrator: bool) -> None:  # noqa: FBT001
        self.switch_a_factor(factor, setting, which=which, by_administrator=by_administrator)

    def can_switch_on(self) -> list[str]:
        """Return the factors that the pool has and the person has the means for."""
        return sorted(self.living.equipped().intersection(self.kind.factors))

    def switch_a_factor(self, factor: str, setting: str, *, which: int, by_administrator: bool) -> None:
        """Switch a factor, or be refused where the means for it are missing."""
        account = self.living

        def switch() -> None:
            if by_administrator:
                self.local.call(AdminSetUserMFAPreference, self.preference(factor, setting))
            else:
                named: Any = {SHORT[factor]: setting}
                self.use(self.held(which), lambda user: user.set_mfa_preference(**named))

        if setting != "disabled" and factor not in self.can_switch_on():
            self.refused(switch, InvalidParameterException)
            return
        switch()
        account.preferred = None if account.preferred == factor else account.preferred
        if setting == "disabled":
            account.factors.discard(factor)
        else:
            account.factors.add(factor)
            account.preferred = factor if setting == "preferred" else account.preferred

    def preference(self, factor: str, setting: str) -> AdminSetUserMFAPreferenceRequest:
        """Return an administrator's request that switches one factor."""
        switches: dict[str, bool] = {
            "enabled": setting != "disabled",
            "preferred_mfa": setting == "preferred",
        }
        request = AdminSetUserMFAPreferenceRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        match factor:
            case "SMS_MFA":
                request.sms_mfa_settings = SMSMfaSettingsType(**switches)
            case "EMAIL_OTP":
                request.email_mfa_settings = EmailMfaSettingsType(**switches)
            case _:
                request.software_token_mfa_settings = SoftwareTokenMfaSettingsType(**switches)
        return request

    # ---- devices ----

    @precondition(lambda life: is_signed_in(life) and life.account.devices)
    @rule(which=ANY, device=ANY, remembered=st.booleans())
    def remember_a_device(self, which: int, device: int, remembered: bool) -> None:  # noqa: FBT001 - as above
        keys = sorted(self.living.devices)
        key = keys[device % len(keys)]
        if remembered:
            self.use(self.held(which), lambda user: user.remember_device(key))
        else:
            self.use(self.held(which), lambda user: user.do_not_remember_device(key))
        self.living.devices[key].remembered = remembered
        told = self.show(self.use(self.held(which), lambda user: user.device(key)))
        assert told.remembered == remembered

    @precondition(lambda life: is_signed_in(life) and life.account.devices)
    @rule(which=ANY, device=ANY)
    def forget_a_device(self, which: int, device: int) -> None:
        keys = sorted(self.living.devices)
        key = keys[device % len(keys)]
        self.use(self.held(which), lambda user: user.forget_device(key))
        self.lost_devices.append(self.living.devices.pop(key).known)
        self.end([held for held in self.sessions if held.device_key == key])
        if is_signed_in(self):
            self.refused(
                lambda: self.use(self.held(which), lambda user: user.device(key)), ResourceNotFoundException
            )
            listed = self.use(self.held(which), lambda user: list(user.all_devices(page_size=1)))
            assert {device.key for device in self.show(listed)} == set(self.living.devices)

    # ---- attributes ----

    @precondition(is_signed_in)
    @rule(which=ANY)
    def change_the_address(self, which: int) -> None:
        account, before = self.living, self.messages()
        account.email, account.email_verified = self.new_address(), False
        changes = {"email": account.email}
        update = self.show(self.use(self.held(which), lambda user: user.update_attributes(changes)))
        assert list(update.pending) == ["email"]
        self.keep_code("email", self.sent(messages=before), hours=24)

    @precondition(lambda life: is_signed_in(life) and "email" in life.account.codes)
    @rule(which=ANY, is_right=st.booleans())
    def verify_the_address(self, which: int, is_right: bool) -> None:  # noqa: FBT001 - as above
        code = self.living.codes["email"]
        given = code.text if is_right else another(code.text)

        def verify() -> None:
            self.use(self.held(which), lambda user: user.verify_attribute("email", given))

        if code.expires <= self.now:
            self.refused(verify, ExpiredCodeException)
        elif is_right:
            verify()
            self.living.email_verified = True
            self.drop_code("email")
        else:
            self.refused(verify, CodeMismatchException)
        self.wait(minutes=5)

    @precondition(lambda life: is_signed_in(life) and "SMS_MFA" in life.kind.factors)
    @rule(has_one=st.booleans())
    def be_given_a_telephone(self, has_one: bool) -> None:  # noqa: FBT001 - as above
        self.made += 1
        number = f"+1555555{self.made:04d}" if has_one else ""
        request = AdminUpdateUserAttributesRequest(
            user_pool_id=self.local.user_pool_id,
            username=NAME,
            user_attributes=[AttributeTypeInput(name="phone_number", value=number)],
        )
        self.local.call(AdminUpdateUserAttributes, request)
        self.living.phone, self.living.phone_verified = number or None, False

    # ---- the end ----

    @precondition(lambda life: len(life.sessions) > 1 and is_there(life) and life.account.enabled)
    @rule(flow=st.sampled_from(FLOWS), stays_so=st.booleans())
    def be_disabled(self, flow: str, stays_so: bool) -> None:  # noqa: FBT001 - as above
        self.living.enabled = False
        request = AdminDisableUserRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        self.local.call(AdminDisableUser, request)
        self.end(self.sessions)
        self.sign_in(flow, None, choice=0, slips=False)
        if not stays_so:
            self.be_enabled()

    @precondition(lambda life: is_there(life) and not life.account.enabled)
    @rule()
    def be_enabled(self) -> None:
        self.living.enabled = True
        request = AdminEnableUserRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        self.local.call(AdminEnableUser, request)

    @precondition(lambda life: len(life.sessions) > 2 and is_there(life))
    @rule(which=ANY)
    def be_deleted(self, which: int) -> None:
        if is_signed_in(self) and which % 2:
            self.use(self.held(which), lambda user: user.delete())
        else:
            request = AdminDeleteUserRequest(user_pool_id=self.local.user_pool_id, username=NAME)
            self.local.call(AdminDeleteUser, request)
        for purpose in tuple(self.living.codes):
            self.drop_code(purpose)
        self.lost_devices += [device.known for device in self.living.devices.values()]
        self.account = None
        self.end(self.sessions)
