"""What a pool's threat protection may be told about the device somebody signs in with.

Sources: guide:cognito-user-pool-settings-adaptive-authentication; api:UserContextDataType, api:ContextDataType.
"""

from __future__ import annotations

from typing import ClassVar

from userpool.values import Value

__all__ = ["UserContext"]


class UserContext(Value, frozen=True):
    """The device of the person, not of the server that speaks for them.

    ``ip_address`` is theirs; ``encoded_data`` is what Amazon's JavaScript found out in their browser.

    The others are told in an administrator's sign-in alone: the name of the server that the person has spoken to,
    the path there, and the headers of their request as pairs of name and value.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"encoded_data", "http_headers"})

    ip_address: str | None = None
    encoded_data: str | None = None
    server_name: str = ""
    server_path: str = ""
    http_headers: tuple[tuple[str, str], ...] = ()
