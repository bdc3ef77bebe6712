"""The proof of a password, against a server that is written from the formulas and not from our code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.answers import UnderWay
from userpool.errors import ChallengeError, GarbledAnswerError, SrpError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.sign_in import answer_challenge, sign_in
from userpool.steps import PasswordRequired, SmsCodeRequired, load_step
from userpool.token_bundle import Granted
from userpool.transport.scripted import token_text
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.sign_in import InitiateAuthResponse, RespondToAuthChallengeResponse

Play = Callable[..., tuple[Any, list[Any]]]
PASSWORD = "correct horse 7 Staple"
RANDOM = bytes(range(1, 121))
NOW = 1_546_322_769.0


def granting(server: Any) -> Callable[[Any], RespondToAuthChallengeResponse]:
    def answer(call: Any) -> RespondToAuthChallengeResponse:
        server.judge(call)
        tokens = AuthenticationResultType(access_token=token_text({"username": server.user_id}))
        return RespondToAuthChallengeResponse(authentication_result=tokens)

    return answer


def srp(app: AppClient, password: str = PASSWORD, extras: Extras | None = None) -> Any:
    return sign_in(
        app, "Alice", password=password, flow="USER_SRP_AUTH", random=RANDOM, extras=extras or Extras()
    )


def test_the_right_password_proves_itself(app: AppClient, play: Play, srp_server: Any) -> None:
    server = srp_server()

    outcome, _ = play(srp(app), server.challenge, granting(server))

    assert server.proven
    assert isinstance(outcome, Granted)
    assert outcome.username == "the canonical name"


@pytest.mark.parametrize("salt_hex", ["1", "f" * 32, "00" * 15 + "01", "80" + "00" * 15])
def test_a_salt_is_a_number_whatever_its_zeros(
    app: AppClient, play: Play, srp_server: Any, salt_hex: str
) -> None:
    server = srp_server(salt_hex=salt_hex)

    play(srp(app), server.challenge, granting(server))

    assert server.proven


@pytest.mark.parametrize("password", ["Pässwörd€😀9", "x" * 256, " lead and trail "])
def test_every_password_proves_itself(app: AppClient, play: Play, srp_server: Any, password: str) -> None:
    server = srp_server(password=password)

    play(srp(app, password), server.challenge, granting(server))

    assert server.proven


def test_another_password_does_not(app: AppClient, play: Play, srp_server: Any) -> None:
    server = srp_server()

    play(srp(app, "correct horse 7 staple"), server.challenge, granting(server))

    assert server.proven is False


@pytest.mark.parametrize("more", [{"USERNAME": "Alice"}, {"USER_ID_FOR_SRP": ""}])
def test_the_proof_is_of_the_id_for_srp_and_without_one_of_the_username(
    app: AppClient, play: Play, srp_server: Any, more: dict[str, str]
) -> None:
    server = srp_server(more=more)

    _, [_, second] = play(srp(app), server.challenge, granting(server))

    assert server.proven
    assert second.challenge_responses["USERNAME"] == server.user_id


def test_the_password_is_in_no_request(app: AppClient, play: Play, srp_server: Any) -> None:
    server = srp_server()

    _, requests = play(srp(app), server.challenge, granting(server))

    sent = [
        *(requests[0].auth_parameters or {}).values(),
        *(requests[1].challenge_responses or {}).values(),
    ]
    assert not [text for text in sent if PASSWORD in text]


def test_the_time_in_the_proof_is_the_service_s(app: AppClient, play: Play, srp_server: Any) -> None:
    server = srp_server()

    play(srp(app), server.challenge, granting(server), now=1_546_322_769.9)

    # The day is not padded, and the names are English whatever the locale (js-sdk:DateHelper).
    assert server.timestamp == "Tue Jan 1 06:06:09 UTC 2019"
    assert server.proven


def test_the_hash_follows_the_name_that_is_sent(
    secret_app: AppClient, play: Play, srp_server: Any, hash_for: Callable[[str], str]
) -> None:
    server = srp_server()

    _, [first, second] = play(srp(secret_app), server.challenge, granting(server))

    assert first.auth_parameters["USERNAME"] == "Alice"
    assert first.auth_parameters["SECRET_HASH"] == hash_for("Alice")
    assert second.challenge_responses["USERNAME"] == "the canonical name"
    assert second.challenge_responses["SECRET_HASH"] == hash_for("the canonical name")


@pytest.mark.parametrize("session", [None, "a session"])
def test_a_session_is_sent_back_if_there_is_one(
    app: AppClient, play: Play, srp_server: Any, session: str | None
) -> None:
    server = srp_server(session=session)

    _, [_, second] = play(srp(app), server.challenge, granting(server))

    assert second.session == session


def test_a_public_number_of_zero_is_refused_before_anything_is_proven(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    # With B a multiple of N, what comes back would let the service try passwords at leisure (rfc5054 §2.6).
    server = srp_server(more={"SRP_B": "0"})

    with pytest.raises(SrpError):
        play(srp(app), server.challenge)


@pytest.mark.parametrize("name", ["SRP_B", "SALT", "SECRET_BLOCK"])
def test_a_challenge_that_lacks_something_is_garbled(
    app: AppClient, play: Play, srp_server: Any, name: str
) -> None:
    server = srp_server(more={name: ""})

    with pytest.raises(GarbledAnswerError, match=name):
        play(srp(app), server.challenge)


def test_a_secret_block_that_is_not_base64_is_garbled(app: AppClient, play: Play, srp_server: Any) -> None:
    server = srp_server(more={"SECRET_BLOCK": "!!!"})

    with pytest.raises(GarbledAnswerError, match="SECRET_BLOCK"):
        play(srp(app), server.challenge)


def test_a_secret_block_may_be_written_url_safe_and_is_sent_back_as_it_came(
    app: AppClient, play: Play, srp_server: Any
) -> None:
    server = srp_server(secret_block=b"\xfb\xff\xfe\xfb", more={"SECRET_BLOCK": "-__--w"})

    _, [_, second] = play(srp(app), server.challenge, granting(server))

    assert server.proven
    assert second.challenge_responses["PASSWORD_CLAIM_SECRET_BLOCK"] == "-__--w"


def test_an_answer_that_asks_for_something_else_is_taken_as_it_is(app: AppClient, play: Play) -> None:
    # amazon-cognito-identity-js assumes PASSWORD_VERIFIER without looking.
    response = InitiateAuthResponse(challenge_name="SMS_MFA", session="s")

    outcome, _ = play(srp(app), response)

    assert isinstance(outcome, SmsCodeRequired)
    assert outcome.username == "Alice"


@pytest.fixture
def late_proof(app: AppClient, play: Play, srp_server: Any) -> tuple[Any, Any]:
    """Give a server whose triggers ask a question before they ask for the proof, and the step of the proof."""
    server = srp_server()

    def question(call: Any) -> InitiateAuthResponse:
        server.client_public = int(call.request.auth_parameters["SRP_A"], 16)
        return InitiateAuthResponse(challenge_name="CUSTOM_CHALLENGE", session="s1")

    begun = sign_in(app, "Alice", password=PASSWORD, flow="CUSTOM_AUTH", random=RANDOM, extras=Extras())
    step, _ = play(begun, question)
    answered = answer_challenge(app, step.answer("blue"), random=RANDOM, extras=Extras())
    late, _ = play(answered, lambda _: server.verifier_challenge(session="s2"))
    return server, late


def test_a_proof_that_is_asked_for_late_can_still_be_given(
    app: AppClient, play: Play, late_proof: tuple[Any, Any]
) -> None:
    # amazon-cognito-identity-js breaks when a pool's triggers ask something before the password.
    server, step = late_proof
    parked = load_step(step.dump())
    assert isinstance(parked, PasswordRequired)

    outcome, [request] = play(
        answer_challenge(app, parked.password(PASSWORD), random=RANDOM, extras=Extras(), now=NOW),
        granting(server),
    )

    assert isinstance(outcome, Granted)
    assert server.proven
    assert (request.challenge_name, request.session) == ("PASSWORD_VERIFIER", "s2")
    assert server.timestamp == "Tue Jan 1 06:06:09 UTC 2019"


def test_a_step_that_asks_for_a_late_proof_shows_nothing_of_it(late_proof: tuple[Any, Any]) -> None:
    _, step = late_proof

    assert repr(step) == "PasswordRequired(username='the canonical name', srp=True)"
    assert PASSWORD not in step.dump()


def test_a_late_proof_without_its_secret_number_is_not_sent(
    app: AppClient, play: Play, late_proof: tuple[Any, Any]
) -> None:
    _, step = late_proof
    stripped = replace(step.password(PASSWORD), under_way=UnderWay())

    with pytest.raises(ChallengeError):
        play(answer_challenge(app, stripped, random=RANDOM, extras=Extras()))
