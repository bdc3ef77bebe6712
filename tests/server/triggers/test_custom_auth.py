"""The triggers of custom authentication: what each is sent, and what is made of its reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.server.context import Context
from userpool.server.records import Client, Pool, User
from userpool.server.triggers.configured import has_custom_auth
from userpool.server.triggers.custom_auth import (
    ChallengeResult,
    CreatedChallenge,
    create_auth_challenge,
    define_auth_challenge,
    verify_auth_challenge,
)
from userpool.wire.faults import InvalidLambdaResponseException, UserLambdaValidationException

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Make = Callable[..., Awaitable[Any]]

NAMES = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
FIRST = ChallengeResult(challenge_name="CUSTOM_CHALLENGE", challenge_result=False, challenge_metadata="TRY-1")


@pytest.fixture
async def client(begin: Make) -> Client:
    """A client of a pool with the three triggers."""
    made: Client = await begin(*NAMES)
    return made


@pytest.fixture
async def pool(client: Client, context: Context) -> Pool:
    """Its pool."""
    pool = await context.directory.pool(client.pool_id)
    assert pool is not None
    return pool


def ann(pool: Pool) -> User:
    return User(
        sub="34c84488-e0e1-40ae-92ee-991ad1a898c8",
        pool_id=pool.pool_id,
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes={"email": "ann@example.com"},
    )


async def test_a_definition_says_what_comes_next(
    context: Context, pool: Pool, client: Client, functions: Functions
) -> None:
    functions.reply("DefineAuthChallenge", challengeName="CUSTOM_CHALLENGE", issueTokens=False)

    defined = await define_auth_challenge(
        context,
        pool,
        client,
        username="ann",
        user=ann(pool),
        results=[FIRST],
        client_metadata={"lang": "de"},
    )

    assert (defined.challenge_name, bool(defined.issue_tokens)) == ("CUSTOM_CHALLENGE", False)
    event = functions.event("DefineAuthChallenge_Authentication")
    assert event["userName"] == "ann"
    assert event["request"] == {
        "userAttributes": {
            "sub": "34c84488-e0e1-40ae-92ee-991ad1a898c8",
            "cognito:user_status": "CONFIRMED",
            "email": "ann@example.com",
        },
        "session": [
            {
                "challengeName": "CUSTOM_CHALLENGE",
                "challengeResult": False,
                "challengeMetadata": "TRY-1",
            }
        ],
        "userNotFound": False,
        "clientMetadata": {"lang": "de"},
    }


async def test_a_definition_that_decides_nothing_is_unrecognizable(
    context: Context, pool: Pool, client: Client
) -> None:
    with pytest.raises(InvalidLambdaResponseException, match=r"^Unrecognizable lambda output$"):
        await define_auth_challenge(
            context, pool, client, username="ann", user=None, results=[], client_metadata=None
        )


async def test_a_challenge_is_made_of_two_halves(
    context: Context, pool: Pool, client: Client, functions: Functions
) -> None:
    functions.reply(
        "CreateAuthChallenge",
        publicChallengeParameters={"hint": "mail"},
        privateChallengeParameters={"answer": "481516"},
        challengeMetadata="TRY-2",
    )

    made = await create_auth_challenge(
        context,
        pool,
        client,
        username="ann",
        user=None,
        challenge_name="CUSTOM_CHALLENGE",
        results=[FIRST],
        client_metadata=None,
    )

    assert made == CreatedChallenge(public={"hint": "mail"}, private={"answer": "481516"}, metadata="TRY-2")
    assert "481516" not in repr(made)
    request = functions.event("CreateAuthChallenge_Authentication")["request"]
    assert (request["challengeName"], request["userNotFound"]) == ("CUSTOM_CHALLENGE", True)
    assert request["userAttributes"] == {}


async def test_parameters_have_to_be_text(
    context: Context, pool: Pool, client: Client, functions: Functions
) -> None:
    functions.reply("CreateAuthChallenge", publicChallengeParameters={"tries": 3})

    with pytest.raises(InvalidLambdaResponseException):
        await create_auth_challenge(
            context,
            pool,
            client,
            username="ann",
            user=None,
            challenge_name="CUSTOM_CHALLENGE",
            results=[],
            client_metadata=None,
        )


@pytest.mark.parametrize("verdict", [True, False])
async def test_an_answer_is_judged_with_the_private_half(
    context: Context, pool: Pool, client: Client, functions: Functions, *, verdict: bool
) -> None:
    functions.reply("VerifyAuthChallengeResponse", answerCorrect=verdict)

    proved = await verify_auth_challenge(
        context,
        pool,
        client,
        username="ann",
        user=ann(pool),
        private={"answer": "481516"},
        answer="481516",
        client_metadata={"lang": "de"},
    )

    assert proved is verdict
    request = functions.event("VerifyAuthChallengeResponse_Authentication")["request"]
    assert request["privateChallengeParameters"] == {"answer": "481516"}
    assert request["challengeAnswer"] == "481516"
    assert request["clientMetadata"] == {"lang": "de"}


async def test_a_function_that_raises_is_named_in_the_error(
    context: Context, pool: Pool, client: Client, functions: Functions
) -> None:
    functions["CreateAuthChallenge"] = lambda event: event["request"]["userAttributes"]["email"]

    with pytest.raises(
        UserLambdaValidationException, match=r"^CreateAuthChallenge failed with error 'email'\.$"
    ):
        await create_auth_challenge(
            context,
            pool,
            client,
            username="ann",
            user=None,
            challenge_name="CUSTOM_CHALLENGE",
            results=[],
            client_metadata=None,
        )


async def test_custom_authentication_needs_all_three(begin: Make, context: Context, pool: Pool) -> None:
    two = await begin(*NAMES[:2])

    assert has_custom_auth(pool)
    assert not has_custom_auth(await context.directory.pool(two.pool_id))
