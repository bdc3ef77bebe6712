"""Identifiers in the shapes that the service gives them.

Sources: api (patterns of UserPoolIdType, ClientIdType), seen:2026-05-sign-up (sub).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.effects import token_text, uuid4_text

if TYPE_CHECKING:
    from userpool.effects import Effects

LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
LOWER_LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"


def new_pool_id(effects: Effects, region: str) -> str:
    """Return an id such as `eu-west-1_AbCdEfGhI`."""
    return f"{region}_{token_text(effects, LETTERS_AND_DIGITS, count=9)}"


def new_client_id(effects: Effects) -> str:
    """Return 26 lower-case letters and digits."""
    return token_text(effects, LOWER_LETTERS_AND_DIGITS, count=26)


def new_client_secret(effects: Effects) -> str:
    """Return 51 lower-case letters and digits."""
    return token_text(effects, LOWER_LETTERS_AND_DIGITS, count=51)


def new_sub(effects: Effects) -> str:
    """Return a random `sub`, which spreads users evenly over whatever stores them."""
    return uuid4_text(effects)


def new_identity_id(effects: Effects, region: str) -> str:
    """Return an id such as `eu-west-1:0b3f1c52-...`, of an identity or of an identity pool."""
    return f"{region}:{uuid4_text(effects)}"


def pool_arn(pool_id: str, account_id: str) -> str:
    """Return the ARN of a pool."""
    region = pool_id.partition("_")[0]
    return f"arn:{partition_of(region)}:cognito-idp:{region}:{account_id}:userpool/{pool_id}"


def identity_pool_arn(identity_pool_id: str, account_id: str) -> str:
    """Return the ARN of an identity pool."""
    region = identity_pool_id.partition(":")[0]
    return (
        f"arn:{partition_of(region)}:cognito-identity:{region}:{account_id}:identitypool/{identity_pool_id}"
    )


def partition_of(region: str) -> str:
    """Return the part of the service's world that a region is in: `aws`, `aws-cn` or `aws-us-gov`."""
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"
