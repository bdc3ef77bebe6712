"""PreTokenGeneration: a function changes the claims of tokens before they are signed, in three versions of its event.

V1_0 changes the id token; V2_0 and V3_0 change the access token and its scopes as well.

Sources: guide:user-pool-lambda-pre-token-generation, api:PreTokenGenerationVersionConfigType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, UnsetType

from userpool.server.rules.token_claims import Groups, TokenChanges, check_changes
from userpool.server.triggers.calling import Reply, ask
from userpool.server.triggers.configured import has
from userpool.server.triggers.events import Question, attributes_of, with_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.context import Context
    from userpool.server.records import Client, Pool, User

TokenSource = Literal[
    "TokenGeneration_HostedAuth",
    "TokenGeneration_Authentication",
    "TokenGeneration_NewPasswordChallenge",
    "TokenGeneration_AuthenticateDevice",
    "TokenGeneration_RefreshTokens",
]
"""What tokens are made for, in the words of PreTokenGeneration."""

_VERSIONS = {"V1_0": "1", "V2_0": "2", "V3_0": "3"}


class _Groups(Reply, frozen=True, kw_only=True):
    groups_to_override: list[str] | None = None
    iam_roles_to_override: list[str] | None = None
    preferred_role: str | None = None


class _ClaimsOfV1(Reply, frozen=True, kw_only=True):
    claims_to_add_or_override: dict[str, str] | None = None
    claims_to_suppress: list[str] | None = None
    group_override_details: _Groups | UnsetType | None = UNSET


class _V1(Reply, frozen=True, kw_only=True):
    claims_override_details: _ClaimsOfV1 | None = None


class _Token(Reply, frozen=True, kw_only=True):
    claims_to_add_or_override: dict[str, Any] | None = None
    claims_to_suppress: list[str] | None = None


class _AccessToken(_Token, frozen=True, kw_only=True):
    scopes_to_add: list[str] | None = None
    scopes_to_suppress: list[str] | None = None


class _ClaimsAndScopes(Reply, frozen=True, kw_only=True):
    id_token_generation: _Token | None = None
    access_token_generation: _AccessToken | None = None
    group_override_details: _Groups | UnsetType | None = UNSET


class _V2(Reply, frozen=True, kw_only=True):
    claims_and_scope_override_details: _ClaimsAndScopes | None = None


async def pre_token_generation(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    *,
    source: TokenSource,
    groups: Groups,
    scopes: Sequence[str],
    client_metadata: Mapping[str, str] | None,
) -> TokenChanges | None:
    """Ask PreTokenGeneration what is to be different in a user's tokens; None where a pool hasn't got it.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        client: the app client.
        user: as the claims are to describe it.
        source: what the tokens are made for.
        groups: the user's own.
        scopes: of the access token.
        client_metadata: of RespondToAuthChallenge; InitiateAuth's isn't for this trigger.

    Raises:
        UserLambdaValidationException: the function refuses.
        InvalidLambdaResponseException: its reply has the wrong form, or changes what it may not.
        UnexpectedLambdaException: it can't be run.
    """
    if not has(pool, "PreTokenGeneration"):
        return None
    version = _version_of(pool)
    request: dict[str, Any] = {
        "userAttributes": attributes_of(user),
        "groupConfiguration": {
            "groupsToOverride": groups.names,
            "iamRolesToOverride": groups.roles,
            "preferredRole": groups.preferred_role,
        },
    }
    if version != "1":
        request["scopes"] = list(scopes)
    question = Question(
        "PreTokenGeneration",
        source,
        user.username,
        client.client_id,
        with_metadata(request, client_metadata),
        {"claimsOverrideDetails" if version == "1" else "claimsAndScopeOverrideDetails": None},
        version,
    )
    if version == "1":
        changes = _changes_of_v1((await ask(context, pool, question, _V1)).claims_override_details)
    else:
        changes = _changes_of_v2((await ask(context, pool, question, _V2)).claims_and_scope_override_details)
    check_changes(changes, client_id=client.client_id)
    return changes


def _version_of(pool: Pool) -> str:
    config = pool.description.lambda_config
    versioned = config.pre_token_generation_config if config is not None else None
    return _VERSIONS.get(versioned.lambda_version, "1") if versioned is not None else "1"


def _changes_of_v1(given: _ClaimsOfV1 | None) -> TokenChanges:
    if given is None:
        return TokenChanges()
    return TokenChanges(
        id_claims=dict(given.claims_to_add_or_override or {}),
        id_suppressed=given.claims_to_suppress or [],
        groups=_groups_of(given.group_override_details),
    )


def _changes_of_v2(given: _ClaimsAndScopes | None) -> TokenChanges:
    if given is None:
        return TokenChanges()
    id_token = given.id_token_generation or _Token()
    access_token = given.access_token_generation or _AccessToken()
    return TokenChanges(
        id_claims=id_token.claims_to_add_or_override or {},
        id_suppressed=id_token.claims_to_suppress or [],
        access_claims=access_token.claims_to_add_or_override or {},
        access_suppressed=access_token.claims_to_suppress or [],
        scopes_added=access_token.scopes_to_add or [],
        scopes_suppressed=access_token.scopes_to_suppress or [],
        groups=_groups_of(given.group_override_details),
    )


def _groups_of(given: _Groups | UnsetType | None) -> Groups | None:
    if isinstance(given, UnsetType):
        return None
    if given is None:
        # Null takes the groups away; only leaving the member out leaves them.
        return Groups()
    return Groups(
        names=given.groups_to_override or [],
        roles=given.iam_roles_to_override or [],
        preferred_role=given.preferred_role,
    )
