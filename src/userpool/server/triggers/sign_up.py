"""The triggers around a sign-up: PreSignUp may refuse, confirm and verify; PostConfirmation is told.

Sources: guide:user-pool-lambda-pre-sign-up, guide:user-pool-lambda-post-confirmation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from userpool.server.triggers.calling import Reply, ask
from userpool.server.triggers.configured import has
from userpool.server.triggers.events import Question, attributes_of, with_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Pool, User

PreSignUpSource = Literal["PreSignUp_SignUp", "PreSignUp_AdminCreateUser", "PreSignUp_ExternalProvider"]
PostConfirmationSource = Literal["PostConfirmation_ConfirmSignUp", "PostConfirmation_ConfirmForgotPassword"]


class PreSignUpReply(NamedTuple):
    """What PreSignUp decides about a new user."""

    auto_confirm: bool = False
    verify_email: bool = False
    verify_phone_number: bool = False


class _PreSignUp(Reply, frozen=True, kw_only=True):
    auto_confirm_user: bool | None = None
    auto_verify_email: bool | None = None
    auto_verify_phone: bool | None = None


class _Nothing(Reply, frozen=True, kw_only=True):
    pass


async def pre_sign_up(
    context: Context,
    pool: Pool,
    *,
    client_id: str | None,
    source: PreSignUpSource,
    username: str,
    attributes: Mapping[str, str],
    validation_data: Mapping[str, str] | None,
    client_metadata: Mapping[str, str] | None,
) -> PreSignUpReply:
    """Ask PreSignUp about a user who isn't written yet; nothing is decided where a pool hasn't got it.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client_id: the app client; None where an administrator calls.
        source: which operation asks.
        username: as the record is to have it.
        attributes: as they were given.
        validation_data: of the request; it is not kept.
        client_metadata: of the request.

    Raises:
        UserLambdaValidationException: the function refuses.
        InvalidLambdaResponseException: its reply has the wrong form.
        UnexpectedLambdaException: it can't be run.
    """
    if not has(pool, "PreSignUp"):
        return PreSignUpReply()
    request = {
        "userAttributes": dict(attributes),
        "validationData": None if validation_data is None else dict(validation_data),
    }
    response = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    question = Question(
        "PreSignUp", source, username, client_id, with_metadata(request, client_metadata), response
    )
    reply = await ask(context, pool, question, _PreSignUp)
    return PreSignUpReply(
        bool(reply.auto_confirm_user), bool(reply.auto_verify_email), bool(reply.auto_verify_phone)
    )


async def post_confirmation(
    context: Context,
    pool: Pool,
    user: User,
    *,
    client_id: str | None,
    source: PostConfirmationSource,
    client_metadata: Mapping[str, str] | None,
) -> None:
    """Tell PostConfirmation of a user who has been confirmed; to be called after the commit.

    Raises:
        UserLambdaValidationException: the function raised; the user stays confirmed. As `pre_sign_up` besides.
    """
    if not has(pool, "PostConfirmation"):
        return
    request = with_metadata({"userAttributes": attributes_of(user)}, client_metadata)
    question = Question("PostConfirmation", source, user.username, client_id, request, {})
    await ask(context, pool, question, _Nothing)
