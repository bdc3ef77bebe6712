"""What a signed-in person does with the devices that the pool remembers of them.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:ListDevices, api:GetDevice, api:UpdateDeviceStatus, api:ForgetDevice;
guide:amazon-cognito-user-pools-device-tracking; js-sdk:CognitoUser (forgetDevice).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from userpool import flows
from userpool.async_person import AsyncPerson
from userpool.errors import SettingsError
from userpool.wire.faults import ResourceNotFoundException

if TYPE_CHECKING:
    from userpool.device_records import Device, DevicePage

__all__ = ["AsyncDeviceVerbs"]


class AsyncDeviceVerbs(AsyncPerson):
    """The verbs of an `AsyncUser` about their devices; without a key they are about this one."""

    __slots__ = ()

    @property
    def device_key(self) -> str | None:
        """The key of the device of this sign-in; None where the pool remembers none, or the person is signed out."""
        return self._line.sessions.device_key(self._session)

    async def devices(self, *, limit: int | None = None, page_token: str | None = None) -> DevicePage:
        """Return a page of the person's devices (ListDevices); `all_devices` goes through all pages.

        Args:
            limit: how many at most, up to 60; fewer may come although there are more.
            page_token: ``next_token`` of the page before.
        """
        return await self._hold(
            lambda token: flows.device_settings.devices(token, limit=limit, page_token=page_token)
        )

    async def all_devices(self, *, page_size: int | None = None) -> AsyncIterator[Device]:
        """Go through all of the person's devices, asking for a page when the one before is used up."""
        page_token = None
        while True:
            page = await self.devices(limit=page_size, page_token=page_token)
            for device in page.devices:
                yield device
            page_token = page.next_token
            if page_token is None:
                return

    async def device(self, key: str | None = None) -> Device:
        """Return one device (GetDevice).

        Raises:
            ResourceNotFoundException: the pool does not know it.
            SettingsError: no key was given, and this sign-in has no device. Nothing is sent.
        """
        found = self._key(key)
        return await self._hold(lambda token: flows.device_settings.device(token, key=found))

    async def remember_device(self, key: str | None = None) -> None:
        """Have the pool remember a device, so that it may ask no second factor of it (UpdateDeviceStatus).

        Raises:
            ResourceNotFoundException: the pool does not know it.
            SettingsError: no key was given, and this sign-in has no device. Nothing is sent.
        """
        await self._set_remembered(key, remembered=True)

    async def do_not_remember_device(self, key: str | None = None) -> None:
        """Have the pool not remember a device any more (UpdateDeviceStatus); it still knows it.

        Raises:
            ResourceNotFoundException: the pool does not know it.
            SettingsError: no key was given, and this sign-in has no device. Nothing is sent.
        """
        await self._set_remembered(key, remembered=False)

    async def forget_device(self, key: str | None = None) -> None:
        """Have the pool forget a device (ForgetDevice).

        Sessions that were begun with it are not renewed any more. If it is this one, its secret is dropped here, and
        the next sign-in is that of a new device.

        Raises:
            ResourceNotFoundException: the pool does not know it; a secret of it that was kept here is dropped.
            SettingsError: no key was given, and this sign-in has no device. Nothing is sent.
        """
        found = self._key(key)
        try:
            await self._hold(lambda token: flows.device_settings.forget_device(token, key=found))
        except ResourceNotFoundException:
            self._line.sessions.forget_device(self._session, key=found)
            raise
        self._line.sessions.forget_device(self._session, key=found)

    async def _set_remembered(self, key: str | None, *, remembered: bool) -> None:
        found = self._key(key)
        await self._hold(
            lambda token: flows.device_settings.set_remembered(token, key=found, remembered=remembered)
        )

    def _key(self, key: str | None) -> str:
        found = key or self.device_key
        if not found:
            raise SettingsError(f"This sign-in of {self.username} has no device; give the key of one.")
        return found
