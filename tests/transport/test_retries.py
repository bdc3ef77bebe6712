"""What may be sent again, and when."""

from __future__ import annotations

import pytest

from userpool.errors import (
    GarbledAnswerError,
    NoAnswerInTimeError,
    NotReachedError,
    SettingsError,
    TransportError,
    UserPoolError,
)
from userpool.transport.retries import RetryPolicy, may_repeat
from userpool.wire.enums import AuthFlowType
from userpool.wire.faults import (
    CodeMismatchException,
    InternalErrorException,
    LimitExceededException,
    NotAuthorizedException,
    TooManyRequestsException,
)
from userpool.wire.identities import GetId, GetIdInput
from userpool.wire.operation import Operation
from userpool.wire.passwords import ChangePassword, ConfirmForgotPassword, ForgotPassword
from userpool.wire.profile import GetUser, UpdateUserAttributes
from userpool.wire.sign_in import InitiateAuth, InitiateAuthRequest, RespondToAuthChallenge
from userpool.wire.sign_up import ConfirmSignUp, ResendConfirmationCode, SignUp
from userpool.wire.tokens import GetTokensFromRefreshToken, RevokeToken

ONCE_ONLY = [
    SignUp,
    ConfirmSignUp,
    ResendConfirmationCode,
    RespondToAuthChallenge,
    ForgotPassword,
    ConfirmForgotPassword,
    ChangePassword,
    UpdateUserAttributes,
]
AS_OFTEN_AS_YOU_LIKE = [GetUser, GetTokensFromRefreshToken, RevokeToken]
BUSY = [InternalErrorException(status=500), TooManyRequestsException("Too many requests")]


@pytest.mark.parametrize("operation", [*ONCE_ONLY, *AS_OFTEN_AS_YOU_LIKE])
def test_what_was_never_sent_may_always_be_sent(operation: Operation) -> None:
    assert may_repeat(operation, None, error=NotReachedError("no cable"))


@pytest.mark.parametrize("operation", ONCE_ONLY)
@pytest.mark.parametrize("error", [*BUSY, TransportError("broken"), NoAnswerInTimeError("slow")])
def test_passwords_codes_and_new_accounts_are_sent_once(operation: Operation, error: UserPoolError) -> None:
    assert not may_repeat(operation, None, error=error)


@pytest.mark.parametrize("operation", AS_OFTEN_AS_YOU_LIKE)
@pytest.mark.parametrize("error", [*BUSY, TransportError("broken")])
def test_what_is_the_same_twice_may_be_repeated(operation: Operation, error: UserPoolError) -> None:
    assert may_repeat(operation, None, error=error)


@pytest.mark.parametrize(
    "error",
    [
        # amazon-cognito-identity-js repeats a renewal that was refused for six and a half seconds.
        NotAuthorizedException("Refresh Token has expired"),
        LimitExceededException("Attempt limit exceeded, please try after some time."),
        CodeMismatchException(),
        NoAnswerInTimeError("slow"),
        GarbledAnswerError("what?"),
    ],
)
def test_what_would_only_fail_again_is_not_repeated(error: UserPoolError) -> None:
    assert not any(may_repeat(operation, None, error=error) for operation in AS_OFTEN_AS_YOU_LIKE)


@pytest.mark.parametrize(
    ("flow", "repeatable"),
    [
        ("USER_SRP_AUTH", True),
        ("REFRESH_TOKEN_AUTH", True),
        ("USER_PASSWORD_AUTH", False),
        ("USER_AUTH", False),
    ],
)
def test_a_sign_in_may_be_begun_again_unless_it_carries_a_password(
    flow: AuthFlowType, *, repeatable: bool
) -> None:
    request = InitiateAuthRequest(auth_flow=flow, client_id="c")

    assert may_repeat(InitiateAuth, request, error=BUSY[0]) is repeatable


@pytest.mark.parametrize(("logins", "repeatable"), [({"issuer": "token"}, True), ({}, False), (None, False)])
def test_a_guest_is_not_made_twice(logins: dict[str, str] | None, *, repeatable: bool) -> None:
    request = GetIdInput(identity_pool_id="us-east-1:0f3c", logins=logins)

    assert may_repeat(GetId, request, error=TransportError("broken")) is repeatable
    assert all(may_repeat(GetId, request, error=error) for error in [*BUSY, NotReachedError("no cable")])


def test_pauses_grow_up_to_the_longest() -> None:
    policy = RetryPolicy(first_delay_seconds=0.2, longest_delay_seconds=1.0)

    longest = [policy.delay_seconds(repetition, random=b"\xff" * 4) for repetition in (1, 2, 3, 4, 50)]

    assert longest == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0])
    assert policy.delay_seconds(1, random=b"\x00" * 4) == 0.0
    assert policy.delay_seconds(2, random=b"\x80\x00") == pytest.approx(0.2)


@pytest.mark.parametrize(
    "wrong", [{"attempts": 0}, {"first_delay_seconds": -1.0}, {"longest_delay_seconds": -1.0}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingsError):
        RetryPolicy(**wrong)  # type: ignore[arg-type]
