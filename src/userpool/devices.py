"""The device that a program runs on, as a pool knows it: the keys and the secret that prove it.

Sources: guide:amazon-cognito-user-pools-device-tracking; js-sdk:CognitoUser (cacheDeviceKeyAndPassword).
"""

from __future__ import annotations

from typing import ClassVar

from userpool.values import Value

__all__ = ["KnownDevice"]


class KnownDevice(Value, frozen=True):
    """A device that was confirmed for one person; with its password it can stand in for their second factor.

    ``key`` and ``group_key`` are the pool's names for it. ``password`` was made on the device and never left it,
    except to where the caller keeps it: it is as much of a secret as the tokens are.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"group_key", "password"})

    key: str
    group_key: str
    password: str
