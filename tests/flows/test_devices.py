"""A device proves itself when it is asked for, and is confirmed when it is new, on whatever path."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from userpool.answers import UnderWay
from userpool.devices import KnownDevice
from userpool.errors import GarbledAnswerError, NoAnswerInTimeError, SrpError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.challenges import DeviceRefused
from userpool.flows.sign_in import DEVICE_RANDOM_BYTES, DeviceUse, answer_challenge, confirm_device, sign_in
from userpool.steps import (
    CustomChallenge,
    DeviceRequired,
    MfaSetupRequired,
    SmsCodeRequired,
    TotpSetupRequired,
)
from userpool.token_bundle import Granted, NewDevice
from userpool.transport.scripted import token_text
from userpool.wire.devices import ConfirmDeviceResponse
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException, ResourceNotFoundException
from userpool.wire.mfa import VerifySoftwareTokenResponse
from userpool.wire.shapes import AuthenticationResultType, NewDeviceMetadataType
from userpool.wire.sign_in import InitiateAuthResponse, RespondToAuthChallengeResponse

Play = Callable[..., tuple[Any, list[Any]]]
RANDOM = bytes(range(1, 65))
DEVICE = KnownDevice("us-east-1_11111111-2222-3333-4444-555555555555", "-grpKey1", "the device's password")
STEP = {
    "client_id": "the client",
    "username": "canonical",
    "session": "s1",
    "under_way": UnderWay(device=DEVICE),
}
ASKED = RespondToAuthChallengeResponse(
    challenge_name="DEVICE_SRP_AUTH", session="s2", challenge_parameters={}
)


def let_in(*, new_device: bool = False) -> RespondToAuthChallengeResponse:
    metadata = (
        NewDeviceMetadataType(device_key="us-east-1_new", device_group_key="-g") if new_device else None
    )
    return RespondToAuthChallengeResponse(
        authentication_result=AuthenticationResultType(
            access_token=token_text({"username": "canonical"}), new_device_metadata=metadata
        )
    )


@pytest.fixture
def device_server(srp_server: Any) -> Any:
    """Give the service's side of the device's proof, which is that of a password under other names."""
    return srp_server(pool_name=DEVICE.group_key, user_id=DEVICE.key, password=DEVICE.password)


def verifier(server: Any) -> Callable[[Any], RespondToAuthChallengeResponse]:
    def answer(call: Any) -> RespondToAuthChallengeResponse:
        server.client_public = int(call.request.challenge_responses["SRP_A"], 16)
        response = server.verifier_challenge(session="s3", name="DEVICE_PASSWORD_VERIFIER")
        assert isinstance(response, RespondToAuthChallengeResponse)
        return response

    return answer


def judged(server: Any) -> Callable[[Any], RespondToAuthChallengeResponse]:
    def answer(call: Any) -> RespondToAuthChallengeResponse:
        server.judge(call)
        return let_in()

    return answer


def signing_in(app: AppClient, **options: Any) -> Any:
    options = {
        "flow": "USER_PASSWORD_AUTH",
        "password": "pw",
        "under_way": UnderWay(device=DEVICE),
        **options,
    }
    return confirming(sign_in(app, "Alice", random=RANDOM, extras=Extras({"a": "b"}), **options))


def answering(app: AppClient, answer: Any, **options: Any) -> Any:
    return confirming(answer_challenge(app, answer, random=RANDOM, extras=Extras({"a": "b"}), **options))


def confirming(flow: Any, *, random: bytes = bytes(DEVICE_RANDOM_BYTES)) -> Any:
    """Go on as the verbs do: when somebody is let in, a new device is confirmed."""
    outcome = yield from flow
    return (yield from confirm_device(outcome, random=random)) if isinstance(outcome, Granted) else outcome


# ---- the proof ----


def test_a_device_proves_itself_without_anybody_being_asked(
    secret_app: AppClient, play: Play, device_server: Any, hash_for: Callable[[str], str]
) -> None:
    outcome, [begun, opened, proven] = play(
        signing_in(secret_app), ASKED, verifier(device_server), judged(device_server)
    )

    assert isinstance(outcome, Granted)
    assert device_server.proven
    assert outcome.device == DEVICE
    assert begun.auth_parameters["DEVICE_KEY"] == DEVICE.key
    assert [(request.challenge_name, request.session) for request in (opened, proven)] == [
        ("DEVICE_SRP_AUTH", "s2"),
        ("DEVICE_PASSWORD_VERIFIER", "s3"),
    ]
    for request in (opened, proven):
        assert request.challenge_responses["DEVICE_KEY"] == DEVICE.key
        assert request.challenge_responses["SECRET_HASH"] == hash_for("Alice")
        assert request.client_metadata == {"a": "b"}
    assert DEVICE.password not in str([opened.challenge_responses, proven.challenge_responses])


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_every_flow_names_the_device(app: AppClient, play: Play, flow: str) -> None:
    password = "pw" if flow == "USER_PASSWORD_AUTH" else None

    _, [request] = play(signing_in(app, flow=flow, password=password), let_in())

    assert request.auth_parameters["DEVICE_KEY"] == DEVICE.key


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_a_proof_of_the_password_names_the_device_at_both_steps(
    app: AppClient, play: Play, srp_server: Any, flow: str
) -> None:
    _, [first, second] = play(signing_in(app, flow=flow), srp_server().challenge, let_in())

    assert first.auth_parameters["DEVICE_KEY"] == DEVICE.key
    assert second.challenge_responses["DEVICE_KEY"] == DEVICE.key


def test_a_device_that_is_kept_under_the_pool_s_own_name_is_named_once_that_is_known(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    use = DeviceUse({"the canonical name": DEVICE}.get)

    flow = signing_in(app, flow="USER_SRP_AUTH", under_way=None, devices=use)
    outcome, [first, second] = play(flow, srp_server().challenge, let_in())

    assert "DEVICE_KEY" not in first.auth_parameters
    assert second.challenge_responses["DEVICE_KEY"] == DEVICE.key
    assert outcome.device == DEVICE


def test_after_a_code_the_proof_goes_with_the_session_of_its_own_challenge(
    app: AppClient, play: Play, device_server: Any
) -> None:
    # amazon-cognito-identity-js sends the session that the code was sent with.
    step = SmsCodeRequired(**STEP)

    outcome, [code, opened, _] = play(
        answering(app, step.code("123456")), ASKED, verifier(device_server), judged(device_server)
    )

    assert isinstance(outcome, Granted)
    assert device_server.proven
    assert code.challenge_responses["DEVICE_KEY"] == DEVICE.key
    assert (code.session, opened.session) == ("s1", "s2")


def test_a_device_whose_secret_is_not_here_is_a_step(app: AppClient, play: Play) -> None:
    # amazon-cognito-identity-js goes on with `undefined`.
    outcome, _ = play(signing_in(app, under_way=None), ASKED)

    assert isinstance(outcome, DeviceRequired)


def test_a_service_that_asks_for_the_device_again_is_not_answered_for_ever(
    app: AppClient, play: Play, device_server: Any
) -> None:
    outcome, requests = play(signing_in(app), ASKED, verifier(device_server), ASKED)

    assert isinstance(outcome, DeviceRequired)
    assert len(requests) == 3


def test_a_device_proof_with_dishonest_numbers_is_refused(
    app: AppClient, play: Play, device_server: Any
) -> None:
    device_server.more = {"SRP_B": "0"}

    with pytest.raises(SrpError):
        play(signing_in(app), ASKED, verifier(device_server))


def test_a_device_challenge_that_lacks_something_is_garbled(
    app: AppClient, play: Play, device_server: Any
) -> None:
    device_server.more = {"SALT": ""}

    with pytest.raises(GarbledAnswerError, match="SALT"):
        play(signing_in(app), ASKED, verifier(device_server))


# ---- a device that the pool has forgotten, or does not believe ----

GONE = ResourceNotFoundException("Device does not exist.")


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_a_forgotten_device_is_left_out_and_the_flow_goes_on(app: AppClient, play: Play, flow: str) -> None:
    password = "pw" if flow == "USER_PASSWORD_AUTH" else None

    outcome, [first, second] = play(signing_in(app, flow=flow, password=password), GONE, let_in())

    assert first.auth_parameters["DEVICE_KEY"] == DEVICE.key
    assert "DEVICE_KEY" not in second.auth_parameters
    assert (outcome.device, outcome.lost_device, outcome.login) == (None, DEVICE.key, "Alice")


def test_a_device_that_is_forgotten_at_the_proof_of_the_password_costs_one_request(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    server = srp_server()

    outcome, [_, refused, again] = play(
        signing_in(app, flow="USER_SRP_AUTH", password=server.password),
        server.challenge,
        GONE,
        judged(server),
    )

    assert server.proven
    assert outcome.lost_device == DEVICE.key
    kept = {name: value for name, value in refused.challenge_responses.items() if name != "DEVICE_KEY"}
    assert again.challenge_responses == kept


STEPS = [
    SmsCodeRequired(**STEP).code("123456"),
    CustomChallenge(**STEP).answer("blue"),
    MfaSetupRequired(**STEP, choices=("EMAIL_OTP",)).email("a@e"),
]


@pytest.mark.parametrize("answer", STEPS)
def test_a_device_that_is_forgotten_at_a_later_step_is_left_out_too(
    app: AppClient, play: Play, answer: Any
) -> None:
    outcome, [_, second] = play(answering(app, answer), GONE, let_in())

    assert "DEVICE_KEY" not in second.challenge_responses
    assert outcome.lost_device == DEVICE.key


def test_the_next_step_does_not_find_the_forgotten_device_again(app: AppClient, play: Play) -> None:
    use = DeviceUse({"Alice": DEVICE, "canonical": DEVICE}.get)
    asked = InitiateAuthResponse(
        challenge_name="SMS_MFA", session="s", challenge_parameters={"USER_ID_FOR_SRP": "canonical"}
    )

    step, _ = play(signing_in(app, under_way=None, devices=use), GONE, asked)
    outcome, [request] = play(answering(app, step.code("1"), devices=use), let_in())

    assert "DEVICE_KEY" not in request.challenge_responses
    assert outcome.lost_device == DEVICE.key


def test_something_else_that_is_missing_is_not_the_device(app: AppClient, play: Play) -> None:
    with pytest.raises(ResourceNotFoundException, match="client"):
        play(signing_in(app), ResourceNotFoundException("User pool client c does not exist."))


def test_without_a_device_there_is_nothing_to_leave_out(app: AppClient, play: Play) -> None:
    with pytest.raises(ResourceNotFoundException):
        play(signing_in(app, under_way=None), GONE)


REFUSED = NotAuthorizedException("Incorrect username or password.")


@pytest.mark.parametrize("replies", [[ASKED, GONE], [ASKED, REFUSED]])
def test_a_device_that_is_not_believed_is_left_out_from_the_beginning(
    app: AppClient, play: Play, replies: list[Any]
) -> None:
    asked = InitiateAuthResponse(challenge_name="SMS_MFA", session="s")

    step, requests = play(signing_in(app), *replies, asked)

    assert isinstance(step, SmsCodeRequired)
    assert "DEVICE_KEY" not in requests[-1].auth_parameters
    assert step.under_way.lost_device == DEVICE.key


def test_a_device_that_is_not_believed_at_a_later_step_is_told_to_the_caller(
    app: AppClient, play: Play, device_server: Any
) -> None:
    answer = CustomChallenge(**STEP).answer("blue")

    outcome, _ = play(answering(app, answer), ASKED, verifier(device_server), REFUSED)

    assert isinstance(outcome, DeviceRefused)
    assert (outcome.fault, outcome.lost_device, outcome.username) == (REFUSED, DEVICE.key, "canonical")


def test_the_session_of_a_sign_up_is_spent_and_not_shown_again(app: AppClient, play: Play) -> None:
    flow = signing_in(app, flow="USER_AUTH", password=None, session="of the sign-up")

    outcome, requests = play(flow, ASKED, REFUSED)

    assert isinstance(outcome, DeviceRefused)
    assert len(requests) == 2


@pytest.mark.parametrize("words", ["Invalid session for the user.", "Password attempts exceeded"])
def test_another_refusal_says_nothing_about_the_device(app: AppClient, play: Play, words: str) -> None:
    with pytest.raises(NotAuthorizedException, match=words):
        play(signing_in(app), ASKED, NotAuthorizedException(words))


# ---- a new device ----

TOTP = TotpSetupRequired(**STEP, secret="S").code("123456", "phone")
PATHS: list[tuple[str, Any, list[Any]]] = [
    ("password", lambda app: signing_in(app, under_way=None), []),
    ("custom", lambda app: signing_in(app, under_way=None, flow="CUSTOM_AUTH", password=None), []),
    ("code", lambda app: answering(app, STEPS[0]), []),
    ("question", lambda app: answering(app, STEPS[1]), []),
    # amazon-cognito-identity-js never confirms the device of somebody who has just set an app up.
    ("app", lambda app: answering(app, TOTP), [VerifySoftwareTokenResponse(status="SUCCESS", session="s9")]),
]


@pytest.mark.parametrize(("begin", "before"), [path[1:] for path in PATHS], ids=[path[0] for path in PATHS])
def test_a_new_device_is_confirmed_on_every_path(app: AppClient, play: Play, begin: Any, before: Any) -> None:
    outcome, requests = play(begin(app), *before, let_in(new_device=True), ConfirmDeviceResponse())

    assert requests[-1].device_key == "us-east-1_new"
    assert requests[-1].access_token == outcome.tokens.access_token
    assert outcome.new_device == NewDevice("us-east-1_new", "-g")
    assert (outcome.device.key, outcome.device_is_new, outcome.device_error) == ("us-east-1_new", True, None)


def test_a_new_device_registers_what_the_javascript_sdk_would(app: AppClient, play: Play) -> None:
    vector = json.loads((Path(__file__).parents[1] / "vectors" / "device_srp.json").read_text())
    metadata = NewDeviceMetadataType(device_key=vector["device_key"], device_group_key=vector["group_key"])
    result = AuthenticationResultType(access_token="a", new_device_metadata=metadata)
    flow = sign_in(
        app,
        "Alice",
        password="pw",
        flow="USER_PASSWORD_AUTH",
        random=RANDOM,
        extras=Extras(),
        under_way=UnderWay(device_name="the name"),
    )

    outcome, [_, request] = play(
        confirming(flow, random=bytes.fromhex(vector["password_random"] + vector["salt"])),
        InitiateAuthResponse(authentication_result=result),
        ConfirmDeviceResponse(),
    )

    config = request.device_secret_verifier_config
    assert config.salt == vector["salt_b64"]
    assert sha256(b64decode(config.password_verifier)).hexdigest() == vector["sha256_of_verifier"]
    assert outcome.device == KnownDevice(vector["device_key"], vector["group_key"], vector["password"])
    assert request.device_name == "the name"


@pytest.mark.parametrize("necessary", [True, False, None])
def test_the_pool_tells_whether_to_ask_the_person(
    app: AppClient, play: Play, *, necessary: bool | None
) -> None:
    response = ConfirmDeviceResponse(user_confirmation_necessary=necessary)

    outcome, _ = play(signing_in(app), let_in(new_device=True), response)

    assert outcome.user_confirmation_necessary is bool(necessary)


@pytest.mark.parametrize("error", [InvalidParameterException("no"), NoAnswerInTimeError("late")])
def test_a_sign_in_does_not_fail_with_the_device(app: AppClient, play: Play, error: Exception) -> None:
    # amazon-cognito-identity-js reports the sign-in as failed, although the tokens are stored.
    outcome, _ = play(signing_in(app), let_in(new_device=True), error)

    assert isinstance(outcome, Granted)
    assert (outcome.device, outcome.device_is_new, outcome.device_error) == (None, False, error)


def test_without_a_new_device_there_is_nothing_to_confirm(app: AppClient, play: Play) -> None:
    outcome, requests = play(signing_in(app), let_in())

    assert len(requests) == 1
    assert (outcome.device, outcome.device_is_new) == (DEVICE, False)


def test_the_keys_of_a_new_device_are_told_before_it_is_confirmed(app: AppClient, play: Play) -> None:
    flow = sign_in(
        app,
        "Alice",
        password="pw",
        flow="USER_PASSWORD_AUTH",
        random=RANDOM,
        extras=Extras(),
        under_way=UnderWay(device=DEVICE),
    )

    outcome, requests = play(flow, let_in(new_device=True))

    assert len(requests) == 1
    assert (outcome.new_device.key, outcome.device) == ("us-east-1_new", None)
