"""What a type checker sees of the SDK: answers fit their steps, and the two halves do not mix."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PROGRAM = """
from datetime import datetime
from typing import assert_never, assert_type

from userpool import (
    Answer, AsyncUser, AsyncUserPool, Challenge, CustomChallenge, DeviceRequired, EmailCodeRequired, FirstFactorChoice,
    MfaChoiceRequired, MfaSetupRequired, NewPasswordRequired, PasskeyRequired, PasswordRequired, Profile, Prompter,
    SignedIn, SmsCodeRequired, SmsOtpRequired, Step, TotpRequired, TotpSetupRequired, Tokens, UnknownChallenge, User,
    UserPool, UserPoolError,
)


def signing_in(pool: UserPool) -> User:
    step = pool.sign_in("alice", "pw")
    assert_type(step, Step[User])
    while not isinstance(step, SignedIn):
        match step:
            case SmsCodeRequired(destination=to) | EmailCodeRequired(destination=to):
                assert_type(to, str | None)
                step = pool.answer(step.code("1"))
            case TotpRequired():
                step = pool.answer(step.code("1"))
            case NewPasswordRequired(required_attributes=names):
                step = pool.answer(step.password("new", {name: "x" for name in names}))
            case _:
                raise NotImplementedError(step)
    assert_type(step.user, User)
    assert_type(step.user.tokens, Tokens)
    return step.user


async def the_same_with_await(pool: AsyncUserPool) -> AsyncUser:
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    while not isinstance(step, SignedIn):
        assert isinstance(step, TotpRequired)
        step = await pool.answer(step.code("1"))
    assert_type(await step.user.attributes(), dict[str, str])
    return step.user


def own_account(user: User) -> None:
    assert_type(user.update_attributes({"name": "Al"}).pending["email"].destination, str | None)
    assert_type(user.cached_profile() or user.profile(), Profile)
    assert_type([device.last_authenticated for device in user.all_devices()], list[datetime | None])
    assert_type(user.begin_totp_setup().qr_png(issuer="Kites"), bytes)
    assert_type(user.global_sign_out().error, UserPoolError | None)
    user.set_mfa_preference(totp="preferred", sms="disabled")


async def own_account_with_await(user: AsyncUser) -> None:
    assert_type([device.key async for device in user.all_devices()], list[str])
    assert_type(user.cached_profile(), Profile | None)
    assert_type((await user.mfa_preference()).preferred, str | None)


def asked_by_a_prompter(pool: UserPool, prompter: Prompter) -> User:
    return pool.sign_in("alice", "pw", prompter=prompter).user


def setting_an_app_up(pool: UserPool, step: MfaSetupRequired) -> Step[User]:
    shown = pool.answer(step.totp())
    assert isinstance(shown, TotpSetupRequired)
    assert_type(shown.uri(issuer="Shop"), str)
    return pool.answer(shown.code("123456", "phone"))


def every_challenge(step: Challenge) -> None:
    match step:
        case SmsCodeRequired() | SmsOtpRequired() | EmailCodeRequired() | TotpRequired() | TotpSetupRequired():
            assert_type(step.code("1"), Answer)
        case MfaChoiceRequired() | FirstFactorChoice():
            assert_type(step.choose("SMS_MFA"), Answer)
        case NewPasswordRequired() | PasswordRequired():
            assert_type(step.password("pw"), Answer)
        case CustomChallenge() | UnknownChallenge() | MfaSetupRequired() | PasskeyRequired() | DeviceRequired():
            pass
        case _:
            assert_never(step)


def one_is_forgotten(step: SmsCodeRequired | TotpRequired) -> None:
    match step:
        case SmsCodeRequired():
            pass
        case _:
            assert_never(step)  # wrong: TotpRequired


def wrong(pool: UserPool, totp: TotpRequired, new: NewPasswordRequired, setup: MfaSetupRequired) -> None:
    pool.answer(totp.password("pw"))  # wrong: no attribute "password"
    pool.answer(new.code("1"))  # wrong: no attribute "code"
    pool.answer(setup.code("1"))  # wrong: no attribute "code"
    pool.answer(totp)  # wrong: Argument 1
    pool.answer("123456")  # wrong: Argument 1
    pool.attributes()  # wrong: no attribute "attributes"
    pool.sign_in("alice", "pw").user  # wrong: no attribute "user"
    pool.sign_in("alice", "pw", flow="ADMIN_NO_SRP_AUTH")  # wrong: No overload variant of "sign_in"
    totp.session = "another"  # wrong: read-only


def wrong_for_an_account(user: User) -> None:
    user.set_mfa_preference(totp="ENABLED")  # wrong: Argument "totp"
    user.set_mfa_preference(passkey="preferred")  # wrong: Argument "passkey"
    user.delete_attributes([7])  # wrong: List item 0
"""


def test_wrong_pairings_do_not_type_check(tmp_path: Path) -> None:
    source = tmp_path / "program.py"
    source.write_text(PROGRAM)
    expected = {
        number: line.split("# wrong: ")[1]
        for number, line in enumerate(PROGRAM.splitlines(), start=1)
        if "# wrong: " in line
    }

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(source)],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        text=True,
    )

    found = {int(number): text for number, text in re.findall(r"program\.py:(\d+): error: (.*)", done.stdout)}
    assert found.keys() == expected.keys(), done.stdout + done.stderr
    missed = {number: found[number] for number, text in expected.items() if text not in found[number]}
    assert missed == {}
