"""A device, as a value."""

from __future__ import annotations

from userpool import KnownDevice


def test_a_device_shows_its_key_and_nothing_that_proves_it() -> None:
    device = KnownDevice("us-east-1_1", "-group", "the password")

    assert repr(device) == "KnownDevice(key='us-east-1_1')"
