"""How long tokens live: the client's numbers and units, the service's defaults and limits.

Sources: api:CreateUserPoolClient, api:TokenValidityUnitsType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from userpool.wire.user_pool_clients import UserPoolClientType

SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
HOUR = 3600
DAY = 86_400
ACCESS_LIMITS = (300, DAY)
REFRESH_LIMITS = (HOUR, 3650 * DAY)
DEFAULT_REFRESH_DAYS = 30
DEFAULT_AUTH_SESSION_MINUTES = 3


def access_seconds(client: UserPoolClientType) -> int:
    """Return how long an access token lives; an hour by default."""
    unit = client.token_validity_units.access_token if client.token_validity_units else None
    return client.access_token_validity * SECONDS[unit or "hours"] if client.access_token_validity else HOUR


def id_seconds(client: UserPoolClientType) -> int:
    """Return how long an id token lives; an hour by default."""
    unit = client.token_validity_units.id_token if client.token_validity_units else None
    return client.id_token_validity * SECONDS[unit or "hours"] if client.id_token_validity else HOUR


def refresh_seconds(client: UserPoolClientType) -> int:
    """Return how long a refresh token lives; 30 days by default."""
    unit = client.token_validity_units.refresh_token if client.token_validity_units else None
    if not client.refresh_token_validity:
        return DEFAULT_REFRESH_DAYS * DAY
    return client.refresh_token_validity * SECONDS[unit or "days"]


def auth_session_ms(client: UserPoolClientType) -> int:
    """Return for how many milliseconds a challenge can be answered; three minutes by default."""
    return (client.auth_session_validity or DEFAULT_AUTH_SESSION_MINUTES) * 60_000


def check_validity(client: UserPoolClientType) -> None:
    """Refuse lifetimes outside the service's limits.

    Raises:
        InvalidParameterException: one of them is too short or too long, or a refresh token dies before the others.
    """
    access, identity, refresh = access_seconds(client), id_seconds(client), refresh_seconds(client)
    in_range = (
        all(ACCESS_LIMITS[0] <= seconds <= ACCESS_LIMITS[1] for seconds in (access, identity))
        and REFRESH_LIMITS[0] <= refresh <= REFRESH_LIMITS[1]
        and refresh >= max(access, identity)
    )
    if not in_range:
        # Assumed: the text; the limits are documented.
        raise InvalidParameterException("Invalid range for token validity.")
