from __future__ import annotations

from typing import Any

from userpool.wire.fault import ServiceException, UnknownServiceException
from userpool.wire.faults import FAULTS, NotAuthorizedException, fault_named

FRAMEWORK = {
    "ExpiredTokenException",
    "IncompleteSignatureException",
    "InternalFailure",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "RequestEntityTooLargeException",
    "SerializationException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationException",
}


def test_there_is_a_class_for_every_error_of_the_models_and_the_framework(models: Any) -> None:
    declared = {shape.name for model in models.values() for shape in model.error_shapes}

    assert set(FAULTS) == declared | FRAMEWORK


def test_the_errors_that_the_models_blame_on_the_server_have_the_status_of_one() -> None:
    failures = {name for name, fault in FAULTS.items() if fault.DEFAULT_STATUS >= 500}

    assert failures - FRAMEWORK == {"InternalErrorException", "InternalServerException"}


def test_a_class_is_found_by_the_name_of_the_service() -> None:
    assert fault_named("NotAuthorizedException") is NotAuthorizedException
    assert fault_named("NeverHeardOfException") is UnknownServiceException


def test_every_class_is_a_service_exception_with_its_own_name() -> None:
    for name, fault in FAULTS.items():
        assert issubclass(fault, ServiceException)
        assert fault().code == name
