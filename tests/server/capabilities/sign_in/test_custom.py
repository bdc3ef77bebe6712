"""Custom authentication: led by the pool's triggers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.fault import ServiceException
from userpool.wire.faults import (
    CodeMismatchException,
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
    UserLambdaValidationException,
    UserNotConfirmedException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."
NO_SESSION = "Invalid session for the user."
TRIGGERS = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")


def define(event: dict[str, Any]) -> dict[str, Any]:
    """Let in whoever answers a riddle within three tries."""
    session = event["request"]["session"]
    if session and session[-1]["challengeResult"] and session[-1]["challengeName"] != "SRP_A":
        return {"issueTokens": True, "failAuthentication": False}
    if len(session) >= 3:
        return {"issueTokens": False, "failAuthentication": True}
    return {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False, "failAuthentication": False}


def create(event: dict[str, Any]) -> dict[str, Any]:
    """Ask the riddle."""
    return {
        "publicChallengeParameters": {"riddle": "Two and two?"},
        "privateChallengeParameters": {"answer": "four"},
        "challengeMetadata": f"TRY-{len(event['request']['session']) + 1}",
    }


def verify(event: dict[str, Any]) -> dict[str, Any]:
    """Compare the answer."""
    private = event["request"]["privateChallengeParameters"]
    return {"answerCorrect": event["request"]["challengeAnswer"] == private["answer"]}


@pytest.fixture
async def pool(make_triggered: Make, functions: Any) -> Pool:
    """A pool that asks a riddle."""
    functions |= dict(zip(TRIGGERS, (define, create, verify), strict=True))
    pool: Pool = await make_triggered(
        *TRIGGERS, "PreAuthentication", "PostAuthentication", "PreTokenGeneration"
    )
    return pool


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client whose users stay unknown to strangers."""
    client: Client = await make_client(pool, prevent_user_existence_errors="ENABLED")
    return client


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann", email="ann@example.com", phone_number="+15550001234")
    return sub


@pytest.fixture
def begin(enter: Call) -> Call:
    """Give a function that begins a custom sign-in."""

    async def run(client: Client, username: str = "ann", **members: Any) -> dict[str, Any]:
        return await enter(client, username, flow="CUSTOM_AUTH", **members)

    return run


# ---- the loop ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_right_answer_signs_in(
    client: Client, ann: str, begin: Call, respond: Call, functions: Any, door: str
) -> None:
    challenge = await begin(client)
    reply = await respond(client, "CUSTOM_CHALLENGE", challenge["Session"], ANSWER="four")

    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert challenge["ChallengeParameters"] == {"riddle": "Two and two?", "USERNAME": "ann"}
    assert reply["AuthenticationResult"]["RefreshToken"]
    assert functions.sources == [
        "PreAuthentication_Authentication",
        "DefineAuthChallenge_Authentication",
        "CreateAuthChallenge_Authentication",
        "VerifyAuthChallengeResponse_Authentication",
        "DefineAuthChallenge_Authentication",
        "PostAuthentication_Authentication",
        "TokenGeneration_Authentication",
    ]


async def test_the_private_part_stays_here(client: Client, ann: str, begin: Call) -> None:
    assert "four" not in str(await begin(client))


async def test_a_wrong_answer_is_no_error_and_leads_to_what_the_trigger_wants(
    client: Client, ann: str, begin: Call, respond: Call, functions: Any
) -> None:
    session = (await begin(client))["Session"]

    again = await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="five")
    reply = await respond(client, "CUSTOM_CHALLENGE", again["Session"], ANSWER="four")

    assert again["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert again["Session"] != session
    assert reply["AuthenticationResult"]
    *_, last = (event for event in functions.calls if event["triggerSource"].startswith("Define"))
    assert last["request"]["session"] == [
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "TRY-1"},
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "TRY-2"},
    ]


async def test_the_trigger_ends_a_sign_in_and_its_session(
    client: Client, ann: str, begin: Call, respond: Call
) -> None:
    session = (await begin(client))["Session"]
    for _ in range(2):
        session = (await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="no"))["Session"]

    with pytest.raises(NotAuthorizedException) as caught:
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="no")
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")

    assert caught.value.message == INCORRECT


async def test_wrong_answers_lock_nobody_out(client: Client, ann: str, begin: Call, respond: Call) -> None:
    for _ in range(7):
        session = (await begin(client))["Session"]
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="no")

    session = (await begin(client))["Session"]

    assert await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")


