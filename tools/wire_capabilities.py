"""The table of the wire room: which capability module every operation belongs to.

This is the one decision of the wire room that the service model cannot make. The generator fails when the
model has an operation that no capability takes, when two take the same one, and when the table names one that
the model does not have.

Sources: the public service model, botocore.
"""

from __future__ import annotations

from typing import Final

USER_POOL_CAPABILITIES: Final[dict[str, tuple[str, ...]]] = {
    "sign_up": ("SignUp", "ConfirmSignUp", "ResendConfirmationCode", "AdminConfirmSignUp"),
    "sign_in": ("InitiateAuth", "RespondToAuthChallenge", "AdminInitiateAuth", "AdminRespondToAuthChallenge"),
    "tokens": ("GetTokensFromRefreshToken", "RevokeToken", "GlobalSignOut", "AdminUserGlobalSignOut"),
    "token_exchange": ("GetClientToken", "GetDerivedToken"),
    "passwords": (
        "ChangePassword",
        "ForgotPassword",
        "ConfirmForgotPassword",
        "AdminSetUserPassword",
        "AdminResetUserPassword",
    ),
    "profile": (
        "GetUser",
        "UpdateUserAttributes",
        "DeleteUserAttributes",
        "GetUserAttributeVerificationCode",
        "VerifyUserAttribute",
        "DeleteUser",
    ),
    "users": (
        "AdminCreateUser",
        "AdminGetUser",
        "AdminDeleteUser",
        "AdminDisableUser",
        "AdminEnableUser",
        "ListUsers",
        "AdminUpdateUserAttributes",
        "AdminDeleteUserAttributes",
    ),
    "user_pools": (
        "CreateUserPool",
        "DescribeUserPool",
        "UpdateUserPool",
        "DeleteUserPool",
        "ListUserPools",
        "AddCustomAttributes",
    ),
    "user_pool_clients": (
        "CreateUserPoolClient",
        "DescribeUserPoolClient",
        "UpdateUserPoolClient",
        "DeleteUserPoolClient",
        "ListUserPoolClients",
        "AddUserPoolClientSecret",
        "DeleteUserPoolClientSecret",
        "ListUserPoolClientSecrets",
    ),
    "mfa": (
        "SetUserMFAPreference",
        "AdminSetUserMFAPreference",
        "SetUserSettings",
        "AdminSetUserSettings",
        "AssociateSoftwareToken",
        "VerifySoftwareToken",
        "AdminDeleteSoftwareToken",
        "GetUserAuthFactors",
        "AdminGetUserAuthFactors",
        "GetUserPoolMfaConfig",
        "SetUserPoolMfaConfig",
    ),
    "devices": (
        "ConfirmDevice",
        "GetDevice",
        "ListDevices",
        "UpdateDeviceStatus",
        "ForgetDevice",
        "AdminGetDevice",
        "AdminListDevices",
        "AdminUpdateDeviceStatus",
        "AdminForgetDevice",
    ),
    "passkeys": (
        "StartWebAuthnRegistration",
        "CompleteWebAuthnRegistration",
        "ListWebAuthnCredentials",
        "DeleteWebAuthnCredential",
    ),
    "groups": (
        "CreateGroup",
        "GetGroup",
        "UpdateGroup",
        "DeleteGroup",
        "ListGroups",
        "ListUsersInGroup",
        "AdminAddUserToGroup",
        "AdminRemoveUserFromGroup",
        "AdminListGroupsForUser",
    ),
    "identity_providers": (
        "CreateIdentityProvider",
        "DescribeIdentityProvider",
        "UpdateIdentityProvider",
        "DeleteIdentityProvider",
        "ListIdentityProviders",
        "GetIdentityProviderByIdentifier",
        "AdminLinkProviderForUser",
        "AdminDisableProviderForUser",
        "GetSigningCertificate",
    ),
    "resource_servers": (
        "CreateResourceServer",
        "DescribeResourceServer",
        "UpdateResourceServer",
        "DeleteResourceServer",
        "ListResourceServers",
    ),
    "domains": (
        "CreateUserPoolDomain",
        "DescribeUserPoolDomain",
        "UpdateUserPoolDomain",
        "DeleteUserPoolDomain",
    ),
    "branding": (
        "GetUICustomization",
        "SetUICustomization",
        "CreateManagedLoginBranding",
        "DescribeManagedLoginBranding",
        "DescribeManagedLoginBrandingByClient",
        "UpdateManagedLoginBranding",
        "DeleteManagedLoginBranding",
    ),
    "terms": (
        "CreateTerms",
        "DescribeTerms",
        "DescribeTermsByClient",
        "UpdateTerms",
        "DeleteTerms",
        "ListTerms",
    ),
    "threat_protection": (
        "SetRiskConfiguration",
        "DescribeRiskConfiguration",
        "AdminListUserAuthEvents",
        "AdminUpdateAuthEventFeedback",
        "UpdateAuthEventFeedback",
    ),
    "user_import": (
        "CreateUserImportJob",
        "DescribeUserImportJob",
        "ListUserImportJobs",
        "StartUserImportJob",
        "StopUserImportJob",
        "GetCSVHeader",
    ),
    "user_sessions": (
        "ListUserSessions",
        "RevokeUserSession",
        "AdminListUserSessions",
        "AdminRevokeUserSession",
        "GetUserPoolSessionConfiguration",
        "SetUserPoolSessionConfiguration",
        "GetUserPoolClientSessionConfiguration",
        "SetUserPoolClientSessionConfiguration",
    ),
    "replicas": (
        "CreateUserPoolReplica",
        "UpdateUserPoolReplica",
        "DeleteUserPoolReplica",
        "ListUserPoolReplicas",
    ),
    "limits": ("GetProvisionedLimit", "UpdateProvisionedLimit"),
    "tags": ("TagResource", "UntagResource", "ListTagsForResource"),
    "log_delivery": ("GetLogDeliveryConfiguration", "SetLogDeliveryConfiguration"),
}

