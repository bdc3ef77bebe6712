"""The sign-in machine: every state a sign-in can be in, and what leads from one to the next.

Rules of the room: every door (InitiateAuth, RespondToAuthChallenge, their admin twins) turns this table and no other; a
pair that isn't in it is refused. The drawing in the docs is made from it.

Sources: guide:amazon-cognito-user-pools-authentication-flow, guide:user-pool-settings-mfa,
guide:amazon-cognito-user-pools-device-tracking, guide:user-pool-lambda-challenge.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping


class State(Enum):
    """Where a sign-in stands. The names in capitals are those of the challenges."""

    START = "START"
    SELECT_CHALLENGE = "SELECT_CHALLENGE"
    PASSWORD_VERIFIER = "PASSWORD_VERIFIER"  # A challenge's name.
    NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"  # A challenge's name.
    CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
    DEFINING = "Defining"
    """DefineAuthChallenge says what comes next; nobody waits here."""
    PROVED = "Proved"
    """The pool's and the user's settings say what comes next; nobody waits here."""
    SMS_MFA = "SMS_MFA"
    EMAIL_OTP = "EMAIL_OTP"
    SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"  # A challenge's name.
    SELECT_MFA_TYPE = "SELECT_MFA_TYPE"
    MFA_SETUP = "MFA_SETUP"
    DEVICE_SRP_AUTH = "DEVICE_SRP_AUTH"
    DEVICE_PASSWORD_VERIFIER = "DEVICE_PASSWORD_VERIFIER"  # A challenge's name.
    SIGNED_IN = "SIGNED_IN"


PASSING = frozenset({State.DEFINING, State.PROVED})
"""States that a sign-in passes through within one request."""


class Event(Enum):
    """What happens to a sign-in."""

    SRP_BEGUN = "SRP_A received"
    PASSWORD_PROVED = "password proved"  # An event's name.
    TEMPORARY_PASSWORD_PROVED = "temporary password proved"  # An event's name.
    PASSWORD_CHOSEN = "new password set"  # An event's name.
    RENEWED = "refresh token accepted"
    SIGN_UP_CONFIRMED = "Session of a confirmed sign-up accepted"
    CHOICE_OFFERED = "first factors offered"
    CUSTOM_BEGUN = "custom sign-in begun"
    CUSTOM_CHALLENGE_MADE = "challenge created"
    CUSTOM_ANSWERED = "answer judged"
    CUSTOM_PASSWORD_PROVED = "password proved in a custom sign-in"  # An event's name.
    CUSTOM_CODE_PROVED = "code proved in a custom sign-in"
    CUSTOM_PROVED = "tokens decided"
    NOTHING_MORE = "nothing more asked"
    SMS_CODE_DUE = "code by SMS due"
    EMAIL_CODE_DUE = "code by e-mail due"
    SOFTWARE_TOKEN_DUE = "code of an authenticator due"
    MFA_CHOICE_DUE = "several second factors usable"
    MFA_SETUP_DUE = "second factor required and none usable"
    DEVICE_DUE = "remembered device named"
    CODE_PROVED = "code proved"
    SOFTWARE_TOKEN_VERIFIED = "authenticator set up"
    DEVICE_PROVED = "device proved"


_ASKED_SECOND: Mapping[Event, State] = {
    Event.SMS_CODE_DUE: State.SMS_MFA,
    Event.EMAIL_CODE_DUE: State.EMAIL_OTP,
    Event.SOFTWARE_TOKEN_DUE: State.SOFTWARE_TOKEN_MFA,
}
_CODES = (State.SMS_MFA, State.EMAIL_OTP, State.SOFTWARE_TOKEN_MFA)

TRANSITIONS: Mapping[tuple[State, Event], State] = MappingProxyType(
    {
        # The first factor.
        (State.START, Event.SRP_BEGUN): State.PASSWORD_VERIFIER,
        (State.START, Event.PASSWORD_PROVED): State.PROVED,
        (State.START, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.START, Event.SIGN_UP_CONFIRMED): State.PROVED,
        (State.START, Event.CHOICE_OFFERED): State.SELECT_CHALLENGE,
        (State.START, Event.CUSTOM_BEGUN): State.DEFINING,
        (State.START, Event.RENEWED): State.SIGNED_IN,
        (State.SELECT_CHALLENGE, Event.SRP_BEGUN): State.PASSWORD_VERIFIER,
        (State.SELECT_CHALLENGE, Event.PASSWORD_PROVED): State.PROVED,
        (State.SELECT_CHALLENGE, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.PASSWORD_VERIFIER, Event.PASSWORD_PROVED): State.PROVED,
        (State.PASSWORD_VERIFIER, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.NEW_PASSWORD_REQUIRED, Event.PASSWORD_CHOSEN): State.PROVED,
        # The factors of a custom sign-in, in the order that its triggers want.
        (State.DEFINING, Event.SRP_BEGUN): State.PASSWORD_VERIFIER,
        (State.PASSWORD_VERIFIER, Event.CUSTOM_PASSWORD_PROVED): State.DEFINING,
        (State.DEFINING, Event.CUSTOM_CHALLENGE_MADE): State.CUSTOM_CHALLENGE,
        (State.CUSTOM_CHALLENGE, Event.CUSTOM_ANSWERED): State.DEFINING,
        **{(State.DEFINING, event): state for event, state in _ASKED_SECOND.items()},
        **{(state, Event.CUSTOM_CODE_PROVED): State.DEFINING for state in _CODES},
        (State.DEFINING, Event.TEMPORARY_PASSWORD_PROVED): State.NEW_PASSWORD_REQUIRED,
        (State.DEFINING, Event.CUSTOM_PROVED): State.PROVED,
        # The second factor, or a device in its place.
        (State.PROVED, Event.NOTHING_MORE): State.SIGNED_IN,
        (State.PROVED, Event.DEVICE_DUE): State.DEVICE_SRP_AUTH,
        **{(State.PROVED, event): state for event, state in _ASKED_SECOND.items()},
        (State.PROVED, Event.MFA_CHOICE_DUE): State.SELECT_MFA_TYPE,
        (State.PROVED, Event.MFA_SETUP_DUE): State.MFA_SETUP,
        **{(State.SELECT_MFA_TYPE, event): state for event, state in _ASKED_SECOND.items()},
        (State.MFA_SETUP, Event.EMAIL_CODE_DUE): State.EMAIL_OTP,
        (State.MFA_SETUP, Event.SOFTWARE_TOKEN_VERIFIED): State.SIGNED_IN,
        **{(state, Event.CODE_PROVED): State.SIGNED_IN for state in _CODES},
        (State.DEVICE_SRP_AUTH, Event.SRP_BEGUN): State.DEVICE_PASSWORD_VERIFIER,
        (State.DEVICE_PASSWORD_VERIFIER, Event.DEVICE_PROVED): State.SIGNED_IN,
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
