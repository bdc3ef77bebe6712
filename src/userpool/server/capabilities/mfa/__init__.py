"""Multi-factor authentication: the factors of a pool, those of a user, and the user's authenticator.

Operations: SetUserMFAPreference, AdminSetUserMFAPreference, SetUserSettings, AdminSetUserSettings,
AssociateSoftwareToken, VerifySoftwareToken, AdminDeleteSoftwareToken, GetUserAuthFactors,
AdminGetUserAuthFactors, GetUserPoolMfaConfig, SetUserPoolMfaConfig.
"""

from userpool.server.capabilities.mfa.authenticators import (
    admin_delete_software_token,
    associate_software_token,
    verify_software_token,
)
from userpool.server.capabilities.mfa.pool_factors import get_user_pool_mfa_config, set_user_pool_mfa_config
from userpool.server.capabilities.mfa.preferences import (
    admin_get_user_auth_factors,
    admin_set_user_mfa_preference,
    admin_set_user_settings,
    get_user_auth_factors,
    set_user_mfa_preference,
    set_user_settings,
)

__all__ = [
    "admin_delete_software_token",
    "admin_get_user_auth_factors",
    "admin_set_user_mfa_preference",
    "admin_set_user_settings",
    "associate_software_token",
    "get_user_auth_factors",
    "get_user_pool_mfa_config",
    "set_user_mfa_preference",
    "set_user_pool_mfa_config",
    "set_user_settings",
    "verify_software_token",
]