IDENTITY_CAPABILITIES: Final[dict[str, tuple[str, ...]]] = {
    "identity_pools": (
        "CreateIdentityPool",
        "DescribeIdentityPool",
        "UpdateIdentityPool",
        "DeleteIdentityPool",
        "ListIdentityPools",
        "GetIdentityPoolRoles",
        "SetIdentityPoolRoles",
        "GetPrincipalTagAttributeMap",
        "SetPrincipalTagAttributeMap",
        "TagResource",
        "UntagResource",
        "ListTagsForResource",
    ),
    "identities": (
        "GetId",
        "GetCredentialsForIdentity",
        "GetOpenIdToken",
        "DescribeIdentity",
        "ListIdentities",
        "UnlinkIdentity",
        "DeleteIdentities",
    ),
    "developer_identities": (
        "GetOpenIdTokenForDeveloperIdentity",
        "LookupDeveloperIdentity",
        "MergeDeveloperIdentities",
        "UnlinkDeveloperIdentity",
    ),
}

CLIENT_OPERATIONS: Final = frozenset({"GetClientToken", "GetDerivedToken"})
"""Operations that the model lists as signed and the guide describes as proven by the app client's secret."""

SECRET_SHAPES: Final = frozenset(
    {"ConfirmationCodeType", "ProviderDetailsType", "PreSignedUrlType", "SessionTokenString"}
)
"""Shapes that the model does not call sensitive although whoever reads one can act with it.

Codes, an identity provider's client secret, an upload address with its signature, session credentials.
"""

SECRET_MEMBERS: Final = frozenset(
    {("DeviceSecretVerifierConfigType", "PasswordVerifier"), ("DeviceSecretVerifierConfigType", "Salt")}
)
"""Single members of the same kind, as (structure, member)."""

FRAMEWORK_FAULTS: Final[dict[str, int]] = {
    "ExpiredTokenException": 400,
    "IncompleteSignatureException": 400,
    "InternalFailure": 500,
    "InvalidSignatureException": 400,
    "MissingAuthenticationTokenException": 400,
    "RequestEntityTooLargeException": 413,
    "SerializationException": 400,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 400,
    "UnknownOperationException": 400,
    "UnrecognizedClientException": 400,
    "ValidationException": 400,
}
"""Errors of the framework in front of every operation, with their HTTP status."""
