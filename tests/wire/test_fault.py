from __future__ import annotations

import copy
import pickle

import pytest

from userpool.errors import UserPoolError
from userpool.wire.fault import ServiceException, UnknownServiceException
from userpool.wire.faults import (
    InternalErrorException,
    InvalidParameterException,
    LimitExceededException,
    NotAuthorizedException,
    ThrottlingException,
    TooManyRequestsException,
    UserLambdaValidationException,
)


def test_a_fault_tells_its_name_its_message_and_that_the_caller_is_to_blame() -> None:
    fault = NotAuthorizedException("Incorrect username or password.")

    assert (fault.code, fault.message, str(fault)) == (
        "NotAuthorizedException",
        "Incorrect username or password.",
        "Incorrect username or password.",
    )
    assert (fault.status, fault.fault, fault.operation, fault.request_id) == (400, "client", None, None)


def test_a_failure_of_the_service_is_the_fault_of_the_server() -> None:
    fault = InternalErrorException()

    assert (fault.status, fault.fault, fault.message) == (500, "server", "")


def test_every_fault_is_caught_as_what_the_library_raises() -> None:
    with pytest.raises(UserPoolError):
        raise NotAuthorizedException


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [
        (TooManyRequestsException(), True),
        (ThrottlingException(), True),
        (InternalErrorException(), True),
        (NotAuthorizedException(status=503), True),
        (NotAuthorizedException(), False),
        (LimitExceededException(), False),
        (LimitExceededException(status=500), False),
        (UnknownServiceException(code="NewException"), False),
    ],
)
def test_only_overload_and_failures_are_worth_repeating(fault: ServiceException, *, retryable: bool) -> None:
    assert fault.retryable is retryable


@pytest.mark.parametrize(
    "fault",
    [
        InvalidParameterException("no", operation="SignUp", status=400, request_id="r", reason_code="x"),
        UnknownServiceException("no", code="NewException", operation="SignUp", status=418, request_id="r"),
    ],
)
def test_a_fault_survives_pickling_and_copying(fault: ServiceException) -> None:
    for twin in (pickle.loads(pickle.dumps(fault)), copy.copy(fault)):  # noqa: S301 - our own bytes.
        assert type(twin) is type(fault)
        assert str(twin) == str(fault)
        assert vars(twin) == vars(fault)


def test_an_unknown_fault_says_the_name_the_service_gave_it() -> None:
    assert str(UnknownServiceException("No.", code="NewException")) == "NewException: No."
    assert str(UnknownServiceException(code="NewException")) == "NewException"


@pytest.mark.parametrize(
    ("text", "trigger", "said"),
    [
        ("PreSignUp failed with error No robots.", "PreSignUp", "No robots"),
        ("PreSignUp failed with error No robots!.", "PreSignUp", "No robots!"),
        ("PreSignUp failed with error a failed with error b.", "PreSignUp", "a failed with error b"),
        ("Something else.", None, None),
    ],
)
def test_what_a_trigger_said_is_read_out_of_the_text(
    text: str, trigger: str | None, said: str | None
) -> None:
    fault = UserLambdaValidationException(text)

    assert (fault.trigger, fault.trigger_message) == (trigger, said)
    assert str(fault) == text


def test_only_a_trigger_speaks_as_one() -> None:
    fault = InvalidParameterException("PreSignUp failed with error No robots.")

    assert (fault.trigger, fault.trigger_message) == (None, None)
