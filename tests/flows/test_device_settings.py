"""What a signed-in person does with their devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.flows import device_settings
from userpool.wire.devices import (
    DeviceType,
    GetDeviceResponse,
    ListDevicesResponse,
    UpdateDeviceStatusResponse,
)
from userpool.wire.shapes import AttributeType

Play = Callable[..., tuple[Any, list[Any]]]


def test_a_page_holds_devices_and_what_asks_for_the_next(play: Play) -> None:
    flow = device_settings.devices("t", limit=2, page_token="first")
    listed = [DeviceType(device_key="a"), DeviceType(device_key="b")]

    page, [request] = play(flow, ListDevicesResponse(devices=listed, pagination_token="second"))

    assert (request.access_token, request.limit, request.pagination_token) == ("t", 2, "first")
    assert ([device.key for device in page.devices], page.next_token) == (["a", "b"], "second")


@pytest.mark.parametrize("response", [ListDevicesResponse(), ListDevicesResponse(pagination_token="")])
def test_a_person_without_devices_has_one_empty_page(play: Play, response: Any) -> None:
    page, _ = play(device_settings.devices("t", limit=None, page_token=None), response)

    assert (page.devices, page.next_token) == ((), None)


def test_a_device_is_told_as_far_as_the_service_tells(play: Play) -> None:
    told = DeviceType(
        device_key="a",
        device_attributes=[AttributeType(name="device_name", value="laptop"), AttributeType(name="x")],
        device_last_authenticated_date=1_767_268_800.5,
    )

    device, [request] = play(device_settings.device("t", key="a"), GetDeviceResponse(device=told))

    assert (request.device_key, device.name) == ("a", "laptop")
    assert device.attributes["x"] == ""
    assert (device.created_epoch, device.last_authenticated_epoch) == (None, 1_767_268_800.5)


@pytest.mark.parametrize(("remembered", "word"), [(True, "remembered"), (False, "not_remembered")])
def test_a_device_is_remembered_or_not(play: Play, *, remembered: bool, word: str) -> None:
    flow = device_settings.set_remembered("t", key="a", remembered=remembered)

    _, [request] = play(flow, UpdateDeviceStatusResponse())

    assert (request.device_key, request.device_remembered_status) == ("a", word)


def test_a_device_is_forgotten_by_its_key(play: Play) -> None:
    _, [request] = play(device_settings.forget_device("t", key="a"), None)

    assert (request.access_token, request.device_key) == ("t", "a")
