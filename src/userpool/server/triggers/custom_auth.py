"""The three triggers of custom authentication: what comes next, what is asked, and whether an answer is right.

Sources: guide:user-pool-lambda-challenge, -define-auth-challenge, -create-auth-challenge,
-verify-auth-challenge-response.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from userpool.server.triggers.calling import Reply, ask, unrecognizable
from userpool.server.triggers.events import Question, attributes_of, with_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.context import Context
    from userpool.server.records import Client, Pool, User


class ChallengeResult(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """How one challenge of a sign-in ended; the triggers see the list of them as `session`."""

    challenge_name: str
    challenge_result: bool
    challenge_metadata: str | None = None


class Definition(Reply, frozen=True, kw_only=True):
    """What DefineAuthChallenge decides: one of the three."""

    challenge_name: str | None = None
    issue_tokens: bool | None = None
    fail_authentication: bool | None = None


class CreatedChallenge(msgspec.Struct, frozen=True, kw_only=True):
    """What CreateAuthChallenge made. The private part never leaves the server."""

    public: dict[str, str]
    private: dict[str, str]
    metadata: str | None = None

    def __repr__(self) -> str:
        return "CreatedChallenge(***)"


class _Created(Reply, frozen=True, kw_only=True):
    public_challenge_parameters: dict[str, str] | None = None
    private_challenge_parameters: dict[str, str] | None = None
    challenge_metadata: str | None = None


class _Verified(Reply, frozen=True, kw_only=True):
    answer_correct: bool | None = None


async def define_auth_challenge(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    username: str,
    user: User | None,
    results: Sequence[ChallengeResult],
    client_metadata: Mapping[str, str] | None,
) -> Definition:
    """Ask DefineAuthChallenge what comes next. The pool has it (`configured.has_custom_auth`).

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        username: the user's own, or the one that nobody is shown to have.
        user: None for nobody, where strangers mustn't learn that.
        results: how the challenges so far ended, in order.
        client_metadata: of RespondToAuthChallenge; None at InitiateAuth.

    Raises:
        UserLambdaValidationException: the function raised.
        InvalidLambdaResponseException: its reply has the wrong form, or decides nothing.
        UnexpectedLambdaException: it can't be run.
    """
    request = {
        "userAttributes": attributes_of(user),
        "session": _session(results),
        "userNotFound": user is None,
    }
    response = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    question = Question(
        "DefineAuthChallenge",
        "DefineAuthChallenge_Authentication",
        username,
        client.client_id,
        with_metadata(request, client_metadata),
        response,
    )
    defined = await ask(context, pool, question, Definition)
    if not (defined.challenge_name or defined.issue_tokens or defined.fail_authentication):
        raise unrecognizable()
    return defined


async def create_auth_challenge(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    username: str,
    user: User | None,
    challenge_name: str,
    results: Sequence[ChallengeResult],
    client_metadata: Mapping[str, str] | None,
) -> CreatedChallenge:
    """Ask CreateAuthChallenge for a challenge; arguments and errors are those of `define_auth_challenge`."""
    request = {
        "userAttributes": attributes_of(user),
        "challengeName": challenge_name,
        "session": _session(results),
        "userNotFound": user is None,
    }
    response = {
        "publicChallengeParameters": None,
        "privateChallengeParameters": None,
        "challengeMetadata": None,
    }
    question = Question(
        "CreateAuthChallenge",
        "CreateAuthChallenge_Authentication",
        username,
        client.client_id,
        with_metadata(request, client_metadata),
        response,
    )
    made = await ask(context, pool, question, _Created)
    return CreatedChallenge(
        public=made.public_challenge_parameters or {},
        private=made.private_challenge_parameters or {},
        metadata=made.challenge_metadata,
    )


async def verify_auth_challenge(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    username: str,
    user: User | None,
    private: Mapping[str, str],
    answer: str,
    client_metadata: Mapping[str, str] | None,
) -> bool:
    """Ask VerifyAuthChallengeResponse whether an answer is right.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        username: as for `define_auth_challenge`.
        user: as for `define_auth_challenge`.
        private: the private parameters of the challenge.
        answer: what the person answered.
        client_metadata: of RespondToAuthChallenge.

    Raises:
        UserLambdaValidationException: the function raised. As `define_auth_challenge` besides.
    """
    request = {
        "userAttributes": attributes_of(user),
        "privateChallengeParameters": dict(private),
        "challengeAnswer": answer,
        "userNotFound": user is None,
    }
    question = Question(
        "VerifyAuthChallengeResponse",
        "VerifyAuthChallengeResponse_Authentication",
        username,
        client.client_id,
        with_metadata(request, client_metadata),
        {"answerCorrect": None},
    )
    verified = await ask(context, pool, question, _Verified)
    return bool(verified.answer_correct)


def _session(results: Sequence[ChallengeResult]) -> list[dict[str, Any]]:
    return [
        {
            "challengeName": result.challenge_name,
            "challengeResult": result.challenge_result,
            "challengeMetadata": result.challenge_metadata,
        }
        for result in results
    ]
