"""Passwords, codes, tokens, sessions, seeds and keys are told to nobody: no log, no error, no value shows one.

One long story is told over HTTP, with all that can go wrong in it. Whatever goes over the line under the name of a
secret is a canary, and so is what the two sides hold. Then everything is looked through: all logs of all libraries at
their most talkative, all errors with their causes, everything that can be reached from either side and says what it
is, and the bytes of the database.

Sources: owasp:ASVS 5.0 (16.2.5: logging of credentials; 11.4, 14.2: data at rest).
"""

from __future__ import annotations

import json
from base64 import b32decode, b64decode
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pyotp
import pytest
from canaries import Canaries, Overheard, overhearing

from userpool import (
    AwsCredentials,
    CookieStorage,
    FileStorage,
    ServiceException,
    SignedIn,
    UserPool,
    UserPoolError,
    load_step,
)
from userpool.testing import FixedEffects, LocalPool, ScriptedPrompter
from userpool.transport import HttpReply, HttpRequest
from userpool.transport.http import HttpTransport
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType
from userpool.wire.passwords import AdminSetUserPassword, AdminSetUserPasswordRequest
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest
from userpool.wire.user_pools import CreateUserPoolRequest, DeviceConfigurationType

NOON = 1_767_268_800
PASSWORD, SECOND, TEMPORARY = "Canary-One-Sings-1!", "Canary-Two-Sings-2!", "Canary-Three-Sings-3!"
KEY = AwsCredentials("AKIDEXAMPLE", "canary/secret/access/key", "canary//session//token")
WORD = "the canary's word"
WRONG_CODE = "000000"

# Members of requests and replies that are secrets, by their names on the wire.
SECRET_MEMBERS = {
    "AccessToken", "ClientSecret", "ConfirmationCode", "IdToken", "NEW_PASSWORD", "PASSWORD", "Password",
    "PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "PasswordVerifier", "PreviousPassword",
    "ProposedPassword", "REFRESH_TOKEN", "RefreshToken", "SECRET_BLOCK", "SECRET_HASH", "SecretCode", "SecretHash",
    "SecretKey", "Session", "SessionToken", "SMS_MFA_CODE", "SOFTWARE_TOKEN_MFA_CODE", "Token", "UserCode",
}  # fmt: skip


class Tapped:
    """Carries requests over HTTP; what is a secret on the line becomes a canary."""

    def __init__(self, canaries: Canaries) -> None:
        self.inner, self.canaries = HttpTransport(), canaries

    def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        self.tap(json.loads(request.body))
        reply = self.inner.send(request, timeout=timeout)
        self.tap(json.loads(reply.body or b"null"))
        return reply

    def tap(self, told: Any) -> None:
        """Note the secrets in a request or a reply."""
        for name, value in told.items() if isinstance(told, dict) else ():
            if isinstance(value, str) and name in SECRET_MEMBERS and value != WRONG_CODE:
                self.canaries.add(name, value)
            self.tap(value)

    def close(self) -> None:
        self.inner.close()


class Story:
    """What was done, and all that came of it."""

    def __init__(self, local: LocalPool, canaries: Canaries, heard: Overheard, folder: Path) -> None:
        self.local, self.canaries, self.heard = local, canaries, heard
        self.folder = folder
        self.kept: list[Any] = [local, KEY]
        self.pools: list[UserPool] = []

    def client(self, **options: Any) -> UserPool:
        """Return a pool object over HTTP, whose line is tapped."""
        options = {"client_secret": self.local.client_secret, "credentials": KEY, **options}
        pool = UserPool(
            self.local.user_pool_id,
            self.local.client_id,
            endpoint=self.local.endpoint,
            transport=Tapped(self.canaries),
            on_event=self.keep,
            effects=self.local._effects,  # noqa: SLF001 - the same clock
            **options,
        )
        self.pools.append(self.keep(pool))
        return pool

    def keep(self, value: Any) -> Any:
        """Keep a value, to ask later what it shows."""
        self.kept.append(value)
        return value

    def code(self) -> str:
        """Return the code that was sent last."""
        message = self.keep(self.local.inbox.latest("alice"))
        self.canaries.add("a code", message.code)
        return str(message.code)

    def refused(self, verb: Callable[[], Any]) -> None:
        """Do what is refused, and note all that is told of it."""
        with pytest.raises(UserPoolError) as caught:
            verb()
        self.heard.note(self.keep(caught.value))

    def app_shows(self, secret: str) -> str:
        """Return what an authenticator shows a minute later."""
        self.local.advance(minutes=1)
        return pyotp.TOTP(secret).at(int(self.local._effects.now()))  # noqa: SLF001 - the app has the same clock


