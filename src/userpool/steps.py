"""What a sign-in comes to: somebody is signed in, or the service wants to know more.

A challenge is a value without a connection. It can be looked at, compared, written down with `dump` and read
back with `load_step` in another request or another process; `pool.answer` takes the answers that it makes.

    step = pool.sign_in("alice", password)
    while not isinstance(step, SignedIn):
        match step:
            case SmsCodeRequired(destination=to) | EmailCodeRequired(destination=to):
                step = pool.answer(step.code(input(f"code sent to {to}: ")))
            case _:
                raise NotImplementedError(step)

Rules of this room:

1. Whatever the service asks for becomes a step; what we do not know becomes an `UnknownChallenge`.
2. A step makes only the answers that fit it, so that a wrong pairing does not type-check.
3. The session is a secret: it is in the dump, which therefore is one too, and never in a `repr`.

Sources: api:RespondToAuthChallenge (the challenges, their parameters and responses);
js-sdk:CognitoUser.authenticateUserInternal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final, Generic, TypeAlias, TypeVar

import msgspec

from userpool.answers import Answer
from userpool.errors import ChallengeError
from userpool.token_bundle import NewDevice
from userpool.values import Value

__all__ = [
    "Answer",
    "Challenge",
    "CustomChallenge",
    "DeviceRequired",
    "EmailCodeRequired",
    "FirstFactorChoice",
    "MfaChoiceRequired",
    "MfaSetupRequired",
    "NewPasswordRequired",
    "PasskeyRequired",
    "PasswordRequired",
    "SignedIn",
    "SmsCodeRequired",
    "SmsOtpRequired",
    "Step",
    "TotpRequired",
    "UnknownChallenge",
    "load_step",
]

UserT = TypeVar("UserT")

_ATTRIBUTE_PREFIX: Final = "userAttributes."


class SignedIn(Value, Generic[UserT], frozen=True):
    """The end: ``user`` is whoever signed in.

    ``new_device`` is there when the pool remembers devices and has just given keys to this one.
    """

    user: UserT
    new_device: NewDevice | None = None


class _Challenge(Value, frozen=True, kw_only=True, tag=True, tag_field="step"):
    """What every challenge has: whose it is, and the session that continues the sign-in."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"client_id", "session"})
    NAME: ClassVar[str] = ""
    """The service's name for the challenge."""

    client_id: str
    username: str
    session: str | None = None

    def dump(self) -> str:
        """Write the challenge down as text, for `load_step`.

        The text holds the session, with which whoever has the answer can finish the sign-in: keep it on the
        server or encrypt it. The service forgets a session after three minutes, unless the client is set
        otherwise.
        """
        return msgspec.json.encode(self).decode()

    def _answer(self, name: str, responses: Mapping[str, str]) -> Answer:
        return Answer(
            client_id=self.client_id,
            challenge=name,
            username=self.username,
            session=self.session,
            responses=dict(responses),
        )


class _CodeChallenge(_Challenge, frozen=True, kw_only=True):
    """A challenge that a short code answers."""

    RESPONSE: ClassVar[str] = ""

    def code(self, code: str) -> Answer:
        """Answer with the code. A mistyped one can be answered again with the same step.

        Raises:
            ChallengeError: the code is empty.
        """
        return self._answer(self.NAME, {self.RESPONSE: _present(code, "The code")})


class SmsCodeRequired(_CodeChallenge, frozen=True, kw_only=True):
    """A second factor: a code was sent by SMS to ``destination``, a masked phone number (SMS_MFA)."""

    NAME: ClassVar[str] = "SMS_MFA"
    RESPONSE: ClassVar[str] = "SMS_MFA_CODE"

    destination: str | None = None


class SmsOtpRequired(_CodeChallenge, frozen=True, kw_only=True):
    """A first factor: a code was sent by SMS to ``destination``, a masked phone number (SMS_OTP)."""

    NAME: ClassVar[str] = "SMS_OTP"
    RESPONSE: ClassVar[str] = "SMS_OTP_CODE"

    destination: str | None = None


