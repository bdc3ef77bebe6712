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
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeAlias, TypeVar

import msgspec

from userpool.answers import Answer, SoftwareTokenAnswer, UnderWay, credential_text
from userpool.devices import KnownDevice
from userpool.errors import ChallengeError, UserPoolError
from userpool.parked_steps import dumped, load_step
from userpool.token_bundle import NewDevice
from userpool.values import Value

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.otpauth import TotpSetup

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
    "TotpSetupRequired",
    "UnknownChallenge",
    "load_step",
]

UserT = TypeVar("UserT")

_ATTRIBUTE_PREFIX: Final = "userAttributes."


class SignedIn(Value, Generic[UserT], frozen=True):
    """The end: ``user`` is whoever signed in.

    ``new_device`` is there when the pool remembers devices and has just given keys to this one. It is confirmed and
    stored already; ``device_error`` tells why not, if that failed, which is no reason not to let somebody in.
    ``user_confirmation_necessary`` is true where the pool wants the person to be asked whether to remember the
    device. ``device`` is the device they signed in with, the new one or the one before; it is stored already, and
    whoever keeps it elsewhere hands it to the next `sign_in`.
    """

    user: UserT
    new_device: NewDevice | None = None
    user_confirmation_necessary: bool = False
    device: KnownDevice | None = None
    device_error: UserPoolError | None = None


class _Challenge(Value, frozen=True, kw_only=True, tag=True, tag_field="step"):
    """What every challenge has: whose it is, and what continues the sign-in."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"client_id", "session", "under_way"})
    NAME: ClassVar[str] = ""
    """The service's name for the challenge."""

    client_id: str
    username: str
    session: str | None = None
    under_way: UnderWay = UnderWay()

    if not TYPE_CHECKING:
        # A type checker says already that a challenge has no user; at run time the error tells what is missing.
        @property
        def user(self):  # noqa: ANN202
            raise ChallengeError(
                f"{self.username} is not signed in yet: the service asks for {self._asked_for}."
            )

    @property
    def _asked_for(self) -> str:
        return self.NAME

    def dump(self, *, sealing_key: bytes | None = None, effects: Effects | None = None) -> str:
        """Write the challenge down as text, for `load_step`.

        The text holds the session and the secret of a remembered device, with which whoever has the answer can
        finish the sign-in: keep it on the server, or give a ``sealing_key`` of 32 bytes, which makes it a text that
        nobody else can read or change, and that tells when it was made. The service forgets a session after three
        minutes, unless the client is set otherwise. ``effects`` is the clock and the random source, for tests.

        Raises:
            SettingsError: the key has another length.
        """
        return dumped(self, sealing_key=sealing_key, effects=effects)

    def _answer(self, name: str, responses: Mapping[str, str]) -> Answer:
        return Answer(
            client_id=self.client_id,
            challenge=name,
            username=self.username,
            session=self.session,
            responses=dict(responses),
            under_way=self.under_way,
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

    ``choices`` are of ``SOFTWARE_TOKEN_MFA``, ``EMAIL_OTP``.
    """

    NAME: ClassVar[str] = "MFA_SETUP"

    choices: tuple[str, ...] = ()

    def totp(self) -> Answer:
        """Answer with an authenticator app; the next step is a `TotpSetupRequired` with the secret for it.

        Raises:
            ChallengeError: the pool does not offer it.
        """
        _chosen("SOFTWARE_TOKEN_MFA", self.choices)
        return msgspec.structs.replace(self._answer(self.NAME, {}), software_token=SoftwareTokenAnswer())

    def email(self, address: str) -> Answer:
        """Answer with an e-mail address; the next step asks for the code that is mailed to it.

        Raises:
            ChallengeError: the pool does not offer it, or the address is empty.
        """
        _chosen("EMAIL_OTP", self.choices)
        # amplify-js:confirmSignIn sends it by this name.
        return self._answer(self.NAME, {"EMAIL": _present(address, "The address")})


class TotpSetupRequired(_Challenge, frozen=True, kw_only=True):
    """An authenticator app is being set up: it is shown ``secret``, and proves itself with its first code."""

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"secret"}
    NAME: ClassVar[str] = "MFA_SETUP"

    secret: str

    def setup(self, account: str | None = None) -> TotpSetup:
        """Return what the app is shown: the ``otpauth:`` address and the QR codes.

        ``account`` tells the person's accounts apart; by default it is the name they signed in with.
        """
        from userpool.otpauth import TotpSetup  # noqa: PLC0415 - few sign-ins come by here

        return TotpSetup(self.secret, account or self.under_way.login or self.username)

    def uri(self, *, issuer: str, account: str | None = None) -> str:
        """Return the ``otpauth:`` address; ``issuer`` is the name under which the app lists it."""
        return self.setup(account).uri(issuer=issuer)

    def code(self, code: str, device_name: str | None = None) -> Answer:
        """Answer with a code from the app; ``device_name`` is what the app or its phone is to be called.

        A wrong code raises EnableSoftwareTokenMFAException or CodeMismatchException; the same step can be
        answered again.

        Raises:
            ChallengeError: the code is empty.
        """
        token = SoftwareTokenAnswer(_present(code, "The code"), device_name)
        return msgspec.structs.replace(self._answer(self.NAME, {}), software_token=token)


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
    """The password is asked for (PASSWORD, or PASSWORD_SRP when ``srp`` is true, which never sends it).

    ``parameters`` are those of a proof that the service has asked for already (PASSWORD_VERIFIER), as it may do
    when the pool's triggers have asked for something else first.
    """

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    NAME: ClassVar[str] = "PASSWORD"

    srp: bool = False
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def password(self, password: str) -> Answer:
        """Answer with the password.

        Raises:
            ChallengeError: it is empty.
        """
        if self.parameters:
            answer = self._answer("PASSWORD_VERIFIER", {})
            answer = answer.with_password(_present(password, "The password"), srp=True)
            return msgspec.structs.replace(answer, proof_for=self.parameters)
        answer = self._answer("PASSWORD_SRP" if self.srp else "PASSWORD", {})
        return answer.with_password(_present(password, "The password"), srp=self.srp)


class PasskeyRequired(_Challenge, frozen=True, kw_only=True):
    """A passkey is asked for (WEB_AUTHN); ``options`` is JSON text for a browser's ``credentials.get``."""

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"options"}
    NAME: ClassVar[str] = "WEB_AUTHN"

    options: str | None = None

    def credential(self, assertion: str | Mapping[str, object]) -> Answer:
        """Answer with what ``navigator.credentials.get`` gave, as JSON: its text, or what was read from it.

        Raises:
            ChallengeError: it is no such thing. Whether it is signed by the right key is for the service to say.
        """
        return self._answer(self.NAME, {"CREDENTIAL": credential_text(assertion)})


class DeviceRequired(_Challenge, frozen=True, kw_only=True):
    """A remembered device has to prove itself, and its secret is not here (DEVICE_SRP_AUTH).

    Where the secret is here, which is so on the device that was confirmed, this never comes up: the proof is given
    without asking anybody. What helps is to sign in anew, without a device: then the pool asks for the second factor.
    """

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    NAME: ClassVar[str] = "DEVICE_SRP_AUTH"

    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])


class UnknownChallenge(_Challenge, frozen=True, kw_only=True):
    """The service asks for something that this version has no step for; ``name`` is what it calls it."""

    SECRET: ClassVar[frozenset[str]] = _Challenge.SECRET | {"parameters"}
    name: str
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    @property
    def _asked_for(self) -> str:
        return self.name

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
    | TotpSetupRequired
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
