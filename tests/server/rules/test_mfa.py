"""What a sign-in asks for after the first factor."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.server.records import Pool, PoolFactors, User
from userpool.server.rules.mfa import Decision, decide, pool_methods, usable_methods, user_methods
from userpool.wire.mfa import EmailMfaConfigType
from userpool.wire.user_pools import UserPoolType

EVERY = PoolFactors(sms=True, software_token=True, email=EmailMfaConfigType())
SMS, TOKEN, EMAIL = "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"
EQUIPPED: dict[str, Any] = {
    "attributes": {"phone_number": "+15550001234", "email": "ann@example.com", "email_verified": "true"},
    "has_software_token": True,
}


def pool(mode: str = "OPTIONAL", factors: PoolFactors = EVERY) -> Pool:
    """Return a pool."""
    return Pool(
        pool_id="us-east-1_a",
        version=1,
        description=UserPoolType(id="us-east-1_a", mfa_configuration=mode),
        factors=factors,
    )


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


@pytest.mark.parametrize("mode", ["OFF", None])
def test_a_pool_whose_mfa_is_off_asks_for_nothing(mode: Any) -> None:
    user = ann(SMS, TOKEN, EMAIL, preferred_mfa=SMS, **EQUIPPED)

    assert pool_methods(pool(mode)) == []
    assert usable_methods(pool(mode), user) == []
    assert decide(pool(mode), user) == Decision(None)


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
@pytest.mark.parametrize("method", [SMS, TOKEN, EMAIL])
def test_the_only_factor_is_asked_for(mode: str, method: Any) -> None:
    assert decide(pool(mode), ann(method, **EQUIPPED)) == Decision(method)


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_the_preferred_factor_is_asked_for(mode: str) -> None:
    user = ann(SMS, TOKEN, EMAIL, preferred_mfa=EMAIL, **EQUIPPED)

    assert decide(pool(mode), user) == Decision("EMAIL_OTP")


@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_without_a_preference_the_user_chooses(mode: str) -> None:
    user = ann(EMAIL, SMS, TOKEN, **EQUIPPED)

    assert decide(pool(mode), user) == Decision("SELECT_MFA_TYPE", (SMS, TOKEN, EMAIL))


def test_a_preferred_factor_that_the_user_lost_the_means_for_is_passed_over() -> None:
    user = ann(SMS, TOKEN, preferred_mfa=SMS, has_software_token=True)

    assert decide(pool(), user) == Decision("SOFTWARE_TOKEN_MFA")


@pytest.mark.parametrize(
    ("factors", "method"),
    [
        (PoolFactors(software_token=True), SMS),
        (PoolFactors(sms=True), TOKEN),
        (PoolFactors(sms=True), EMAIL),
    ],
)
def test_a_factor_that_the_pool_has_no_more_is_not_asked_for(factors: PoolFactors, method: Any) -> None:
    assert decide(pool(factors=factors), ann(method, **EQUIPPED)) == Decision(None)


def test_an_address_counts_once_it_is_verified() -> None:
    unverified = ann(EMAIL, attributes={"email": "ann@example.com", "email_verified": "false"})

    assert decide(pool(), unverified) == Decision(None)


def test_the_older_setting_switches_codes_by_sms_on() -> None:
    user = ann(mfa_options=["phone_number"], **EQUIPPED)

    assert user_methods(user) == [SMS]
    assert decide(pool(), user) == Decision("SMS_MFA")


def test_where_mfa_is_optional_nothing_is_asked_for_that_was_not_switched_on() -> None:
    assert decide(pool(), ann(**EQUIPPED)) == Decision(None)


def test_where_mfa_is_required_the_phone_number_will_do() -> None:
    user = ann(attributes=EQUIPPED["attributes"])

    assert usable_methods(pool("ON"), user) == [SMS]
    assert decide(pool("ON"), user) == Decision("SMS_MFA")


def test_where_mfa_is_required_and_there_is_no_phone_the_verified_address_will_do() -> None:
    user = ann(attributes={"email": "ann@example.com", "email_verified": "true"})

    assert decide(pool("ON"), user) == Decision("EMAIL_OTP")


def test_where_mfa_is_required_a_verified_authenticator_is_not_replaced_unasked() -> None:
    assert decide(pool("ON"), ann(has_software_token=True)) == Decision("SOFTWARE_TOKEN_MFA")


@pytest.mark.parametrize(
    ("factors", "listed"),
    [
        (EVERY, (SMS, TOKEN, EMAIL)),
        (PoolFactors(software_token=True), (TOKEN,)),
        (PoolFactors(email=EmailMfaConfigType()), (EMAIL,)),
    ],
)
def test_where_mfa_is_required_whoever_has_nothing_sets_a_factor_up(
    factors: PoolFactors, listed: tuple[Any, ...]
) -> None:
    assert decide(pool("ON", factors), ann()) == Decision("MFA_SETUP", listed)


def test_a_passkey_is_never_asked_for_second() -> None:
    assert decide(pool(), ann("WEB_AUTHN")) == Decision(None)
