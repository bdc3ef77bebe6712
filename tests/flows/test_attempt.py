"""What an attempt knows; what it says is tested with the flows that say it."""

from __future__ import annotations

from userpool.answers import UnderWay
from userpool.devices import KnownDevice
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.attempt import FRESH_BYTES, Attempt, DeviceUse, is_about_the_device
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException

ONE, ANOTHER = KnownDevice("k1", "g", "p"), KnownDevice("k2", "g", "p")


def attempt_with(under_way: UnderWay, stored: dict[str, KnownDevice]) -> Attempt:
    return Attempt(
        AppClient("aB1", "c"),
        under_way,
        username="canonical",
        random=bytes(range(FRESH_BYTES)),
        extras=Extras(),
        devices=DeviceUse(stored.get),
    )


def test_a_device_is_looked_up_under_the_typed_name_first() -> None:
    both = attempt_with(UnderWay(login="Alice"), {"Alice": ONE, "canonical": ANOTHER})
    canonical = attempt_with(UnderWay(login="Alice"), {"canonical": ANOTHER})

    assert (both.under_way.device, canonical.under_way.device) == (ONE, ANOTHER)


def test_a_device_that_was_handed_in_is_not_looked_up() -> None:
    attempt = attempt_with(UnderWay(login="Alice", device=ONE), {"Alice": ANOTHER})

    assert attempt.under_way.device == ONE


def test_a_lost_device_is_not_found_again() -> None:
    attempt = attempt_with(UnderWay(login="Alice", lost_device="k1"), {"Alice": ONE, "canonical": ANOTHER})

    assert attempt.under_way.device == ANOTHER


def test_no_two_purposes_share_their_random_bytes() -> None:
    attempt = attempt_with(UnderWay(), {})

    secrets = {attempt.ephemeral().secret, attempt.device_ephemeral().secret}

    assert len(secrets) == 2


def test_only_a_missing_device_is_about_the_device() -> None:
    assert is_about_the_device(ResourceNotFoundException("Device does not exist."))
    assert not is_about_the_device(ResourceNotFoundException("User pool x does not exist."))
    assert not is_about_the_device(NotAuthorizedException("The device is not yours."))
