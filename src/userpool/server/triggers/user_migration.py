"""UserMigration: a directory of before is asked for a user whom the pool doesn't know.

Sources: guide:user-pool-lambda-migrate-user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import field

from userpool.server.triggers.calling import Reply, ask_perhaps
from userpool.server.triggers.events import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Client, Pool

MigrationSource = Literal["UserMigration_Authentication", "UserMigration_ForgotPassword"]


class FoundUser(Reply, frozen=True, kw_only=True):
    """Whom the function knows."""

    user_attributes: dict[str, str] | None = None
    """With `username`, if the user is to have another one than was typed."""
    final_user_status: Literal["CONFIRMED", "RESET_REQUIRED"] | None = None
    message_action: Literal["SUPPRESS"] | None = None
    desired_delivery_mediums: list[Literal["EMAIL", "SMS"]] | None = None
    force_alias_creation: bool | None = None
    enable_sms_mfa: bool | None = field(default=None, name="enableSMSMFA")

    def __repr__(self) -> str:
        return "FoundUser(***)"


async def ask_for_user(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    name: str,
    password: str | None,
    source: MigrationSource,
    validation_data: Mapping[str, str] | None,
    client_metadata: Mapping[str, str] | None,
) -> FoundUser | None:
    """Ask UserMigration for a user; None where it knows nobody. Arguments are those of `migrate_user`.

    Raises:
        UserLambdaValidationException: the function refuses.
        InvalidLambdaResponseException: its reply has the wrong form.
        UnexpectedLambdaException: it can't be run.
    """
    request: dict[str, Any] = {} if password is None else {"password": password}
    request["validationData"] = None if validation_data is None else dict(validation_data)
    request["clientMetadata"] = None if client_metadata is None else dict(client_metadata)
    response = {
        "userAttributes": None,
        "finalUserStatus": None,
        "messageAction": None,
        "desiredDeliveryMediums": None,
        "forceAliasCreation": None,
        "enableSMSMFA": None,
    }
    question = Question("UserMigration", source, name, client.client_id, request, response)
    found = await ask_perhaps(context, pool, question, FoundUser)
    # Assumed: a reply without userAttributes means that the function knows nobody of that name.
    return found if found is not None and found.user_attributes else None
