"""The devices that a pool remembers of a person, as values.

Sources: api:GetDevice, api:ListDevices, api:UpdateDeviceStatus.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from userpool.values import Value

__all__ = ["Device", "DevicePage"]


class Device(Value, frozen=True):
    """A device from which somebody has signed in.

    ``attributes`` are what the service tells of it in its own words, such as ``device_name`` and ``last_ip_used``.
    Times are epoch seconds; those without ``_epoch`` are the same as `datetime` in UTC.
    """

    key: str
    attributes: Mapping[str, str] = {}
    created_epoch: float | None = None
    last_modified_epoch: float | None = None
    last_authenticated_epoch: float | None = None

    @property
    def name(self) -> str | None:
        """The name that it was given when it was confirmed."""
        return self.attributes.get("device_name")

    @property
    def remembered(self) -> bool | None:
        """Whether it is remembered, so that a pool may not ask for a second factor; None if the pool does not tell."""
        status = self.attributes.get("dev:device_remembered_status")
        return None if status is None else status == "remembered"

    @property
    def last_ip_address(self) -> str | None:
        """The address from which it was used last."""
        return self.attributes.get("last_ip_used")

    @property
    def created(self) -> datetime | None:
        """When it was first seen."""
        return _moment(self.created_epoch)

    @property
    def last_modified(self) -> datetime | None:
        """When its record was changed last."""
        return _moment(self.last_modified_epoch)

    @property
    def last_authenticated(self) -> datetime | None:
        """When somebody last signed in with it."""
        return _moment(self.last_authenticated_epoch)


class DevicePage(Value, frozen=True):
    """Some of a person's devices; ``next_token`` asks for those after them, and is None when these are the last."""

    devices: tuple[Device, ...] = ()
    next_token: str | None = None


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else datetime.fromtimestamp(epoch, UTC)
