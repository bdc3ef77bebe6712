"""What amazon-cognito-identity-js does, or once did, and we do not.

Each line names such a behaviour; below it stands the test that would fail if it were ours. Where the test is in this
module, no other module had one.

Seen when the library was run:

An unknown challenge is written over the stored tokens.
    test_pool.py: test_what_is_stored_stays_until_there_are_tokens
    test_pool.py: test_what_is_new_to_us_is_a_step_and_no_crash
A renewal takes over the name of whoever signed in last, and stores the tokens of one person as another's.
    test_line.py: test_a_renewal_never_becomes_somebody_else_s
A renewal that is refused is asked for again, six times in six and a half seconds.
    conversations/test_do_not_copy.py: test_a_renewal_that_is_refused_is_asked_for_once
    transport/test_retries.py: test_what_would_only_fail_again_is_not_repeated
Whoever asks at the same time renews at the same time.
    test_sessions.py: test_threads_that_find_tokens_expired_renew_them_once
    test_sessions.py: test_tasks_that_find_tokens_expired_renew_them_once
    test_sessions_across_processes.py: test_processes_that_find_tokens_expired_renew_them_once
Verbs refuse an expired access token, although it could be renewed.
    test_line.py: test_tokens_are_renewed_before_and_after_they_expire
    conversations/test_do_not_copy.py: test_an_expired_access_token_refuses_no_verb
A device proves itself with the session of the code that came before.
    flows/test_devices.py: test_after_a_code_the_proof_goes_with_the_session_of_its_own_challenge
A new device is not confirmed where a second factor was set up at the sign-in.
    flows/test_devices.py: test_a_new_device_is_confirmed_on_every_path
    conversations/test_remembered_device.py: test_a_remembered_device_stands_in_for_the_code_in_every_flow
A code of an authenticator is sent as a code by SMS, too.
    test_steps.py: test_a_code_answers_its_own_challenge_and_nothing_else
Choosing a code by e-mail as second factor calls nobody back.
    conversations/test_do_not_copy.py: test_every_choice_of_a_second_factor_is_answered
An error does not tell the status.
    transport/test_exchange.py: test_a_refusal_keeps_the_service_s_words_and_the_status
What a callback raises comes back to it as a failed sign-in.
    test_events.py: test_a_listener_that_fails_is_logged_and_stops_nothing
    conversations/test_do_not_copy.py: test_what_a_listener_raises_is_no_failed_sign_in
A user does not use the storage of the pool.
    conversations/test_do_not_copy.py: test_a_user_uses_the_storage_of_the_pool_for_everything
An empty context travels along.
    flows/test_app_client.py: test_what_is_empty_does_not_travel
Cookies are kept in browsers only.
    conversations/test_web_session.py: test_a_session_lives_in_cookies

Said by its list of changes to have been wrong once:

Numbers below zero, and numbers that need a leading zero, were written wrongly.
    crypto/test_group.py: test_numbers_are_written_as_java_writes_them
    crypto/test_group.py: test_a_negative_number_is_refused
Random numbers could be guessed.
    test_effects.py: test_the_machine_never_draws_the_same_bytes_twice
    test_pool.py: test_no_two_sign_ins_use_the_same_number
User data were kept under the name that was typed, and not found under the one the service uses.
    conversations/test_do_not_copy.py: test_a_profile_is_kept_under_the_pool_s_own_name_for_somebody
The refresh token was lost when a renewal brought none.
    recorded/test_signed_in.py: test_a_refresh_token_stays_when_no_new_one_comes
The proof of a device went without its session.
    flows/test_devices.py: test_a_device_proves_itself_without_anybody_being_asked
The id of a pool could take for ever to be read.
    conversations/test_do_not_copy.py: test_no_pool_id_takes_long_to_be_refused
A storage without an entry was taken for one with an empty session.
    conversations/test_do_not_copy.py: test_nobody_is_signed_in_by_what_a_storage_does_not_hold
Tokens were renewed right after the sign-in.
    conversations/test_do_not_copy.py: test_nothing_is_renewed_right_after_a_sign_in
Claims stayed old after attributes had been changed or deleted.
    test_attribute_verbs.py: test_claims_are_renewed_after_an_update_for_whoever_asks_for_it
    test_attribute_verbs.py: test_every_change_can_renew_the_claims
Answers could be kept on the way.
    transport/test_exchange.py: test_nobody_on_the_way_may_keep_an_answer_or_pack_it
A renewal that met passing trouble was given up.
    conversations/test_do_not_copy.py: test_a_renewal_that_meets_passing_trouble_is_asked_for_again
The drift of the clock stayed behind after a sign-out.
    conversations/test_do_not_copy.py: test_a_sign_out_leaves_no_drift_of_the_clock_behind
A sign-up did not tell where the code went.
    flows/test_sign_up.py: test_sign_up_tells_where_the_code_went
    conversations/test_one_person.py: test_a_person_lives_the_whole_life_of_an_account
The choice of a second factor went without what the service needs to take it.
    conversations/test_do_not_copy.py: test_every_choice_of_a_second_factor_is_answered
A device that is not a browser had no name.
    conversations/test_do_not_copy.py: test_a_device_is_known_by_the_name_it_is_given
One of the numbers of the proof was hashed without its leading zero.
    crypto/test_srp.py: test_the_client_agrees_with_the_javascript_sdk
    crypto/test_srp.py: test_random_sign_ins_agree_with_the_formulas

Sources: js-sdk:CognitoUser, js-sdk:Client, js-sdk:CookieStorage and its CHANGELOG.
"""

