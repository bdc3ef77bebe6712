"""Which flows a client may begin: its ExplicitAuthFlows, or the service's default.

Sources: api:CreateUserPoolClient (ExplicitAuthFlows); texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.wire.user_pool_clients import UserPoolClientType

DEFAULT = ("ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH")
LEGACY = frozenset({"ADMIN_NO_SRP_AUTH", "CUSTOM_AUTH_FLOW_ONLY", "USER_PASSWORD_AUTH"})
_SAME = {
    "REFRESH_TOKEN": "REFRESH_TOKEN_AUTH",
    "ADMIN_NO_SRP_AUTH": "ADMIN_USER_PASSWORD_AUTH",
}
_LEGACY_PERMITS = {
    "ADMIN_USER_PASSWORD_AUTH": "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH": "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH",
}


def check_enabled(client: UserPoolClientType, flow: str) -> None:
    """Refuse a flow that the client may not begin.

    Raises:
        InvalidParameterException: with the service's words.
    """
    enabled = client.explicit_auth_flows or DEFAULT
    wanted = _SAME.get(flow, flow)
    if f"ALLOW_{wanted}" in enabled or _LEGACY_PERMITS.get(wanted) in enabled:
        return
    if LEGACY.intersection(enabled) and wanted in {"REFRESH_TOKEN_AUTH", "USER_SRP_AUTH"}:
        # The three old values say what else a client may do; SRP and refresh were always allowed beside them.
        return
    if wanted == "USER_SRP_AUTH":
        raise InvalidParameterException("USER_SRP_AUTH is not enabled for the client.")
    if flow == "ADMIN_NO_SRP_AUTH":
        raise InvalidParameterException("Auth flow not enabled for this client")
    raise InvalidParameterException(f"{wanted} flow not enabled for this client")


def check_flows(flows: Sequence[str]) -> None:
    """Refuse a list that mixes old and new values.

    Raises:
        InvalidParameterException: it does.
    """
    old = [flow for flow in flows if flow in LEGACY]
    if old and len(old) != len(flows):
        # Assumed: the text; that the two kinds can't be mixed is documented.
        raise InvalidParameterException(
            "ExplicitAuthFlows can't mix values with the prefix ALLOW_ and values without it."
        )
