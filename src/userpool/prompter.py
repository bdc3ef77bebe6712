"""Whoever answers the questions of a sign-in: a person at a terminal, a test, a program of yours.

    class Mine(Prompter):
        def totp_code(self, step):
            return step.code(read_from_somewhere())

    signed_in = pool.sign_in("alice", password, prompter=Mine())

It is the counterpart of the JavaScript SDK's callbacks: there is a method for each kind of step, it is given the step
and returns the answer that the step makes. What is not overridden is refused with an error that names the challenge.
With `AsyncUserPool` the methods may be coroutine functions.

Rules of this room: codes and passwords go into the answer and nowhere else.

Sources: js-sdk:CognitoUser.authenticateUser (its callbacks).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from getpass import getpass
from typing import Any, Final, TypeAlias, TypeVar, cast

from userpool.answers import Answer
from userpool.errors import ChallengeError, SettingsError, UserPoolError
from userpool.steps import (
    Challenge,
    CustomChallenge,
    DeviceRequired,
    EmailCodeRequired,
    FirstFactorChoice,
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
)

__all__ = ["Prompter", "ScriptedPrompter", "TerminalPrompter", "async_given", "given"]

ValueT = TypeVar("ValueT")

Given: TypeAlias = Answer | Awaitable[Answer]
"""An answer; in the asyncio half, it may be one that is awaited."""


class Prompter:
    """Answers the steps of a sign-in; override the methods for what your pool asks."""

    def sms_code(self, step: SmsCodeRequired | SmsOtpRequired) -> Given:
        """Answer with the code that was sent by SMS."""
        return self.unanswered(step)

    def email_code(self, step: EmailCodeRequired) -> Given:
        """Answer with the code that was mailed."""
        return self.unanswered(step)

    def totp_code(self, step: TotpRequired) -> Given:
        """Answer with a code from the authenticator app."""
        return self.unanswered(step)

    def mfa_choice(self, step: MfaChoiceRequired) -> Given:
        """Answer with one of the second factors."""
        return self.unanswered(step)

    def mfa_setup(self, step: MfaSetupRequired) -> Given:
        """Answer with the second factor that is to be set up: ``step.totp()`` or ``step.email(...)``."""
        return self.unanswered(step)

    def totp_setup(self, step: TotpSetupRequired) -> Given:
        """Show the secret to the authenticator app and answer with its first code."""
        return self.unanswered(step)

    def new_password(self, step: NewPasswordRequired) -> Given:
        """Answer with a new password and with the attributes that are still required."""
        return self.unanswered(step)

    def custom_challenge(self, step: CustomChallenge) -> Given:
        """Answer the question of the pool's triggers."""
        return self.unanswered(step)

    def first_factor(self, step: FirstFactorChoice) -> Given:
        """Answer with how to sign in."""
        return self.unanswered(step)

    def password(self, step: PasswordRequired) -> Given:
        """Answer with the password."""
        return self.unanswered(step)

    def passkey(self, step: PasskeyRequired) -> Given:
        """Answer with what the browser's ``navigator.credentials.get`` gave for ``step.options``."""
        return self.unanswered(step)

    def device(self, step: DeviceRequired) -> Given:
        """Answer for a device whose secret is not here."""
        return self.unanswered(step)

    def unknown(self, step: UnknownChallenge) -> Given:
        """Answer what is newer than this version."""
        return self.unanswered(step)

    def refused(self, step: Challenge, error: UserPoolError) -> bool | Awaitable[bool]:  # noqa: ARG002 - see below
        """Return whether to ask for the same step again, after the service has refused a code or a new password.

        By default it is not asked again, and the sign-in ends with the error.
        """
        return False

    def unanswered(self, step: Challenge) -> Answer:
        """Refuse a step that this prompter has no answer to.

        Raises:
            ChallengeError: always.
        """
        name = step.name if isinstance(step, UnknownChallenge) else step.NAME
        raise ChallengeError(f"The service asks for {name}, and this prompter does not answer it.")

    def answer(self, step: Challenge) -> Given:
        """Answer a step by the method for its kind."""
        method: Callable[[Any], Given] = getattr(self, _METHODS[type(step)])
        return method(step)


