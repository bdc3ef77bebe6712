"""Who runs the functions that pools name, and the two ways in which that goes wrong.

A function is found by its ARN, else by the name of the trigger it is for, else it is Lambda's, if this server was told
where Lambda is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from userpool.server.triggers.configured import TriggerName

SECONDS_PER_TRY = 5.0
TRIES = 3


class TriggerFailedError(Exception):
    """The function ran and raised; the text is its own."""


class TriggerUnreachableError(Exception):
    """The function could not be run, or not be heard; the text is a short name for why."""


class Runner(Protocol):
    """Runs one function."""

    async def run(self, event: bytes) -> bytes:
        """Run the function with an event and return what it returns; both are JSON.

        Raises:
            TriggerFailedError: it raised.
            TriggerUnreachableError: it could not be run; another try may succeed.
        """
        ...


class Triggers:
    """The functions that this server can run."""

    def __init__(
        self,
        runners: Mapping[str, Runner] | None = None,
        *,
        elsewhere: Callable[[str], Runner | None] | None = None,
        seconds_per_try: float = SECONDS_PER_TRY,
        close: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take who runs what.

        Args:
            runners: by the ARN of a function, or by the name of a trigger, for every function that has no line here.
            elsewhere: makes a runner of the ARN of any other function, or None of one that it doesn't run.
            seconds_per_try: how long a function may take.
            close: lets go of connections.
        """
        self._runners = dict(runners or {})
        self._elsewhere = elsewhere
        self._close = close
        self.seconds_per_try = seconds_per_try

    def runner_of(self, trigger: TriggerName, arn: str) -> Runner | None:
        """Return who runs a function, or None."""
        found = self._runners.get(arn) or self._runners.get(trigger)
        if found is None and self._elsewhere is not None:
            return self._elsewhere(arn)
        return found

    async def close(self) -> None:
        """Let go of connections."""
        if self._close is not None:
            await self._close()
