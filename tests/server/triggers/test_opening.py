"""Putting runners together from the settings and from functions in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from trigger_functions import FunctionServer

from userpool.effects import FixedEffects
from userpool.server.settings import Settings
from userpool.server.triggers.callables import CallableRunner
from userpool.server.triggers.endpoints import EndpointRunner
from userpool.server.triggers.opening import open_triggers

ARN = "arn:aws:lambda:eu-central-1:000000000000:function:check"


def echo(event: dict[str, Any]) -> dict[str, Any]:
    return event


def test_functions_in_the_process_count_more_than_endpoints() -> None:
    settings = Settings(triggers={"PreSignUp": "http://localhost:1", "CustomMessage": "http://localhost:2"})

    triggers = open_triggers(settings, FixedEffects(), functions={"PreSignUp": echo})

    assert isinstance(triggers.runner_of("PreSignUp", ARN), CallableRunner)
    assert isinstance(triggers.runner_of("CustomMessage", ARN), EndpointRunner)
    assert triggers.runner_of("PostConfirmation", ARN) is None


@pytest.mark.anyio
async def test_endpoints_are_signed_for_and_lambda_is_not() -> None:
    with FunctionServer(lambda _, body: (200, {}, body)) as server:
        settings = Settings(triggers={"PreSignUp": server.origin}, lambda_endpoint=server.origin)
        triggers = open_triggers(settings, FixedEffects(), signing_key=bytes(32))
        for name in ("PreSignUp", "PostConfirmation"):
            runner = triggers.runner_of(name, ARN)
            assert runner is not None
            await runner.run(b"{}")
        await triggers.close()

    assert ["userpool-signature" in headers for _, _, headers, _ in server.requests] == [True, False]


def test_lambda_is_asked_for_the_functions_that_are_allowed() -> None:
    settings = Settings(lambda_endpoint="http://localhost:1", lambda_functions=frozenset({ARN}))

    triggers = open_triggers(settings, FixedEffects())

    assert triggers.runner_of("PreSignUp", ARN) is not None
    assert triggers.runner_of("PreSignUp", f"{ARN}-other") is None


@pytest.mark.anyio
@pytest.mark.parametrize("key", [{}, {"lambda_access_key_id": "AKID", "lambda_secret_access_key": "s"}])
async def test_all_others_are_lambdas_if_the_settings_say_where_it_is(key: dict[str, str]) -> None:
    with FunctionServer(lambda _, body: (200, {}, body)) as server:
        triggers = open_triggers(Settings(lambda_endpoint=server.origin, **key), FixedEffects())
        runner = triggers.runner_of("PreSignUp", ARN)
        assert runner is not None

        assert json.loads(await runner.run(b'{"response": {}}')) == {"response": {}}

        await triggers.close()
    ((_, _, headers, _),) = server.requests
    assert ("Authorization" in headers) is bool(key)
    if key:
        assert "/eu-central-1/lambda/aws4_request" in headers["Authorization"]