_METHODS: Final[dict[type, str]] = {
    SmsCodeRequired: "sms_code",
    SmsOtpRequired: "sms_code",
    EmailCodeRequired: "email_code",
    TotpRequired: "totp_code",
    MfaChoiceRequired: "mfa_choice",
    MfaSetupRequired: "mfa_setup",
    TotpSetupRequired: "totp_setup",
    NewPasswordRequired: "new_password",
    CustomChallenge: "custom_challenge",
    FirstFactorChoice: "first_factor",
    PasswordRequired: "password",
    PasskeyRequired: "passkey",
    DeviceRequired: "device",
    UnknownChallenge: "unknown",
}


class TerminalPrompter(Prompter):
    """Asks a person at a terminal; what they type is not shown where it is a password.

    In an asyncio program it holds the event loop up while it waits for them.

    Args:
        issuer: the name under which an authenticator app is to list the account.
        attempts: how often to ask when the service refuses what was typed.
        ask: asks for a line.
        ask_secretly: asks for a line that is not shown.
        say: shows a line.
    """

    def __init__(
        self,
        *,
        issuer: str = "userpool",
        attempts: int = 3,
        ask: Callable[[str], str] = input,
        ask_secretly: Callable[[str], str] = getpass,
        say: Callable[[str], object] = print,
    ) -> None:
        self._issuer = issuer
        self._attempts = attempts
        self._ask = ask
        self._ask_secretly = ask_secretly
        self._say = say
        self._refused_step: Challenge | None = None
        self._refusals = 0

    def sms_code(self, step: SmsCodeRequired | SmsOtpRequired) -> Answer:
        """Ask for the code."""
        return step.code(self._line(f"Code sent to {step.destination or 'your phone'}: "))

    def email_code(self, step: EmailCodeRequired) -> Answer:
        """Ask for the code."""
        return step.code(self._line(f"Code sent to {step.destination or 'your address'}: "))

    def totp_code(self, step: TotpRequired) -> Answer:
        """Ask for a code from the app."""
        app = f" ({step.device_name})" if step.device_name else ""
        return step.code(self._line(f"Code from your authenticator app{app}: "))

    def mfa_choice(self, step: MfaChoiceRequired) -> Answer:
        """Ask for one of the factors."""
        return step.choose(self._choice("Second factors:", step.choices))

    def mfa_setup(self, step: MfaSetupRequired) -> Answer:
        """Ask which factor to set up, and for the address if it is e-mail."""
        choice = self._choice("A second factor has to be set up:", step.choices or ("SOFTWARE_TOKEN_MFA",))
        return step.email(self._line("E-mail address: ")) if choice == "EMAIL_OTP" else step.totp()

    def totp_setup(self, step: TotpSetupRequired) -> Answer:
        """Show the secret, as a QR code if segno is installed, and ask for the first code."""
        if step != self._refused_step:
            try:
                self._say(step.setup().qr_terminal(issuer=self._issuer))
            except SettingsError:
                self._say(step.uri(issuer=self._issuer))
            self._say(f"Secret for your authenticator app: {step.secret}")
        return step.code(self._line("Code from the app: "))

    def new_password(self, step: NewPasswordRequired) -> Answer:
        """Ask for a password, twice, and for each attribute that is required."""
        while True:
            password = self._secret("New password: ")
            if self._secret("New password again: ") == password:
                break
            self._say("The two are not the same.")
        return step.password(password, {name: self._line(f"{name}: ") for name in step.required_attributes})

    def custom_challenge(self, step: CustomChallenge) -> Answer:
        """Show what the triggers say, and ask for the answer."""
        for name, value in step.parameters.items():
            if name != "USERNAME":
                self._say(f"{name}: {value}")
        return step.answer(self._ask("Answer: "))

    def first_factor(self, step: FirstFactorChoice) -> Answer:
        """Ask how to sign in, and for the password if that is how."""
        words = {"PASSWORD": "PASSWORD", "PASSWORD_SRP": "PASSWORD"}
        offered = tuple(dict.fromkeys(words.get(choice, choice) for choice in step.choices))
        choice = self._choice("Ways to sign in:", offered)
        return step.password(self._secret("Password: ")) if choice == "PASSWORD" else step.choose(choice)

    def password(self, step: PasswordRequired) -> Answer:
        """Ask for the password."""
        return step.password(self._secret("Password: "))

    def refused(self, step: Challenge, error: UserPoolError) -> bool:
        """Show what the service says, and ask again a few times."""
        self._refusals = self._refusals + 1 if step == self._refused_step else 1
        self._refused_step = step
        self._say(str(error))
        return self._refusals < self._attempts

    def _line(self, prompt: str) -> str:
        while not (typed := self._ask(prompt).strip()):
            pass
        return typed

    def _secret(self, prompt: str) -> str:
        while not (typed := self._ask_secretly(prompt)):
            pass
        return typed

    def _choice(self, heading: str, choices: tuple[str, ...]) -> str:
        if len(choices) == 1:
            return choices[0]
        if not choices:
            return self._line(f"{heading} ")
        self._say(heading)
        for number, choice in enumerate(choices, start=1):
            self._say(f"  {number}  {choice}")
        while (typed := self._line("Number: ")) not in {str(number + 1) for number in range(len(choices))}:
            pass
        return choices[int(typed) - 1]