class EmailCodeRequired(_CodeChallenge, frozen=True, kw_only=True):
    """A first or second factor: a code was mailed to ``destination``, a masked address (EMAIL_OTP)."""

    NAME: ClassVar[str] = "EMAIL_OTP"
    RESPONSE: ClassVar[str] = "EMAIL_OTP_CODE"

    destination: str | None = None


class TotpRequired(_CodeChallenge, frozen=True, kw_only=True):
    """A second factor: a code from the authenticator called ``device_name`` (SOFTWARE_TOKEN_MFA)."""

    NAME: ClassVar[str] = "SOFTWARE_TOKEN_MFA"
    # js-sdk:CognitoUser.sendMFACode sends SMS_MFA_CODE as well; only this one belongs here.
    RESPONSE: ClassVar[str] = "SOFTWARE_TOKEN_MFA_CODE"

    device_name: str | None = None


class MfaChoiceRequired(_Challenge, frozen=True, kw_only=True):
    """The person has several second factors and says which to use (SELECT_MFA_TYPE).

    ``choices`` are of ``SMS_MFA``, ``SOFTWARE_TOKEN_MFA``, ``EMAIL_OTP``.
    """

    NAME: ClassVar[str] = "SELECT_MFA_TYPE"

    choices: tuple[str, ...] = ()

    def choose(self, choice: str) -> Answer:
        """Answer with one of the choices.

        Raises:
            ChallengeError: it is none of them.
        """
        return self._answer(self.NAME, {"ANSWER": _chosen(choice, self.choices)})


class MfaSetupRequired(_Challenge, frozen=True, kw_only=True):
    """The pool demands a second factor and this person has none yet (MFA_SETUP).

    ``choices`` are of ``SOFTWARE_TOKEN_MFA``, ``EMAIL_OTP``. Setting one up is not part of this version.
    """

    NAME: ClassVar[str] = "MFA_SETUP"

    choices: tuple[str, ...] = ()


class NewPasswordRequired(_Challenge, frozen=True, kw_only=True):
    """The person was given a temporary password and has to choose their own (NEW_PASSWORD_REQUIRED).

    ``required_attributes`` are the names of those they still have to give; ``attributes`` is what the pool
    already knows.
    """

    NAME: ClassVar[str] = "NEW_PASSWORD_REQUIRED"

    required_attributes: tuple[str, ...] = ()
    attributes: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def password(self, password: str, attributes: Mapping[str, str] | None = None) -> Answer:
        """Answer with the new password, and with attributes by name.

        Only what is given here is sent. The pool refuses to be told again what it already knows.

        Raises:
            ChallengeError: the password is empty, or a required attribute is missing.
        """
        given = dict(attributes or {})
        missing = [name for name in self.required_attributes if name not in given]
        if missing:
            raise ChallengeError(f"These attributes are still required: {', '.join(missing)}.")
        named = {f"{_ATTRIBUTE_PREFIX}{name}": value for name, value in given.items()}
        return self._answer(self.NAME, {"NEW_PASSWORD": _present(password, "The new password"), **named})


class CustomChallenge(_Challenge, frozen=True, kw_only=True):
    """A question of the pool's own triggers (CUSTOM_CHALLENGE); ``parameters`` is what they say about it."""

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    NAME: ClassVar[str] = "CUSTOM_CHALLENGE"

    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def answer(self, answer: str) -> Answer:
        """Answer the question."""
        return self._answer(self.NAME, {"ANSWER": answer})


