"""How a sign-in begins: every flow, at both doors, and what is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.answers import UnderWay
from userpool.devices import KnownDevice
from userpool.errors import ChallengeError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.sign_in import answer_challenge, same_choice, sign_in
from userpool.steps import (
    CustomChallenge,
    EmailCodeRequired,
    FirstFactorChoice,
    MfaChoiceRequired,
    MfaSetupRequired,
    SmsCodeRequired,
    TotpSetupRequired,
)
from userpool.token_bundle import Granted
from userpool.transport.scripted import token_text
from userpool.user_context import UserContext
from userpool.wire.faults import CodeMismatchException, EnableSoftwareTokenMFAException
from userpool.wire.mfa import AssociateSoftwareTokenResponse, VerifySoftwareTokenResponse
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.sign_in import (
    AdminInitiateAuthRequest,
    AdminRespondToAuthChallengeRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeResponse,
)

Play = Callable[..., tuple[Any, list[Any]]]
RANDOM = bytes(range(1, 121))
PASSWORD = "correct horse 7 Staple"
IN = RespondToAuthChallengeResponse(
    authentication_result=AuthenticationResultType(access_token=token_text({"username": "alice"}))
)
QUESTION = RespondToAuthChallengeResponse(
    challenge_name="CUSTOM_CHALLENGE", session="s2", challenge_parameters={"USERNAME": "alice", "colour": "?"}
)


def beginning(app: AppClient, flow: str, password: str | None = None, **options: Any) -> Any:
    options = {"extras": Extras(), **options}
    return sign_in(app, "Alice", password=password, flow=flow, random=RANDOM, **options)


def answering(app: AppClient, answer: Any, extras: Extras | None = None) -> Any:
    return answer_challenge(app, answer, random=RANDOM, extras=extras or Extras())


# ---- the pool's own triggers ----


def test_a_custom_sign_in_needs_no_password(app: AppClient, play: Play) -> None:
    step, [request] = play(beginning(app, "CUSTOM_AUTH"), QUESTION)

    assert request.auth_flow == "CUSTOM_AUTH"
    assert request.auth_parameters == {"USERNAME": "Alice"}
    assert isinstance(step, CustomChallenge)
    assert (step.username, step.parameters["colour"]) == ("alice", "?")


def test_with_a_password_a_custom_sign_in_proves_it_first(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    server = srp_server(session="s1")

    def judge(call: Any) -> Any:
        server.judge(call)
        return QUESTION

    step, [first, second] = play(beginning(app, "CUSTOM_AUTH", PASSWORD), server.challenge, judge)

    assert server.proven
    assert first.auth_parameters["CHALLENGE_NAME"] == "SRP_A"
    assert second.session == "s1"
    assert isinstance(step, CustomChallenge)


def test_questions_may_follow_one_another(app: AppClient, play: Play) -> None:
    step = CustomChallenge(client_id="the client", username="alice", session="s1")

    step, _ = play(answering(app, step.answer("wrong")), QUESTION)
    outcome, [request] = play(answering(app, step.answer("blue")), IN)

    assert isinstance(outcome, Granted)
    assert (request.session, request.challenge_responses["ANSWER"]) == ("s2", "blue")


# ---- a choice of first factors ----


def test_a_choice_is_offered_where_nothing_is_preferred(app: AppClient, play: Play) -> None:
    offered = InitiateAuthResponse(challenge_name="SELECT_CHALLENGE", available_challenges=["EMAIL_OTP"])

    step, [request] = play(beginning(app, "USER_AUTH"), offered)

    assert request.auth_parameters == {"USERNAME": "Alice"}
    assert isinstance(step, FirstFactorChoice)


def test_a_preferred_factor_is_asked_for_at_once(app: AppClient, play: Play) -> None:
    asked = InitiateAuthResponse(challenge_name="EMAIL_OTP", session="s")
    wish = UnderWay(preferred_challenge="EMAIL_OTP")

    step, [request] = play(beginning(app, "USER_AUTH", under_way=wish), asked)

    assert request.auth_parameters == {"USERNAME": "Alice", "PREFERRED_CHALLENGE": "EMAIL_OTP"}
    assert isinstance(step, EmailCodeRequired)


@pytest.mark.parametrize("preferred", [None, "PASSWORD_SRP"])
def test_a_password_proves_itself_in_a_choice_too(
    app: AppClient, play: Play, srp_server: Any, preferred: str | None
) -> None:
    server = srp_server(session="s")
    wish = UnderWay(preferred_challenge=preferred)

    _, [request, _] = play(beginning(app, "USER_AUTH", PASSWORD, under_way=wish), server.challenge, IN)

    assert set(request.auth_parameters) == {"USERNAME", "PREFERRED_CHALLENGE", "SRP_A"}


def test_a_password_is_sent_where_that_is_what_is_preferred(app: AppClient, play: Play) -> None:
    wish = UnderWay(preferred_challenge="PASSWORD")

    _, [request] = play(beginning(app, "USER_AUTH", "pw", under_way=wish), IN)

    assert request.auth_parameters == {
        "USERNAME": "Alice",
        "PREFERRED_CHALLENGE": "PASSWORD",
        "PASSWORD": "pw",
    }


def test_a_sign_up_goes_on_into_a_sign_in(secret_app: AppClient, play: Play, hash_for: Any) -> None:
    outcome, [request] = play(beginning(secret_app, "USER_AUTH", session="of the sign-up"), IN)

    assert isinstance(outcome, Granted)
    assert request.session == "of the sign-up"
    assert request.auth_parameters == {"USERNAME": "Alice", "SECRET_HASH": hash_for("Alice")}


@pytest.mark.parametrize(
    ("flow", "password", "more"),
    [
        ("USER_SRP_AUTH", None, {}),
        ("USER_PASSWORD_AUTH", None, {}),
        ("ADMIN_USER_PASSWORD_AUTH", None, {}),
        ("CUSTOM_AUTH", "", {}),
        ("CUSTOM_AUTH", None, {"session": "s"}),
        ("USER_SRP_AUTH", "pw", {"under_way": UnderWay(preferred_challenge="EMAIL_OTP")}),
        ("USER_AUTH", "pw", {"under_way": UnderWay(preferred_challenge="EMAIL_OTP")}),
        ("USER_AUTH", None, {"under_way": UnderWay(preferred_challenge="PASSWORD")}),
        ("USER_AUTH", None, {"under_way": UnderWay(preferred_challenge="PASSWORD_SRP")}),
        ("USER_AUTH", "pw", {"session": "s"}),
    ],
)
def test_what_cannot_be_meant_is_not_sent(
    app: AppClient, play: Play, flow: str, password: str | None, more: dict[str, Any]
) -> None:
    with pytest.raises(ChallengeError):
        play(beginning(app, flow, password, **more))


# ---- the door for administrators ----


def test_an_administrator_s_sign_in_and_its_answers_go_through_their_own_door(
    play: Play, hash_for: Callable[[str], str]
) -> None:
    app = AppClient("aB12cDe34", "the client", "the secret of the client", "us-east-1_aB12cDe34")
    context = UserContext(
        "203.0.113.7", "d", server_name="shop", server_path="/in", http_headers=(("A", "b"),)
    )
    extras = Extras({"a": "b"}, context)
    asked = RespondToAuthChallengeResponse(challenge_name="SMS_MFA", session="s")
    wish = UnderWay(admin=True)

    step, [begun] = play(
        beginning(app, "ADMIN_USER_PASSWORD_AUTH", "pw", under_way=wish, extras=extras), asked
    )
    _, [answered] = play(answering(app, step.code("1"), extras), IN)

    assert isinstance(begun, AdminInitiateAuthRequest)
    assert begun.auth_parameters == {"USERNAME": "Alice", "PASSWORD": "pw", "SECRET_HASH": hash_for("Alice")}
    assert isinstance(answered, AdminRespondToAuthChallengeRequest)
    for request in (begun, answered):
        assert request.user_pool_id == "us-east-1_aB12cDe34"
        assert request.client_metadata == {"a": "b"}
        assert request.context_data is not None
        assert request.context_data.ip_address == "203.0.113.7"
        assert request.context_data.http_headers[0].header_name == "A"


@pytest.mark.parametrize("context", [None, UserContext(encoded_data="d")])
def test_context_that_is_not_whole_is_not_sent(play: Play, context: UserContext | None) -> None:
    app = AppClient("aB12cDe34", "the client", None, "us-east-1_aB12cDe34")

    _, [request] = play(
        beginning(app, "CUSTOM_AUTH", under_way=UnderWay(admin=True), extras=Extras(None, context)), IN
    )

    assert request.context_data is None


def test_an_administrator_proves_a_password_as_everybody_does(play: Play, srp_server: Any) -> None:
    app = AppClient("aB12cDe34", "the client", None, "us-east-1_aB12cDe34")
    server = srp_server()

    def challenge(call: Any) -> Any:
        server.client_public = int(call.request.auth_parameters["SRP_A"], 16)
        return server.verifier_challenge(session="s")

    def judge(call: Any) -> Any:
        assert isinstance(call.request, AdminRespondToAuthChallengeRequest)
        server.client_answer = call.request.challenge_responses
        return IN

    outcome, requests = play(
        beginning(app, "USER_SRP_AUTH", PASSWORD, under_way=UnderWay(admin=True)), challenge, judge
    )

    assert isinstance(outcome, Granted)
    assert [type(request).__name__ for request in requests] == [
        "AdminInitiateAuthRequest",
        "AdminRespondToAuthChallengeRequest",
    ]


# ---- setting up a second factor ----

SETUP = MfaSetupRequired(
    client_id="the client",
    username="alice",
    session="s1",
    choices=("SOFTWARE_TOKEN_MFA", "EMAIL_OTP"),
    under_way=UnderWay(login="Alice", device=KnownDevice("k", "g", "p")),
)


def test_an_app_is_set_up_and_the_sign_in_goes_on(app: AppClient, play: Play) -> None:
    associated = AssociateSoftwareTokenResponse(secret_code="JBSWY3DP", session="s2")
    verified = VerifySoftwareTokenResponse(status="SUCCESS", session="s3")

    step, [associate] = play(answering(app, SETUP.totp()), associated)
    outcome, [verify, answer] = play(answering(app, step.code("123456", "phone")), verified, IN)

    assert isinstance(step, TotpSetupRequired)
    assert (associate.session, associate.access_token) == ("s1", None)
    assert (verify.session, verify.user_code, verify.friendly_device_name) == ("s2", "123456", "phone")
    assert (answer.challenge_name, answer.session) == ("MFA_SETUP", "s3")
    # The code has been verified; it goes nowhere else. The device names itself here as it does everywhere.
    assert answer.challenge_responses == {"USERNAME": "alice", "DEVICE_KEY": "k"}
    assert isinstance(outcome, Granted)


def test_where_no_new_session_is_told_the_one_before_goes_on(app: AppClient, play: Play) -> None:
    verified = VerifySoftwareTokenResponse(status="SUCCESS")

    step, _ = play(answering(app, SETUP.totp()), AssociateSoftwareTokenResponse(secret_code="JBSWY3DP"))
    _, [verify, answer] = play(answering(app, step.code("123456")), verified, IN)

    assert (verify.session, answer.session) == ("s1", "s1")


@pytest.mark.parametrize(
    "refusal",
    [
        EnableSoftwareTokenMFAException("Code mismatch"),
        CodeMismatchException("no"),
        VerifySoftwareTokenResponse(status="ERROR"),
    ],
)
def test_a_wrong_first_code_can_be_typed_again(app: AppClient, play: Play, refusal: Any) -> None:
    # amazon-cognito-identity-js makes people sign in anew.
    step = TotpSetupRequired(client_id="the client", username="alice", session="s2", secret="JBSWY3DP")

    with pytest.raises((EnableSoftwareTokenMFAException, CodeMismatchException)):
        play(answering(app, step.code("000000")), refusal)
    verified = VerifySoftwareTokenResponse(status="SUCCESS", session="s3")
    outcome, [verify, _] = play(answering(app, step.code("123456")), verified, IN)

    assert isinstance(outcome, Granted)
    assert verify.session == "s2"


def test_an_address_is_set_up_by_the_code_that_is_mailed_to_it(app: AppClient, play: Play) -> None:
    mailed = RespondToAuthChallengeResponse(challenge_name="EMAIL_OTP", session="s2")

    step, [request] = play(answering(app, SETUP.email("a@example.com")), mailed)

    assert isinstance(step, EmailCodeRequired)
    assert request.challenge_responses["EMAIL"] == "a@example.com"


# ---- the same choice once more ----


def test_what_was_chosen_is_chosen_again() -> None:
    step = SmsCodeRequired(client_id="c", username="alice")
    choice = MfaChoiceRequired(client_id="c", username="alice", choices=("EMAIL_OTP", "SMS_MFA"))

    answer = same_choice(choice, step)

    assert answer is not None
    assert answer.responses == {"ANSWER": "SMS_MFA"}


@pytest.mark.parametrize(
    "reached",
    [
        SmsCodeRequired(client_id="c", username="alice"),
        MfaChoiceRequired(client_id="c", username="alice", choices=("EMAIL_OTP",)),
        FirstFactorChoice(client_id="c", username="alice", choices=("EMAIL_OTP",)),
    ],
)
def test_nothing_is_chosen_that_is_not_offered(reached: Any) -> None:
    assert same_choice(reached, SmsCodeRequired(client_id="c", username="alice")) is None