from __future__ import annotations

import ast
import json
import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyotp
import pytest

from userpool import (
    EmailCodeRequired,
    MfaChoiceRequired,
    NotAuthorizedException,
    RetryPolicy,
    SettingsError,
    SignedIn,
    SmsCodeRequired,
    TotpRequired,
    TransportError,
    UserPool,
)
from userpool.testing import LocalPool
from userpool.transport import HttpReply, HttpRequest
from userpool.transport.http import HttpTransport
from userpool.wire.mfa import (
    EmailMfaConfigTypeInput,
    SetUserPoolMfaConfigRequest,
    SmsMfaConfigTypeInput,
    SoftwareTokenMfaConfigType,
)
from userpool.wire.shapes import AttributeTypeInput, SmsConfigurationType
from userpool.wire.user_pools import (
    CreateUserPoolRequest,
    DeviceConfigurationType,
    EmailConfigurationTypeInput,
)
from userpool.wire.users import AdminUpdateUserAttributes, AdminUpdateUserAttributesRequest

PASSWORD = "Correct-Horse-7-Staple"
TESTS = Path(__file__).parents[1]


class Watched:
    """Carries requests over HTTP, and notes what they ask for; `trouble` is raised in place of an answer."""

    def __init__(self) -> None:
        self.inner = HttpTransport()
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.trouble: dict[str, list[TransportError]] = {}

    def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        operation = request.headers["X-Amz-Target"].rpartition(".")[2]
        self.asked.append((operation, json.loads(request.body)))
        if self.trouble.get(operation):
            raise self.trouble[operation].pop()
        return self.inner.send(request, timeout=timeout)

    def close(self) -> None:
        self.inner.close()

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.asked]


def has_joined(local: LocalPool, name: str = "alice") -> None:
    """Sign somebody up and confirm them."""
    pool = local.client()
    pool.sign_up(name, PASSWORD, {"email": f"{name}@example.com"})
    pool.confirm_sign_up(name, local.inbox.latest(name).code)


def signed_in(pool: UserPool, name: str = "alice", **options: Any) -> Any:
    """Sign somebody in who is asked for nothing but the password."""
    step = pool.sign_in(name, PASSWORD, **options)
    assert isinstance(step, SignedIn)
    return step.user


@pytest.fixture
def local() -> Iterator[LocalPool]:
    """A pool that Alice has joined, where her address signs her in, too, and devices are remembered."""
    request = CreateUserPoolRequest(
        pool_name="local",
        auto_verified_attributes=["email"],
        alias_attributes=["email"],
        device_configuration=DeviceConfigurationType(device_only_remembered_on_user_prompt=False),
    )
    with LocalPool(pool=request) as opened:
        has_joined(opened)
        yield opened


