"""The settings of an app client: what a new one has that nobody asked for, and what can't be had together.

Rules work on the description of a client, so that creating and updating one obey the same.

Sources: api:CreateUserPoolClient, api:UserPoolClientType, guide:user-pool-settings-client-apps,
guide:amazon-cognito-user-pools-using-the-refresh-token; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from userpool.server.rules.attributes import READ_ONLY
from userpool.server.rules.auth_flows import DEFAULT, check_flows
from userpool.server.rules.schema import required_names, schema_by_name
from userpool.server.rules.token_validity import (
    DAY,
    DEFAULT_AUTH_SESSION_MINUTES,
    DEFAULT_REFRESH_DAYS,
    SECONDS,
    check_validity,
)
from userpool.wire.faults import (
    InvalidOAuthFlowException,
    InvalidParameterException,
    ScopeDoesNotExistException,
)
from userpool.wire.user_pool_clients import TokenValidityUnitsType, UserPoolClientType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from userpool.wire.user_pool_clients import CreateUserPoolClientRequest, UpdateUserPoolClientRequest
    from userpool.wire.user_pools import UserPoolType

STANDARD_SCOPES = frozenset({"aws.cognito.signin.user.admin", "email", "openid", "phone", "profile"})
"""Scopes that speak for a user; resource servers have scopes of their own."""
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
OWN_PROVIDER = "COGNITO"


def description_of(request: CreateUserPoolClientRequest | UpdateUserPoolClientRequest) -> UserPoolClientType:
    """Return what the description of a new or an updated client says, save its dates and its secret."""
    # Members that a request and a description share have one name and one form on the wire.
    given = msgspec.convert(msgspec.to_builtins(request), UserPoolClientType)
    units = given.token_validity_units or TokenValidityUnitsType()
    rotation = given.refresh_token_rotation
    return replace(
        given,
        client_secret=None,
        refresh_token_validity=given.refresh_token_validity or _default_refresh_validity(units),
        token_validity_units=units,
        # Assumed: empty ReadAttributes and WriteAttributes mean the default, as if they weren't given.
        read_attributes=given.read_attributes or None,
        write_attributes=given.write_attributes or None,
        allowed_oauth_flows_user_pool_client=bool(given.allowed_oauth_flows_user_pool_client),
        prevent_user_existence_errors=given.prevent_user_existence_errors or "LEGACY",
        enable_token_revocation=given.enable_token_revocation is not False,
        enable_propagate_additional_user_context_data=bool(
            given.enable_propagate_additional_user_context_data
        ),
        auth_session_validity=given.auth_session_validity or DEFAULT_AUTH_SESSION_MINUTES,
        refresh_token_rotation=rotation
        and replace(rotation, retry_grace_period_seconds=rotation.retry_grace_period_seconds or 0),
        client_type="REGULAR",
    )


def _default_refresh_validity(units: TokenValidityUnitsType) -> int:
    # Assumed: a unit without RefreshTokenValidity leaves a refresh token its 30 days.
    return DEFAULT_REFRESH_DAYS * DAY // SECONDS[units.refresh_token or "days"]


def check_client(pool: UserPoolType, client: UserPoolClientType, *, has_secret: bool) -> None:
    """Refuse settings that can't be had together or that the pool has nothing for.

    Raises:
        InvalidParameterException: two of them contradict one another, or name what isn't there.
        InvalidOAuthFlowException: the OAuth grants don't go together.
        ScopeDoesNotExistException: nobody defined a scope.
    """
    check_flows(client.explicit_auth_flows or [])
    check_validity(client)
    _check_rotation(client)
    _check_attributes(pool, client)
    for provider in client.supported_identity_providers or []:
        if provider != OWN_PROVIDER:
            raise InvalidParameterException(
                f"The provider {provider} does not exist for User Pool {pool.id}."
            )
    if client.enable_propagate_additional_user_context_data and not has_secret:
        # Assumed: the text with which EnablePropagateAdditionalUserContextData is refused without a secret.
        raise InvalidParameterException(
            "EnablePropagateAdditionalUserContextData needs an app client with a client secret."
        )
    _check_oauth(client, has_secret=has_secret)
    _check_urls(client)


def _check_rotation(client: UserPoolClientType) -> None:
    rotation = client.refresh_token_rotation
    if rotation is None or rotation.feature != "ENABLED":
        return
    if "ALLOW_REFRESH_TOKEN_AUTH" in (client.explicit_auth_flows or DEFAULT):
        # Assumed: the text with which refresh token rotation is refused beside ALLOW_REFRESH_TOKEN_AUTH.
        raise InvalidParameterException(
            "Refresh token rotation can't be enabled together with ALLOW_REFRESH_TOKEN_AUTH."
        )


def _check_attributes(pool: UserPoolType, client: UserPoolClientType) -> None:
    known = set(schema_by_name(pool))
    for name in client.read_attributes or []:
        if name not in known:
            raise _invalid_attributes("read")
    if client.write_attributes is None:
        return
    # Assumed: the verified flags, sub and attributes for developers are refused among WriteAttributes.
    for name in client.write_attributes:
        if name not in known or name in READ_ONLY or name.startswith("dev:"):
            raise _invalid_attributes("write")
    if not set(required_names(pool)) <= set(client.write_attributes):
        raise _invalid_attributes("write")


def _invalid_attributes(kind: str) -> InvalidParameterException:
    return InvalidParameterException(f"Invalid {kind} attributes specified while creating a client")


def _check_oauth(client: UserPoolClientType, *, has_secret: bool) -> None:
    flows = set(client.allowed_oauth_flows or [])
    scopes = client.allowed_oauth_scopes or []
    for scope in scopes:
        # Resource servers, which define further scopes, aren't built yet, so that no pool has any.
        if scope not in STANDARD_SCOPES:
            raise ScopeDoesNotExistException(f"Invalid scope requested: {scope}")
    if "client_credentials" in flows:
        _check_client_credentials(flows, scopes, has_secret=has_secret)
    elif flows and client.allowed_oauth_flows_user_pool_client and not client.callback_urls:
        raise InvalidOAuthFlowException(
            "CallbackUrls can not be empty when code flow or implicit flow is selected"
        )


def _check_client_credentials(flows: set[str], scopes: Sequence[str], *, has_secret: bool) -> None:
    if len(flows) > 1:
        raise InvalidOAuthFlowException(
            "client_credentials flow can not be selected along with code flow or implicit flow."
        )
    if not has_secret:
        raise InvalidOAuthFlowException(
            "client_credentials flow can not be selected if client does not have a client secret."
        )
    if scopes:
        # They are standard scopes, which are about a user, and there is none in this flow.
        raise InvalidOAuthFlowException(f"{scopes[0]} is not supported with client_credentials flow")


def _check_urls(client: UserPoolClientType) -> None:
    _check_redirects(client.callback_urls or [])
    _check_redirects(client.logout_urls or [])
    default = client.default_redirect_uri
    if default is not None and default not in (client.callback_urls or []):
        # Assumed: the text with which a DefaultRedirectURI is refused that isn't among the CallbackURLs.
        raise InvalidParameterException("DefaultRedirectURI has to be one of the CallbackURLs.")


def _check_redirects(urls: Iterable[str]) -> None:
    for url in urls:
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = urlsplit("")
        if not parts.scheme or "#" in url:
            # Assumed: the text with which a callback URL is refused that is relative or has a fragment.
            raise InvalidParameterException(f"{url} is not an absolute URI without a fragment.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise InvalidParameterException(f"{url} cannot use the HTTP protocol.")
