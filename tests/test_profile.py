"""A person's record, as values."""

from __future__ import annotations

from userpool.profile import AuthFactors, MfaPreference, Profile


def test_attributes_are_not_shown() -> None:
    profile = Profile("alice", attributes={"email": "a@e"})

    assert "a@e" not in repr(profile)
    assert profile.attributes["email"] == "a@e"


def test_what_is_not_switched_on_is_off() -> None:
    assert (MfaPreference().sms, MfaPreference().totp, MfaPreference().email) == ("disabled",) * 3
    assert AuthFactors("alice").mfa == MfaPreference()


def test_the_preferred_factor_is_more_than_on() -> None:
    preference = MfaPreference(("SMS_MFA", "EMAIL_OTP"), preferred="SMS_MFA")

    assert (preference.sms, preference.totp, preference.email) == ("preferred", "disabled", "enabled")
