"""What the verbs that do not sign anybody in come back with.

Sources: api:SignUp, api:CodeDeliveryDetailsType, api:UpdateUserAttributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from userpool.errors import UserPoolError
from userpool.values import Value

__all__ = ["AttributeUpdate", "CodeDelivery", "SignOutResult", "SignUpConfirmation", "SignUpResult"]


class CodeDelivery(Value, frozen=True):
    """Where a code was sent, as far as the service tells.

    ``destination`` is masked by the service (``a***@e***``), ``medium`` is ``EMAIL`` or ``SMS``,
    ``attribute`` is the name of the attribute that the code verifies.
    """

    destination: str | None = None
    medium: str | None = None
    attribute: str | None = None


class SignUpResult(Value, frozen=True):
    """A new person.

    ``confirmed`` is true when they can sign in at once. ``delivery`` tells where the confirmation code went;
    None if none was sent. ``session`` is there when the client may sign them in right after the confirmation.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"session"})

    username: str
    sub: str
    confirmed: bool
    delivery: CodeDelivery | None = None
    session: str | None = None


class SignUpConfirmation(Value, frozen=True):
    """The confirmation was accepted; with ``session``, if there is one, the person can be signed in now."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"session"})

    session: str | None = None


class AttributeUpdate(Value, frozen=True):
    """What became of attributes that were changed.

    ``updated`` names those that have their new value. ``pending`` tells, by name, where a code went for those that
    have to be verified with it: see `verify_attribute` of the user. Until then the old value may still be the one
    that counts, if the pool is set so.

    ``claims_error`` is there when renewed tokens were asked for and could not be had; the attributes were changed
    all the same.
    """

    updated: tuple[str, ...] = ()
    pending: Mapping[str, CodeDelivery] = {}
    claims_error: UserPoolError | None = None

    @property
    def deliveries(self) -> tuple[CodeDelivery, ...]:
        """Where codes went, in the service's order."""
        return tuple(self.pending.values())


class SignOutResult(Value, frozen=True):
    """How a sign-out went at the service; on this machine the person is signed out in any case.

    ``revoked`` is true when the service has revoked the refresh token and everything made from it: those of this
    session, or of all of them after a global sign-out. It is false with no error when there was nothing that the pool
    could revoke, and false with an error when the service could not be told, or refused.
    """

    revoked: bool
    error: UserPoolError | None = None

    def raise_error(self) -> None:
        """Raise the error if there is one, for whoever cannot go on without knowing that all is revoked."""
        if self.error is not None:
            raise self.error
