"""What an operation is: its name, its two shapes, who may call it and what it may answer instead.

Rules of this room: a `Shape` is plain data and never shows a secret in its `repr`; an `Operation` is a value
without behaviour, which the SDK sends and the pool dispatches.

Sources: the public service model, botocore (`authtype`, `sensitive`, `targetPrefix`).
"""

from __future__ import annotations

import enum
from typing import ClassVar, Final, Generic, TypeVar

import msgspec

__all__ = ["IDENTITY_PREFIX", "MASKED", "USER_POOL_PREFIX", "Access", "Operation", "Shape"]

USER_POOL_PREFIX: Final = "AWSCognitoIdentityProviderService"
"""The service part of `X-Amz-Target` for user pools."""

IDENTITY_PREFIX: Final = "AWSCognitoIdentityService"
"""The service part of `X-Amz-Target` for identity pools."""


class Access(enum.Enum):
    """What a caller has to show."""

    PUBLIC = "public"
    """Nothing besides what is in the request; the request is not signed."""

    TOKEN = "token"
    """A user's access token (or, where the operation allows it, a session) in the request; not signed."""

    SIGNED = "signed"
    """AWS credentials: the request is signed with Signature Version 4."""

    CLIENT = "client"
    """The app client's own secret in the request; accepted signed and unsigned."""


class Shape(msgspec.Struct, omit_defaults=True):
    """Base of every structure: a member that is `None` is absent on the wire, a secret masked in `repr`."""

    SENSITIVE: ClassVar[frozenset[str]] = frozenset()
    """Names of the members whose values are never shown."""

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"
        )

    def __rich_repr__(self) -> list[tuple[str, object]]:
        present = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [
            (name, MASKED if name in self.SENSITIVE else value)
            for name, value in present
            if value is not None
        ]


class _Masked:
    """Stands for a value that is not shown."""

    def __repr__(self) -> str:
        return "***"


MASKED: Final = _Masked()

RequestT = TypeVar("RequestT", bound=Shape)
ResponseT = TypeVar("ResponseT", bound=Shape | None)


class Operation(msgspec.Struct, Generic[RequestT, ResponseT], frozen=True, kw_only=True):
    """One operation of a service.

    `request` and `response` are the structures of its input and output; `response` is `None` where the
    service answers with an empty body. `errors` names the errors that the model declares for it, classes of
    `userpool.wire.faults`.
    """

    name: str
    """The service's name, such as `SignUp`."""

    snake_name: str
    """The same name as a function is called here, such as `sign_up`."""

    target_prefix: str
    request: type[RequestT]
    response: type[ResponseT] | None
    access: Access
    errors: tuple[str, ...]

    @property
    def target(self) -> str:
        """The value of the `X-Amz-Target` header."""
        return f"{self.target_prefix}.{self.name}"

    def __repr__(self) -> str:
        return f"<Operation {self.target}>"