def ask(event: dict[str, Any]) -> dict[str, Any]:
    """Ask for a word, as all three triggers of a custom sign-in."""
    request = event["request"]
    results = request.get("session") or []
    match event["triggerSource"]:
        case "DefineAuthChallenge_Authentication":
            is_right = bool(results) and results[-1]["challengeResult"]
            event["response"] = {
                "issueTokens": is_right,
                "failAuthentication": False,
                "challengeName": "CUSTOM_CHALLENGE",
            }
        case "CreateAuthChallenge_Authentication":
            event["response"] = {
                "publicChallengeParameters": {"hint": "canary"},
                "privateChallengeParameters": {"answer": WORD},
            }
        case _:
            right = request["privateChallengeParameters"]["answer"]
            event["response"] = {"answerCorrect": request["challengeAnswer"] == right}
    return event


def no_robots(event: dict[str, Any]) -> dict[str, Any]:
    """Refuse whoever is called Robot, by an error of Python."""
    if event["userName"] == "robot":
        raise ZeroDivisionError("robots divide by zero")
    return event


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The whole story, told once."""
    folder = tmp_path_factory.mktemp("secrets")
    pool = CreateUserPoolRequest(
        pool_name="secrets",
        auto_verified_attributes=["email"],
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=False),
    )
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="secrets",
        generate_secret=True,
        explicit_auth_flows=[
            "ALLOW_USER_SRP_AUTH",
            "ALLOW_USER_PASSWORD_AUTH",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "ALLOW_CUSTOM_AUTH",
            "ALLOW_USER_AUTH",
            "ALLOW_REFRESH_TOKEN_AUTH",
        ],
    )
    mfa = SetUserPoolMfaConfigRequest(
        user_pool_id="",
        mfa_configuration="OPTIONAL",
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    )
    asking = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
    canaries = Canaries()
    with (
        overhearing() as heard,
        LocalPool(
            pool=pool,
            app_client=client,
            mfa=mfa,
            triggers={**dict.fromkeys(asking, ask), "PreSignUp": no_robots},
            database_url=f"sqlite:///{folder / 'pool.db'}",
            effects=FixedEffects(now=NOON),
        ) as local,
    ):
        told = Story(local, canaries, heard, folder)
        canaries.add("a password", PASSWORD, SECOND, TEMPORARY)
        canaries.add("a key of AWS", KEY.secret_access_key, KEY.session_token)
        canaries.add("what triggers ask for", WORD, "another word of a canary")
        canaries.add("the secret of a client", local.client_secret)
        for chapter in (
            joining,
            signing_in,
            second_factors,
            own_account,
            administrators,
            mistakes,
            identities,
        ):
            chapter(told)
        yield told
        for opened in told.pools:
            opened.close()


# ---- the story ----


def joining(story: Story) -> None:
    pool = story.client()
    story.refused(lambda: pool.sign_up("robot", PASSWORD))
    joined = story.keep(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    story.keep(pool.resend_confirmation_code("alice"))
    story.refused(lambda: pool.confirm_sign_up("alice", WRONG_CODE, session=joined.session))
    confirmed = story.keep(pool.confirm_sign_up("alice", story.code(), session=joined.session))
    story.keep(story.client(remember_devices=False).sign_in("alice", session=confirmed.session))


def signing_in(story: Story) -> None:
    pool = story.client(storage=story.keep(FileStorage(story.folder / "tokens.json")))
    for flow in ("USER_SRP_AUTH", "USER_PASSWORD_AUTH"):
        step = story.keep(pool.sign_in("alice", PASSWORD, flow=flow, device_name="the canary's cage"))
        assert isinstance(step, SignedIn)
        story.refused(lambda flow=flow: pool.sign_in("alice", SECOND, flow=flow))
    assert step.device is not None
    story.canaries.add("the secret of a device", step.device.password)
    choice = story.keep(pool.sign_in("alice", flow="USER_AUTH"))
    story.keep(pool.answer(story.keep(choice.password(PASSWORD))))
    question = story.keep(pool.sign_in("alice", flow="CUSTOM_AUTH"))
    question = story.keep(pool.answer(story.keep(question.answer("another word of a canary"))))
    done = story.keep(pool.finish(question, story.keep(ScriptedPrompter(WORD))))
    story.keep(done.user.refresh())
    user = story.keep(pool.current_user())
    story.keep(user.sign_out())
    story.refused(user.refresh)
    cookies = story.keep(CookieStorage("", sealing_keys=[b"the canary's key for its cookies"[:32]]))
    story.keep(story.client(storage=cookies).sign_in("alice", PASSWORD))


def second_factors(story: Story) -> None:
    pool = story.client(remember_devices=False)
    user = pool.sign_in("alice", PASSWORD).user
    setup = story.keep(user.begin_totp_setup())
    story.canaries.add("the address of an authenticator", setup.uri(issuer="Kites"))
    story.refused(lambda: user.verify_totp(WRONG_CODE))
    user.verify_totp(story.app_shows(setup.secret))
    user.set_mfa_preference(totp="preferred")
    step = story.keep(pool.sign_in("alice", PASSWORD))
    story.canaries.add("a dump", step.dump())
    step = story.keep(load_step(step.dump()))
    code = story.app_shows(setup.secret)
    story.refused(lambda: pool.answer(story.keep(step.code(WRONG_CODE))))
    done = story.keep(pool.answer(story.keep(step.code(code))))
    story.refused(lambda: pool.answer(step.code(code)))
    story.local.advance(minutes=16)
    done.user.set_mfa_preference(totp="disabled")


def own_account(story: Story) -> None:
    pool = story.client()
    user = story.keep(pool.sign_in("alice", PASSWORD)).user
    story.keep(user.update_attributes({"email": "alice@example.org"}))
    story.refused(lambda: user.verify_attribute("email", WRONG_CODE))
    story.keep(user.verify_attribute("email", story.code()))
    story.keep(user.profile())
    story.refused(lambda: user.change_password(TEMPORARY, SECOND))
    user.change_password(PASSWORD, SECOND)
    story.keep(pool.forgot_password("alice"))
    story.refused(lambda: pool.confirm_forgot_password("alice", WRONG_CODE, PASSWORD))
    pool.confirm_forgot_password("alice", story.code(), PASSWORD)
    story.keep(user.device())
    story.keep(list(user.all_devices()))
    story.keep(user.global_sign_out())


def administrators(story: Story) -> None:
    pool = story.client()
    request = AdminSetUserPasswordRequest(
        user_pool_id=story.local.user_pool_id, username="alice", password=TEMPORARY
    )
    story.local.call(AdminSetUserPassword, story.keep(request))
    step = story.keep(pool.admin_sign_in("alice", TEMPORARY))
    done = story.keep(pool.answer(story.keep(step.password(PASSWORD))))
    story.keep(pool.admin_refresh(done.user.tokens))
    story.refused(lambda: pool.admin_sign_in("alice", SECOND))


def mistakes(story: Story) -> None:
    """What is refused for its form, so that what is refused might be told."""
    pool, secrets = story.client(), story.canaries
    spaced, weak, long = "canary with spaces 1!A", "canaryweak", "canary" * 60
    secrets.add("a password that is none", spaced, weak, long)
    for password in (spaced, weak, long):
        story.refused(lambda password=password: pool.sign_up("bob", password))
        story.refused(lambda password=password: pool.sign_in("alice", password, flow="USER_PASSWORD_AUTH"))
        story.refused(lambda password=password: pool.confirm_forgot_password("alice", WRONG_CODE, password))
    story.local.advance(minutes=16)
    step = story.keep(pool.sign_in("alice", flow="CUSTOM_AUTH"))
    for session in ("canary-session-of-nobody", "AYABe" + "canary" * 8, "canary" * 900):
        secrets.add("a session that is none", session)
        broken = msgspec.structs.replace(step, session=session)
        story.refused(lambda broken=broken: pool.answer(broken.answer(WORD)))
    user = pool.sign_in("alice", PASSWORD).user
    for token in ("canary.of.nobody", user.tokens.access_token[:-9] + "canary-no", "canary " * 3):
        secrets.add("a token that is none", token)
        broken_tokens = msgspec.structs.replace(user.tokens, access_token=token, refresh_token=token)
        taken = story.keep(pool.user_from_tokens(broken_tokens, username="alice"))
        story.refused(taken.attributes)
        story.refused(taken.refresh)
        with suppress(UserPoolError):
            story.keep(story.local.verifier().verify(token))
    for code in ("canary-code", "1234567890123"):
        secrets.add("a code that is none", code)
        story.refused(lambda code=code: pool.confirm_sign_up("alice", code))
        story.refused(lambda code=code: user.verify_totp(code))
    story.refused(lambda: story.client(client_secret="canary" * 7).sign_in("alice", PASSWORD))
    secrets.add("a client's secret that is none", "canary" * 7)


def identities(story: Story) -> None:
    user = story.client().sign_in("alice", PASSWORD).user
    pool = story.keep(story.local.identity_pool())
    for given in (story.keep(pool.credentials(user)), story.keep(pool.credentials())):
        story.canaries.add("a key of AWS", given.secret_access_key, given.session_token)
    story.keep(story.local.verifier().verify(user.tokens.access_token))


# ---- what it must not have told ----


def reachable(roots: list[Any]) -> Iterator[Any]:
    """Yield all objects of ours that can be reached from these, each once."""
    waiting, seen = [*roots], {0}
    while waiting:
        value = waiting.pop()
        if id(value) in seen or isinstance(value, str | bytes | int | float | type | None):
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list | tuple | set | frozenset):
            waiting += value
        if type(value).__module__.startswith("userpool"):
            yield value
            names = [
                *getattr(value, "__dict__", {}),
                *getattr(value, "__struct_fields__", ()),
                *(name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())),
            ]
            waiting += [getattr(value, name, None) for name in names]


def test_there_is_something_to_be_told(story: Story) -> None:
    names = set(story.canaries.names.values())

    assert {"a password", "a code", "RefreshToken", "Session", "SecretCode", "PasswordVerifier"} <= names
    assert {"SECRET_HASH", "PASSWORD_CLAIM_SIGNATURE", "the secret of a client", "a key of AWS"} <= names
    assert len(story.canaries.names) > 100
    assert len(story.heard.texts) > 500


def test_no_log_and_no_error_tells_a_secret(story: Story) -> None:
    story.canaries.check(story.heard.texts, "logs and errors")


def test_nothing_that_can_be_reached_shows_a_secret(story: Story) -> None:
    found = [*reachable(story.kept)]
    kinds = {type(value).__name__ for value in found}
    telling = {
        type(value).__name__: sorted(names)
        for value in found
        for names in [story.canaries.heard_in(f"{value!r}\n{value}")]
        if names
    }

    assert kinds >= {
        "UserPool",
        "User",
        "Tokens",
        "Answer",
        "TotpSetup",
        "SignedIn",
        "LocalPool",
        "Sealer",
        "Message",
    }
    assert len(kinds) > 60
    assert telling == {}


def test_no_secret_lies_readable_in_the_database(story: Story) -> None:
    data = b"".join(path.read_bytes() for path in story.folder.glob("pool.db*") if path.suffix != ".key")
    names = story.canaries.names
    raw = [b32decode(secret + "====") for secret, name in names.items() if name == "SecretCode"]
    raw += [b64decode(secret) for secret, name in names.items() if name == "PasswordVerifier"]

    assert b"alice@example.org" in data
    assert story.canaries.held_by(data) == set()
    assert [len(secret) for secret in raw if secret.lstrip(b"\0") in data] == []
    assert not any(message.text.encode() in data for message in story.local.inbox.messages())


def test_a_refusal_of_the_service_says_no_more_when_it_is_shown(story: Story) -> None:
    refusals = [error for error in story.kept if isinstance(error, ServiceException)]
    shown = [f"{error!r} {error} {vars(error)}" for error in refusals]

    assert len(refusals) > 30
    story.canaries.check(shown, "refusals and all that they carry")
