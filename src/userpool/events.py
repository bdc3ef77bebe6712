"""What a pool object tells its listener: that somebody signed in, was renewed or is out again.

    def listen(event: Event) -> None:
        match event:
            case RefreshFailed(username=name, signed_out=True):
                ask_to_sign_in_again(name)

    pool = UserPool(pool_id, client_id, on_event=listen)

Rules of this room:

1. An event is told after what it tells has happened: memory and storage are as it says.
2. Events hold no tokens, codes or sessions, so they may be logged and sent on.
3. A listener that fails is logged, and the verb goes on as if it had not.
4. A renewal is not over before its listener is done: whoever wants to renew the same tokens again from there does so
   later, or on another thread.

Sources: amplify-js:Hub (its `auth` channel: signedIn, signedOut, tokenRefresh, tokenRefresh_failure).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from userpool.errors import SettingsError, UserPoolError
from userpool.values import Value

__all__ = [
    "ChallengeReceived",
    "Event",
    "Listener",
    "RefreshFailed",
    "SignedInEvent",
    "SignedOutEvent",
    "TokensRefreshed",
    "checked",
    "tell",
]


class SignedInEvent(Value, frozen=True):
    """Somebody has signed in; ``username`` is the pool's own name for them."""

    username: str


class TokensRefreshed(Value, frozen=True):
    """Somebody's tokens were renewed; ``expires_epoch`` is when the new ones expire, in epoch seconds.

    ``elsewhere`` tells that the renewal was not made by this pool object: newer tokens were found in the storage, where
    another process or tab has renewed them or the same person has signed in anew.
    """

    username: str
    expires_epoch: float
    elsewhere: bool = False


class RefreshFailed(Value, frozen=True):
    """Somebody's tokens could not be renewed.

    ``signed_out`` tells whether that was the end of their session: then the service has refused for good, the
    tokens are gone, and no `SignedOutEvent` follows. Otherwise the next verb tries again.
    """

    username: str
    error: UserPoolError
    signed_out: bool


class SignedOutEvent(Value, frozen=True):
    """Somebody has signed out on this machine, or was deleted; whether the service knows is told by the verb.

    ``elsewhere`` tells that it was not done by this session: its tokens are gone from the storage.
    """

    username: str
    elsewhere: bool = False


class ChallengeReceived(Value, frozen=True):
    """The service wants to know more; ``name`` is its name for the challenge, such as ``SMS_MFA``."""

    username: str
    name: str


Event: TypeAlias = SignedInEvent | TokensRefreshed | RefreshFailed | SignedOutEvent | ChallengeReceived
"""One of the events."""

# A flag of every coroutine function's code (inspect.CO_COROUTINE); loading inspect takes longer than all the rest here.
_COROUTINE: Final = 0x80

Listener: TypeAlias = Callable[[Event], object]
"""What is called with every event, on the thread or the event loop where it happened; it should be quick."""


def checked(listener: Listener | None) -> Listener | None:
    """Return the listener, if it is one that can be called.

    Raises:
        SettingsError: it is none, or a coroutine function, which nobody would await.
    """
    if listener is None:
        return None
    if not callable(listener):
        raise SettingsError("on_event= is no function.")
    code = getattr(getattr(listener, "__func__", listener), "__code__", None)
    if getattr(code, "co_flags", 0) & _COROUTINE:
        raise SettingsError("on_event= is a coroutine function; give a function, which may start a task.")
    return listener


def tell(listener: Listener | None, event: Event) -> None:
    """Call the listener, if there is one; what it raises is logged under ``userpool`` and goes no further."""
    if listener is None:
        return
    try:
        listener(event)
    except Exception:
        import logging  # noqa: PLC0415 - a program whose listeners do not fail does not wait for it

        logging.getLogger("userpool").exception("A listener failed at %s.", type(event).__name__)
