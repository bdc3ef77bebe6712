"""Who may have a password reset, and where the code goes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from userpool.server.records import Pool, PoolFactors, User
from userpool.server.rules.account_recovery import (
    attribute_for_reset,
    check_resettable,
    check_self_service,
    recovery_attributes,
)
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException
from userpool.wire.mfa import EmailMfaConfigType
from userpool.wire.user_pools import AccountRecoverySettingType, RecoveryOptionType, UserPoolType

BOTH = {
    "email": "ann@example.com",
    "email_verified": "true",
    "phone_number": "+15551234567",
    "phone_number_verified": "true",
}
WRONG_STATE = r"^User password cannot be reset in the current state\.$"


def test_without_a_setting_the_number_comes_first() -> None:
    assert list(recovery_attributes(UserPoolType())) == ["phone_number", "email"]
    assert attribute_for_reset(with_mfa(UserPoolType()), user(**BOTH)) == "phone_number"


def test_the_first_choice_is_the_one_with_the_smallest_number() -> None:
    pool = recovering((2, "verified_phone_number"), (1, "verified_email"))

    assert list(recovery_attributes(pool)) == ["email", "phone_number"]
    assert attribute_for_reset(with_mfa(pool), user(**BOTH)) == "email"


def test_the_second_choice_counts_where_the_first_is_not_verified() -> None:
    pool = recovering((1, "verified_email"), (2, "verified_phone_number"))

    assert attribute_for_reset(with_mfa(pool), user(**{**BOTH, "email_verified": "false"})) == "phone_number"


def test_what_is_no_choice_does_not_count() -> None:
    pool = recovering((1, "verified_phone_number"))

    with pytest.raises(
        InvalidParameterException, match=r"^Cannot reset password for the user as there is no"
    ):
        attribute_for_reset(with_mfa(pool), user(email="ann@example.com", email_verified="true"))


def test_a_pool_may_leave_it_to_its_administrators() -> None:
    check_self_service(UserPoolType())
    check_self_service(recovering((1, "verified_email")))

    with pytest.raises(NotAuthorizedException, match=r"^Contact administrator to reset password\.$"):
        check_self_service(recovering((1, "admin_only")))


@pytest.mark.parametrize("status", ["FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"])
def test_who_has_no_password_of_his_own_has_none_to_reset(status: Any) -> None:
    for check in (check_resettable, lambda somebody: attribute_for_reset(with_mfa(UserPoolType()), somebody)):
        with pytest.raises(NotAuthorizedException, match=WRONG_STATE):
            check(user(status, **BOTH))


def test_who_is_not_confirmed_needs_a_verified_address_or_number() -> None:
    assert attribute_for_reset(with_mfa(UserPoolType()), user("UNCONFIRMED", **BOTH)) == "phone_number"

    with pytest.raises(NotAuthorizedException, match=WRONG_STATE):
        attribute_for_reset(with_mfa(UserPoolType()), user("UNCONFIRMED"))


@pytest.mark.parametrize("setting", [None, (1, "verified_phone_number")])
def test_what_is_the_second_factor_does_not_recover(setting: Any) -> None:
    described = UserPoolType() if setting is None else recovering(setting, (2, "verified_email"))

    for mode, chosen in (("ON", []), ("OPTIONAL", ["SMS_MFA"])):
        somebody = replace(user(**BOTH), mfa_methods=chosen)
        assert attribute_for_reset(with_mfa(described, mode), somebody) == "email"
    assert attribute_for_reset(with_mfa(described, "OPTIONAL"), user(**BOTH)) == "phone_number"


def test_nothing_recovers_where_all_there_is_is_the_second_factor() -> None:
    somebody = replace(user(**BOTH), mfa_methods=["SMS_MFA", "EMAIL_OTP"])

    with pytest.raises(InvalidParameterException, match=r"^Cannot reset password"):
        attribute_for_reset(with_mfa(UserPoolType(), "OPTIONAL"), somebody)


def with_mfa(description: UserPoolType, mode: str = "OFF") -> Pool:
    """Return a pool with second factors by SMS and e-mail."""
    factors = PoolFactors(sms=True, email=EmailMfaConfigType())
    described = replace(description, mfa_configuration=mode)
    return Pool(pool_id="us-east-1_a", version=1, description=described, factors=factors)


def recovering(*choices: tuple[int, str]) -> UserPoolType:
    """Return a pool with these mechanisms."""
    mechanisms = [RecoveryOptionType(priority=priority, name=name) for priority, name in choices]
    setting = AccountRecoverySettingType(recovery_mechanisms=mechanisms)
    return UserPoolType(account_recovery_setting=setting)


def user(status: Any = "CONFIRMED", **attributes: str) -> User:
    """Return a user."""
    return User(
        sub="the-sub",
        pool_id="us-east-1_AbCdEfGhI",
        username="ann",
        status=status,
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )
