"""AuthParameters and ChallengeResponses: what a flow can't do without."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.context import Context
from userpool.server.records import Client, Pool
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException


def test_a_parameter_that_is_there_is_returned() -> None:
    assert needed({"USERNAME": "ann"}, "USERNAME") == "ann"


@pytest.mark.parametrize("parameters", [{}, {"USERNAME": ""}, {"username": "ann"}])
def test_a_parameter_that_is_missing_or_empty_is_named(parameters: dict[str, str]) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        needed(parameters, "USERNAME")

    assert caught.value.message == "Missing required parameter USERNAME"


@pytest.mark.anyio
async def test_a_hash_may_be_of_any_of_the_names(
    context: Context,
    pool: Pool,
    make_client: Callable[..., Awaitable[Any]],
    secret_of: Callable[[Client], str],
) -> None:
    client: Client = await make_client(pool, generate_secret=True)
    given = secret_hash("ann", client_id=client.client_id, client_secret=secret_of(client))

    check_hash(context, client, {"SECRET_HASH": given}, names=["bob", "ann"])

    with pytest.raises(NotAuthorizedException):
        check_hash(context, client, {"SECRET_HASH": given}, names=["bob"])
    with pytest.raises(NotAuthorizedException):
        check_hash(context, client, {"SECRET_HASH": given}, names=[])
