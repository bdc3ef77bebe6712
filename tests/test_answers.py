"""The answer to a challenge."""

from __future__ import annotations

from userpool import Answer

ANSWER = Answer(
    client_id="the client",
    challenge="SMS_MFA",
    username="alice",
    session="the session",
    responses={"SMS_MFA_CODE": "123456"},
)


def test_an_answer_shows_only_what_it_answers() -> None:
    answer = ANSWER.with_password("the password", srp=True)

    assert repr(answer) == "Answer(challenge='SMS_MFA', username='alice')"


def test_a_password_that_proves_itself_is_not_among_what_is_sent() -> None:
    proving, sending = (ANSWER.with_password("pw", srp=srp) for srp in (True, False))

    assert (proving.srp_password, "PASSWORD" in proving.responses) == ("pw", False)
    assert (sending.srp_password, sending.responses["PASSWORD"]) == (None, "pw")
    assert "PASSWORD" not in ANSWER.responses


def test_one_more_response_makes_another_answer() -> None:
    more = ANSWER.with_response("SRP_A", "a")

    assert more.responses == {"SMS_MFA_CODE": "123456", "SRP_A": "a"}
    assert ANSWER.responses == {"SMS_MFA_CODE": "123456"}
