"""Who runs a function: found by its ARN, then by the name of its trigger, then elsewhere."""

from __future__ import annotations

import pytest

from userpool.server.triggers.runners import Triggers

ARN = "arn:aws:lambda:us-east-1:000000000000:function:check"


class Named:
    """A runner that is told apart from others."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self, event: bytes) -> bytes:
        return event


def found(triggers: Triggers, arn: str = ARN) -> str | None:
    runner = triggers.runner_of("PreSignUp", arn)
    return runner.name if isinstance(runner, Named) else None


def test_the_arn_counts_more_than_the_name() -> None:
    by_name, by_arn = Named("name"), Named("arn")

    assert found(Triggers({"PreSignUp": by_name, ARN: by_arn}, elsewhere=Named)) == "arn"
    assert found(Triggers({"PreSignUp": by_name}, elsewhere=Named)) == "name"


def test_what_is_not_here_is_elsewhere() -> None:
    assert found(Triggers({"PostConfirmation": Named("other")}, elsewhere=Named)) == ARN


def test_nobody_may_run_it() -> None:
    assert found(Triggers()) is None


@pytest.mark.anyio
async def test_closing_lets_go() -> None:
    closed: list[bool] = []

    async def close() -> None:
        closed.append(True)

    await Triggers(close=close).close()
    await Triggers().close()

    assert closed == [True]
