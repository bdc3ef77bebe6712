"""What time it is at the service, from the ``Date`` of its replies.

A sign-in proves the password together with the time, and tokens expire on the service's clock, so a machine
whose clock is wrong would fail at both.

Sources: rfc9110 §5.6.7 (the form of a Date); js-sdk:CognitoUserSession (calculateClockDrift).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from userpool.effects import Effects

__all__ = ["ServiceClock", "parse_http_date"]

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# "Sun, 06 Nov 1994 08:49:37 GMT": the only form that a sender may use; its names are English whatever the
# locale.
_HTTP_DATE: Final = (
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) GMT"
)


class ServiceClock:
    """The machine's clock, corrected by what the service says; threads may share it."""

    __slots__ = ("_effects", "_learned", "_offset")

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self._offset = 0.0
        self._learned = False

    @property
    def offset_seconds(self) -> float:
        """How far the service is ahead of this machine; negative when this machine is ahead."""
        return self._offset

    def now(self) -> float:
        """Return the time at the service, in epoch seconds."""
        return self._effects.now() + self._offset

    def local_now(self) -> float:
        """Return the time on this machine, in epoch seconds, as it is."""
        return self._effects.now()

    def suppose(self, offset_seconds: float) -> None:
        """Take over an offset that was remembered, unless a reply has already told better."""
        if not self._learned:
            self._offset = offset_seconds

    def learn(self, date: str | None, *, sent_at: float, received_at: float) -> None:
        """Correct the clock by the ``Date`` of a reply; a missing or unreadable one changes nothing.

        ``sent_at`` and ``received_at`` are the machine's own times, in epoch seconds.
        """
        said = parse_http_date(date) if date else None
        if said is None:
            return
        self._learned = True
        # A Date has whole seconds and was written somewhere between sending and receiving. What that alone
        # explains is not a wrong clock, and correcting it would only add jitter.
        if sent_at - 1.0 <= said <= received_at:
            self._offset = 0.0
        else:
            self._offset = said + 0.5 - (sent_at + received_at) / 2


def parse_http_date(text: str) -> float | None:
    """Return a ``Date`` header in epoch seconds, or None when it is not one (rfc9110 §5.6.7)."""
    match = re.fullmatch(_HTTP_DATE, text.strip())
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(match[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return moment.timestamp()
