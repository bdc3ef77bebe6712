"""The second factors of a user."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from userpool.server.records import Pool, PoolFactors, User
from userpool.server.rules.mfa_preferences import (
    Choice,
    check_choices,
    choices_of,
    preferring,
    told_methods,
    told_options,
    with_options,
    without,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.mfa import MFAOptionTypeInput, SetUserMFAPreferenceRequest
from userpool.wire.user_pools import UserPoolType

POOL = Pool(
    pool_id="us-east-1_a",
    version=1,
    description=UserPoolType(mfa_configuration="OPTIONAL"),
    factors=PoolFactors(sms=True, software_token=True),
)
SMS, TOKEN, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
ON, OFF, PREFERRED = (
    {"Enabled": True},
    {"Enabled": False, "PreferredMfa": False},
    {"Enabled": True, "PreferredMfa": True},
)
PHONE = {"phone_number": "+15550001234"}


def ann(*methods: Any, **members: Any) -> User:
    """Return a user for whom these factors are switched on."""
    return User(
        sub="s",
        pool_id="us-east-1_a",
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        mfa_methods=list(methods),
        **members,
    )


def choices(**blocks: Any) -> list[Choice]:
    """Return the choices of a request in the wire's words."""
    return choices_of(msgspec.convert({"AccessToken": "token", **blocks}, SetUserMFAPreferenceRequest))


# ---- what a request says ----


def test_a_request_says_something_of_the_factors_that_it_names() -> None:
    assert choices(SMSMfaSettings=ON, EmailMfaSettings=OFF) == [
        Choice("SMS_MFA", is_enabled=True, is_preferred=False),
        Choice("EMAIL_OTP", is_enabled=False, is_preferred=False),
    ]


def test_an_empty_block_switches_off() -> None:
    assert choices(SoftwareTokenMfaSettings={}, WebAuthnMfaSettings={}) == [
        Choice("SOFTWARE_TOKEN_MFA", is_enabled=False, is_preferred=False),
        Choice("WEB_AUTHN", is_enabled=False, is_preferred=False),
    ]


def test_one_factor_is_preferred_at_most() -> None:
    with pytest.raises(InvalidParameterException, match="only one MFA can be preferred"):
        choices(SMSMfaSettings=PREFERRED, SoftwareTokenMfaSettings=PREFERRED)


def test_what_is_not_enabled_is_not_preferred() -> None:
    with pytest.raises(InvalidParameterException, match="an MFA that is not enabled can't be preferred"):
        choices(SMSMfaSettings={"PreferredMfa": True})


# ---- what a user may switch on ----


@pytest.mark.parametrize(
    ("waits", "text"),
    [
        (False, "User has not set up software token mfa"),
        (True, "User has not verified software token mfa"),
        (None, "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"),
    ],
)
def test_an_authenticator_has_to_be_verified_first(waits: Any, text: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_choices(POOL, ann(), choices(SoftwareTokenMfaSettings=ON), token_waits=waits)

    assert caught.value.message == text


@pytest.mark.parametrize(
    ("user", "blocks", "method"),
    [
        (ann(), {"SMSMfaSettings": ON}, SMS),
        (
            ann(attributes={"email": "a@example.com", "email_verified": "true"}),
            {"EmailMfaSettings": ON},
            EMAIL,
        ),
        (ann(), {"WebAuthnMfaSettings": ON}, "WEB_AUTHN"),
    ],
    ids=["no phone number", "a factor that the pool doesn't have", "no passkey"],
)
def test_without_the_means_a_factor_is_not_switched_on(
    user: User, blocks: dict[str, Any], method: str
) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        check_choices(POOL, user, choices(**blocks), token_waits=False)

    assert caught.value.message == f"User does not have delivery config set to turn on {method}"


def test_to_switch_off_nothing_is_needed() -> None:
    everything_off = choices(
        SMSMfaSettings=OFF,
        SoftwareTokenMfaSettings=OFF,
        EmailMfaSettings=OFF,
        WebAuthnMfaSettings={"Enabled": False},
    )

    check_choices(POOL, ann(), everything_off, token_waits=False)


# ---- what becomes of the user ----


def test_factors_are_told_in_one_order_whenever_they_were_switched_on() -> None:
    user = preferring(ann(EMAIL, TOKEN), choices(SMSMfaSettings=ON))

    assert told_methods(user) == [SMS, TOKEN, EMAIL]


def test_a_factor_that_is_not_named_stays_as_it_is() -> None:
    user = preferring(ann(TOKEN, preferred_mfa=TOKEN), choices(SMSMfaSettings=ON))

    assert (user.mfa_methods, user.preferred_mfa) == ([SMS, TOKEN], TOKEN)


def test_another_preference_replaces_the_one_before() -> None:
    user = preferring(ann(TOKEN, preferred_mfa=TOKEN), choices(SMSMfaSettings=PREFERRED))

    assert user.preferred_mfa == SMS


@pytest.mark.parametrize("block", [OFF, ON])
def test_the_preference_is_cleared_by_its_factor_without_it(block: dict[str, bool]) -> None:
    user = preferring(ann(TOKEN, preferred_mfa=TOKEN), choices(SoftwareTokenMfaSettings=block))

    assert user.preferred_mfa is None
    assert (TOKEN in user.mfa_methods) is block["Enabled"]


def test_off_means_off_whichever_way_it_was_switched_on() -> None:
    user = preferring(ann(mfa_options=["phone_number"]), choices(SMSMfaSettings=OFF))

    assert told_options(user) is None


def test_a_factor_that_is_taken_away_is_no_preference() -> None:
    user = without(ann(SMS, TOKEN, preferred_mfa=TOKEN), "SOFTWARE_TOKEN_MFA")

    assert (user.mfa_methods, user.preferred_mfa) == ([SMS], None)


def test_what_would_be_empty_is_not_told() -> None:
    assert told_methods(ann()) is None
    assert told_options(ann()) is None


# ---- the older way ----


def option(medium: Any = "SMS", name: str = "phone_number") -> MFAOptionTypeInput:
    """Return an option of SetUserSettings."""
    return MFAOptionTypeInput(delivery_medium=medium, attribute_name=name)


def test_the_older_setting_is_told_the_older_way() -> None:
    user = with_options(POOL, ann(attributes=PHONE), [option()])

    assert msgspec.to_builtins(told_options(user)) == [
        {"DeliveryMedium": "SMS", "AttributeName": "phone_number"}
    ]
    assert told_methods(user) is None


def test_an_empty_list_switches_sms_off() -> None:
    user = with_options(POOL, ann(SMS, TOKEN, mfa_options=["phone_number"], preferred_mfa=SMS), [])

    assert (user.mfa_options, user.mfa_methods, user.preferred_mfa) == ([], [TOKEN], None)


@pytest.mark.parametrize("wrong", [option("EMAIL", "email"), option("SMS", "email"), option(None)])
def test_only_sms_to_the_phone_number_is_an_option(wrong: MFAOptionTypeInput) -> None:
    with pytest.raises(InvalidParameterException, match="only SMS to phone_number is supported"):
        with_options(POOL, ann(attributes=PHONE), [wrong])


def test_the_older_setting_needs_a_phone_number_too() -> None:
    with pytest.raises(InvalidParameterException) as caught:
        with_options(POOL, ann(), [option()])

    assert caught.value.message == "User does not have delivery config set to turn on SMS_MFA"