@pytest.fixture
def watch(local: LocalPool) -> Iterator[Callable[..., tuple[UserPool, Watched]]]:
    """Give a function that makes a pool object, and what notes its requests."""
    made: list[UserPool] = []

    def watched(**options: Any) -> tuple[UserPool, Watched]:
        transport = Watched()
        made.append(
            UserPool(
                local.user_pool_id,
                local.client_id,
                endpoint=local.endpoint,
                transport=transport,
                **{"remember_devices": False, **options},
            )
        )
        return made[-1], transport

    yield watched
    for pool in made:
        pool.close()


# ---- the table ----


def table() -> list[tuple[str, str]]:
    """Return the modules and tests that the docstring names."""
    return re.findall(r"^    (\S+\.py): (test_\w+)$", __doc__ or "", re.MULTILINE)


def test_every_behaviour_has_its_tests_and_they_exist() -> None:
    missing = [
        f"{place}: {name}"
        for place, name in table()
        if name
        not in {
            node.name
            for node in ast.walk(ast.parse((TESTS / place).read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
    ]

    assert missing == []


def test_no_behaviour_stands_without_a_test() -> None:
    sections = [part for part in (__doc__ or "").split("\n\n") if "    " in part]
    lines = [line for section in sections for line in section.splitlines()]
    named = [line for line in lines if not line.startswith("    ")]
    followed = [one for one, following in pairwise(lines) if following.startswith("    ")]

    assert [line for line in named if line not in followed] == []
    assert len(named) == 14 + 16


# ---- seen when the library was run ----


def test_a_renewal_that_is_refused_is_asked_for_once(local: LocalPool, watch: Any) -> None:
    pool, transport = watch(retries=RetryPolicy(attempts=6, first_delay_seconds=0))
    user = signed_in(pool)
    signed_in(local.client()).global_sign_out()
    transport.asked.clear()

    with pytest.raises(NotAuthorizedException):
        user.refresh()

    assert len(transport.operations) == 1


def test_an_expired_access_token_refuses_no_verb(local: LocalPool) -> None:
    user = signed_in(local.client())
    local.advance(hours=2)

    assert not user.is_valid
    assert user.attributes()["email"] == "alice@example.com"
    assert user.is_valid


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("SMS_MFA", SmsCodeRequired),
        ("SOFTWARE_TOKEN_MFA", TotpRequired),
        ("EMAIL_OTP", EmailCodeRequired),
    ],
)
def test_every_choice_of_a_second_factor_is_answered(choice: str, expected: Any) -> None:
    with LocalPool(pool=POOL_WITH_ADDRESS, mfa=EVERY_FACTOR) as local:
        app = has_every_factor(local)
        local.advance(minutes=1)
        pool = local.client(storage={})
        step = pool.sign_in("alice", PASSWORD)
        assert isinstance(step, MfaChoiceRequired)
        assert choice in step.choices
        answer = step.choose(choice)
        assert (answer.challenge, answer.responses) == ("SELECT_MFA_TYPE", {"ANSWER": choice})

        step = pool.answer(answer)

        assert isinstance(step, expected)
        code = app.at(int(local.client()._line.effects.now())) if choice == "SOFTWARE_TOKEN_MFA" else None  # noqa: SLF001
        assert isinstance(pool.answer(step.code(code or local.inbox.latest("alice").code)), SignedIn)


POOL_WITH_ADDRESS = CreateUserPoolRequest(
    pool_name="factors",
    auto_verified_attributes=["email"],
    email_configuration=EmailConfigurationTypeInput(
        email_sending_account="DEVELOPER",
        source_arn="arn:aws:ses:us-east-1:000000000000:identity/example.com",
    ),
)
EVERY_FACTOR = SetUserPoolMfaConfigRequest(
    user_pool_id="",
    mfa_configuration="OPTIONAL",
    software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
    email_mfa_configuration=EmailMfaConfigTypeInput(),
    sms_mfa_configuration=SmsMfaConfigTypeInput(
        sms_configuration=SmsConfigurationType(sns_caller_arn="arn:aws:iam::000000000000:role/sms")
    ),
)


def has_every_factor(local: LocalPool) -> pyotp.TOTP:
    """Let Alice join with all second factors; return her authenticator."""
    has_joined(local)
    phone = AttributeTypeInput(name="phone_number", value="+15555550123")
    request = AdminUpdateUserAttributesRequest(
        user_pool_id=local.user_pool_id, username="alice", user_attributes=[phone]
    )
    local.call(AdminUpdateUserAttributes, request)
    pool = local.client()
    user = signed_in(pool)
    app = pyotp.TOTP(user.begin_totp_setup().secret)
    user.verify_totp(app.at(int(pool._line.effects.now())))  # noqa: SLF001 - the app in her hand has the same clock
    user.set_mfa_preference(sms="enabled", totp="enabled", email="enabled")
    return app


def test_what_a_listener_raises_is_no_failed_sign_in(local: LocalPool) -> None:
    heard = []

    def listen(event: Any) -> None:
        heard.append(type(event).__name__)
        raise TypeError("callback.onSuccess is not a function")

    user = signed_in(local.client(on_event=listen))

    assert heard == ["SignedInEvent"]
    assert user.is_signed_in


def test_a_user_uses_the_storage_of_the_pool_for_everything(local: LocalPool) -> None:
    storage: dict[str, str] = {}
    pool = local.client(storage=storage)

    user = signed_in(pool)
    user.profile()

    kept = {key.rpartition(".")[2] for key in storage}
    assert kept >= {"accessToken", "idToken", "refreshToken", "userData", "deviceKey", "randomPasswordKey"}
    assert local.client().current_user() is None
    user.sign_out()
    assert not any("Token" in key for key in storage)


# ---- said to have been wrong once ----


def test_a_profile_is_kept_under_the_pool_s_own_name_for_somebody(local: LocalPool) -> None:
    storage: dict[str, str] = {}
    user = signed_in(local.client(storage=storage), "alice@example.com")

    asked = user.profile()

    assert [key.split(".", 2)[2] for key in storage if key.endswith("userData")] == ["alice.userData"]
    again = local.client(storage=storage).current_user()
    assert again is not None
    assert again.cached_profile() == asked


@pytest.mark.parametrize("text", ["a-" * 50_000 + "_", "us-east-1_" + "a" * 100_000 + "!", "-" * 100_000])
def test_no_pool_id_takes_long_to_be_refused(text: str) -> None:
    begun = time.process_time()

    with pytest.raises(SettingsError):
        UserPool(text, "7ghr")

    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "stored",
    [{}, {"LastAuthUser": "alice"}, {"LastAuthUser": ""}, {"LastAuthUser": "alice", "alice.accessToken": ""}],
)
def test_nobody_is_signed_in_by_what_a_storage_does_not_hold(stored: dict[str, str]) -> None:
    storage = {f"CognitoIdentityServiceProvider.7ghr.{name}": value for name, value in stored.items()}
    pool = UserPool("us-east-1_aB12cDe34", "7ghr", storage=storage)

    assert pool.current_user() is None
    assert pool.current_user("alice") is None
    assert pool.users() == ()