class ScriptedPrompter(Prompter):
    """Answers from a script, for tests: each step takes the next line.

    A line is a text, which is the code, the password, the choice or the answer that the step asks for, or a function
    that is given the step and returns its answer. The steps that came are in `steps`, what was refused in `refusals`.

        ScriptedPrompter("123456", lambda step: step.password("new", {"name": "Alice"}))

    After a refusal the next line is tried, if there is one.
    """

    def __init__(self, *lines: str | Callable[[Any], Answer]) -> None:
        self.steps: list[Challenge] = []
        self.refusals: list[UserPoolError] = []
        self._lines = list(lines)

    def answer(self, step: Challenge) -> Answer:
        """Answer with the next line.

        Raises:
            ChallengeError: there is none, or it is a text and the step takes more than that.
        """
        self.steps.append(step)
        if not self._lines:
            return self.unanswered(step)
        line = self._lines.pop(0)
        if not isinstance(line, str):
            return line(step)
        match step:
            case (
                SmsCodeRequired()
                | SmsOtpRequired()
                | EmailCodeRequired()
                | TotpRequired()
                | TotpSetupRequired()
            ):
                return step.code(line)
            case NewPasswordRequired() | PasswordRequired():
                return step.password(line)
            case MfaChoiceRequired() | FirstFactorChoice():
                return step.choose(line)
            case CustomChallenge():
                return step.answer(line)
            case PasskeyRequired():
                return step.credential(line)
            case MfaSetupRequired() | DeviceRequired() | UnknownChallenge():
                return self.unanswered(step)

    def refused(self, step: Challenge, error: UserPoolError) -> bool:  # noqa: ARG002 - the prompter's
        """Note the refusal, and try the next line if there is one."""
        self.refusals.append(error)
        return bool(self._lines)


def given(value: ValueT | Awaitable[ValueT]) -> ValueT:
    """Return what a method of a prompter gave.

    Raises:
        ChallengeError: the method is a coroutine function, which the asyncio half alone can call.
    """
    if isinstance(value, Awaitable):
        getattr(cast("object", value), "close", lambda: None)()
        raise ChallengeError("This prompter has coroutine functions, which AsyncUserPool alone can call.")
    return value


async def async_given(value: ValueT | Awaitable[ValueT]) -> ValueT:
    """Return what a method of a prompter gave, waiting for it if need be."""
    if isinstance(value, Awaitable):
        return await cast("Awaitable[ValueT]", value)
    return value
