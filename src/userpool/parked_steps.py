"""A step of a sign-in as text, for another request or another process; sealed, if it waits with a stranger.

Rules of this room:

1. Whoever gives keys reads nothing that was not sealed with one of them.
2. No error quotes the text, and what was changed looks like what was sealed with another key.

Sources: api:CreateUserPoolClient (AuthSessionValidity, of 3 to 15 minutes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from userpool.effects import Effects, MachineEffects
from userpool.errors import ChallengeError, SettingsError

if TYPE_CHECKING:
    from userpool.steps import Challenge

__all__ = ["LONGEST_SESSION_SECONDS", "dumped", "load_step"]

LONGEST_SESSION_SECONDS: Final = 15 * 60
"""How long a session lives where the app client is set to keep it longest."""

_KEY_BYTES: Final = 32
# Bound to what is sealed, so that a cookie that was sealed with the same key is no step.
_CONTEXT: Final = "userpool.step"


class _Parked(msgspec.Struct, frozen=True):
    """What is sealed: the step, and when that was, in epoch seconds."""

    made_at: float
    step: msgspec.Raw


def dumped(step: msgspec.Struct, *, sealing_key: bytes | None, effects: Effects | None) -> str:
    """Return the step as text; with a key it is sealed, and tells when that was.

    Raises:
        SettingsError: the key has another length than 32 bytes.
    """
    text = msgspec.json.encode(step)
    if sealing_key is None:
        return text.decode()
    if len(sealing_key) != _KEY_BYTES:
        raise SettingsError("sealing_key= is of 32 bytes.")
    from userpool.crypto.sealed_text import NONCE_BYTES, seal_text  # noqa: PLC0415 - few steps are sealed

    effects = effects or MachineEffects()
    parked = msgspec.json.encode(_Parked(effects.now(), msgspec.Raw(text))).decode()
    return seal_text(parked, key=sealing_key, nonce=effects.random_bytes(NONCE_BYTES), context=_CONTEXT)


def load_step(
    text: str,
    *,
    sealing_keys: Sequence[bytes] | None = None,
    max_age_seconds: float = LONGEST_SESSION_SECONDS,
    effects: Effects | None = None,
) -> Challenge:
    """Read a challenge that `dump` wrote.

    With ``sealing_keys`` it has to be sealed with one of them, at most ``max_age_seconds`` ago; a text that is not
    sealed does not tell its age. Keys are changed by sealing with the new one and giving both here, until nothing
    that was sealed with the old one is young enough. ``effects`` is the clock, for tests.

    Raises:
        ChallengeError: the text is something else, was changed, is not sealed or is too old.
        SettingsError: a key has another length than 32 bytes, or there are none in ``sealing_keys``.
    """
    from userpool.steps import Challenge  # noqa: PLC0415 - the steps import this module

    written: str | msgspec.Raw = text
    if sealing_keys is not None:
        now = (effects or MachineEffects()).now()
        written = _opened(text, keys=sealing_keys, max_age_seconds=max_age_seconds, now=now)
    try:
        # The union of all challenges is no type to a type checker, but msgspec reads it as "any of these".
        step: Challenge = msgspec.json.decode(written, type=Challenge)
        return step
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        # None of them quotes more of the text than the name of a member.
        raise ChallengeError("This text is not a step that was written down with dump().") from error


def _opened(text: str, *, keys: Sequence[bytes], max_age_seconds: float, now: float) -> msgspec.Raw:
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise SettingsError("sealing_keys= are one or more keys of 32 bytes each.")
    from userpool.crypto.sealed_text import open_text  # noqa: PLC0415 - few steps are sealed

    opened = open_text(text, keys=keys, context=_CONTEXT)
    if opened is None:
        raise ChallengeError("This text is not a step that was sealed with one of these keys.")
    parked = msgspec.json.decode(opened, type=_Parked)
    # Servers' clocks differ a little. What comes from farther ahead than it may be old was made by a wrong one.
    if abs(now - parked.made_at) > max_age_seconds:
        raise ChallengeError("This step was written down too long ago; the sign-in has to begin again.")
    return parked.step
