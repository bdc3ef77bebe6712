"""What a door answers: a challenge with the Session that waits for its answer, or tokens.

Sources: api:InitiateAuth, api:RespondToAuthChallenge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.pending_sign_ins import expiry_ms, new_spent_id, seal_session
from userpool.wire.faults import InvalidLambdaResponseException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.capabilities.sign_in.machine import State
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending
    from userpool.wire.shapes import AuthenticationResultType

LONGEST_SESSION = 4096
"""Characters of a Session that clients send back (api: SessionType)."""


class Outcome(NamedTuple):
    """What a door answers."""

    challenge_name: str | None = None
    session: str | None = None
    parameters: dict[str, str] | None = None
    result: AuthenticationResultType | None = None
    available: Sequence[str] | None = None
    """First factors that may be chosen, in USER_AUTH."""


def challenge(
    context: Context,
    asked: Asked,
    pending: Pending,
    *,
    state: State,
    parameters: dict[str, str],
    spent_id: str | None = None,
) -> Outcome:
    """Return a challenge, with a Session of its own.

    Args:
        context: the request's surroundings.
        asked: the request.
        pending: the sign-in.
        state: the challenge.
        parameters: ChallengeParameters.
        spent_id: under which the Session is used up; None for an id of its own.

    Raises:
        InvalidLambdaResponseException: a trigger's private parameters don't fit into a Session.
    """
    # A Session that takes the place of another one, and is used up with it, has no time of its own.
    is_same = spent_id is not None and spent_id == pending.spent_id
    waiting = replace(
        pending,
        state=state.value,
        spent_id=spent_id or new_spent_id(context),
        expires_ms=pending.expires_ms if is_same else expiry_ms(context, asked.client),
    )
    session = seal_session(context, waiting)
    if len(session) > LONGEST_SESSION:
        # Assumed: the text when no Session holds the private parameters and results of custom challenges.
        raise InvalidLambdaResponseException(
            "The private parameters and the results of the challenges so far are too long for a Session."
        )
    return Outcome(state.value, session, parameters)
