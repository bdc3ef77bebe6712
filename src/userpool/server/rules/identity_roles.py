"""Which role an identity gets, and what tags go with it: by its token's claims, by rules about them, or by default.

Sources: guide:role-based-access-control (order of claims, rules, resolution),
guide:using-attributes-for-access-control, api:RoleMapping, api:MappingRule; the text of a pool without roles as
collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import msgspec

from userpool.wire.faults import (
    InvalidIdentityPoolConfigurationException,
    InvalidParameterException,
    NotAuthorizedException,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.records import IdentityPool
    from userpool.wire.identity_pools import MappingRule, RoleMapping

DEFAULT_TAGS = {"username": "sub", "client": "aud"}
"""The claim behind each tag, where UseDefaults is set."""
LONGEST_TAG = 256


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """One way in that was proven: a user of a provider, with the claims of the token that proved it."""

    provider: str
    user_id: str
    claims: dict[str, Any]
    client_id: str | None = None
    """The app client of a user pool that the token was made for."""

    def __repr__(self) -> str:
        return f"Login(provider={self.provider!r}, ***)"


def role_for(
    pool: IdentityPool, logins: Sequence[Login], *, is_guest: bool, custom_role_arn: str | None
) -> str:
    """Return the ARN of the role that credentials are made for.

    Args:
        pool: the identity pool with its roles and mappings.
        logins: what the caller has proven; nothing for a guest, or for somebody with a developer's token.
        is_guest: whether the identity is unauthenticated.
        custom_role_arn: the role that the caller asks for.

    Raises:
        InvalidIdentityPoolConfigurationException: no role was set for such an identity.
        InvalidParameterException: a role is asked for where there is nothing to choose from.
        NotAuthorizedException: the role asked for isn't the identity's, or none is and the mapping says Deny.
    """
    if not is_guest:
        # Assumed: of several logins, the first by its provider's name that has a role mapping decides on the role.
        for login in logins:
            mapping = _mapping_of(pool, login)
            if mapping is not None:
                return _mapped(pool, mapping, login, custom_role_arn)
    if custom_role_arn is not None:
        # Assumed: a CustomRoleArn is refused, in this text, where no role mapping offers a choice.
        raise InvalidParameterException("CustomRoleArn is not supported without a role mapping.")
    return _default(pool, is_guest=is_guest)


def tags_for(pool: IdentityPool, logins: Sequence[Login]) -> dict[str, str]:
    """Return the principal tags that the claims of an identity's logins come to."""
    tags: dict[str, str] = {}
    for login in logins:
        told = pool.principal_tags.get(login.provider)
        if told is None:
            continue
        wanted = DEFAULT_TAGS if told.use_defaults else (told.principal_tags or {})
        for tag, claim in wanted.items():
            values = _texts(login.claims.get(claim))
            # Assumed: a claim that is absent, too long for a tag or a list of several values makes no principal tag.
            if len(values) == 1 and len(values[0]) <= LONGEST_TAG:
                tags[tag] = values[0]
    return tags


def _mapping_of(pool: IdentityPool, login: Login) -> RoleMapping | None:
    if login.client_id is not None:
        return pool.role_mappings.get(f"{login.provider}:{login.client_id}")
    return pool.role_mappings.get(login.provider)


def _mapped(pool: IdentityPool, mapping: RoleMapping, login: Login, custom: str | None) -> str:
    by_rules = mapping.type == "Rules"
    offered = _roles_by_rules(mapping, login) if by_rules else _texts(login.claims.get("cognito:roles"))
    if custom is not None:
        if custom not in offered:
            # Assumed: the text with which a CustomRoleArn is refused that isn't among the identity's roles.
            raise NotAuthorizedException("The custom role is not among the roles of this identity.")
        return custom
    if by_rules and offered:
        return offered[0]
    preferred = None if by_rules else login.claims.get("cognito:preferred_role")
    if isinstance(preferred, str) and preferred:
        return preferred
    # Assumed: a token without any role is treated as one with several and no preferred one, by
    # AmbiguousRoleResolution.
    if mapping.ambiguous_role_resolution == "AuthenticatedRole":
        return _default(pool, is_guest=False)
    # Assumed: the text with which an identity is refused that no rule or claim gives a role, with Deny.
    raise NotAuthorizedException(
        "No role could be determined for this identity, and the role mapping denies."
    )


def _default(pool: IdentityPool, *, is_guest: bool) -> str:
    role = pool.roles.get("unauthenticated" if is_guest else "authenticated")
    if role is None:
        raise InvalidIdentityPoolConfigurationException(
            "Invalid identity pool configuration. Check assigned IAM roles for this pool."
        )
    return role


def _roles_by_rules(mapping: RoleMapping, login: Login) -> list[str]:
    rules = mapping.rules_configuration.rules if mapping.rules_configuration else []
    return [rule.role_arn for rule in rules if _matches(rule, _texts(login.claims.get(rule.claim)))]


def _matches(rule: MappingRule, values: list[str]) -> bool:
    # A rule isn't looked at when the claim is missing, NotEqual among them.
    # Assumed: a rule about a claim that is a list is met when one of its values meets it, NotEqual when all do.
    match rule.match_type:
        case "Equals":
            return rule.value in values
        case "Contains":
            return any(rule.value in value for value in values)
        case "StartsWith":
            return any(value.startswith(rule.value) for value in values)
        case "NotEqual":
            return bool(values) and rule.value not in values
        case _:
            return False


def _texts(claim: object) -> list[str]:
    if isinstance(claim, list):
        return [text for item in cast("list[object]", claim) for text in _texts(item)]
    if isinstance(claim, bool):
        return ["true" if claim else "false"]
    return [str(claim)] if isinstance(claim, str | int | float) else []