async def test_an_answer_is_judged_once(
    client: Client, ann: str, begin: Call, respond: Call, functions: Any
) -> None:
    session = (await begin(client))["Session"]

    outcomes = await asyncio.gather(
        *(respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four") for _ in range(5)),
        return_exceptions=True,
    )

    assert sum(isinstance(outcome, dict) for outcome in outcomes) == 1
    assert functions.sources.count("VerifyAuthChallengeResponse_Authentication") == 1


async def test_a_sign_in_may_be_let_in_at_once(client: Client, ann: str, begin: Call, functions: Any) -> None:
    functions["DefineAuthChallenge"] = lambda _: {"issueTokens": True}

    assert (await begin(client))["AuthenticationResult"]


async def test_who_is_refused_and_let_in_at_once_is_refused(
    client: Client, ann: str, begin: Call, functions: Any
) -> None:
    functions["DefineAuthChallenge"] = lambda _: {"issueTokens": True, "failAuthentication": True}

    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await begin(client)


async def test_no_public_parameter_stands_for_the_username(
    client: Client, ann: str, begin: Call, functions: Any
) -> None:
    functions["CreateAuthChallenge"] = lambda _: {"publicChallengeParameters": {"USERNAME": "bob"}}

    assert (await begin(client))["ChallengeParameters"] == {"USERNAME": "ann"}


async def test_metadata_of_an_answer_reaches_the_triggers_and_that_of_a_beginning_does_not(
    client: Client, ann: str, begin: Call, respond: Call, functions: Any
) -> None:
    session = (await begin(client, metadata={"from": "here"}))["Session"]
    at_first = list(functions.calls)

    await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four", metadata={"from": "there"})

    answered = functions.calls[len(at_first) :]
    assert at_first
    assert answered
    assert all("clientMetadata" not in event["request"] for event in at_first)
    assert all(event["request"]["clientMetadata"] == {"from": "there"} for event in answered)


async def test_an_empty_answer_is_an_answer_and_none_is_none(
    client: Client, ann: str, begin: Call, respond: Call
) -> None:
    session = (await begin(client))["Session"]

    with pytest.raises(InvalidParameterException, match="Missing required parameter ANSWER"):
        await respond(client, "CUSTOM_CHALLENGE", session)

    assert (await respond(client, "CUSTOM_CHALLENGE", session, ANSWER=""))["Session"]


# ---- triggers that are missing or wrong ----


@pytest.mark.parametrize("absent", TRIGGERS)
async def test_all_three_triggers_are_needed(
    make_triggered: Make, make_client: Make, make_user: Make, begin: Call, absent: str
) -> None:
    pool = await make_triggered(*(name for name in TRIGGERS if name != absent))
    client = await make_client(pool)
    await make_user(pool, "ann")

    with pytest.raises(InvalidParameterException) as caught:
        await begin(client)

    assert caught.value.message == "Custom auth lambda trigger is not configured for the user pool."


@pytest.mark.parametrize("reply", [{}, {"challengeName": "PASSWORD_VERIFIER"}, {"challengeName": "NONSENSE"}])
async def test_a_decision_that_decides_nothing_is_an_error(
    client: Client, ann: str, begin: Call, functions: Any, reply: dict[str, Any]
) -> None:
    functions["DefineAuthChallenge"] = lambda _: reply

    with pytest.raises(InvalidLambdaResponseException):
        await begin(client)


async def test_a_trigger_that_raises_is_told_in_its_words(
    client: Client, ann: str, begin: Call, functions: Any
) -> None:
    def fail(event: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("out of riddles")

    functions["CreateAuthChallenge"] = fail

    with pytest.raises(UserLambdaValidationException) as caught:
        await begin(client)

    assert caught.value.message == "CreateAuthChallenge failed with error out of riddles."


async def test_private_parameters_that_no_session_holds_are_an_error(
    client: Client, ann: str, begin: Call, functions: Any
) -> None:
    functions["CreateAuthChallenge"] = lambda _: {"privateChallengeParameters": {"a": "x" * 4000}}

    with pytest.raises(InvalidLambdaResponseException, match="too long for a Session"):
        await begin(client)


# ---- who may come in ----


async def test_nobody_is_unknown_unless_that_is_secret(client: Client, begin: Call, functions: Any) -> None:
    with pytest.raises(UserNotFoundException):
        await begin(client, "nobody")

    assert functions.calls == []


async def test_nobody_is_led_through_the_triggers_and_never_let_in(
    secretive: Client, begin: Call, respond: Call, functions: Any
) -> None:
    challenge = await begin(secretive, "nobody")

    with pytest.raises(NotAuthorizedException) as caught:
        await respond(secretive, "CUSTOM_CHALLENGE", challenge["Session"], USERNAME="nobody", ANSWER="four")

    assert caught.value.message == INCORRECT
    assert challenge["ChallengeParameters"]["USERNAME"] == "nobody"
    asked = [event for event in functions.calls if "Challenge" in event["triggerSource"]]
    assert {event["triggerSource"][:6] for event in asked} == {"Define", "Create", "Verify"}
    assert all(event["request"]["userNotFound"] is True for event in asked)


async def test_a_disabled_user_is_answered_as_the_client_wants(
    call: Call, pool: Pool, client: Client, secretive: Client, ann: str, begin: Call, functions: Any
) -> None:
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match="User is disabled"):
        await begin(client)
    challenge = await begin(secretive)

    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert functions.calls[-1]["request"]["userNotFound"] is True


async def test_a_user_who_is_disabled_meanwhile_is_not_let_in(
    call: Call, pool: Pool, client: Client, ann: str, begin: Call, respond: Call
) -> None:
    session = (await begin(client))["Session"]
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")


async def test_a_user_who_is_not_confirmed_is_told_so_with_the_right_answer(
    call: Call, client: Client, begin: Call, respond: Call, password: str
) -> None:
    await call("SignUp", ClientId=client.client_id, Username="ann", Password=password)
    session = (await begin(client))["Session"]

    with pytest.raises(UserNotConfirmedException):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")


async def test_a_temporary_password_is_to_be_replaced_first(
    pool: Pool, client: Client, make_invited: Make, begin: Call, respond: Call
) -> None:
    await make_invited(pool, "ann")
    session = (await begin(client))["Session"]

    challenge = await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")
    reply = await respond(
        client, "NEW_PASSWORD_REQUIRED", challenge["Session"], NEW_PASSWORD="Another-horse-2"
    )

    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert reply["AuthenticationResult"]


async def test_every_refusal_is_one_the_operation_declares(
    client: Client, ann: str, begin: Call, functions: Any
) -> None:
    functions["DefineAuthChallenge"] = lambda _: {"failAuthentication": True}

    with pytest.raises(ServiceException) as caught:
        await begin(client)

    assert isinstance(caught.value, NotAuthorizedException)


# ---- second factors among the challenges ----


@pytest.fixture
def chained(functions: Any) -> Callable[[str], None]:
    """Give a function that makes the trigger ask for a factor after the riddle."""

    def chain(factor: str) -> None:
        def define_two(event: dict[str, Any]) -> dict[str, Any]:
            names = [result["challengeName"] for result in event["request"]["session"]]
            following = {0: "CUSTOM_CHALLENGE", 1: factor}.get(len(names))
            return {"issueTokens": True} if following is None else {"challengeName": following}

        functions["DefineAuthChallenge"] = define_two

    return chain


@pytest.mark.parametrize("factor", ["SMS_MFA", "EMAIL_OTP"])
async def test_a_code_may_be_one_of_the_challenges(
    client: Client,
    ann: str,
    begin: Call,
    respond: Call,
    inbox: Inbox,
    functions: Any,
    chained: Callable[[str], None],
    factor: str,
) -> None:
    chained(factor)
    session = (await begin(client))["Session"]
    challenge = await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")

    key = "SMS_MFA_CODE" if factor == "SMS_MFA" else "EMAIL_OTP_CODE"
    with pytest.raises(CodeMismatchException):
        await respond(client, factor, challenge["Session"], **{key: "000000"})
    code = inbox.messages()[0].code
    reply = await respond(client, factor, challenge["Session"], **{key: code})

    assert challenge["ChallengeName"] == factor
    assert reply["AuthenticationResult"]
    defining = [event for event in functions.calls if event["triggerSource"].startswith("Define")]
    assert defining[-1]["request"]["session"][-1] == {
        "challengeName": factor,
        "challengeResult": True,
        "challengeMetadata": None,
    }


async def test_nobody_is_asked_for_a_code_that_nothing_matches(
    secretive: Client,
    begin: Call,
    respond: Call,
    inbox: Inbox,
    functions: Any,
) -> None:
    functions["DefineAuthChallenge"] = lambda _: {"challengeName": "SMS_MFA"}

    challenge = await begin(secretive, "nobody")

    assert challenge["ChallengeParameters"]["CODE_DELIVERY_DELIVERY_MEDIUM"] == "SMS"
    assert inbox.messages() == []
    with pytest.raises(CodeMismatchException):
        await respond(secretive, "SMS_MFA", challenge["Session"], USERNAME="nobody", SMS_MFA_CODE="123456")


async def test_a_factor_that_the_user_does_not_have_is_an_error(
    pool: Pool, client: Client, make_user: Make, begin: Call, functions: Any
) -> None:
    await make_user(pool, "ann")
    functions["DefineAuthChallenge"] = lambda _: {"challengeName": "SMS_MFA"}

    with pytest.raises(InvalidParameterException):
        await begin(client)


async def test_a_session_ends_like_any_other(
    client: Client, ann: str, begin: Call, respond: Call, effects: FixedEffects
) -> None:
    session = (await begin(client))["Session"]

    effects.advance(180)

    with pytest.raises(NotAuthorizedException, match="session is expired"):
        await respond(client, "CUSTOM_CHALLENGE", session, ANSWER="four")
