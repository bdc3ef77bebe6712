"""A pool whose own triggers ask: before the password, after it, and without one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from userpool import CustomChallenge, NotAuthorizedException, PasswordRequired, SignedIn, load_step
from userpool.testing import LocalPool, ScriptedPrompter
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


def define(event: dict[str, Any]) -> dict[str, Any]:
    """Ask for the colour, up to twice; then for the password, if it was to be proven."""
    results = event["request"]["session"]
    names = [result["challengeName"] for result in results]
    coloured = any(
        result["challengeName"] == "CUSTOM_CHALLENGE" and result["challengeResult"] for result in results
    )
    proving = names[:1] == ["SRP_A"] and "PASSWORD_VERIFIER" not in names
    event["response"] = {
        "issueTokens": coloured and not proving,
        "failAuthentication": names.count("CUSTOM_CHALLENGE") >= 2 and not coloured,
        "challengeName": "PASSWORD_VERIFIER" if coloured else "CUSTOM_CHALLENGE",
    }
    return event


def create(event: dict[str, Any]) -> dict[str, Any]:
    event["response"] = {
        "publicChallengeParameters": {"question": "Which colour?"},
        "privateChallengeParameters": {"answer": "blue"},
    }
    return event


def verify(event: dict[str, Any]) -> dict[str, Any]:
    private = event["request"]["privateChallengeParameters"]
    event["response"] = {"answerCorrect": event["request"]["challengeAnswer"] == private["answer"]}
    return event


@pytest.fixture
def local(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPool]:
    """A pool with these triggers, whose app client has a secret."""
    monkeypatch.chdir(tmp_path)
    client = CreateUserPoolClientRequest(
        user_pool_id="",
        client_name="custom",
        generate_secret=True,
        explicit_auth_flows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    triggers = {
        "DefineAuthChallenge": define,
        "CreateAuthChallenge": create,
        "VerifyAuthChallengeResponse": verify,
    }
    with LocalPool(database_url=database_url, app_client=client, triggers=triggers) as opened:
        yield opened


@pytest.fixture
async def alice(pool: Any, now: Any, local: LocalPool) -> Any:
    """The pool, which Alice has joined."""
    await now(pool.sign_up("alice", PASSWORD, {"email": "alice@example.com"}))
    await now(pool.confirm_sign_up("alice", local.inbox.latest("alice").code))
    return pool


async def test_a_question_is_answered_without_any_password(alice: Any, now: Any) -> None:
    prompter = ScriptedPrompter("red", "blue")

    done = await now(alice.sign_in("alice", flow="CUSTOM_AUTH", prompter=prompter))

    assert done.user.username == "alice"
    assert [step.parameters["question"] for step in prompter.steps] == ["Which colour?"] * 2


async def test_a_password_is_proven_after_the_question(alice: Any, now: Any) -> None:
    # amazon-cognito-identity-js breaks where the question comes before the proof.
    step = await now(alice.sign_in("alice", PASSWORD, flow="CUSTOM_AUTH"))
    assert isinstance(step, CustomChallenge)
    step = await now(alice.answer(step.answer("blue")))
    assert isinstance(step, PasswordRequired)
    step = load_step(step.dump())
    assert isinstance(step, PasswordRequired)

    done = await now(alice.answer(step.password(PASSWORD)))

    assert isinstance(done, SignedIn)


async def test_a_wrong_password_after_the_question_lets_nobody_in(alice: Any, now: Any) -> None:
    step = await now(alice.sign_in("alice", PASSWORD, flow="CUSTOM_AUTH"))
    step = await now(alice.answer(step.answer("blue")))

    with pytest.raises(NotAuthorizedException):
        await now(alice.answer(step.password("Another-8-Staples,please")))

    assert alice.current_user() is None


async def test_the_triggers_decide_when_it_is_enough(alice: Any, now: Any) -> None:
    with pytest.raises(NotAuthorizedException):
        await now(alice.sign_in("alice", flow="CUSTOM_AUTH", prompter=ScriptedPrompter("red", "green")))
