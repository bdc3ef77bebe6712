"""An invited person's first sign-in: a new password, an app to set up, its first code, and they are in."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest
from stories import EACH_WAY_ONCE, PASSWORD, invite, time_of

from userpool import (
    CodeMismatchException,
    EnableSoftwareTokenMFAException,
    InvalidPasswordException,
    MfaSetupRequired,
    NewPasswordRequired,
    SignedIn,
    TotpRequired,
    TotpSetupRequired,
)
from userpool.prompter import TerminalPrompter
from userpool.testing import LocalPool, ScriptedPrompter
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

TEMPORARY = "Temporary-1-Password!"


@pytest.fixture
def options() -> dict[str, Any]:
    """A pool that demands codes of an app."""
    return {
        "mfa": SetUserPoolMfaConfigRequest(
            user_pool_id="",
            mfa_configuration="ON",
            software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
        )
    }


@pytest.fixture(autouse=True)
def bob(local: LocalPool) -> None:
    """Invite Bob."""
    invite(local, "bob", TEMPORARY, email="bob@example.com")


def code_for(local: LocalPool, step: TotpSetupRequired) -> str:
    """Return what the app shows at the moment."""
    return pyotp.TOTP(step.secret).at(time_of(local))


async def test_one_loop_leads_from_the_invitation_to_tokens(local: LocalPool, pool: Any, now: Any) -> None:
    seen: list[str] = []
    step = await now(pool.sign_in("bob", TEMPORARY))
    while not isinstance(step, SignedIn):
        seen.append(type(step).__name__)
        match step:
            case NewPasswordRequired():
                answer = step.password(PASSWORD)
            case MfaSetupRequired(choices=("SOFTWARE_TOKEN_MFA",)):
                answer = step.totp()
            case TotpSetupRequired():
                answer = step.code(code_for(local, step))
            case _:
                pytest.fail(f"Nobody expected {step}.")
        step = await now(pool.answer(answer))

    assert seen == ["NewPasswordRequired", "MfaSetupRequired", "TotpSetupRequired"]
    assert (await now(step.user.attributes()))["email"] == "bob@example.com"
    assert isinstance(await now(pool.sign_in("bob", PASSWORD)), TotpRequired)


async def test_a_script_goes_the_same_way_and_tries_again_where_it_may(
    local: LocalPool, pool: Any, now: Any
) -> None:
    prompter = ScriptedPrompter(
        "short",
        PASSWORD,
        lambda step: step.totp(),
        lambda step: step.code(pyotp.TOTP(step.secret).at(time_of(local) - 900)),
        lambda step: step.code(code_for(local, step), "his phone"),
    )

    done = await now(pool.sign_in("bob", TEMPORARY, prompter=prompter))

    assert done.user.username == "bob"
    assert [type(error) for error in prompter.refusals] == [
        InvalidPasswordException,
        EnableSoftwareTokenMFAException,
    ]
    assert [type(step).__name__ for step in prompter.steps] == [
        *["NewPasswordRequired"] * 2,
        "MfaSetupRequired",
        *["TotpSetupRequired"] * 2,
    ]


async def test_a_script_that_ends_too_early_signs_nobody_in(local: LocalPool, pool: Any, now: Any) -> None:
    prompter = ScriptedPrompter(PASSWORD, lambda step: step.totp(), "000000")

    with pytest.raises((EnableSoftwareTokenMFAException, CodeMismatchException)):
        await now(pool.sign_in("bob", TEMPORARY, prompter=prompter))

    assert pool.current_user() is None


async def test_a_person_at_a_terminal_goes_the_same_way(local: LocalPool, pool: Any, now: Any) -> None:
    said: list[str] = []

    def ask(prompt: str) -> str:
        said.append(prompt)
        secret = next(line for line in said if line.startswith("Secret")).rpartition(" ")[2]
        return pyotp.TOTP(secret).at(time_of(local))

    prompter = TerminalPrompter(ask=ask, ask_secretly=lambda _: PASSWORD, say=said.append)
    done = await now(pool.sign_in("bob", TEMPORARY, prompter=prompter))

    assert done.user.username == "bob"
    assert said[-1] == "Code from the app: "
    assert not any(PASSWORD in line for line in said)
