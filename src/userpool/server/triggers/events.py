"""The shape of an event: the envelope that all triggers share, and a user's attributes as functions see them.

Sources: guide:cognito-user-identity-pools-working-with-aws-lambda-triggers (common parameters).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from msgspec.structs import replace

from userpool.server.rules.attributes import applied

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.records import Pool, User
    from userpool.server.triggers.configured import TriggerName

# Assumed: callerContext names no SDK, since requests aren't asked for their user agent.
SDK_VERSION = "aws-sdk-unknown-unknown"
NO_CLIENT = "CLIENT_ID_NOT_APPLICABLE"
"""Stands for the app client where an administrator calls."""


class Question(NamedTuple):
    """What is asked of a function."""

    trigger: TriggerName
    source: str
    """Why it is asked, in the service's words: triggerSource."""
    user_name: str
    client_id: str | None
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    """The members that the function may fill in, with what they are if it doesn't."""
    version: str = "1"

    def __repr__(self) -> str:
        # A request may hold passwords and codes.
        return f"Question(trigger={self.trigger!r}, source={self.source!r}, ***)"


def event_of(pool: Pool, question: Question) -> bytes:
    """Return the event of a question, as JSON."""
    return msgspec.json.encode(
        {
            "version": question.version,
            "triggerSource": question.source,
            "region": pool.region,
            "userPoolId": pool.pool_id,
            "userName": question.user_name,
            "callerContext": {"awsSdkVersion": SDK_VERSION, "clientId": question.client_id or NO_CLIENT},
            "request": question.request,
            "response": question.response,
        }
    )


def attributes_of(user: User | None) -> dict[str, str]:
    """Return a user's attributes as functions see them: all are text, `sub` and the status are among them."""
    if user is None:
        return {}
    return {"sub": user.sub, "cognito:user_status": user.status, **user.attributes}


def reached_at(user: User, attribute: str, value: str) -> User:
    """Return a user as the functions of a message see them: with the address or number that it goes to.

    A code for a new address that a function took to the one before would prove nothing of the new one.
    """
    # Assumed: CustomMessage and custom senders see the address of their message, also where it isn't the user's yet.
    return replace(user, attributes=applied(user.attributes, {attribute: value}))


def with_metadata(request: dict[str, Any], client_metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Return a request with the caller's ClientMetadata, if any."""
    # Assumed: a request without ClientMetadata has no clientMetadata member, rather than an empty one.
    return request if client_metadata is None else {**request, "clientMetadata": dict(client_metadata)}
