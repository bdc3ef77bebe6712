"""Temporary credentials: what an identity is given to sign requests with, for an hour.

Nothing is written down. The session token is sealed and says for whom and for which role the credentials are; the
secret follows from the access key's id and a key of this server. So any process recognises a request that is signed
with them.

They have a role and no rights: a signed operation is refused unless the settings name it for that role
(`role_actions`).

Sources: api:GetCredentialsForIdentity; the shapes of temporary access keys; texts of the service's refusals as
collected from public reports.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from typing import TYPE_CHECKING

import msgspec

from userpool.effects import token_text
from userpool.server.access_keys import ID_ALPHABET
from userpool.server.rules.identifiers import partition_of
from userpool.server.sealing import UnsealError
from userpool.wire.faults import AccessDeniedException, ExpiredTokenException
from userpool.wire.identities import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Identity

PREFIX = "ASIA"
LIFE_SECONDS = 3600
SECRET_BYTES = 30
"""In base64 the 40 characters that secrets have."""
SESSION_NAME = "CognitoIdentityCredentials"
_PURPOSE = "temporary credentials"


class Grant(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What temporary credentials stand for, sealed in their session token."""

    role_arn: str
    identity_id: str
    identity_pool_id: str
    expires_ms: int
    principal_tags: dict[str, str] = {}


def issue_credentials(
    context: Context, identity: Identity, *, role_arn: str, principal_tags: Mapping[str, str]
) -> Credentials:
    """Return credentials for an identity that are good for an hour.

    Args:
        context: the request's surroundings.
        identity: whose they are.
        role_arn: the role they are for.
        principal_tags: what is told of their holder beside the role.
    """
    access_key_id = PREFIX + token_text(context.effects, ID_ALPHABET, count=16)
    expires = context.now_ms // 1000 + LIFE_SECONDS
    grant = Grant(
        role_arn=role_arn,
        identity_id=identity.identity_id,
        identity_pool_id=identity.identity_pool_id,
        expires_ms=expires * 1000,
        principal_tags=dict(principal_tags),
    )
    sealed = context.sealer.seal_text(_PURPOSE, msgspec.msgpack.encode(grant), context=access_key_id)
    return Credentials(
        access_key_id=access_key_id,
        secret_key=secret_of_temporary_key(context, access_key_id),
        session_token=sealed,
        expiration=float(expires),
    )


def secret_of_temporary_key(context: Context, access_key_id: str) -> str:
    """Return the secret that belongs to the id of a temporary access key; worth nothing without a session token."""
    key = context.sealer.derived_key("temporary secret")
    digest = hmac.digest(key, access_key_id.encode(), hashlib.sha256)
    return b64encode(digest[:SECRET_BYTES]).decode()


def open_grant(context: Context, access_key_id: str, session_token: str | None) -> Grant | None:
    """Return what credentials stand for, expired or not; None for such as weren't issued here."""
    if session_token is None or not access_key_id.startswith(PREFIX):
        return None
    try:
        opened = context.sealer.open_text(_PURPOSE, session_token, context=access_key_id)
    except UnsealError:
        return None
    return msgspec.msgpack.decode(opened, type=Grant)


def check_grant(context: Context, grant: Grant, action: str) -> None:
    """Refuse a signed operation that the role of temporary credentials may not call, or that comes too late.

    Args:
        context: the request's surroundings.
        grant: what the credentials stand for.
        action: the operation in the words of IAM, such as `cognito-idp:ListUsers`.

    Raises:
        ExpiredTokenException: the hour is over.
        AccessDeniedException: the settings don't let this role call this operation.
    """
    if grant.expires_ms <= context.now_ms:
        raise ExpiredTokenException("The security token included in the request is expired")
    if action in context.settings.role_actions.get(grant.role_arn, frozenset()):
        return
    account, _, path = grant.role_arn.partition(":iam::")[2].partition(":role/")
    partition = partition_of(grant.identity_id.partition(":")[0])
    user = f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}/{SESSION_NAME}"
    raise AccessDeniedException(
        f"User: {user} is not authorized to perform: {action} "
        f"because no identity-based policy allows the {action} action"
    )