def test_nothing_is_renewed_right_after_a_sign_in(watch: Any) -> None:
    pool, transport = watch()
    user = signed_in(pool)

    user.attributes()
    user.update_attributes({"nickname": "Al"})
    user.fresh_tokens()

    assert transport.operations == [
        "InitiateAuth",
        "RespondToAuthChallenge",
        "GetUser",
        "UpdateUserAttributes",
    ]


def test_a_renewal_that_meets_passing_trouble_is_asked_for_again(watch: Any) -> None:
    pool, transport = watch(retries=RetryPolicy(first_delay_seconds=0))
    user = signed_in(pool)
    before = user.tokens
    transport.asked.clear()
    transport.trouble["GetTokensFromRefreshToken"] = [TransportError("The connection broke.")]

    user.refresh()

    assert transport.operations == ["GetTokensFromRefreshToken"] * 2
    assert user.tokens.access_token != before.access_token


def test_a_sign_out_leaves_no_drift_of_the_clock_behind(local: LocalPool, watch: Any) -> None:
    storage: dict[str, str] = {}
    local.advance(hours=3)
    pool, _ = watch(storage=storage)
    user = signed_in(pool)
    [drift] = [value for key, value in storage.items() if key.endswith("clockDrift")]
    assert abs(int(drift)) > 10_000

    user.sign_out()

    assert storage == {}


def test_a_device_is_known_by_the_name_it_is_given(local: LocalPool) -> None:
    user = signed_in(local.client(), device_name="Alice's laptop")

    assert user.device().name == "Alice's laptop"
