from __future__ import annotations

import json
import traceback
from contextlib import suppress
from typing import Any

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from userpool.errors import GarbledAnswerError, SettingsError
from userpool.wire.codec import (
    decode_request,
    decode_response,
    encode_request,
    encode_response,
    fault_body,
    fault_from_reply,
)
from userpool.wire.fault import UnknownServiceException
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    SerializationException,
    UnknownOperationException,
    ValidationException,
)
from userpool.wire.identities import GetCredentialsForIdentity
from userpool.wire.operation import IDENTITY_PREFIX, Operation
from userpool.wire.passwords import ChangePassword, ChangePasswordResponse
from userpool.wire.profile import DeleteUser
from userpool.wire.registry import every_operation
from userpool.wire.sign_in import InitiateAuth, InitiateAuthRequest, InitiateAuthResponse
from userpool.wire.sign_up import SignUp, SignUpRequest, SignUpResponse
from userpool.wire.user_pools import CreateUserPool
from userpool.wire.users import AdminGetUser, AdminGetUserResponse

EVERY_OPERATION: list[Operation[Any, Any]] = list(every_operation())
each_operation = pytest.mark.parametrize("operation", EVERY_OPERATION, ids=lambda operation: operation.target)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@each_operation
def test_what_botocore_sends_is_read_and_written_again_alike(
    models: Any, sample: Any, operation: Any
) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)
    sent = create_serializer("json").serialize_to_request(sample(model.input_shape), model)

    request = decode_request(operation, sent["body"])

    assert sent["headers"]["X-Amz-Target"] == operation.target
    assert json.loads(encode_request(request)) == json.loads(sent["body"])
    assert decode_request(operation, encode_request(request)) == request


@each_operation
def test_botocore_reads_our_replies_as_it_reads_the_services(
    models: Any, sample: Any, operation: Any
) -> None:
    model = models[operation.target_prefix].operation_model(operation.name)
    body = (
        as_the_service_writes(model.output_shape, sample(model.output_shape)) if model.output_shape else b""
    )

    again = encode_response(operation, decode_response(operation, body))

    assert parsed(model.output_shape, again) == parsed(model.output_shape, body)
    assert json.loads(again or b"null") == json.loads(body or b"null")


def test_botocore_reads_our_refusals(models: Any) -> None:
    shape = models[SignUp.target_prefix].operation_model("SignUp").output_shape
    fault = InvalidParameterException("Bad.", reason_code="detail")

    reply = parsed(shape, fault_body(fault), status=fault.status)

    assert reply["Error"] == {"Code": "InvalidParameterException", "Message": "Bad."}
    assert json.loads(fault_body(fault))["reasonCode"] == "detail"


@given(st.sampled_from(EVERY_OPERATION), st.data())
def test_no_json_makes_a_request_fail_in_any_other_way_than_the_services(operation: Any, data: Any) -> None:
    members = [field.encode_name for field in fields(operation.request)]
    document = data.draw(JSON | st.dictionaries(st.sampled_from(members) if members else st.text(), JSON))
    refusal = ValidationException if operation.target_prefix == IDENTITY_PREFIX else InvalidParameterException

    try:
        request = decode_request(operation, json.dumps(document).encode())
    except (refusal, SerializationException):
        return

    assert decode_request(operation, encode_request(request)) == request


@given(st.binary(max_size=40))
def test_no_bytes_make_a_request_or_a_reply_fail_in_any_other_way(body: bytes) -> None:
    for decode, allowed in (
        (decode_request, (InvalidParameterException, SerializationException)),
        (decode_response, (GarbledAnswerError,)),
    ):
        with suppress(*allowed):
            decode(AdminGetUser, body)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b'"text"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"Username": "\xff"}',
        b'{"Username": "\\ud800"}',
        b'{"Username": "\\udc00\\ud800"}',
        b"[" * 100_000,
        b'{"Unknown": ' + b"[" * 100_000,
        b'{"UserPoolId": "eu_a", "Username": 5}',
        b'{"UserPoolId": "eu_a", "Username": {}}',
        b'{"UserPoolId": "eu_a", "Username": ["ann"]}',
        b'{"UserPoolId": "eu_a", "Username": true}',
        b'{"UserPoolId": "eu_a", "Username": 1e400}',
        b'{"UserPoolId": "eu_a", "Username": "ann"} {}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_what_is_no_json_of_the_right_types_cannot_be_deserialised(body: bytes) -> None:
    with pytest.raises(SerializationException):
        decode_request(AdminGetUser, body)


def test_an_empty_body_is_an_empty_request() -> None:
    with pytest.raises(
        InvalidParameterException, match=r"^2 validation errors detected: Value null at 'userPoolId'"
    ):
        decode_request(AdminGetUser, b"")


