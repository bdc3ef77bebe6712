"""The triggers around every sign-in: PreAuthentication may refuse it, PostAuthentication is told of it.

Sources: guide:user-pool-lambda-pre-authentication, guide:user-pool-lambda-post-authentication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.triggers.calling import Reply, ask
from userpool.server.triggers.configured import has
from userpool.server.triggers.events import Question, attributes_of, with_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Client, Pool, User


class _Nothing(Reply, frozen=True, kw_only=True):
    pass


async def pre_authentication(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    username: str,
    user: User | None,
    validation_data: Mapping[str, str] | None,
) -> None:
    """Ask PreAuthentication before a credential is looked at.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        username: the user's own, or the one that nobody is shown to have.
        user: None for nobody, where strangers mustn't learn that.
        validation_data: the ClientMetadata of InitiateAuth.

    Raises:
        UserLambdaValidationException: the function refuses.
        InvalidLambdaResponseException: its reply has the wrong form.
        UnexpectedLambdaException: it can't be run.
    """
    if not has(pool, "PreAuthentication"):
        return
    request = {
        "userAttributes": attributes_of(user),
        "validationData": None if validation_data is None else dict(validation_data),
        "userNotFound": user is None,
    }
    question = Question(
        "PreAuthentication", "PreAuthentication_Authentication", username, client.client_id, request, {}
    )
    await ask(context, pool, question, _Nothing)


async def post_authentication(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    *,
    new_device_used: bool,
    client_metadata: Mapping[str, str] | None,
) -> None:
    """Tell PostAuthentication of a user who has proved all factors; no tokens are made where it raises.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        user: who signs in.
        new_device_used: whether the sign-in came from a device that the pool hadn't seen.
        client_metadata: of RespondToAuthChallenge; InitiateAuth's isn't for this trigger.

    Raises:
        UserLambdaValidationException: the function refuses. As `pre_authentication` besides.
    """
    if not has(pool, "PostAuthentication"):
        return
    request = {"userAttributes": attributes_of(user), "newDeviceUsed": new_device_used}
    question = Question(
        "PostAuthentication",
        "PostAuthentication_Authentication",
        user.username,
        client.client_id,
        with_metadata(request, client_metadata),
        {},
    )
    await ask(context, pool, question, _Nothing)
