"""What a signed-in person does with their devices."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from async_scene import KEYS, NOON, Scene

from userpool import SettingsError
from userpool.transport.scripted import refuses, says
from userpool.wire.faults import ResourceNotFoundException

pytestmark = pytest.mark.anyio

KEY = "us-east-1_11111111-2222-3333-4444-555555555555"
PARTS = {
    f"{KEYS}alice.deviceKey": KEY,
    f"{KEYS}alice.deviceGroupKey": "-group",
    f"{KEYS}alice.randomPasswordKey": "secret",
}
TOLD = {
    "DeviceKey": KEY,
    "DeviceAttributes": [
        {"Name": "device_name", "Value": "laptop"},
        {"Name": "last_ip_used", "Value": "203.0.113.7"},
        {"Name": "dev:device_remembered_status", "Value": "remembered"},
    ],
    "DeviceCreateDate": float(NOON),
    "DeviceLastModifiedDate": NOON + 1.5,
    "DeviceLastAuthenticatedDate": NOON + 2.0,
}


async def test_a_device_is_told_in_plain_values() -> None:
    scene = Scene()
    alice = await scene.somebody(says({"Device": TOLD}), more={"device_key": KEY})

    device = await alice.device()

    assert scene.asked() == [("GetDevice", {"DeviceKey": KEY})]
    assert (device.key, device.name, device.last_ip_address) == (KEY, "laptop", "203.0.113.7")
    assert device.remembered is True
    assert (device.created_epoch, device.last_modified_epoch) == (NOON, NOON + 1.5)


async def test_the_key_is_in_the_tokens_or_else_where_it_was_stored() -> None:
    scene = Scene(dict(PARTS))
    alice = await scene.somebody()
    bob = await scene.somebody(name="bob", more={"device_key": "another"})
    carol = await scene.somebody(name="carol")

    assert (alice.device_key, bob.device_key, carol.device_key) == (KEY, "another", None)


async def test_whoever_is_signed_out_has_no_device() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}), more={"device_key": KEY})

    await alice.sign_out()

    assert alice.device_key is None


@pytest.mark.parametrize("verb", ["device", "remember_device", "do_not_remember_device", "forget_device"])
async def test_without_a_device_nothing_is_asked(verb: str) -> None:
    # amazon-cognito-identity-js leaves the key out, and the service says what it thinks of that.
    scene = Scene()
    alice = await scene.somebody()

    with pytest.raises(SettingsError, match="alice has no device"):
        await getattr(alice, verb)()

    assert scene.asked() == []


async def test_a_device_is_remembered_or_not() -> None:
    scene = Scene()
    alice = await scene.somebody(says({}), says({}), more={"device_key": KEY})

    await alice.remember_device()
    await alice.do_not_remember_device("another")

    assert scene.asked() == [
        ("UpdateDeviceStatus", {"DeviceKey": KEY, "DeviceRememberedStatus": "remembered"}),
        ("UpdateDeviceStatus", {"DeviceKey": "another", "DeviceRememberedStatus": "not_remembered"}),
    ]


async def test_a_page_tells_how_to_ask_for_the_next() -> None:
    scene = Scene()
    alice = await scene.somebody(says({"Devices": [TOLD], "PaginationToken": "next"}), says({"Devices": []}))

    first = await alice.devices(limit=1)
    second = await alice.devices(limit=1, page_token=first.next_token)

    assert [device.name for device in first.devices] == ["laptop"]
    assert (second.devices, second.next_token) == ((), None)
    assert [body for _, body in scene.asked()] == [{"Limit": 1}, {"Limit": 1, "PaginationToken": "next"}]


async def test_all_pages_are_gone_through_and_none_too_many() -> None:
    scene = Scene()
    alice = await scene.somebody(
        says({"Devices": [TOLD, TOLD], "PaginationToken": "second"}),
        says({"Devices": [], "PaginationToken": "third"}),
        says({"Devices": [TOLD]}),
    )

    found = [device.key async for device in alice.all_devices(page_size=2)]

    assert found == [KEY, KEY, KEY]
    assert [body.get("PaginationToken") for _, body in scene.asked()] == [None, "second", "third"]


async def test_no_page_is_asked_for_before_it_is_wanted() -> None:
    scene = Scene()
    alice = await scene.somebody(says({"Devices": [TOLD, TOLD], "PaginationToken": "second"}))

    async for _ in alice.all_devices():
        break

    assert len(scene.asked()) == 1


@pytest.mark.parametrize("answer", [says(), refuses("ResourceNotFoundException", "Device does not exist.")])
async def test_a_forgotten_device_leaves_no_secret(answer: Any) -> None:
    scene = Scene(dict(PARTS))
    alice = await scene.somebody(answer)

    # A device that the pool does not know is as good as forgotten; the refusal is told all the same.
    with suppress(ResourceNotFoundException):
        await alice.forget_device()

    assert scene.asked() == [("ForgetDevice", {"DeviceKey": KEY})]
    assert not PARTS.keys() & scene.storage.keys()
    assert alice.is_signed_in


async def test_the_secret_of_this_device_stays_when_another_is_forgotten() -> None:
    scene = Scene(dict(PARTS))
    alice = await scene.somebody(says())

    await alice.forget_device("another")

    assert PARTS.items() <= scene.storage.items()
