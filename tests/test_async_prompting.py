"""The loop that asks a prompter until somebody is signed in."""

from __future__ import annotations

from typing import Any

import pytest

from userpool import (
    Answer,
    ChallengeError,
    CodeMismatchException,
    NotAuthorizedException,
    Prompter,
    RetryPolicy,
    SignedIn,
    SmsCodeRequired,
    TotpRequired,
)
from userpool.async_pool import AsyncUserPool
from userpool.async_prompting import async_drive
from userpool.effects import FixedEffects
from userpool.prompter import ScriptedPrompter
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
ALICE = grants("alice", expires_epoch=NOON + 3600)
SMS = says({"ChallengeName": "SMS_MFA", "Session": "s", "ChallengeParameters": {}})
WRONG = refuses("CodeMismatchException", "Invalid code")


def pool_with(*script: Any) -> tuple[AsyncUserPool, AsyncScriptedTransport]:
    transport = AsyncScriptedTransport(*script)
    effects, retries = FixedEffects(now=NOON), RetryPolicy(attempts=1)
    pool = AsyncUserPool("us-east-1_aB1", "7ghr", transport=transport, effects=effects, retries=retries)
    return pool, transport


async def test_a_prompter_answers_until_somebody_is_signed_in() -> None:
    choice = {"MFAS_CAN_CHOOSE": '["SMS_MFA","EMAIL_OTP"]'}
    asked = says({"ChallengeName": "SELECT_MFA_TYPE", "Session": "r", "ChallengeParameters": choice})
    pool, transport = pool_with(asked, SMS, ALICE)
    prompter = ScriptedPrompter("SMS_MFA", "123456")

    signed_in = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=prompter)

    assert signed_in.user.username == "alice"
    assert [step.NAME for step in prompter.steps] == ["SELECT_MFA_TYPE", "SMS_MFA"]
    assert transport.requests[-1].body["ChallengeResponses"]["SMS_MFA_CODE"] == "123456"


async def test_where_nothing_is_asked_the_prompter_is_not_either() -> None:
    pool, _ = pool_with(ALICE)

    signed_in = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=Prompter())

    assert isinstance(signed_in, SignedIn)


async def test_a_wrong_code_is_asked_for_again_with_the_same_session() -> None:
    pool, transport = pool_with(SMS, WRONG, ALICE)
    prompter = ScriptedPrompter("000000", "123456")

    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=prompter)

    assert [str(error) for error in prompter.refusals] == ["Invalid code"]
    assert [request.body["Session"] for request in transport.requests[1:]] == ["s", "s"]


async def test_a_prompter_may_give_up() -> None:
    pool, _ = pool_with(SMS, WRONG)

    with pytest.raises(CodeMismatchException):
        await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=ScriptedPrompter("000000"))


async def test_what_no_second_try_can_help_is_raised_at_once() -> None:
    pool, _ = pool_with(SMS, refuses("NotAuthorizedException", "Invalid session for the user."))
    prompter = ScriptedPrompter("123456", "123456")

    with pytest.raises(NotAuthorizedException):
        await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=prompter)

    assert prompter.refusals == []


async def test_a_step_that_was_parked_is_finished_in_the_same_way() -> None:
    pool, _ = pool_with(ALICE)
    step = TotpRequired(client_id="7ghr", username="alice", session="s")

    signed_in = await pool.finish(step, ScriptedPrompter("123456"))

    assert signed_in.user.username == "alice"


async def test_an_answer_that_the_prompter_does_not_have_ends_the_sign_in() -> None:
    pool, _ = pool_with(SMS)

    with pytest.raises(ChallengeError, match="SMS_MFA"):
        await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=Prompter())


async def test_whoever_is_signed_in_already_is_asked_nothing() -> None:
    async def answer(_: Answer, /) -> Any:
        raise AssertionError("nothing is to be answered")

    done = SignedIn("alice")

    assert await async_drive(done, prompter=Prompter(), answer=answer) is done


async def test_a_prompter_is_given_the_step_that_was_refused() -> None:
    refused: list[Any] = []

    class Patient(ScriptedPrompter):
        def refused(self, step: Any, error: Any) -> bool:
            refused.append(step)
            return super().refused(step, error)

    pool, _ = pool_with(SMS, WRONG, ALICE)

    await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH", prompter=Patient("0", "1"))

    assert [type(step) for step in refused] == [SmsCodeRequired]
