"""Amazon Cognito user pools for Python: the SDK's public names, and nothing else.

    from userpool import SignedIn, UserPool

    pool = UserPool("us-east-1_aB12cDe34", client_id="7ghr5379orhbo88d52vphda6s9")
    step = pool.sign_in("alice", password)
    if isinstance(step, SignedIn):
        print(step.user.attributes()["email"])

`AsyncUserPool` is the same with `await`.
"""

from typing import TYPE_CHECKING

from userpool.answers import Answer
from userpool.errors import (
    ChallengeError,
    GarbledAnswerError,
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
from userpool.results import CodeDelivery, SignOutResult, SignUpConfirmation, SignUpResult
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
    ExpiredCodeException,
    FeatureUnavailableInTierException,
    ForbiddenException,
    InternalErrorException,
    InvalidEmailRoleAccessPolicyException,
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
    from userpool.async_pool import AsyncUserPool
    from userpool.async_user import AsyncUser
    from userpool.storage.file import FileStorage

__all__ = [
    # Pools and people.
    "AsyncUser",
    "AsyncUserPool",
    "Tokens",
    "User",
    "UserContext",
    "UserPool",
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
    "SignedIn",
    "SmsCodeRequired",
    "SmsOtpRequired",
    "Step",
    "TotpRequired",
    "UnknownChallenge",
    "load_step",
    # What other verbs come back with.
    "CodeDelivery",
    "SignOutResult",
    "SignUpConfirmation",
    "SignUpResult",
    # Where tokens are kept, and how requests travel.
    "AsyncTransport",
    "FileStorage",
    "HttpReply",
    "HttpRequest",
    "MemoryStorage",
    "RetryPolicy",
    "Transport",
    # What we say when something fails.
    "ChallengeError",
    "GarbledAnswerError",
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
    "ExpiredCodeException",
    "FeatureUnavailableInTierException",
    "ForbiddenException",
    "InternalErrorException",
    "InvalidEmailRoleAccessPolicyException",
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


def __getattr__(name: str) -> object:
    # A program speaks to the service in one way, and does not wait for the other half to be loaded.
    if name in {"AsyncUser", "AsyncUserPool"}:
        from userpool import async_pool  # noqa: PLC0415 - this is what it is for

        return getattr(async_pool, name)
    if name == "FileStorage":
        from userpool.storage import file  # noqa: PLC0415 - and neither for what writes files

        return file.FileStorage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
