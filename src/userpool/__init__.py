"""Amazon Cognito user pools for Python: the SDK's public names, and nothing else.

    from userpool import SignedIn, UserPool

    pool = UserPool("us-east-1_aB12cDe34", client_id="7ghr5379orhbo88d52vphda6s9")
    step = pool.sign_in("alice", password)
    if isinstance(step, SignedIn):
        print(step.user.attributes()["email"])

`AsyncUserPool` is the same with `await`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from userpool.answers import Answer
from userpool.devices import KnownDevice
from userpool.errors import (
    ChallengeError,
    GarbledAnswerError,
    MissingGrantError,
    NoAnswerInTimeError,
    NotReachedError,
    NotSignedInError,
    SettingsError,
    SrpError,
    StorageError,
    TokenError,
    TransportError,
    UserPoolError,
)
from userpool.pool import UserPool
from userpool.results import (
    AttributeUpdate,
    CodeDelivery,
    SignOutResult,
    SignUpConfirmation,
    SignUpResult,
)
from userpool.steps import (
    Challenge,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    PasskeyRequired,
    PasswordRequired,
    SignedIn,
    SmsCodeRequired,
    SmsOtpRequired,
    Step,
    TotpRequired,
    TotpSetupRequired,
    UnknownChallenge,
    load_step,
)
from userpool.storage.memory import MemoryStorage
from userpool.token_bundle import NewDevice, Tokens
from userpool.transport import AsyncTransport, HttpReply, HttpRequest, Transport
from userpool.transport.retries import RetryPolicy
from userpool.user import User
from userpool.user_context import UserContext
from userpool.version import __version__
from userpool.wire.fault import ServiceException, UnknownServiceException
from userpool.wire.faults import (
    AliasExistsException,
    CodeDeliveryFailureException,
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    ExternalServiceException,
    FeatureUnavailableInTierException,
    ForbiddenException,
    InternalErrorException,
    InvalidEmailRoleAccessPolicyException,
    InvalidIdentityPoolConfigurationException,
    InvalidLambdaResponseException,
    InvalidParameterException,
    InvalidPasswordException,
    InvalidSmsRoleAccessPolicyException,
    InvalidSmsRoleTrustRelationshipException,
    InvalidUserPoolConfigurationException,
    LimitExceededException,
    MFAMethodNotFoundException,
    NotAuthorizedException,
    OperationNotEnabledException,
    PasswordHistoryPolicyViolationException,
    PasswordResetRequiredException,
    RefreshTokenReuseException,
    ResourceConflictException,
    ResourceNotFoundException,
    SoftwareTokenMFANotFoundException,
    ThrottlingException,
    TooManyFailedAttemptsException,
    TooManyRequestsException,
    UnauthorizedException,
    UnexpectedLambdaException,
    UnsupportedOperationException,
    UnsupportedTokenTypeException,
    UserLambdaValidationException,
    UsernameExistsException,
    UserNotConfirmedException,
    UserNotFoundException,
)

if TYPE_CHECKING:
    from userpool.async_identity_pool import AsyncIdentityPool
    from userpool.async_pool import AsyncUserPool
    from userpool.async_user import AsyncUser
    from userpool.async_verifier import AsyncTokenVerifier
    from userpool.device_records import Device, DevicePage
    from userpool.events import (
        ChallengeReceived,
        RefreshFailed,
        SignedInEvent,
        SignedOutEvent,
        TokensRefreshed,
    )
    from userpool.identity_credentials import IdentityCredentials, IdentityToken
    from userpool.identity_pool import IdentityPool
    from userpool.machine_credentials import AwsCredentials
    from userpool.otpauth import TotpSetup, otpauth_uri
    from userpool.profile import AuthFactors, MfaOption, MfaPreference, Profile
    from userpool.prompter import Prompter, TerminalPrompter
    from userpool.storage.cookies import CookieStorage
    from userpool.storage.file import FileStorage
    from userpool.storage.keyring import KeyringStorage
    from userpool.storage.synced import SyncedStorage
    from userpool.tokens.verified import VerifiedClaims
    from userpool.trusted_pools import TrustedPool
    from userpool.verifier import TokenVerifier

__all__ = [
    # Pools and people.
    "AsyncUser",
    "AsyncUserPool",
    "AwsCredentials",
    "KnownDevice",
    "Tokens",
    "User",
    "UserContext",
    "UserPool",
    # Tokens that somebody shows, and AWS credentials.
    "AsyncIdentityPool",
    "AsyncTokenVerifier",
    "IdentityCredentials",
    "IdentityPool",
    "IdentityToken",
    "TokenVerifier",
    "TrustedPool",
    "VerifiedClaims",
    # What a sign-in comes to.
    "Answer",
    "Challenge",
    "CustomChallenge",
    "DeviceRequired",
    "EmailCodeRequired",
    "FirstFactorChoice",
    "MfaChoiceRequired",
    "MfaSetupRequired",
    "NewDevice",
    "NewPasswordRequired",
    "PasskeyRequired",
    "PasswordRequired",
    "Prompter",
    "SignedIn",
    "SmsCodeRequired",
    "SmsOtpRequired",
    "Step",
    "TerminalPrompter",
    "TotpRequired",
    "TotpSetupRequired",
    "UnknownChallenge",
    "load_step",
    # What other verbs come back with.
    "AttributeUpdate",
    "AuthFactors",
    "CodeDelivery",
    "Device",
    "DevicePage",
    "MfaOption",
    "MfaPreference",
    "Profile",
    "SignOutResult",
    "SignUpConfirmation",
    "SignUpResult",
    "TotpSetup",
    "otpauth_uri",
    # Where tokens are kept, and how requests travel.
    "AsyncTransport",
    "CookieStorage",
    "FileStorage",
    "HttpReply",
    "HttpRequest",
    "KeyringStorage",
    "MemoryStorage",
    "RetryPolicy",
    "SyncedStorage",
    "Transport",
    # What a listener is told.
    "ChallengeReceived",
    "RefreshFailed",
    "SignedInEvent",
    "SignedOutEvent",
    "TokensRefreshed",
    # What we say when something fails.
    "ChallengeError",
    "GarbledAnswerError",
    "MissingGrantError",
    "NoAnswerInTimeError",
    "NotReachedError",
    "NotSignedInError",
    "SettingsError",
    "SrpError",
    "StorageError",
    "TokenError",
    "TransportError",
    "UserPoolError",
    # What the service says when it says no.
    "AliasExistsException",
    "CodeDeliveryFailureException",
    "CodeMismatchException",
    "EnableSoftwareTokenMFAException",
    "ExpiredCodeException",
    "ExternalServiceException",
    "FeatureUnavailableInTierException",
    "ForbiddenException",
    "InternalErrorException",
    "InvalidEmailRoleAccessPolicyException",
    "InvalidIdentityPoolConfigurationException",
    "InvalidLambdaResponseException",
    "InvalidParameterException",
    "InvalidPasswordException",
    "InvalidSmsRoleAccessPolicyException",
    "InvalidSmsRoleTrustRelationshipException",
    "InvalidUserPoolConfigurationException",
    "LimitExceededException",
    "MFAMethodNotFoundException",
    "NotAuthorizedException",
    "OperationNotEnabledException",
    "PasswordHistoryPolicyViolationException",
    "PasswordResetRequiredException",
    "RefreshTokenReuseException",
    "ResourceConflictException",
    "ResourceNotFoundException",
    "ServiceException",
    "SoftwareTokenMFANotFoundException",
    "ThrottlingException",
    "TooManyFailedAttemptsException",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnexpectedLambdaException",
    "UnknownServiceException",
    "UnsupportedOperationException",
    "UnsupportedTokenTypeException",
    "UserLambdaValidationException",
    "UserNotConfirmedException",
    "UserNotFoundException",
    "UsernameExistsException",
    # Which version this is.
    "__version__",
]


# A program speaks to the service in one way, and uses few of the rest: what it does not name, it does not wait for.
_LOADED_WHEN_NAMED = {
    "AsyncIdentityPool": "async_identity_pool",
    "AsyncTokenVerifier": "async_verifier",
    "AsyncUser": "async_user",
    "AsyncUserPool": "async_pool",
    "AuthFactors": "profile",
    "AwsCredentials": "machine_credentials",
    "ChallengeReceived": "events",
    "CookieStorage": "storage.cookies",
    "Device": "device_records",
    "DevicePage": "device_records",
    "FileStorage": "storage.file",
    "IdentityCredentials": "identity_credentials",
    "IdentityPool": "identity_pool",
    "IdentityToken": "identity_credentials",
    "KeyringStorage": "storage.keyring",
    "MfaOption": "profile",
    "MfaPreference": "profile",
    "Profile": "profile",
    "Prompter": "prompter",
    "RefreshFailed": "events",
    "SignedInEvent": "events",
    "SignedOutEvent": "events",
    "SyncedStorage": "storage.synced",
    "TerminalPrompter": "prompter",
    "TokenVerifier": "verifier",
    "TokensRefreshed": "events",
    "TotpSetup": "otpauth",
    "TrustedPool": "trusted_pools",
    "VerifiedClaims": "tokens.verified",
    "otpauth_uri": "otpauth",
}


def __getattr__(name: str) -> object:
    module = _LOADED_WHEN_NAMED.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{module}"), name)
