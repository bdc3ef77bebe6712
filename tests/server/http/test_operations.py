"""Which operations are built, and by what."""

from __future__ import annotations

import inspect

import pytest

from userpool.server.http.operations import BUILT, find_operation
from userpool.wire.operation import IDENTITY_PREFIX
from userpool.wire.registry import every_operation, operation_named

PROMISED = [
    "CreateUserPool",
    "DescribeUserPool",
    "ListUserPools",
    "DeleteUserPool",
    "CreateUserPoolClient",
    "DescribeUserPoolClient",
    "ListUserPoolClients",
    "DeleteUserPoolClient",
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminGetUser",
    "AdminSetUserPassword",
    "InitiateAuth",
    "RespondToAuthChallenge",
    "AdminInitiateAuth",
    "AdminRespondToAuthChallenge",
    "GetTokensFromRefreshToken",
    "RevokeToken",
    "GlobalSignOut",
    "AdminUserGlobalSignOut",
    "GetUser",
    "UpdateUserAttributes",
    "DeleteUserAttributes",
    "GetUserAttributeVerificationCode",
    "VerifyUserAttribute",
    "ChangePassword",
    "ForgotPassword",
    "ConfirmForgotPassword",
    "DeleteUser",
    "AdminDeleteUser",
    "ListUsers",
]


@pytest.mark.parametrize("name", PROMISED)
def test_what_was_promised_is_built(name: str) -> None:
    run = find_operation(operation_named(name))

    assert inspect.iscoroutinefunction(run)


def test_every_coroutine_of_a_capability_answers_an_operation_or_is_private() -> None:
    answering = {find_operation(operation) for operation in every_operation()}

    for module in BUILT:
        for name, value in vars(module).items():
            own = inspect.iscoroutinefunction(value) and value.__module__.startswith(module.__name__)
            if own and not name.startswith("_"):
                assert value in answering, f"{module.__name__}.{name}"


def test_what_is_not_built_has_no_answer() -> None:
    assert find_operation(operation_named("CreateGroup")) is None


def test_an_operation_of_identity_pools_is_not_mistaken_for_one_of_user_pools() -> None:
    assert find_operation(operation_named("TagResource", prefix=IDENTITY_PREFIX)) is None
