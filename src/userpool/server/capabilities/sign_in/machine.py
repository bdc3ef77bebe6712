"""The sign-in machine: every state a sign-in can be in, and what leads from one to the next.

Rules of the room: every door (InitiateAuth, RespondToAuthChallenge, their admin twins) turns this table and no other; a
pair that isn't in it is refused. The drawing in the docs is made from it.

Sources: guide:amazon-cognito-user-pools-authentication-flow.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(Enum):
    """Where a sign-in stands. The names in between are those of the challenges."""

    START = "START"
    PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # A challenge's name.
    NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # A challenge's name.
    SIGNED_IN = "SIGNED_IN"


class Event(Enum):
    """What happens to a sign-in."""

    SRP_BEGUN = "SRP_A received"
    PASSWORD_PROVED = "password proved"  # An event's name.
    TEMPORARY_PASSWORD_PROVED = "temporary password proved"  # An event's name.
    PASSWORD_CHOSEN = "new password set"  # An event's name.
    RENEWED = "refresh token accepted"


TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        (State.START, Event.SRP_BEGUN): State.PASSWORD_VERIFIER,
        (State.START, Event.PASSWORD_PROVED): State.SIGNED_IN,
        (State.START, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.START, Event.RENEWED): State.SIGNED_IN,
        (State.PASSWORD_VERIFIER, Event.PASSWORD_PROVED): State.SIGNED_IN,
        (State.PASSWORD_VERIFIER, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.NEW_PASSWORD_REQUIRED, Event.PASSWORD_CHOSEN): State.SIGNED_IN,
    }
)


def turn(state: State, event: Event) -> State:
    """Return the state that an event leads to.

    Raises:
        NotAuthorizedException: the event can't happen in this state.
    """
    following = TRANSITIONS.get((state, event))
    if following is None:
        raise NotAuthorizedException("Invalid session for the user.")
    return following
