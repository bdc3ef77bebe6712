"""The settings of an identity pool: what may be asked for, and what is told of it.

Sources: api:CreateIdentityPool, api:UpdateIdentityPool, api:SetIdentityPoolRoles, api:TagResource,
guide:role-based-access-control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from userpool.server.rules.identity_providers import DEVELOPER_TOKEN
from userpool.wire.faults import InvalidParameterException
from userpool.wire.identity_pools import IdentityPool, RoleMapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.wire.identity_pools import CreateIdentityPoolInput, IdentityPoolInput, RoleMappingInput

ROLE_KINDS = frozenset({"authenticated", "unauthenticated"})
MOST_RULES = 25
MOST_TAGS = 50


def description_of(
    request: CreateIdentityPoolInput | IdentityPoolInput, identity_pool_id: str
) -> IdentityPool:
    """Return what a request asks an identity pool to be; what it leaves out has the service's default, none.

    Raises:
        InvalidParameterException: the request contradicts itself, or has too many tags.
    """
    members = msgspec.to_builtins(request) | {"IdentityPoolId": identity_pool_id}
    described = msgspec.convert(members, IdentityPool)
    providers = described.cognito_identity_providers or []
    named = [(provider.provider_name, provider.client_id) for provider in providers]
    if any(None in pair for pair in named):
        # Assumed: the text with which a user pool without its name or client id is refused as an identity provider.
        raise InvalidParameterException("A Cognito identity provider needs ProviderName and ClientId.")
    if len(set(named)) < len(named):
        # Assumed: naming one app client of a user pool twice is refused, in this text.
        raise InvalidParameterException("A Cognito identity provider is listed more than once.")
    taken = {DEVELOPER_TOKEN, *(described.supported_login_providers or {})}
    if described.developer_provider_name in taken:
        # Assumed: a developer provider with the name of another provider is refused, in this text.
        raise InvalidParameterException("The developer provider has the name of another identity provider.")
    check_tags(described.identity_pool_tags or {})
    return described


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse more tags than an identity pool can have.

    Raises:
        InvalidParameterException: there are more.
    """
    if len(tags) > MOST_TAGS:
        # Assumed: the text with which the 51st tag is refused.
        raise InvalidParameterException(f"An identity pool can have at most {MOST_TAGS} tags.")


def check_developer_provider(before: IdentityPool, after: IdentityPool) -> None:
    """Refuse another name for the developer provider: logins lie under the name they were made with.

    Raises:
        InvalidParameterException: it had another name, or is taken away.
    """
    if before.developer_provider_name not in {None, after.developer_provider_name}:
        # Assumed: the text with which another DeveloperProviderName is refused.
        raise InvalidParameterException("The developer provider name cannot be changed once it has been set.")


def role_mappings_of(
    roles: Iterable[str], mappings: Mapping[str, RoleMappingInput] | None
) -> dict[str, RoleMapping]:
    """Return the role mappings of a request, checked.

    Args:
        roles: the kinds of roles that the request names.
        mappings: by identity provider, as the request has them.

    Raises:
        InvalidParameterException: a kind of role that there isn't, or a mapping that could never be applied.
    """
    unknown = sorted(set(roles) - ROLE_KINDS)
    if unknown:
        # Assumed: the text with which a kind of role is refused that is neither authenticated nor unauthenticated.
        raise InvalidParameterException(
            f"Invalid role type: {unknown[0]}. Role types are authenticated and unauthenticated."
        )
    for provider, mapping in (mappings or {}).items():
        _check_mapping(provider, mapping)
    return msgspec.convert(msgspec.to_builtins(mappings or {}), dict[str, RoleMapping])


def _check_mapping(provider: str, mapping: RoleMappingInput) -> None:
    # Assumed: the texts with which half a role mapping is refused.
    if mapping.ambiguous_role_resolution is None:
        raise InvalidParameterException(f"AmbiguousRoleResolution is required for the provider {provider}.")
    if mapping.type == "Token":
        if mapping.rules_configuration is not None:
            raise InvalidParameterException(
                f"RulesConfiguration is not allowed for the type Token, provider {provider}."
            )
        return
    if mapping.rules_configuration is None:
        raise InvalidParameterException(
            f"RulesConfiguration is required for the type Rules, provider {provider}."
        )
    if len(mapping.rules_configuration.rules) > MOST_RULES:
        raise InvalidParameterException(f"Provider {provider} has more than {MOST_RULES} rules.")
