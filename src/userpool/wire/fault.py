"""What a service's refusal is: the root of the classes in `faults.py`, which carry the services' own names.

Sources: api:CommonErrors; guide:cognito-user-pools-working-with-lambda-triggers; the public service model, botocore.
"""

from __future__ import annotations

from typing import ClassVar, Final, Literal

from userpool.errors import UserPoolError
from userpool.wire.reasons import Reason, reason_of

__all__ = ["ServiceException", "UnknownServiceException"]

# "PreSignUp failed with error No robots, please." is how the service passes on what a trigger has raised.
_TRIGGER_FAILED: Final = " failed with error "

_WORTH_REPEATING: Final = frozenset(
    {
        "InternalErrorException",
        "InternalServerException",
        "InternalFailure",
        "ServiceUnavailableException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class ServiceException(UserPoolError):
    """The service said no. `str()` is its message, `code` its name for the error.

    `status` is the HTTP status, `request_id` the service's own mark of the request (quote it in a support
    case), `operation` the name of the operation; the last two are unknown where one is made rather than
    received. `reason_code` is the service's finer distinction, which only InvalidParameterException has.
    """

    DEFAULT_STATUS: ClassVar[int] = 400

    code: str
    message: str
    operation: str | None
    status: int
    request_id: str | None
    reason_code: str | None

    def __init__(
        self,
        message: str = "",
        *,
        operation: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        reason_code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = type(self).__name__
        self.message = message
        self.operation = operation
        self.status = self.DEFAULT_STATUS if status is None else status
        self.request_id = request_id
        self.reason_code = reason_code

    @property
    def fault(self) -> Literal["client", "server"]:
        """Whose fault it is: the server's from status 500 on, else the caller's."""
        return "server" if self.status >= 500 else "client"

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed a little later.

        LimitExceededException is not: it is an hourly limit of one user, and trying again only uses it up.
        """
        if self.code == "LimitExceededException":
            return False
        return self.status >= 500 or self.code in _WORTH_REPEATING

    @property
    def reason(self) -> Reason | None:
        """What a NotAuthorizedException is about, such as ``too_many_attempts``; None for every other, and if unknown.

        It is read out of the service's text, which is not written in stone: use it to explain, not to let somebody in.
        """
        return reason_of(self.code, self.message)

    @property
    def trigger(self) -> str | None:
        """Which of the pool's triggers said no, such as ``PreSignUp``; None if it was none of them."""
        name, said_so, _ = self.message.partition(_TRIGGER_FAILED)
        return name if said_so and self._is_by_trigger else None

    @property
    def trigger_message(self) -> str | None:
        """What that trigger said, for the person to read, without what the service puts around it."""
        _, said_so, text = self.message.partition(_TRIGGER_FAILED)
        return text.removesuffix(".") if said_so and self._is_by_trigger else None

    @property
    def _is_by_trigger(self) -> bool:
        return self.code == "UserLambdaValidationException"


class UnknownServiceException(ServiceException):
    """The service said no with a name that the service model does not know; `code` is that name."""

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "UnknownServiceException",
        operation: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        reason_code: str | None = None,
    ) -> None:
        super().__init__(
            message, operation=operation, status=status, request_id=request_id, reason_code=reason_code
        )
        self.code = code

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code
