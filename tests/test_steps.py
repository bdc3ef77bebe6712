"""The steps of a sign-in, as values."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool import (
    Answer,
    Challenge,
    ChallengeError,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
    KnownDevice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    PasskeyRequired,
    PasswordRequired,
    SmsCodeRequired,
    SmsOtpRequired,
    TotpRequired,
    TotpSetupRequired,
    UnknownChallenge,
    load_step,
)
from userpool.answers import SoftwareTokenAnswer, UnderWay

ID = {"client_id": "the client", "username": "alice", "session": "the session"}
KNOWN = UnderWay(
    login="Alice",
    flow="USER_SRP_AUTH",
    device=KnownDevice("key", "the secret group", "the secret password"),
    srp_secret="5e" * 32,
)
STEPS: list[Challenge] = [
    SmsCodeRequired(**ID, destination="+*******1234"),
    SmsOtpRequired(**ID),
    EmailCodeRequired(**ID, destination="t***@e***"),
    TotpRequired(**ID, device_name="Jürgen's 📱"),
    MfaChoiceRequired(**ID, choices=("SMS_MFA", "EMAIL_OTP")),
    MfaSetupRequired(**ID, choices=("SOFTWARE_TOKEN_MFA",)),
    TotpSetupRequired(**ID, secret="the secret of the app", under_way=KNOWN),
    NewPasswordRequired(**ID, required_attributes=("name",), attributes={"email": "a@e"}),
    CustomChallenge(**ID, parameters={"question": "the secret question"}),
    FirstFactorChoice(**ID, choices=("PASSWORD_SRP", "EMAIL_OTP")),
    PasswordRequired(**ID, srp=True, parameters={"SALT": "the secret salt"}, under_way=KNOWN),
    PasskeyRequired(**ID, options='{"challenge":"the secret challenge"}'),
    DeviceRequired(**ID, parameters={"SECRET_BLOCK": "the secret block"}),
    UnknownChallenge(**ID, name="RETINA_SCAN", parameters={"LASER": "the secret colour"}),
]


def test_there_is_an_example_of_every_challenge() -> None:
    assert {type(step) for step in STEPS} == set(get_args(Challenge))


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_written_down_can_be_read_back(step: Challenge) -> None:
    assert load_step(step.dump()) == step


@pytest.mark.parametrize("step", STEPS)
def test_a_step_does_not_show_its_secrets(step: Challenge) -> None:
    assert "secret" not in repr(step)
    assert "session" not in repr(step)
    assert "alice" in repr(step)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_written_by_a_newer_version_can_be_read(step: Challenge) -> None:
    newer = json.dumps({**json.loads(step.dump()), "a member of tomorrow": [1, 2]})

    assert load_step(newer) == step


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"step":"SignedIn"}',
        '{"step":"TotpRequired"}',
        '{"step":"TotpRequired","client_id":"c","username":7}',
        '{"step":"TotpRequired","client_id":"c","username":"a","session":["the session"]}',
        '{"step":["TotpRequired"]}',
        '{"step":"PasswordRequired","client_id":"c","username":"a","under_way":{"srp_secret":"no number"}}',
        "[" * 100_000,
    ],
)
def test_any_other_text_is_no_step(text: str) -> None:
    with pytest.raises(ChallengeError) as caught:
        load_step(text)

    assert "the session" not in f"{caught.value} {caught.value.__cause__}"


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(ChallengeError):
        load_step(text)


@given(session=st.text(), parameters=st.dictionaries(st.text(), st.text()))
def test_whatever_the_service_says_is_read_back_as_it_was(session: str, parameters: dict[str, str]) -> None:
    step = CustomChallenge(client_id="c", username="a", session=session, parameters=parameters)

    assert load_step(step.dump()) == step


CODES = [
    (SmsCodeRequired(**ID), "SMS_MFA", "SMS_MFA_CODE"),
    (SmsOtpRequired(**ID), "SMS_OTP", "SMS_OTP_CODE"),
    (EmailCodeRequired(**ID), "EMAIL_OTP", "EMAIL_OTP_CODE"),
    # amazon-cognito-identity-js sends SMS_MFA_CODE beside this one.
    (TotpRequired(**ID), "SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
]


@pytest.mark.parametrize(("step", "challenge", "response"), CODES)
def test_a_code_answers_its_own_challenge_and_nothing_else(
    step: SmsCodeRequired | SmsOtpRequired | EmailCodeRequired | TotpRequired, challenge: str, response: str
) -> None:
    assert step.code("123456") == Answer(
        client_id="the client",
        challenge=challenge,
        username="alice",
        session="the session",
        responses={response: "123456"},
    )


def test_what_is_empty_answers_nothing() -> None:
    with pytest.raises(ChallengeError):
        TotpRequired(**ID).code("")
    with pytest.raises(ChallengeError):
        NewPasswordRequired(**ID).password("")
    with pytest.raises(ChallengeError):
        PasswordRequired(**ID).password("")


def test_a_choice_is_one_of_those_offered() -> None:
    step = MfaChoiceRequired(**ID, choices=("SMS_MFA", "EMAIL_OTP"))

    # amazon-cognito-identity-js never comes back from a choice of EMAIL_OTP.
    assert step.choose("EMAIL_OTP").responses == {"ANSWER": "EMAIL_OTP"}
    with pytest.raises(ChallengeError, match="SMS_MFA, EMAIL_OTP"):
        step.choose("SOFTWARE_TOKEN_MFA")


def test_where_the_service_did_not_say_what_it_offers_it_judges_the_choice() -> None:
    assert MfaChoiceRequired(**ID).choose("SMS_MFA").responses == {"ANSWER": "SMS_MFA"}


def test_a_new_password_takes_the_attributes_that_are_given_and_no_others() -> None:
    step = NewPasswordRequired(
        **ID, required_attributes=("name",), attributes={"email": "a@e", "email_verified": "true"}
    )

    answer = step.password("new", {"name": "Alice", "custom:team": "red"})

    # Sending back what the pool already knows is refused, so it is not done.
    assert answer.responses == {
        "NEW_PASSWORD": "new",
        "userAttributes.name": "Alice",
        "userAttributes.custom:team": "red",
    }


def test_a_missing_attribute_is_named_before_anything_is_sent() -> None:
    step = NewPasswordRequired(**ID, required_attributes=("name", "custom:team"))

    with pytest.raises(ChallengeError, match="custom:team"):
        step.password("new", {"name": "Alice"})


@pytest.mark.parametrize(
    ("choices", "answer", "sent"),
    [
        (("PASSWORD", "PASSWORD_SRP"), "PASSWORD_SRP", False),
        (("PASSWORD", "EMAIL_OTP"), "PASSWORD", True),
    ],
)
def test_a_password_is_sent_only_where_it_cannot_prove_itself(
    choices: tuple[str, ...], answer: str, *, sent: bool
) -> None:
    made = FirstFactorChoice(**ID, choices=choices).password("pw")

    assert made.responses["ANSWER"] == answer
    assert ("PASSWORD" in made.responses) is sent


def test_a_first_factor_is_one_of_those_offered() -> None:
    step = FirstFactorChoice(**ID, choices=("EMAIL_OTP", "PASSWORD"))

    assert step.choose("EMAIL_OTP").responses == {"ANSWER": "EMAIL_OTP"}
    with pytest.raises(ChallengeError, match="password"):
        step.choose("PASSWORD")
    with pytest.raises(ChallengeError, match="WEB_AUTHN"):
        step.choose("WEB_AUTHN")
    with pytest.raises(ChallengeError, match="PASSWORD"):
        FirstFactorChoice(**ID, choices=("EMAIL_OTP",)).password("pw")


def test_a_trigger_s_question_takes_any_answer() -> None:
    assert CustomChallenge(**ID).answer("").responses == {"ANSWER": ""}


def test_a_second_factor_is_set_up_as_the_pool_offers() -> None:
    step = MfaSetupRequired(**ID, choices=("SOFTWARE_TOKEN_MFA",))

    assert step.totp().software_token == SoftwareTokenAnswer()
    with pytest.raises(ChallengeError, match="EMAIL_OTP is not among"):
        step.email("a@example.com")


def test_an_address_becomes_a_second_factor_by_the_name_that_amplify_sends() -> None:
    step = MfaSetupRequired(**ID, choices=("EMAIL_OTP",))

    assert step.email("a@example.com").responses == {"EMAIL": "a@example.com"}
    with pytest.raises(ChallengeError, match="SOFTWARE_TOKEN_MFA is not among"):
        step.totp()
    with pytest.raises(ChallengeError, match="empty"):
        step.email("")


def test_an_app_answers_with_its_first_code() -> None:
    answer = TotpSetupRequired(**ID, secret="S").code("123456", "phone")

    assert (answer.challenge, answer.session) == ("MFA_SETUP", "the session")
    assert answer.software_token == SoftwareTokenAnswer("123456", "phone")
    assert "123456" not in f"{answer!r} {answer.software_token!r}"
    with pytest.raises(ChallengeError, match="empty"):
        TotpSetupRequired(**ID, secret="S").code("")


def test_an_app_is_shown_whose_account_it_is() -> None:
    typed = TotpSetupRequired(**ID, secret="JBSWY3DP", under_way=UnderWay(login="alice@example.com"))

    assert typed.uri(issuer="Shop") == ("otpauth://totp/Shop:alice%40example.com?secret=JBSWY3DP&issuer=Shop")
    assert TotpSetupRequired(**ID, secret="JBSWY3DP").setup().account == "alice"
    assert typed.setup("work").account == "work"


def test_what_is_under_way_travels_with_the_step_and_its_answers() -> None:
    step = TotpRequired(**ID, under_way=KNOWN)

    loaded = load_step(step.dump())

    assert isinstance(loaded, TotpRequired)
    assert loaded.code("123456").under_way == KNOWN


def test_a_proof_that_was_asked_for_is_kept_with_the_password() -> None:
    step = PasswordRequired(**ID, srp=True, parameters={"SALT": "1"})

    answer = step.password("pw")

    assert (answer.challenge, answer.proof_for, answer.srp_password) == (
        "PASSWORD_VERIFIER",
        {"SALT": "1"},
        "pw",
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: type(step).__name__)
def test_asking_a_challenge_for_its_user_tells_what_is_missing(step: Challenge) -> None:
    with pytest.raises(
        ChallengeError, match=r"^alice is not signed in yet: the service asks for [A-Z_a-z]+\.$"
    ):
        step.user  # type: ignore[union-attr]  # noqa: B018 - a type checker says so before


ASSERTION = {
    "id": "AQID",
    "rawId": "AQID",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {"authenticatorData": "BA", "clientDataJSON": "BQ", "signature": "Bg", "userHandle": None},
}


def test_a_passkey_answers_with_the_text_that_the_browser_gave() -> None:
    text = json.dumps(ASSERTION, indent=2)

    answer = PasskeyRequired(**ID, under_way=KNOWN).credential(text)

    assert (answer.challenge, answer.session, answer.under_way) == ("WEB_AUTHN", "the session", KNOWN)
    assert answer.responses == {"CREDENTIAL": text}
    assert "AQID" not in repr(answer)


def test_a_passkey_answers_with_what_was_read_from_the_browser_s_text() -> None:
    answer = PasskeyRequired(**ID).credential(ASSERTION)

    assert json.loads(answer.responses["CREDENTIAL"]) == ASSERTION


@pytest.mark.parametrize(
    "assertion",
    [
        "",
        "the secret",
        "[]",
        '"the secret"',
        # What JSON.stringify makes of a credential in a browser without toJSON.
        "{}",
        {},
        '{"id":"the secret"}',
        {"id": "the secret", "response": b"the secret"},
        {"id": "the secret", "response": float("nan")},
        "[" * 100_000,
    ],
    ids=lambda assertion: repr(assertion)[:30],
)
def test_what_no_passkey_said_answers_nothing(assertion: str | dict[str, object]) -> None:
    with pytest.raises(ChallengeError) as caught:
        PasskeyRequired(**ID).credential(assertion)

    assert "the secret" not in f"{caught.value} {caught.value.__cause__}"
