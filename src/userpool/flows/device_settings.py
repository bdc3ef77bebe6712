"""What a signed-in person does with their devices: list them, look at one, have it remembered or forgotten.

Operations: ListDevices, GetDevice, UpdateDeviceStatus, ForgetDevice.

Sources: api:ListDevices, api:GetDevice, api:UpdateDeviceStatus, api:ForgetDevice;
guide:amazon-cognito-user-pools-device-tracking.
"""

from __future__ import annotations

from userpool.conversation import Flow, ask
from userpool.device_records import Device, DevicePage
from userpool.wire.devices import (
    DeviceType,
    ForgetDevice,
    ForgetDeviceRequest,
    GetDevice,
    GetDeviceRequest,
    ListDevices,
    ListDevicesRequest,
    UpdateDeviceStatus,
    UpdateDeviceStatusRequest,
)

__all__ = ["device", "devices", "forget_device", "set_remembered"]


def devices(access_token: str, *, limit: int | None, page_token: str | None) -> Flow[DevicePage]:
    """Return a page of devices, with what asks for the next."""
    request = ListDevicesRequest(access_token=access_token, limit=limit, pagination_token=page_token)
    response = yield from ask(ListDevices, request)
    found = (_device(listed) for listed in response.devices or [])
    return DevicePage(tuple(found), response.pagination_token or None)


def device(access_token: str, *, key: str) -> Flow[Device]:
    """Return one device."""
    response = yield from ask(GetDevice, GetDeviceRequest(device_key=key, access_token=access_token))
    return _device(response.device)


def set_remembered(access_token: str, *, key: str, remembered: bool) -> Flow[None]:
    """Have a device remembered, or not remembered any more."""
    request = UpdateDeviceStatusRequest(
        access_token=access_token,
        device_key=key,
        device_remembered_status="remembered" if remembered else "not_remembered",
    )
    yield from ask(UpdateDeviceStatus, request)


def forget_device(access_token: str, *, key: str) -> Flow[None]:
    """Have the pool forget a device; sessions that were begun with it cannot be renewed any more."""
    yield from ask(ForgetDevice, ForgetDeviceRequest(device_key=key, access_token=access_token))


def _device(told: DeviceType) -> Device:
    return Device(
        told.device_key or "",
        attributes={each.name: each.value or "" for each in told.device_attributes or []},
        created_epoch=told.device_create_date,
        last_modified_epoch=told.device_last_modified_date,
        last_authenticated_epoch=told.device_last_authenticated_date,
    )
