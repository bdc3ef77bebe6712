"""How long tokens live."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.server.rules.token_validity import (
    access_seconds,
    auth_session_ms,
    check_validity,
    id_seconds,
    refresh_seconds,
)
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pool_clients import TokenValidityUnitsType, UserPoolClientType


def client(*, units: dict[str, str] | None = None, **members: Any) -> UserPoolClientType:
    """Return a client with some numbers and units."""
    return UserPoolClientType(token_validity_units=TokenValidityUnitsType(**(units or {})), **members)


def test_a_client_without_numbers_has_the_defaults_of_the_service() -> None:
    bare = UserPoolClientType()

    assert access_seconds(bare) == id_seconds(bare) == 3600
    assert refresh_seconds(bare) == 30 * 86_400
    assert auth_session_ms(bare) == 180_000


def test_access_and_id_tokens_count_hours_and_refresh_tokens_days() -> None:
    told = client(access_token_validity=2, id_token_validity=3, refresh_token_validity=10)

    assert access_seconds(told) == 7200
    assert id_seconds(told) == 10_800
    assert refresh_seconds(told) == 864_000


@pytest.mark.parametrize(
    ("unit", "seconds"), [("seconds", 1), ("minutes", 60), ("hours", 3600), ("days", 86_400)]
)
def test_each_token_has_a_unit_of_its_own(unit: str, seconds: int) -> None:
    assert access_seconds(client(units={"access_token": unit}, access_token_validity=7)) == 7 * seconds
    assert id_seconds(client(units={"id_token": unit}, id_token_validity=7)) == 7 * seconds
    assert refresh_seconds(client(units={"refresh_token": unit}, refresh_token_validity=7)) == 7 * seconds


def test_a_refresh_validity_of_nothing_is_30_days_in_any_unit() -> None:
    assert (
        refresh_seconds(client(units={"refresh_token": "minutes"}, refresh_token_validity=0)) == 30 * 86_400
    )


def test_a_challenge_may_be_answered_for_as_many_minutes_as_the_client_says() -> None:
    assert auth_session_ms(client(auth_session_validity=15)) == 900_000


@pytest.mark.parametrize("access", [300, 86_400])
@pytest.mark.parametrize("identity", [300, 86_400])
def test_access_and_id_tokens_may_live_from_five_minutes_to_a_day(access: int, identity: int) -> None:
    units = {"access_token": "seconds", "id_token": "seconds"}

    check_validity(client(units=units, access_token_validity=access, id_token_validity=identity))


@pytest.mark.parametrize("seconds", [299, 86_401])
@pytest.mark.parametrize("token", ["access_token", "id_token"])
def test_a_token_outside_these_limits_is_refused(token: str, seconds: int) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid range for token validity\.$"):
        check_validity(client(units={token: "seconds"}, **{f"{token}_validity": seconds}))


@pytest.mark.parametrize(("least", "unit"), [(1, "hours"), (3650, "days")])
def test_a_refresh_token_may_live_from_an_hour_to_ten_years(least: int, unit: str) -> None:
    check_validity(client(units={"refresh_token": unit}, refresh_token_validity=least))


@pytest.mark.parametrize(("number", "unit"), [(59, "minutes"), (3651, "days")])
def test_a_refresh_token_outside_these_limits_is_refused(number: int, unit: str) -> None:
    with pytest.raises(InvalidParameterException):
        check_validity(client(units={"refresh_token": unit}, refresh_token_validity=number))


def test_a_refresh_token_has_to_outlive_the_others() -> None:
    units = {"refresh_token": "hours"}

    with pytest.raises(InvalidParameterException):
        check_validity(client(units=units, refresh_token_validity=2, access_token_validity=3))
    with pytest.raises(InvalidParameterException):
        check_validity(client(units=units, refresh_token_validity=2, id_token_validity=3))
