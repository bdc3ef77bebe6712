"""Which triggers a pool has: what its LambdaConfig names, in either form."""

from __future__ import annotations

import pytest
from trigger_functions import triggered

from userpool.server.records import Pool
from userpool.server.triggers.configured import FIELDS, TriggerName, function_of, has
from userpool.wire.user_pools import (
    LambdaConfigType,
    PreTokenGenerationVersionConfigType,
    UserPoolType,
)

ARN = "arn:aws:lambda:us-east-1:000000000000:function"


def pool_with(config: object) -> Pool:
    return Pool(pool_id="us-east-1_a", version=1, description=UserPoolType(lambda_config=config))


@pytest.mark.parametrize("name", list(FIELDS))
def test_a_pool_has_what_it_names_and_nothing_else(name: TriggerName) -> None:
    pool = pool_with(triggered(name))

    assert function_of(pool, name) == f"{ARN}:{name}"
    assert [other for other in FIELDS if has(pool, other)] == [name]


@pytest.mark.parametrize("config", [None, LambdaConfigType()])
def test_a_pool_without_triggers_has_none(config: LambdaConfigType | None) -> None:
    assert [name for name in FIELDS if has(pool_with(config), name)] == []


def test_the_versioned_function_for_tokens_counts_more() -> None:
    config = LambdaConfigType(
        pre_token_generation=f"{ARN}:old",
        pre_token_generation_config=PreTokenGenerationVersionConfigType(
            lambda_version="V2_0", lambda_arn=f"{ARN}:new"
        ),
    )

    assert function_of(pool_with(config), "PreTokenGeneration") == f"{ARN}:new"
