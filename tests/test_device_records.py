"""Devices, as values."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from userpool.device_records import Device, DevicePage


@pytest.mark.parametrize(("status", "remembered"), [("remembered", True), ("not_remembered", False)])
def test_a_device_tells_whether_it_is_remembered(*, status: str, remembered: bool) -> None:
    device = Device("k", attributes={"dev:device_remembered_status": status})

    assert device.remembered is remembered


def test_what_the_service_does_not_tell_is_not_guessed() -> None:
    device = Device("k")

    assert (device.remembered, device.name, device.last_ip_address) == (None, None, None)
    assert (device.created, device.last_modified, device.last_authenticated) == (None, None, None)


def test_times_are_in_utc() -> None:
    device = Device("k", created_epoch=0.5, last_modified_epoch=0.0, last_authenticated_epoch=60.0)

    assert device.created == datetime(1970, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    assert device.last_modified == datetime(1970, 1, 1, tzinfo=UTC)
    assert device.last_authenticated == datetime(1970, 1, 1, 0, 1, tzinfo=UTC)


def test_an_empty_page_is_the_last() -> None:
    assert (DevicePage().devices, DevicePage().next_token) == ((), None)
