"""What a pool's threat protection may be told about the device somebody signs in with.

Sources: guide:cognito-user-pool-settings-adaptive-authentication; api:UserContextDataType.
"""

from __future__ import annotations

from typing import ClassVar

from userpool.values import Value

__all__ = ["UserContext"]


class UserContext(Value, frozen=True):
    """The device of the person, not of the server that speaks for them.

    ``ip_address`` is theirs; ``encoded_data`` is what Amazon's JavaScript found out in their browser.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"encoded_data"})

    ip_address: str | None = None
    encoded_data: str | None = None
