"""What a PreTokenGeneration trigger may change of the claims in tokens, and what it may not.

Sources: guide:user-pool-lambda-pre-token-generation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from userpool.wire.faults import InvalidLambdaResponseException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUPS = "cognito:groups"
ROLES = "cognito:roles"
PREFERRED_ROLE = "cognito:preferred_role"
GROUP_CLAIMS = frozenset({GROUPS, ROLES, PREFERRED_ROLE})

PROTECTED = frozenset(
    {
        "acr",
        "amr",
        "at_hash",
        "auth_time",
        "azp",
        "cognito:username",
        "exp",
        "iat",
        "identities",
        "iss",
        "jti",
        "nbf",
        "nonce",
        "origin_jti",
        "sub",
        "token_use",
    }
)
"""Claims that nobody adds, overrides or suppresses."""
# Assumed: the scope claim changes through scopesToAdd and scopesToSuppress alone.
PROTECTED_IN_ACCESS_TOKENS = PROTECTED | {
    "client_id",
    "device_key",
    "event_id",
    "scope",
    "username",
    "version",
}
MOST_CHANGES = 5_000


class Groups(msgspec.Struct, frozen=True, kw_only=True):
    """What tokens tell of a user's groups."""

    names: list[str] = []
    roles: list[str] = []
    preferred_role: str | None = None


class TokenChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different in the tokens of one sign-in or renewal."""

    id_claims: dict[str, Any] = {}
    """Claims of the id token that are added or overridden."""
    id_suppressed: list[str] = []
    access_claims: dict[str, Any] = {}
    access_suppressed: list[str] = []
    scopes_added: list[str] = []
    scopes_suppressed: list[str] = []
    groups: Groups | None = None
    """In place of the user's own; None leaves them."""


def check_changes(changes: TokenChanges, *, client_id: str) -> None:
    """Refuse changes that aren't for a trigger to make.

    Raises:
        InvalidLambdaResponseException: naming what can't be.
    """
    # Assumed: changes to protected claims aren't refused: these claims stay as they are.
    wrong = [
        name
        for name in [*changes.id_claims, *changes.access_claims]
        if name.startswith("cognito:") and name not in PROTECTED
    ]
    if wrong:
        # Assumed: the text with which claims of the cognito: prefix are refused, groups among them.
        raise InvalidLambdaResponseException(f"{wrong[0]} can't be changed by a trigger.")
    if changes.access_claims.get("aud", client_id) != client_id:
        # Assumed: the text with which an audience is refused that isn't the app client.
        raise InvalidLambdaResponseException("The aud claim has to be the id of the app client.")
    if any(value is None for value in [*changes.id_claims.values(), *changes.access_claims.values()]):
        raise InvalidLambdaResponseException("Unrecognizable lambda output")
    if any(not scope or any(letter.isspace() for letter in scope) for scope in changes.scopes_added):
        # Assumed: the text with which a scope is refused that is empty or has a space in it.
        raise InvalidLambdaResponseException("A scope can't be empty and can't contain spaces.")
    counted = (changes.id_claims, changes.access_claims, changes.id_suppressed, changes.access_suppressed)
    if sum(map(len, counted)) + len(changes.scopes_added) + len(changes.scopes_suppressed) > MOST_CHANGES:
        # Assumed: the text with which more than 5,000 changes are refused.
        raise InvalidLambdaResponseException(f"More than {MOST_CHANGES} changes to tokens.")


def id_claims(claims: Mapping[str, Any], changes: TokenChanges) -> dict[str, Any]:
    """Return the claims of an id token after changes."""
    grouped = _with_groups(claims, changes.groups, names=GROUP_CLAIMS)
    suppressed = set(changes.id_suppressed)
    if GROUPS in suppressed:
        suppressed |= GROUP_CLAIMS
    # The audience of an id token is its app client, as the verifiers of the world expect.
    return _changed(grouped, changes.id_claims, suppressed, protected=PROTECTED | {"aud"})


def access_claims(claims: Mapping[str, Any], changes: TokenChanges) -> dict[str, Any]:
    """Return the claims of an access token after changes."""
    # Assumed: groupOverrideDetails changes the groups of the access token too, also of a V1_0 trigger.
    grouped = _with_groups(claims, changes.groups, names=frozenset({GROUPS}))
    changed = _changed(
        grouped,
        changes.access_claims,
        set(changes.access_suppressed),
        protected=PROTECTED_IN_ACCESS_TOKENS,
    )
    gone = set(changes.scopes_suppressed)
    # dict.fromkeys drops what is there twice, and keeps the order.
    scopes = dict.fromkeys([*str(claims.get("scope", "")).split(), *changes.scopes_added])
    changed["scope"] = " ".join(scope for scope in scopes if scope not in gone)
    return changed


def group_claims(groups: Groups) -> dict[str, Any]:
    """Return the claims that tell of groups; what there isn't has no claim."""
    claims = {GROUPS: groups.names, ROLES: groups.roles, PREFERRED_ROLE: groups.preferred_role}
    return {name: value for name, value in claims.items() if value}


def _with_groups(
    claims: Mapping[str, Any], groups: Groups | None, *, names: frozenset[str]
) -> dict[str, Any]:
    if groups is None:
        return dict(claims)
    kept = {name: value for name, value in claims.items() if name not in GROUP_CLAIMS}
    return kept | {name: value for name, value in group_claims(groups).items() if name in names}


def _changed(
    claims: Mapping[str, Any],
    added: Mapping[str, Any],
    suppressed: Iterable[str],
    *,
    protected: frozenset[str],
) -> dict[str, Any]:
    changed = dict(claims)
    changed |= {name: value for name, value in added.items() if name not in protected}
    for name in suppressed:
        if name not in protected:
            changed.pop(name, None)
    return changed
