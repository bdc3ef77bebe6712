from __future__ import annotations

import pickle
from typing import Any

import msgspec
import pytest

from userpool.wire.devices import DeviceSecretVerifierConfigType
from userpool.wire.identities import Credentials
from userpool.wire.operation import Access, Shape
from userpool.wire.shapes import AttributeTypeInput, UserContextDataType
from userpool.wire.sign_in import (
    AuthenticationResultType,
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeRequest,
)
from userpool.wire.sign_up import ConfirmSignUpRequest, SignUp, SignUpRequest
from userpool.wire.user_pool_clients import DescribeUserPoolClientResponse, UserPoolClientType

CANARY = "canary-5e1f"
WITH_SECRETS: list[Shape] = [
    SignUpRequest(
        client_id="client",
        username=CANARY,
        password=CANARY,
        secret_hash=CANARY,
        user_attributes=[AttributeTypeInput(name="email", value=CANARY)],
        validation_data=[AttributeTypeInput(name="invitation", value=CANARY)],
        user_context_data=UserContextDataType(ip_address=CANARY, encoded_data=CANARY),
    ),
    ConfirmSignUpRequest(client_id="client", username="ann", confirmation_code=CANARY, session=CANARY),
    InitiateAuthRequest(
        auth_flow="USER_PASSWORD_AUTH",
        client_id="client",
        auth_parameters={"PASSWORD": CANARY},
        session=CANARY,
    ),
    RespondToAuthChallengeRequest(
        client_id="client",
        challenge_name="SMS_MFA",
        session=CANARY,
        challenge_responses={"SMS_MFA_CODE": CANARY},
    ),
    InitiateAuthResponse(
        session=CANARY,
        authentication_result=AuthenticationResultType(
            access_token=CANARY, id_token=CANARY, refresh_token=CANARY, expires_in=3600
        ),
    ),
    DescribeUserPoolClientResponse(
        user_pool_client=UserPoolClientType(client_name="app", client_secret=CANARY)
    ),
    UserContextDataType(ip_address=CANARY, encoded_data=CANARY),
    DeviceSecretVerifierConfigType(password_verifier=CANARY, salt=CANARY),
    Credentials(access_key_id="AKIA", secret_key=CANARY, session_token=CANARY),
]


@pytest.mark.parametrize("shape", WITH_SECRETS, ids=lambda shape: type(shape).__name__)
def test_no_secret_is_shown(shape: Shape) -> None:
    assert CANARY in msgspec.json.encode(shape).decode()

    assert CANARY not in repr(shape)
    assert CANARY not in repr(shape.__rich_repr__())
    assert CANARY not in f"{shape} {[shape]} { ({'it': shape}) }"


def test_what_is_no_secret_is_shown_and_what_is_absent_is_not() -> None:
    request = InitiateAuthRequest(auth_flow="CUSTOM_AUTH", client_id="client", client_metadata={"a": "b"})

    assert repr(request) == (
        "InitiateAuthRequest(auth_flow='CUSTOM_AUTH', client_id=***, client_metadata={'a': 'b'})"
    )


def test_an_absent_member_is_not_on_the_wire_and_an_empty_one_is() -> None:
    request = InitiateAuthRequest(auth_flow="CUSTOM_AUTH", client_id="client", client_metadata={})

    assert msgspec.json.decode(msgspec.json.encode(request)) == {
        "AuthFlow": "CUSTOM_AUTH",
        "ClientId": "client",
        "ClientMetadata": {},
    }


@pytest.mark.parametrize("shape", WITH_SECRETS, ids=lambda shape: type(shape).__name__)
def test_a_shape_is_a_value_that_can_be_pickled(shape: Shape) -> None:
    assert pickle.loads(pickle.dumps(shape)) == shape  # noqa: S301 - our own bytes.


def test_an_operation_knows_its_target_and_who_may_call_it() -> None:
    assert SignUp.target == "AWSCognitoIdentityProviderService.SignUp"
    assert SignUp.access is Access.PUBLIC
    assert repr(SignUp) == "<Operation AWSCognitoIdentityProviderService.SignUp>"


def test_an_operation_cannot_be_changed() -> None:
    operation: Any = SignUp

    with pytest.raises(AttributeError):
        operation.access = Access.SIGNED