def test_the_last_of_two_equal_keys_wins() -> None:
    body = b'{"UserPoolId": "eu_a", "Username": "%s", "Username": "bob"}'

    assert decode_request(AdminGetUser, body % b"ann").username == "bob"
    assert decode_request(AdminGetUser, body % b"not a name").username == "bob"


def test_a_null_and_an_unknown_member_count_as_absent() -> None:
    body = b'{"AuthFlow": "CUSTOM_AUTH", "ClientId": "c", "Session": null, "New": {"a": [1]}}'

    assert decode_request(InitiateAuth, body) == InitiateAuthRequest(auth_flow="CUSTOM_AUTH", client_id="c")


def test_a_null_in_a_map_counts_as_absent() -> None:
    body = b'{"AuthFlow": "CUSTOM_AUTH", "ClientId": "c", "AuthParameters": {"USERNAME": "ann", "X": null}}'

    assert decode_request(InitiateAuth, body).auth_parameters == {"USERNAME": "ann"}


def test_a_whole_number_may_be_written_with_a_point() -> None:
    body = b'{"PoolName": "p", "Policies": {"PasswordPolicy": {"MinimumLength": 8.0}}}'

    policies = decode_request(CreateUserPool, body).policies

    assert policies is not None
    assert policies.password_policy is not None
    assert policies.password_policy.minimum_length == 8


def test_no_refusal_of_a_request_carries_the_body_along() -> None:
    for body in (b'{"Password": "canary\xff"}', b'{"Password": {"canary": 1}}', b'{"Password": "canary'):
        with pytest.raises(SerializationException) as refused:
            decode_request(SignUp, body)

        fault = refused.value
        assert "canary" not in "".join(traceback.format_exception(fault))
        assert fault.__cause__ is None
        assert fault.__context__ is None


def test_a_text_that_is_not_unicode_cannot_be_sent_and_is_not_quoted() -> None:
    request = SignUpRequest(client_id="c", username="ann", password="canary\ud800")

    with pytest.raises(SettingsError, match="SignUpRequest") as refused:
        encode_request(request)

    assert "canary" not in "".join(traceback.format_exception(refused.value))
    assert refused.value.__context__ is None


def test_a_reply_without_content_is_empty_or_an_empty_object() -> None:
    assert encode_response(DeleteUser, None) == b""
    assert encode_response(ChangePassword, ChangePasswordResponse()) == b"{}"
    assert encode_response(ChangePassword, None) == b"{}"


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_both_forms_of_a_reply_without_content_are_read(body: bytes) -> None:
    assert decode_response(DeleteUser, body) is None
    assert decode_response(ChangePassword, body) == ChangePasswordResponse()


def test_a_reply_may_hold_words_and_members_of_the_future() -> None:
    body = b'{"ChallengeName": "RETINA_SCAN", "ChallengeParameters": {}, "Session": "short", "New": 1}'

    assert decode_response(InitiateAuth, body) == InitiateAuthResponse(
        challenge_name="RETINA_SCAN", challenge_parameters={}, session="short"
    )


def test_a_null_in_a_map_or_list_of_a_reply_counts_as_absent() -> None:
    body = b'{"ChallengeParameters": {"a": null, "b": "c"}, "AvailableChallenges": ["SMS_OTP", null]}'

    assert decode_response(InitiateAuth, body) == InitiateAuthResponse(
        challenge_parameters={"b": "c"}, available_challenges=["SMS_OTP"]
    )


def test_a_time_may_be_written_in_the_way_of_java() -> None:
    body = b'{"Username": "ann", "UserCreateDate": 1.684445454182E9, "UserLastModifiedDate": 1684445454}'

    assert decode_response(AdminGetUser, body) == AdminGetUserResponse(
        username="ann", user_create_date=1684445454.182, user_last_modified_date=1684445454.0
    )


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"<html>", b"[]", b"\xff", b'{"Username": 5}', b'{"Username": null}', b"[" * 100_000]
)
def test_a_reply_that_lacks_what_it_must_have_is_garbled(body: bytes) -> None:
    with pytest.raises(GarbledAnswerError, match=r"^The answer to AdminGetUser cannot be read"):
        decode_response(AdminGetUser, body)


def test_an_empty_body_is_no_reply_where_there_should_be_something_to_say() -> None:
    with pytest.raises(GarbledAnswerError):
        decode_response(InitiateAuth, b"")


def test_a_garbled_reply_does_not_carry_its_body_along() -> None:
    with pytest.raises(GarbledAnswerError) as garbled:
        decode_response(
            GetCredentialsForIdentity, b'{"IdentityId": "x", "Credentials": {"SecretKey": "canary\xff'
        )

    assert "canary" not in "".join(traceback.format_exception(garbled.value))
    assert garbled.value.__context__ is None


