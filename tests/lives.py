"""Where a random life is lived: a pool of some kind, a clock, and ways to sign in (tests/conversations/test_life.py).

`Surroundings` knows how things are done, and holds each of them against the model of an account; which of them are
done, and in which order, is for the rules of the machine that is built on it.

Sources: as `account_model`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pyotp
import pytest
from account_model import Account, Code, Device, Held, Kind
from canaries import Canaries, overhearing
from hypothesis.stateful import RuleBasedStateMachine

from userpool import (
    AwsCredentials,
    CodeMismatchException,
    CustomChallenge,
    EnableSoftwareTokenMFAException,
    ExpiredCodeException,
    FirstFactorChoice,
    KnownDevice,
    MfaChoiceRequired,
    MfaSetupRequired,
    NewPasswordRequired,
    NotAuthorizedException,
    ServiceException,
    SignedIn,
    Tokens,
    TotpRequired,
    TotpSetupRequired,
    User,
    UserNotConfirmedException,
    UserPool,
)
from userpool.effects import FixedEffects
from userpool.testing import LocalPool
from userpool.wire.mfa import (
    EmailMfaConfigTypeInput,
    SetUserPoolMfaConfigRequest,
    SmsMfaConfigTypeInput,
    SoftwareTokenMfaConfigType,
)
from userpool.wire.shapes import SmsConfigurationType
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest, RefreshTokenRotationTypeInput
from userpool.wire.user_pools import (
    CreateUserPoolRequest,
    DeviceConfigurationType,
    EmailConfigurationTypeInput,
)

NAME = "alice"
NOON = 1_767_268_800
KEY = AwsCredentials("AKIDEXAMPLE", "the secret of the access key")
FLOWS = ("USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH")
DEVICES = {
    "none": None,
    "always": DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
    ),
    "asked": DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=True
    ),
    "counted": DeviceConfigurationType(
        challenge_required_on_new_device=False, device_only_remembered_on_user_prompt=False
    ),
}


def define(event: dict[str, Any]) -> dict[str, Any]:
    """One question; a wrong answer is the end."""
    results = event["request"]["session"]
    is_right = bool(results) and results[-1]["challengeResult"]
    event["response"] = {
        "issueTokens": is_right,
        "failAuthentication": bool(results) and not is_right,
        "challengeName": "CUSTOM_CHALLENGE",
    }
    return event


def create(event: dict[str, Any]) -> dict[str, Any]:
    event["response"] = {
        "publicChallengeParameters": {"question": "The word?"},
        "privateChallengeParameters": {"answer": "the word of the triggers"},
    }
    return event


def verify(event: dict[str, Any]) -> dict[str, Any]:
    private = event["request"]["privateChallengeParameters"]
    event["response"] = {"answerCorrect": event["request"]["challengeAnswer"] == private["answer"]}
    return event


def pool_of(kind: Kind) -> LocalPool:
    """Return a pool of this kind, whose clock stands still and whose random numbers repeat themselves."""
    address = EmailConfigurationTypeInput(
        email_sending_account="DEVELOPER",
        source_arn="arn:aws:ses:us-east-1:000000000000:identity/example.com",
    )
    telephone = SmsMfaConfigTypeInput(
        sms_configuration=SmsConfigurationType(sns_caller_arn="arn:aws:iam::000000000000:role/sms")
    )
    factors = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration=kind.mfa,
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        sms_mfa_configuration=telephone if "SMS_MFA" in kind.factors else None,
        email_mfa_configuration=EmailMfaConfigTypeInput() if "EMAIL_OTP" in kind.factors else None,
    )
    flows = ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH", "CUSTOM_AUTH"]
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=0)
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="life",
        explicit_auth_flows=[f"ALLOW_{flow}" for flow in flows]
        + ([] if kind.rotates else ["ALLOW_REFRESH_TOKEN_AUTH"]),
        refresh_token_rotation=rotation if kind.rotates else None,
        refresh_token_validity=3650,
        prevent_user_existence_errors="ENABLED",
    )
    request = CreateUserPoolRequest(
        pool_name="life",
        auto_verified_attributes=["email"],
        device_configuration=DEVICES[kind.devices],
        email_configuration=address,
    )
    triggers = {
        "DefineAuthChallenge": define,
        "CreateAuthChallenge": create,
        "VerifyAuthChallengeResponse": verify,
    }
    return LocalPool(
        pool=request, app_client=client, mfa=factors, triggers=triggers, effects=FixedEffects(now=NOON)
    )


class Surroundings(RuleBasedStateMachine):
    """A pool, what must be true of the one account in it, and everything that was ever given or said."""

    def open(self, kind: Kind) -> None:
        """Open a pool in which nobody is yet."""
        self.kind = kind
        self.stack = ExitStack()
        self.heard = self.stack.enter_context(overhearing())
        self.local = self.stack.enter_context(pool_of(kind))
        self.pool = self.elsewhere()
        self.canaries = Canaries()
        self.canaries.add("the secret of an access key", KEY.secret_access_key)
        self.canaries.add("a trigger's answer", "the word of the triggers")
        self.account: Account | None = None
        self.sessions: list[Held] = []
        self.lost_devices: list[KnownDevice] = []
        self.used_codes: list[tuple[str, str]] = []
        self.passed = 0.0
        self.made = 0

    def teardown(self) -> None:
        """Look at every token once more, and at all that was said."""
        if not hasattr(self, "stack"):
            return
        with self.stack:
            for held in self.sessions:
                self.check(held)
            self.canaries.check(self.heard.texts, "logs, errors and values")

    # ---- time, names, and what is said ----

    @property
    def now(self) -> float:
        """The time in the pool."""
        return NOON + self.passed

    def wait(self, *, minutes: float) -> None:
        """Let time pass: hourly limits and locks are tested elsewhere."""
        self.passed += minutes * 60
        self.local.advance(minutes=minutes)

    def new_password(self) -> str:
        """Return a password that nobody had before."""
        self.made += 1
        password = f"Canary-{self.made}-Sings-A-Song!"
        self.canaries.add("a password", password)
        return password

    def new_address(self) -> str:
        """Return an address that nobody had before."""
        self.made += 1
        return f"alice{self.made}@example.com"

    def show(self, value: Any) -> Any:
        """Note what a value shows of itself, and the secrets that it holds; return it."""
        self.heard.texts += [repr(value), str(value)]
        self.canaries.add("a session", getattr(value, "session", None))
        return value

    def refused(self, verb: Callable[[], Any], *kinds: type[Exception]) -> None:
        """Do what must be refused, and note what is said to that."""
        with pytest.raises(kinds or ServiceException) as caught:
            verb()
        self.heard.note(caught.value)

    def sent(self, *, messages: int) -> str:
        """Return the code of the newest message, which has to have come since so many were there."""
        assert len(self.local.inbox.messages(NAME)) == messages + 1
        code = self.local.inbox.latest(NAME).code
        assert code is not None
        self.canaries.add("a code", code)
        return code

    def messages(self) -> int:
        """Return how many messages there are."""
        return len(self.local.inbox.messages(NAME))

    def code_of_app(self, secret: str) -> str:
        """Return what an authenticator shows now; a step has passed since it was last asked."""
        self.wait(minutes=1)
        self.canaries.add("a seed", secret)
        code = pyotp.TOTP(secret).at(int(self.now))
        self.canaries.add("a code", code)
        return code

    # ---- tokens ----

    def elsewhere(self) -> UserPool:
        """Return a pool object that knows nothing of the others: those of one object share what they renew."""
        return self.local.client(storage={}, credentials=KEY)

    def hold(self, tokens: Tokens, device_key: str | None) -> Held:
        """Keep tokens, to look later whether they are as good as they should be."""
        self.canaries.add("a token", tokens.access_token, tokens.id_token, tokens.refresh_token)
        held = Held(tokens, device_key)
        self.sessions.append(held)
        return held

    def use(self, held: Held, verb: Callable[[User], Any]) -> Any:
        """Do something with tokens, and keep those that came of it."""
        user = self.elsewhere().user_from_tokens(held.tokens)
        try:
            return verb(user)
        finally:
            after = user.tokens if user.is_signed_in else held.tokens
            self.canaries.add("a token", after.access_token, after.id_token, after.refresh_token)
            if after.refresh_token != held.tokens.refresh_token:
                assert self.kind.rotates
                held.replaced.append(held.tokens)
            held.tokens = after

    def check(self, held: Held) -> None:
        """Hold tokens against the model: both kinds are good, or neither is."""
        if held.alive:
            assert self.use(held, lambda user: user.attributes())["sub"] == held.tokens.sub
        else:
            self.refused(lambda: self.elsewhere().user_from_tokens(held.tokens).attributes())
            self.refused(lambda: self.elsewhere().user_from_tokens(held.tokens).refresh())

    def end(self, sessions: list[Held]) -> None:
        """Expect these sessions to be over, and look at once."""
        for held in [one for one in sessions if one.alive]:
            held.alive = False
            self.check(held)

    def held(self, which: int, *, alive: bool = True) -> Held:
        """Return one of the sign-ins that are still good, or of all."""
        there = [held for held in self.sessions if held.alive or not alive]
        return there[which % len(there)]

    # ---- signing in ----

    def begin(self, pool: UserPool, flow: str, *, password: str, device: KnownDevice | None) -> Any:
        """Begin a sign-in, and give the first factor."""
        if flow == "ADMIN_USER_PASSWORD_AUTH":
            return pool.admin_sign_in(NAME, password, device=device)
        if flow == "USER_AUTH":
            step = self.show(pool.sign_in(NAME, flow="USER_AUTH", device=device))
            assert isinstance(step, FirstFactorChoice)
            return pool.answer(self.show(step.password(password)))
        if flow == "CUSTOM_AUTH":
            step = self.show(pool.sign_in(NAME, flow="CUSTOM_AUTH", device=device))
            assert isinstance(step, CustomChallenge)
            # Nobody, too, may know the word; it must not let them in.
            is_right = self.account is None or password == self.account.password
            word = "the word of the triggers" if is_right else "another word"
            return pool.answer(self.show(step.answer(word)))
        return pool.sign_in(NAME, password, flow=flow, device=device)

    def sign_in(self, flow: str, device: KnownDevice | None, *, choice: int, slips: bool) -> None:
        """Sign in as who knows the password, or be refused as the model says."""
        password = self.account.password if self.account is not None else self.new_password()
        pool = self.elsewhere()
        refusal = self.turned_away(password)
        if refusal is not None:
            self.refused(lambda: self.begin(pool, flow, password=password, device=device), refusal)
            assert pool.current_user() is None
            self.wait(minutes=16)
            return
        step = self.begin(pool, flow, password=password, device=device)
        is_custom = flow == "CUSTOM_AUTH"
        self.go_through(pool, step, device=device, choice=choice, slips=slips, is_custom=is_custom)

    def turned_away(self, password: str) -> type[Exception] | None:
        """Return with what the first factor must be refused."""
        account = self.account
        if account is None or not account.enabled or password != account.password:
            return NotAuthorizedException
        if account.status == "UNCONFIRMED":
            return UserNotConfirmedException
        return NotAuthorizedException if account.status == "RESET_REQUIRED" else None

    def go_through(
        self,
        pool: UserPool,
        step: Any,
        *,
        device: KnownDevice | None,
        choice: int,
        slips: bool,
        is_custom: bool = False,
    ) -> Held:
        """Answer what must be asked for after the first factor, and nothing else; return the tokens."""
        account = self.living
        if account.status == "FORCE_CHANGE_PASSWORD":
            assert isinstance(self.show(step), NewPasswordRequired)
            account.password = self.new_password()
            step = pool.answer(self.show(step.password(account.password)))
            account.status = "CONFIRMED"
        known = account.devices.get(device.key) if device is not None else None
        replaced = known is not None and known.remembered and self.kind.device_replaces_code
        wanted = [] if is_custom or replaced else self.wanted()
        if len(wanted) > 1:
            assert isinstance(self.show(step), MfaChoiceRequired)
            assert set(step.choices) == set(wanted)
            wanted = [wanted[choice % len(wanted)]]
            step = pool.answer(self.show(step.choose(wanted[0])))
        if wanted == ["MFA_SETUP"]:
            step = self.set_up_app(pool, step, slips=slips)
        elif wanted:
            step = self.give_code(pool, step, wanted[0], slips=slips)
        return self.let_in(step, known)

    def give_code(self, pool: UserPool, step: Any, factor: str, *, slips: bool) -> Any:
        """Give the code of a second factor; slipping, another one before, and the same again after it."""
        account = self.living
        assert not isinstance(self.show(step), SignedIn)
        assert factor == step.NAME
        is_app = factor == "SOFTWARE_TOKEN_MFA"
        code = self.code_of_app(account.secret or "") if is_app else self.local.inbox.latest(NAME).code or ""
        self.canaries.add("a code", code)
        if slips:
            self.refused(lambda: pool.answer(step.code(another(code))), CodeMismatchException)
        done = pool.answer(self.show(step.code(code)))
        account.email_verified |= factor == "EMAIL_OTP"
        account.phone_verified |= factor == "SMS_MFA"
        if slips:
            self.refused(lambda: pool.answer(step.code(code)))
            if is_app:
                self.show_code_again(code)
            self.wait(minutes=16)
        return done

    def show_code_again(self, code: str) -> None:
        """Show a code of an authenticator at another sign-in, while the authenticator still shows it."""
        pool = self.elsewhere()
        step = pool.sign_in(NAME, self.living.password, flow="USER_PASSWORD_AUTH")
        if isinstance(step, MfaChoiceRequired):
            step = pool.answer(step.choose("SOFTWARE_TOKEN_MFA"))
        assert isinstance(step, TotpRequired)
        self.refused(lambda: pool.answer(step.code(code)), ExpiredCodeException)

    def set_up_app(self, pool: UserPool, step: Any, *, slips: bool) -> Any:
        """Set an authenticator up in the middle of a sign-in."""
        assert isinstance(self.show(step), MfaSetupRequired)
        step = self.show(pool.answer(step.totp()))
        assert isinstance(step, TotpSetupRequired)
        code = self.code_of_app(step.secret)
        if slips:
            self.refused(lambda: pool.answer(step.code(another(code))), EnableSoftwareTokenMFAException)
        done = pool.answer(self.show(step.code(code)))
        self.living.secret = step.secret
        self.living.factors.add("SOFTWARE_TOKEN_MFA")
        return done

    def let_in(self, step: Any, known: Device | None) -> Held:
        """Look at the end of a sign-in: whose tokens they are, and on which device."""
        assert isinstance(self.show(step), SignedIn)
        assert step.user.username == NAME
        assert step.device_error is None
        if not self.kind.tracks_devices:
            assert step.device is None
        elif known is not None:
            assert (step.device, step.new_device) == (known.known, None)
        else:
            assert step.device is not None
            assert step.new_device is not None
            self.canaries.add("the secret of a device", step.device.password)
            remembered = self.kind.devices in {"always", "counted"}
            self.living.devices[step.device.key] = Device(step.device, remembered)
        return self.hold(step.user.tokens, step.device.key if step.device else None)

    # ---- the account ----

    @property
    def living(self) -> Account:
        """The account, which is there."""
        assert self.account is not None
        return self.account

    def is_well(self) -> bool:
        """Whether nothing keeps the person out."""
        return self.living.enabled and self.living.status == "CONFIRMED"

    def wanted(self) -> list[str]:
        """Return what must be asked for after a password that was proved elsewhere than on a remembered device."""
        return self.living.second_factor(self.kind)

    def devices(self) -> list[KnownDevice]:
        """Return the person's devices, and the last of those that the pool has forgotten."""
        own = self.account.devices.values() if self.account is not None else ()
        return [*(device.known for device in own), *self.lost_devices[-2:]]

    def keep_code(self, purpose: str, text: str, *, hours: float, value: str = "") -> None:
        """Keep a code that was sent; the one before is used up by that."""
        self.drop_code(purpose)
        self.living.codes[purpose] = Code(text, self.now + hours * 3_600, value)

    def drop_code(self, purpose: str) -> None:
        """Expect a code to be worth nothing any more."""
        code = self.living.codes.pop(purpose, None)
        if code is not None:
            self.used_codes.append((purpose, code.text))


def another(code: str) -> str:
    """Return a code of the same length that is another one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"
