"""Which triggers a pool has: what its LambdaConfig names.

Sources: api:LambdaConfigType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from userpool.server.records import Pool

TriggerName = Literal[
    "PreSignUp",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "DefineAuthChallenge",
    "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
    "PreTokenGeneration",
    "UserMigration",
    "CustomMessage",
    "CustomEmailSender",
    "CustomSMSSender",
]
"""A trigger, as LambdaConfig calls it."""

FIELDS: dict[TriggerName, str] = {
    "PreSignUp": "pre_sign_up",
    "PostConfirmation": "post_confirmation",
    "PreAuthentication": "pre_authentication",
    "PostAuthentication": "post_authentication",
    "DefineAuthChallenge": "define_auth_challenge",
    "CreateAuthChallenge": "create_auth_challenge",
    "VerifyAuthChallengeResponse": "verify_auth_challenge_response",
    "PreTokenGeneration": "pre_token_generation",
    "UserMigration": "user_migration",
    "CustomMessage": "custom_message",
    "CustomEmailSender": "custom_email_sender",
    "CustomSMSSender": "custom_sms_sender",
}
"""Where LambdaConfig has a trigger's function."""


def function_of(pool: Pool, trigger: TriggerName) -> str | None:
    """Return the ARN of the function that a pool names for a trigger, or None."""
    config = pool.description.lambda_config
    if config is None:
        return None
    if trigger == "PreTokenGeneration" and config.pre_token_generation_config is not None:
        return config.pre_token_generation_config.lambda_arn
    named = getattr(config, FIELDS[trigger])
    return named if named is None or isinstance(named, str) else str(named.lambda_arn)


def has(pool: Pool, trigger: TriggerName) -> bool:
    """Return whether a pool has a trigger."""
    return function_of(pool, trigger) is not None


def has_custom_auth(pool: Pool) -> bool:
    """Return whether a pool has the three triggers of custom authentication."""
    return (
        has(pool, "DefineAuthChallenge")
        and has(pool, "CreateAuthChallenge")
        and has(pool, "VerifyAuthChallengeResponse")
    )
