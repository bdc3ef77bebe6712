"""What is said to an identity pool: who somebody is there, and what they may do at AWS.

Operations: GetId, GetCredentialsForIdentity, GetOpenIdToken.

Sources: api:GetId, api:GetCredentialsForIdentity, api:GetOpenIdToken; guide:authentication-flow (of identity pools).
"""

from __future__ import annotations

from collections.abc import Mapping

from userpool.conversation import Flow, ask
from userpool.errors import GarbledAnswerError
from userpool.identity_credentials import IdentityCredentials, IdentityToken
from userpool.wire.fault import ServiceException
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException
from userpool.wire.identities import (
    GetCredentialsForIdentity,
    GetCredentialsForIdentityInput,
    GetId,
    GetIdInput,
    GetOpenIdToken,
    GetOpenIdTokenInput,
)

__all__ = ["credentials", "identity_id", "is_about_expiry", "is_about_the_identity", "open_id_token"]


def identity_id(
    identity_pool_id: str, logins: Mapping[str, str], *, account_id: str | None = None
) -> Flow[str]:
    """Return the identity of whoever shows these logins; without any, a new one for a guest.

    ``logins`` are ID tokens by the names of those who issued them.
    """
    request = GetIdInput(
        identity_pool_id=identity_pool_id, account_id=account_id, logins=dict(logins) or None
    )
    response = yield from ask(GetId, request)
    if not response.identity_id:
        raise GarbledAnswerError("The answer to GetId names no identity.")
    return response.identity_id


def credentials(
    identity: str, logins: Mapping[str, str], *, custom_role_arn: str | None = None
) -> Flow[IdentityCredentials]:
    """Return AWS credentials for an identity; the role is the pool's choice unless one is named."""
    request = GetCredentialsForIdentityInput(
        identity_id=identity, logins=dict(logins) or None, custom_role_arn=custom_role_arn
    )
    response = yield from ask(GetCredentialsForIdentity, request)
    given = response.credentials
    if (
        given is None
        or not (given.access_key_id and given.secret_key and given.session_token)
        or given.expiration is None
    ):
        raise GarbledAnswerError("The answer to GetCredentialsForIdentity holds no credentials.")
    return IdentityCredentials(
        access_key_id=given.access_key_id,
        secret_access_key=given.secret_key,
        session_token=given.session_token,
        expires_epoch=given.expiration,
        # Another one where two identities turned out to be the same person and were merged.
        identity_id=response.identity_id or identity,
    )


def open_id_token(identity: str, logins: Mapping[str, str]) -> Flow[IdentityToken]:
    """Return a token that AssumeRoleWithWebIdentity takes, for pools that allow the basic flow."""
    response = yield from ask(
        GetOpenIdToken, GetOpenIdTokenInput(identity_id=identity, logins=dict(logins) or None)
    )
    if not response.token:
        raise GarbledAnswerError("The answer to GetOpenIdToken holds no token.")
    return IdentityToken(token=response.token, identity_id=response.identity_id or identity)


def is_about_the_identity(fault: ServiceException) -> bool:
    """Whether a refusal may be the fault of an identity id that was remembered, and not of the person.

    It was deleted or merged into another, or a guest has become somebody since.
    """
    if isinstance(fault, ResourceNotFoundException):
        return True
    # The service has one name for many refusals, and only the texts tell them apart.
    return isinstance(fault, NotAuthorizedException) and (
        "is forbidden" in fault.message or fault.message.startswith("Logins don't match")
    )


def is_about_expiry(fault: ServiceException) -> bool:
    """Whether a refusal says that the ID token has expired, so that a renewed one may be taken."""
    return isinstance(fault, NotAuthorizedException) and "Token expired" in fault.message
