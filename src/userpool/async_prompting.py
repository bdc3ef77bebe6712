"""The loop that carries a sign-in to its end by asking a prompter.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: none; this is our own shape.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from userpool.prompter import Prompter, async_given
from userpool.steps import SignedIn
from userpool.wire.faults import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    InvalidParameterException,
    InvalidPasswordException,
    PasswordHistoryPolicyViolationException,
)

if TYPE_CHECKING:
    from userpool.answers import Answer
    from userpool.steps import Step

__all__ = ["Answering", "async_drive"]

UserT = TypeVar("UserT")

# After these the same step can be answered again.
_TRY_AGAIN: Final = (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    InvalidParameterException,
    InvalidPasswordException,
    PasswordHistoryPolicyViolationException,
)


class Answering(Protocol[UserT]):
    """What sends an answer and comes back with the next step."""

    async def __call__(self, answer: Answer, /) -> Step[UserT]:
        """Send it."""
        ...


async def async_drive(step: Step[UserT], *, prompter: Prompter, answer: Answering[UserT]) -> SignedIn[UserT]:
    """Ask the prompter for an answer to every step until somebody is signed in.

    Raises:
        ChallengeError: the prompter has no answer to a step.
        ServiceException: the service refused an answer, and the prompter does not want to try again.
    """
    while not isinstance(step, SignedIn):
        asked = step
        made = await async_given(prompter.answer(asked))
        try:
            step = await answer(made)
        except _TRY_AGAIN as fault:
            if not await async_given(prompter.refused(asked, fault)):
                raise
    return step