class FirstFactorChoice(_Challenge, frozen=True, kw_only=True):
    """The person says how they want to sign in (SELECT_CHALLENGE).

    ``choices`` are of ``PASSWORD``, ``PASSWORD_SRP``, ``EMAIL_OTP``, ``SMS_OTP``, ``WEB_AUTHN``.
    """

    NAME: ClassVar[str] = "SELECT_CHALLENGE"

    choices: tuple[str, ...] = ()

    def choose(self, choice: str) -> Answer:
        """Answer with one of the choices other than a password.

        Raises:
            ChallengeError: it is none of them, or a password, which `password` takes.
        """
        if choice in {"PASSWORD", "PASSWORD_SRP"}:
            raise ChallengeError(f"{choice} is chosen by giving the password: use step.password(...).")
        return self._answer(self.NAME, {"ANSWER": _chosen(choice, self.choices)})

    def password(self, password: str) -> Answer:
        """Choose the password and give it at once; it stays on this machine if the pool offers PASSWORD_SRP.

        Raises:
            ChallengeError: it is empty, or a password is not among the choices.
        """
        choice = "PASSWORD_SRP" if "PASSWORD_SRP" in self.choices else _chosen("PASSWORD", self.choices)
        answer = self._answer(self.NAME, {"ANSWER": choice})
        return answer.with_password(_present(password, "The password"), srp=choice == "PASSWORD_SRP")


class PasswordRequired(_Challenge, frozen=True, kw_only=True):
    """The password is asked for (PASSWORD, or PASSWORD_SRP when ``srp`` is true, which never sends it)."""

    NAME: ClassVar[str] = "PASSWORD"

    srp: bool = False

    def password(self, password: str) -> Answer:
        """Answer with the password.

        Raises:
            ChallengeError: it is empty.
        """
        answer = self._answer("PASSWORD_SRP" if self.srp else "PASSWORD", {})
        return answer.with_password(_present(password, "The password"), srp=self.srp)


class PasskeyRequired(_Challenge, frozen=True, kw_only=True):
    """A passkey is asked for (WEB_AUTHN); ``options`` is JSON text for a browser's ``credentials.get``.

    Answering it is not part of this version.
    """

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"options"}
    NAME: ClassVar[str] = "WEB_AUTHN"

    options: str | None = None


class DeviceRequired(_Challenge, frozen=True, kw_only=True):
    """A remembered device has to prove itself (DEVICE_SRP_AUTH, DEVICE_PASSWORD_VERIFIER).

    Answering it is not part of this version.
    """

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    NAME: ClassVar[str] = "DEVICE_SRP_AUTH"

    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class UnknownChallenge(_Challenge, frozen=True, kw_only=True):
    """The service asks for something that this version has no step for; ``name`` is what it calls it."""

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    name: str
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def respond(self, responses: Mapping[str, str]) -> Answer:
        """Answer in the service's own words; the user name and the secret hash are added to them."""
        return self._answer(self.name, responses)


Challenge: TypeAlias = (
    SmsCodeRequired
    | SmsOtpRequired
    | EmailCodeRequired
    | TotpRequired
    | MfaChoiceRequired
    | MfaSetupRequired
    | NewPasswordRequired
    | CustomChallenge
    | FirstFactorChoice
    | PasswordRequired
    | PasskeyRequired
    | DeviceRequired
    | UnknownChallenge
)
"""Everything that a sign-in can stop at."""

Step: TypeAlias = SignedIn[UserT] | Challenge
"""What `sign_in` and `answer` come back with."""


def load_step(text: str) -> Challenge:
    """Read a challenge that `dump` wrote.

    Raises:
        ChallengeError: the text is something else.
    """
    try:
        # The union of all challenges is no type to a type checker, but msgspec reads it as "any of these".
        step: Challenge = msgspec.json.decode(text, type=Challenge)
        return step
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        # None of them quotes more of the text than the name of a member.
        raise ChallengeError("This text is not a step that was written down with dump().") from error


def _present(text: str, what: str) -> str:
    if not text:
        raise ChallengeError(f"{what} is empty.")
    return text


def _chosen(choice: str, choices: Iterable[str]) -> str:
    offered = tuple(choices)
    # A service that did not say what it offers gets the choice as it is, and judges it itself.
    if offered and choice not in offered:
        raise ChallengeError(f"{choice} is not among the choices: {', '.join(offered)}.")
    return choice
