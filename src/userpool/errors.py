"""The errors this library raises on purpose, one tree.

What the service said keeps the service's own name and ends in ``Exception``; what we say ends in ``Error``.

    UserPoolError                       everything raised on purpose
    ├── ServiceException                (userpool.wire.fault) the service said no
    │   └── NotAuthorizedException, UserNotFoundException, … (userpool.wire.faults)
    ├── TransportError                  the service was not reached, or did not answer sensibly
    │   ├── NotReachedError             nothing was sent, so trying again is safe
    │   ├── NoAnswerInTimeError         sent, but no answer came; it may have been carried out
    │   └── GarbledAnswerError          an answer came that cannot be understood
    ├── TokenError                      .claim .actual .expected
    │   ├── MalformedTokenError         not a JSON Web Token of the kind a user pool signs
    │   ├── UnknownKeyError             signed with a key that is not in the key set
    │   ├── BadSignatureError           the signature does not belong to the token
    │   ├── ExpiredTokenError           its time is over
    │   ├── NotYetValidTokenError       its time has not come
    │   ├── WrongIssuerError            from another user pool
    │   ├── WrongAudienceError          for another client
    │   ├── WrongUseError               an ID token where an access token belongs, or the reverse
    │   └── MissingGrantError           genuine, but without the group or the scope that is asked for
    ├── SrpError                        the other side sent a value that no honest peer sends
    │   └── TimestampError              .well_formed
    ├── ChallengeError                  an answer that does not fit the challenge; nothing was sent
    ├── SettingsError                   the caller's configuration, found before it is used
    ├── NotSignedInError                no tokens, or none that can still be renewed
    └── StorageError                    the place where tokens are kept failed

Rules of this room: every error can be pickled, says in plain English what happened, and never carries a
password, a code, a session, a token or a key.

Sources: none; the service has no say here.
"""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = [
    "BadSignatureError",
    "ChallengeError",
    "ExpiredTokenError",
    "GarbledAnswerError",
    "MalformedTokenError",
    "MissingGrantError",
    "NoAnswerInTimeError",
    "NotReachedError",
    "NotSignedInError",
    "NotYetValidTokenError",
    "SettingsError",
    "SrpError",
    "StorageError",
    "TimestampError",
    "TokenError",
    "TransportError",
    "UnknownKeyError",
    "UserPoolError",
    "WrongAudienceError",
    "WrongIssuerError",
    "WrongUseError",
]

_LONGEST_SHOWN_VALUE = 120


class UserPoolError(Exception):
    """Everything this library raises on purpose; catch it to catch all of them."""


# ---- the way to the service ----


class TransportError(UserPoolError):
    """The service was not reached, or did not answer sensibly; the cause is kept in ``__cause__``.

    ``retryable`` is true where sending the same request again cannot do anything twice.
    """

    retryable: ClassVar[bool] = False


class NotReachedError(TransportError):
    """No connection could be made, so the request was never sent."""

    retryable: ClassVar[bool] = True


class NoAnswerInTimeError(TransportError):
    """The request was sent, but no whole answer came in time; the service may have carried it out."""


class GarbledAnswerError(TransportError):
    """An answer came that is not what the service says; ``status`` is its HTTP status where there was one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


# ---- tokens ----


class TokenError(UserPoolError):
    """A token was refused; ``actual`` is what was found in ``claim``, ``expected`` what belongs there.

    ``claim`` is the name of a claim (``"iss"``) or of a part of the token (``"header"``, ``"signature"``).
    """

    summary: ClassVar[str] = "The token was refused"

    def __init__(self, claim: str, *, actual: object = None, expected: object = None) -> None:
        self.claim = claim
        self.actual = actual
        self.expected = expected
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        text = f"{self.summary}: {self.claim}"
        if self.actual is not None:
            text += f" is {_shortened(self.actual)}"
        if self.expected is not None:
            text += f", expected {_shortened(self.expected)}"
        return text + "."

    def __reduce__(self) -> tuple[Any, ...]:
        """Rebuild from the three values, because ``args`` holds the finished sentence."""
        return _token_error, (type(self), self.claim, self.actual, self.expected)


class MalformedTokenError(TokenError):
    """The text is not a JSON Web Token of the kind a user pool signs."""

    summary: ClassVar[str] = "The token is malformed"


class UnknownKeyError(TokenError):
    """The token names a key that is not in the key set; ``actual`` is the key id."""

    summary: ClassVar[str] = "The token was signed with an unknown key"


class BadSignatureError(TokenError):
    """The signature does not belong to this header and these claims."""

    summary: ClassVar[str] = "The token is not genuine"


class ExpiredTokenError(TokenError):
    """The token's time is over; ``actual`` is its expiry in epoch seconds."""

    summary: ClassVar[str] = "The token has expired"


class NotYetValidTokenError(TokenError):
    """The token's time has not come; ``actual`` is its ``nbf`` in epoch seconds."""

    summary: ClassVar[str] = "The token is not valid yet"


class WrongIssuerError(TokenError):
    """The token comes from another user pool."""

    summary: ClassVar[str] = "The token has the wrong issuer"


class WrongAudienceError(TokenError):
    """The token was made for another client."""

    summary: ClassVar[str] = "The token is for another audience"


class WrongUseError(TokenError):
    """An ID token stands where an access token belongs, or the reverse."""

    summary: ClassVar[str] = "The token has the wrong use"


class MissingGrantError(TokenError):
    """The token is genuine, but its group or scope does not allow what was asked; HTTP calls that 403, not 401."""

    summary: ClassVar[str] = "The token does not allow this"


# ---- secure remote password ----


class SrpError(UserPoolError):
    """The other side of a sign-in sent a value that no honest peer sends; nothing was computed with it."""


class TimestampError(SrpError):
    """A sign-in's timestamp is not written as Cognito wants it.

    ``well_formed`` tells the two refusals of the service apart. False: the text is no timestamp at all. True:
    it is one, but its day is padded with a zero or its weekday is not that of its date.
    """

    def __init__(self, message: str, *, well_formed: bool = False) -> None:
        super().__init__(message)
        self.well_formed = well_formed


# ---- the caller's side ----


class ChallengeError(UserPoolError):
    """An answer does not fit the challenge it was made for; nothing was sent."""


class SettingsError(UserPoolError):
    """A setting is missing, wrong or contradicts another one."""


class NotSignedInError(UserPoolError):
    """Nobody is signed in here: there are no tokens, or none that can still be renewed."""

    def __init__(self, message: str = "Nobody is signed in.") -> None:
        super().__init__(message)


class StorageError(UserPoolError):
    """The place where tokens and devices are kept failed; the cause is in ``__cause__``."""


def _shortened(value: object) -> str:
    # What stands in a hostile token may be any size, and this text goes into logs.
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN_VALUE else text[:_LONGEST_SHOWN_VALUE] + "…"


def _token_error(kind: type[TokenError], claim: str, actual: object, expected: object) -> TokenError:
    return kind(claim, actual=actual, expected=expected)
