"""Identity providers: what the keys of Logins name.

Sources: api:GetId (names of providers), guide:amazon-cognito-integrating-user-pools-with-identity-pools,
guide:developer-authenticated-identities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from userpool.server.records import Identity, IdentityPool
    from userpool.wire.identity_pools import CognitoIdentityProvider

DEVELOPER_TOKEN = "cognito-identity.amazonaws.com"
"""The key in Logins under which the service's own token for a developer's user comes back."""
USER_POOL = "cognito-idp."


def user_pool_provider(pool_id: str) -> str:
    """Return the name of a user pool as identity provider: its issuer, as the service writes it, without the scheme."""
    region = pool_id.partition("_")[0]
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{USER_POOL}{region}.{suffix}/{pool_id}"


def clients_of_provider(pool: IdentityPool, name: str) -> dict[str, CognitoIdentityProvider]:
    """Return the app clients of a user pool that an identity pool trusts, by client id."""
    providers = pool.description.cognito_identity_providers or []
    return {provider.client_id or "": provider for provider in providers if provider.provider_name == name}


def is_foreign_provider(pool: IdentityPool, name: str) -> bool:
    """Return whether an identity pool trusts a provider other than a user pool, such as `accounts.google.com`."""
    described = pool.description
    arns = (described.open_id_connect_provider_arns or []) + (described.saml_provider_arns or [])
    # The ARN of an OpenID Connect provider ends with its name; SAML logins come under the whole ARN.
    known = {*(described.supported_login_providers or {}), *arns}
    return name in known or name in {arn.partition(":oidc-provider/")[2] for arn in arns} - {""}


def providers_of(identity: Identity) -> list[str]:
    """Return the names of the providers that lead to an identity, as DescribeIdentity tells them."""
    linked = [name for name, user_ids in identity.developer_logins.items() if user_ids]
    return sorted([*identity.logins, *linked])


def authentication_methods(identity: Identity) -> list[str]:
    """Return the `amr` claim of an identity's tokens: whether it is authenticated, and by what.

    A provider stands there by its name, and again with whose login it is.
    """
    methods: list[str] = []
    for name, user_id in sorted(identity.logins.items()):
        # Whoever came by a user pool is told apart by the kind of sign-in; others aren't.
        middle = "CognitoSignIn:" if name.startswith(USER_POOL) else ""
        methods += [name, f"{name}:{middle}{user_id}"]
    for name, user_ids in sorted(identity.developer_logins.items()):
        methods += [name, *(f"{name}:{identity.identity_pool_id}:{user_id}" for user_id in user_ids)]
    return ["authenticated", *methods] if methods else ["unauthenticated"]
