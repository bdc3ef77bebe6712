"""Signing in, and carrying a sign-in on; SRP itself is tested beside its own module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool.conversation import Call
from userpool.errors import ChallengeError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.sign_in import answer_challenge, sign_in
from userpool.steps import (
    EmailCodeRequired,
    FirstFactorChoice,
    NewPasswordRequired,
    PasswordRequired,
    TotpRequired,
    UnknownChallenge,
)
from userpool.token_bundle import Granted
from userpool.transport.scripted import token_text
from userpool.user_context import UserContext
from userpool.wire.faults import CodeMismatchException
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.sign_in import (
    InitiateAuth,
    InitiateAuthRequest,
    InitiateAuthResponse,
    RespondToAuthChallengeResponse,
)

Play = Callable[..., tuple[Any, list[Any]]]
RANDOM = bytes(range(1, 33))
EXTRAS = Extras({"from": "a test"}, UserContext(ip_address="203.0.113.7"))
IN = RespondToAuthChallengeResponse(
    authentication_result=AuthenticationResultType(access_token=token_text({"username": "alice"}))
)


def answering(app: AppClient, answer: Any, extras: Extras | None = None) -> Any:
    return answer_challenge(app, answer, random=RANDOM, extras=extras or Extras())


def test_the_password_flow_sends_it_once(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    flow = sign_in(
        secret_app, "Alice", password="pw", flow="USER_PASSWORD_AUTH", random=RANDOM, extras=EXTRAS
    )
    response = InitiateAuthResponse(authentication_result=IN.authentication_result)

    outcome, [request] = play(flow, response)

    assert isinstance(outcome, Granted)
    assert request.auth_flow == "USER_PASSWORD_AUTH"
    assert request.auth_parameters == {
        "USERNAME": "Alice",
        "PASSWORD": "pw",
        "SECRET_HASH": hash_for("Alice"),
    }
    assert request.client_metadata == {"from": "a test"}
    assert request.user_context_data.ip_address == "203.0.113.7"


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH"])
def test_an_empty_password_is_not_sent(app: AppClient, play: Play, flow: Any) -> None:
    with pytest.raises(ChallengeError):
        play(sign_in(app, "alice", password="", flow=flow, random=RANDOM, extras=Extras()))


def test_an_answer_carries_session_hash_metadata_and_context(
    secret_app: AppClient, play: Play, hash_for: Callable[[str], str]
) -> None:
    step = EmailCodeRequired(client_id="the client", username="canonical", session="s")

    outcome, [request] = play(answering(secret_app, step.code("12345678"), EXTRAS), IN)

    assert isinstance(outcome, Granted)
    assert (request.challenge_name, request.session) == ("EMAIL_OTP", "s")
    assert request.challenge_responses == {
        "USERNAME": "canonical",
        "EMAIL_OTP_CODE": "12345678",
        "SECRET_HASH": hash_for("canonical"),
    }
    assert request.client_metadata == {"from": "a test"}
    assert request.user_context_data.ip_address == "203.0.113.7"


def test_one_challenge_may_follow_another(app: AppClient, play: Play) -> None:
    # amazon-cognito-identity-js knows only some of the orders in which challenges can come.
    step = NewPasswordRequired(client_id="the client", username="alice", session="first")
    second = RespondToAuthChallengeResponse(challenge_name="SOFTWARE_TOKEN_MFA", session="second")

    outcome, [request] = play(answering(app, step.password("new")), second)

    assert request.challenge_responses["NEW_PASSWORD"] == "new"
    assert outcome == TotpRequired(client_id="the client", username="alice", session="second")


def test_a_wrong_code_leaves_the_step_good_for_another_try(app: AppClient, play: Play) -> None:
    step = TotpRequired(client_id="the client", username="alice", session="s")

    with pytest.raises(CodeMismatchException):
        play(answering(app, step.code("000000")), CodeMismatchException("no"))
    outcome, [request] = play(answering(app, step.code("123456")), IN)

    assert isinstance(outcome, Granted)
    assert request.session == "s"


def test_an_answer_of_another_client_is_not_sent(app: AppClient, play: Play) -> None:
    step = TotpRequired(client_id="another client", username="alice", session="s")

    with pytest.raises(ChallengeError):
        play(answering(app, step.code("123456")))


def test_an_unknown_challenge_can_be_answered_in_the_service_s_words(app: AppClient, play: Play) -> None:
    step = UnknownChallenge(client_id="the client", username="alice", session="s", name="RETINA_SCAN")

    _, [request] = play(answering(app, step.respond({"IMAGE": "i"})), IN)

    assert request.challenge_name == "RETINA_SCAN"
    assert request.challenge_responses == {"USERNAME": "alice", "IMAGE": "i"}


@pytest.mark.parametrize("srp", [False, True])
def test_a_password_that_is_asked_for_alone_goes_as_the_pool_wants_it(
    app: AppClient, play: Play, srp_server: Any, *, srp: bool
) -> None:
    step = PasswordRequired(client_id="the client", username="alice", session="s", srp=srp)
    server = srp_server(session="s2")

    def challenge(call: Any) -> RespondToAuthChallengeResponse:
        server.client_public = int(call.request.challenge_responses["SRP_A"], 16)
        return challenge_of(server)

    replies = [challenge, judged(server)] if srp else [IN]
    _, requests = play(answering(app, step.password("correct horse 7 Staple")), *replies)

    assert [request.challenge_name for request in requests] == (
        ["PASSWORD_SRP", "PASSWORD_VERIFIER"] if srp else ["PASSWORD"]
    )
    assert ("PASSWORD" in requests[0].challenge_responses) is not srp
    assert server.proven is (True if srp else None)


def test_choosing_the_password_proves_it_without_sending_it(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    choices = ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP")
    step = FirstFactorChoice(client_id="the client", username="alice", session="s", choices=choices)
    server = srp_server(session="s2")

    def challenge(call: Any) -> RespondToAuthChallengeResponse:
        server.client_public = int(call.request.challenge_responses["SRP_A"], 16)
        return challenge_of(server)

    _, [first, second] = play(
        answering(app, step.password("correct horse 7 Staple")), challenge, judged(server)
    )

    assert first.challenge_responses["ANSWER"] == "PASSWORD_SRP"
    assert "PASSWORD" not in first.challenge_responses
    assert (second.session, server.proven) == ("s2", True)


def challenge_of(server: Any) -> RespondToAuthChallengeResponse:
    asked = InitiateAuthRequest(
        auth_flow="USER_SRP_AUTH", client_id="c", auth_parameters={"SRP_A": f"{server.client_public:x}"}
    )
    response = server.challenge(Call(InitiateAuth, asked))
    return RespondToAuthChallengeResponse(
        challenge_name=response.challenge_name,
        session=response.session,
        challenge_parameters=response.challenge_parameters,
    )


def judged(server: Any) -> Callable[[Any], RespondToAuthChallengeResponse]:
    def answer(call: Any) -> RespondToAuthChallengeResponse:
        server.judge(call)
        return IN

    return answer
