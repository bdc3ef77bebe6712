"""The secret of a remembered device, which signs in with SRP under a password of its own.

It is SRP as in :mod:`userpool.crypto.srp`, with the device's group key where a user has the pool's name and
the device key where a user has the user id: ``SrpIdentity(group_key, device_key)`` does for both sides what a
user's identity does.

Sources: js-sdk:AuthenticationHelper.generateHashDevice, guide:amazon-cognito-user-pools-device-tracking,
api:ConfirmDevice.
"""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

from userpool.crypto.srp import SALT_BYTES, SrpIdentity, make_verifier, signed_bytes

__all__ = [
    "DEVICE_RANDOM_BYTES",
    "DeviceSecret",
    "device_password",
    "device_verifier",
    "new_device_secret",
]

_PASSWORD_BYTES = 40

# What new_device_secret() consumes: 40 bytes for the password, 16 for the salt.
DEVICE_RANDOM_BYTES = _PASSWORD_BYTES + SALT_BYTES


class DeviceSecret(NamedTuple):
    """What ConfirmDevice registers (salt and verifier) and what the device keeps (the password)."""

    password: str
    salt: bytes
    verifier: int

    def __repr__(self) -> str:
        """Show the salt alone."""
        return f"DeviceSecret(salt={self.salt!r})"

    @property
    def salt_b64(self) -> str:
        """DeviceSecretVerifierConfig.Salt."""
        # The JavaScript SDK sends the number and not the bytes: without leading zero bytes, with a sign byte.
        return b64encode(signed_bytes(int.from_bytes(self.salt, "big"))).decode()

    @property
    def verifier_b64(self) -> str:
        """DeviceSecretVerifierConfig.PasswordVerifier."""
        return b64encode(signed_bytes(self.verifier)).decode()


def device_password(random: bytes) -> str:
    """Return the password that 40 random bytes make: their base64, 56 characters."""
    if len(random) != _PASSWORD_BYTES:
        raise ValueError(f"expected {_PASSWORD_BYTES} random bytes")
    return b64encode(random).decode()


def device_verifier(group_key: str, device_key: str, *, password: str, salt: bytes) -> int:
    """Return v = g^x for the password of a device; a wrong one is only noticed at the next sign-in."""
    return make_verifier(SrpIdentity(group_key, device_key), password, salt=salt, mask=None)


def new_device_secret(group_key: str, device_key: str, *, random: bytes) -> DeviceSecret:
    """Make the secret of a device that a sign-in has just offered, from 56 random bytes."""
    if len(random) != DEVICE_RANDOM_BYTES:
        raise ValueError(f"expected {DEVICE_RANDOM_BYTES} random bytes")
    password, salt = device_password(random[:_PASSWORD_BYTES]), random[_PASSWORD_BYTES:]
    verifier = device_verifier(group_key, device_key, password=password, salt=salt)
    return DeviceSecret(password, salt, verifier)
