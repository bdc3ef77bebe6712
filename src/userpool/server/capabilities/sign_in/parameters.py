"""AuthParameters and ChallengeResponses: maps whose keys depend on the flow.

Sources: api:InitiateAuth, api:RespondToAuthChallenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.finding import check_secret_hash
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.context import Context
    from userpool.server.records import Client


def needed(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that the flow can't do without.

    Raises:
        InvalidParameterException: it is missing or empty.
    """
    value = parameters.get(name)
    if not value:
        raise InvalidParameterException(f"Missing required parameter {name}")
    return value


def check_hash(
    context: Context, client: Client, parameters: Mapping[str, str], *, names: Iterable[str]
) -> None:
    """Check the SECRET_HASH of a flow's parameters against the names it may be made of."""
    check_secret_hash(context, client, names, given=parameters.get("SECRET_HASH"))