def test_a_refusal_carries_everything_the_reply_says() -> None:
    fault = fault_from_reply(
        SignUp,
        400,
        headers={"x-amzn-requestid": "55ae2950"},
        body=b'{"__type": "InvalidParameterException", "message": "Bad.", "reasonCode": "detail"}',
    )

    assert isinstance(fault, InvalidParameterException)
    assert vars(fault) == {
        "code": "InvalidParameterException",
        "message": "Bad.",
        "operation": "SignUp",
        "status": 400,
        "request_id": "55ae2950",
        "reason_code": "detail",
    }


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"__type": "NotAuthorizedException", "message": "No."}', {}),
        (b'{"__type": "com.amazonaws.x#NotAuthorizedException", "Message": "No."}', {}),
        (b'{"code": "NotAuthorizedException", "message": "No."}', {}),
        (b'{"message": "No."}', {"x-amzn-errortype": "NotAuthorizedException:http://x/y#z"}),
        (b"", {"x-amzn-errortype": "NotAuthorizedException:", "x-amzn-errormessage": "No."}),
        (b"<html>", {"X-Amzn-ErrorType": "NotAuthorizedException:", "X-Amzn-ErrorMessage": "No."}),
        (
            b'{"__type": 5, "message": null}',
            {"x-amzn-errortype": "NotAuthorizedException", "x-amzn-errormessage": "No."},
        ),
    ],
)
def test_a_refusal_is_found_wherever_the_reply_says_it(body: bytes, headers: dict[str, str]) -> None:
    fault = fault_from_reply(None, 400, headers=headers, body=body)

    assert (type(fault), fault.message, fault.status) == (NotAuthorizedException, "No.", 400)


def test_a_refusal_keeps_the_status_of_its_reply() -> None:
    fault = fault_from_reply(SignUp, 403, headers={}, body=b'{"__type": "ForbiddenException"}')

    assert (fault.code, fault.status) == ("ForbiddenException", 403)


def test_a_prefixed_name_of_the_framework_is_known() -> None:
    fault = fault_from_reply(
        None, 400, headers={}, body=b'{"__type": "com.amazon.coral.service#UnknownOperationException"}'
    )

    assert (type(fault), fault.message) == (UnknownOperationException, "")


def test_a_refusal_with_a_new_name_keeps_it() -> None:
    fault = fault_from_reply(SignUp, 400, headers={}, body=b'{"__type": "NewException", "message": "No."}')

    assert (type(fault), fault.code, fault.message) == (UnknownServiceException, "NewException", "No.")


@given(st.binary(max_size=30) | JSON.map(lambda value: json.dumps(value).encode()), st.integers(300, 599))
def test_no_body_of_a_refusal_makes_reading_it_fail(body: bytes, status: int) -> None:
    fault = fault_from_reply(SignUp, status, headers={}, body=body)

    assert fault.status == status
    assert fault.retryable == (status >= 500)


def test_a_page_of_a_proxy_is_told_by_its_status() -> None:
    fault = fault_from_reply(SignUp, 502, headers={}, body=b"<html>Bad gateway</html>")

    assert (fault.code, fault.fault, fault.retryable) == ("UnknownServiceException", "server", True)
    assert fault.message == "The service answered with HTTP status 502."


def test_a_refusal_travels_there_and_back() -> None:
    sent = NotAuthorizedException("Incorrect username or password.")

    assert (
        fault_body(sent) == b'{"__type":"NotAuthorizedException","message":"Incorrect username or password."}'
    )
    received = fault_from_reply(SignUp, sent.status, headers={}, body=fault_body(sent))
    assert (type(received), received.message) == (type(sent), sent.message)


def test_a_reply_to_sign_up_says_what_the_service_says() -> None:
    reply = SignUpResponse(user_confirmed=False, user_sub="34c84488-e0e1-70ae-d2ee-991ad1a898c8")

    assert (
        encode_response(SignUp, reply)
        == b'{"UserConfirmed":false,"UserSub":"34c84488-e0e1-70ae-d2ee-991ad1a898c8"}'
    )


def parsed(shape: Any, body: bytes, *, status: int = 200) -> Any:
    """Return what botocore's parser makes of a reply."""
    reply = create_parser("json").parse({"status_code": status, "headers": {}, "body": body}, shape)
    reply.pop("ResponseMetadata", None)
    return reply


def as_the_service_writes(shape: Any, value: Any) -> bytes:
    """Write a reply with botocore's own rules for values, which it has for requests only."""
    written: dict[str, Any] = {}
    create_serializer("json", include_validation=False)._serialize(written, value, shape, "reply")  # noqa: SLF001 - it has no other door.
    return json.dumps(written["reply"]).encode()
