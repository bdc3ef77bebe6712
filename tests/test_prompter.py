"""Whoever answers the questions of a sign-in; the loop that asks them is tested beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, get_args

import pytest

from userpool import (
    Answer,
    Challenge,
    ChallengeError,
    CodeMismatchException,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    PasskeyRequired,
    PasswordRequired,
    Prompter,
    SmsCodeRequired,
    SmsOtpRequired,
    TerminalPrompter,
    TotpRequired,
    TotpSetupRequired,
    UnknownChallenge,
)
from userpool.prompter import async_given, given
from userpool.testing import ScriptedPrompter

ID = {"client_id": "c", "username": "alice", "session": "s"}
STEPS: list[Any] = [
    SmsCodeRequired(**ID),
    SmsOtpRequired(**ID),
    EmailCodeRequired(**ID),
    TotpRequired(**ID),
    MfaChoiceRequired(**ID),
    MfaSetupRequired(**ID),
    TotpSetupRequired(**ID, secret="JBSWY3DP"),
    NewPasswordRequired(**ID),
    CustomChallenge(**ID),
    FirstFactorChoice(**ID),
    PasswordRequired(**ID),
    PasskeyRequired(**ID),
    DeviceRequired(**ID),
    UnknownChallenge(**ID, name="RETINA_SCAN"),
]


def terminal(*typed: str, **options: Any) -> tuple[TerminalPrompter, list[str], list[str]]:
    """Return a prompter for somebody who types these lines, what they are shown, and what is typed unseen."""
    lines, shown, unseen = list(typed), list[str](), list[str]()

    def ask(prompt: str) -> str:
        shown.append(prompt)
        return lines.pop(0)

    def ask_secretly(prompt: str) -> str:
        unseen.append(prompt)
        return lines.pop(0)

    made = TerminalPrompter(ask=ask, ask_secretly=ask_secretly, say=shown.append, **options)
    return made, shown, unseen


# ---- any prompter ----


def test_there_is_a_step_of_every_kind() -> None:
    assert {type(step) for step in STEPS} == set(get_args(Challenge))


@pytest.mark.parametrize("step", STEPS)
def test_what_a_prompter_does_not_answer_is_named(step: Challenge) -> None:
    # amazon-cognito-identity-js fails with "callback.mfaRequired is not a function".
    name = step.name if isinstance(step, UnknownChallenge) else step.NAME

    with pytest.raises(ChallengeError, match=name):
        Prompter().answer(step)


def test_a_prompter_does_not_ask_again_unless_it_wants_to() -> None:
    assert Prompter().refused(TotpRequired(**ID), CodeMismatchException("no")) is False


def test_a_method_answers_its_kind_of_step() -> None:
    class Mine(Prompter):
        def totp_code(self, step: TotpRequired) -> Answer:
            return step.code("123456")

    answer = Mine().answer(TotpRequired(**ID))

    assert answer == TotpRequired(**ID).code("123456")


@pytest.mark.anyio
async def test_a_coroutine_is_awaited_by_the_asyncio_half_alone() -> None:
    async def soon() -> int:
        return 7

    assert (await async_given(soon()), await async_given(7), given(7)) == (7, 7, 7)
    with pytest.raises(ChallengeError, match="AsyncUserPool"):
        given(soon())


# ---- a person at a terminal ----

TYPED: list[tuple[Any, list[str], Callable[[Any], Answer]]] = [
    (SmsCodeRequired(**ID, destination="+*1234"), ["", " 123456 "], lambda step: step.code("123456")),
    (EmailCodeRequired(**ID), ["12345678"], lambda step: step.code("12345678")),
    (TotpRequired(**ID, device_name="phone"), ["123456"], lambda step: step.code("123456")),
    (
        MfaChoiceRequired(**ID, choices=("SMS_MFA", "EMAIL_OTP")),
        ["3", "x", "2"],
        lambda step: step.choose("EMAIL_OTP"),
    ),
    (MfaChoiceRequired(**ID), ["SMS_MFA"], lambda step: step.choose("SMS_MFA")),
    (MfaSetupRequired(**ID), [], lambda step: step.totp()),
    (MfaSetupRequired(**ID, choices=("EMAIL_OTP",)), ["a@e"], lambda step: step.email("a@e")),
    (
        NewPasswordRequired(**ID, required_attributes=("name",)),
        ["pw", "typo", "pw", "pw", "Alice"],
        lambda step: step.password("pw", {"name": "Alice"}),
    ),
    (CustomChallenge(**ID, parameters={"USERNAME": "a", "colour": "?"}), [""], lambda step: step.answer("")),
    (
        FirstFactorChoice(**ID, choices=("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP")),
        ["1", "pw"],
        lambda step: step.password("pw"),
    ),
    (FirstFactorChoice(**ID, choices=("EMAIL_OTP",)), [], lambda step: step.choose("EMAIL_OTP")),
    (PasswordRequired(**ID), ["", "pw"], lambda step: step.password("pw")),
]


@pytest.mark.parametrize(("step", "typed", "expected"), TYPED)
def test_a_person_answers_what_they_are_asked(step: Any, typed: list[str], expected: Any) -> None:
    prompter, shown, _ = terminal(*typed)

    assert prompter.answer(step) == expected(step)
    assert "pw" not in " ".join(shown)


def test_a_password_is_typed_unseen() -> None:
    prompter, _, unseen = terminal("pw", "pw")

    prompter.answer(NewPasswordRequired(**ID))

    assert unseen == ["New password: ", "New password again: "]


def test_an_app_is_shown_its_secret_once() -> None:
    step = TotpSetupRequired(**ID, secret="JBSWY3DP")
    prompter, shown, _ = terminal("000000", "123456", issuer="Shop")

    prompter.answer(step)
    prompter.refused(step, CodeMismatchException("Code mismatch"))
    prompter.answer(step)

    assert [line for line in shown if "JBSWY3DP" in line] == ["Secret for your authenticator app: JBSWY3DP"]
    assert "Code mismatch" in shown


def test_without_segno_an_app_is_shown_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    prompter, shown, _ = terminal("123456", issuer="Shop")

    prompter.answer(TotpSetupRequired(**ID, secret="JBSWY3DP"))

    assert "otpauth://totp/Shop:alice?secret=JBSWY3DP&issuer=Shop" in shown


def test_a_person_is_asked_a_few_times_for_the_same_step() -> None:
    prompter, _, _ = terminal(attempts=3)
    refusal = CodeMismatchException("Invalid code")

    asked = [prompter.refused(TotpRequired(**ID), refusal) for _ in range(3)]

    assert asked == [True, True, False]
    assert prompter.refused(SmsCodeRequired(**ID), refusal)


# ---- a script ----


def test_a_script_answers_line_by_line() -> None:
    prompter = ScriptedPrompter("1", "EMAIL_OTP", "pw", lambda step: step.email("a@e"), "blue")

    answers = [
        prompter.answer(step)
        for step in (
            TotpRequired(**ID),
            MfaChoiceRequired(**ID),
            PasswordRequired(**ID),
            MfaSetupRequired(**ID),
            CustomChallenge(**ID),
        )
    ]

    assert [answer.challenge for answer in answers] == [
        "SOFTWARE_TOKEN_MFA",
        "SELECT_MFA_TYPE",
        "PASSWORD",
        "MFA_SETUP",
        "CUSTOM_CHALLENGE",
    ]
    assert len(prompter.steps) == 5


def test_a_script_that_has_ended_or_does_not_fit_says_so() -> None:
    with pytest.raises(ChallengeError, match="SOFTWARE_TOKEN_MFA"):
        ScriptedPrompter().answer(TotpRequired(**ID))
    with pytest.raises(ChallengeError, match="MFA_SETUP"):
        ScriptedPrompter("a@e").answer(MfaSetupRequired(**ID))


def test_a_script_tries_its_next_line_after_a_refusal() -> None:
    prompter, refusal = ScriptedPrompter("1"), CodeMismatchException("no")

    assert prompter.refused(TotpRequired(**ID), refusal)
    prompter.answer(TotpRequired(**ID))
    assert not prompter.refused(TotpRequired(**ID), refusal)
    assert prompter.refusals == [refusal, refusal]


def test_a_script_answers_for_a_passkey_with_the_browser_s_text() -> None:
    text = '{"id": "AQID", "response": {"signature": "Bg"}}'

    answer = ScriptedPrompter(text).answer(PasskeyRequired(**ID))

    assert answer.responses == {"CREDENTIAL": text}
