"""What the verbs that do not sign anybody in come back with.

Sources: api:SignUp, api:CodeDeliveryDetailsType.
"""

from __future__ import annotations

from typing import ClassVar

from userpool.errors import UserPoolError
from userpool.values import Value

__all__ = ["CodeDelivery", "SignOutResult", "SignUpConfirmation", "SignUpResult"]


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


class SignOutResult(Value, frozen=True):
    """How a sign-out went at the service; on this machine the person is signed out in any case.

    ``revoked`` is true when the refresh token and everything made from it has been revoked. It is false with
    no error when there was nothing that the pool could revoke, and false with an error when the service could
    not be told.
    """

    revoked: bool
    error: UserPoolError | None = None
