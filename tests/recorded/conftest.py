"""What AWS answers, played to both halves of the SDK.

`replies/*.json` hold what AWS was seen to answer: which members are there and which are not, in which form, with
which words. `source` says where that is known from, `recorded` when and how; the names, ids and tokens are ours. A
token is written as its claims.

Fixtures:

- `play`: `pool, asked = play("sign_up_with_a_code")` is a pool whose service gives these replies in this order, and the
  requests that it was sent. Every test that plays runs twice, blocking and asyncio.
- `now`: `await now(pool.sign_in(...))` gives the value of a verb of either half.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from userpool import AsyncUserPool, RetryPolicy, UserPool
from userpool.effects import FixedEffects
from userpool.transport import HttpReply
from userpool.transport.scripted import (
    AsyncScriptedTransport,
    ScriptedTransport,
    SentRequest,
    refuses,
    says,
    token_text,
)

REPLIES = Path(__file__).parent / "replies"
# The moment at which the tokens in the files were issued.
SIGNED_IN = 1_770_000_000.0
REQUEST_ID = "55ae2950-7f5e-4a0e-8d3c-0c2b6f1d9a77"

Script = Callable[[SentRequest], HttpReply]


@pytest.fixture(params=["blocking", "asyncio"])
def play(request: pytest.FixtureRequest) -> Callable[[str], tuple[Any, list[SentRequest]]]:
    """Give a function that makes a pool from the replies in a file."""

    def make(name: str) -> tuple[Any, list[SentRequest]]:
        script = [line(reply) for reply in json.loads((REPLIES / f"{name}.json").read_text())["replies"]]
        settings: dict[str, Any] = {
            "effects": FixedEffects(now=SIGNED_IN),
            "retries": RetryPolicy(attempts=1),
        }
        pool_id, client_id = "us-east-1_aB12cDe34", "7ghr5379orhbo88d52vphda6s9"
        if request.param == "blocking":
            transport = ScriptedTransport(*script)
            return UserPool(pool_id, client_id, transport=transport, **settings), transport.requests
        waiting = AsyncScriptedTransport(*script)
        return AsyncUserPool(pool_id, client_id, transport=waiting, **settings), waiting.requests

    return make


@pytest.fixture
def now() -> Callable[[Any], Awaitable[Any]]:
    """Give a function that returns the value of a verb, whether it has to be awaited or not."""

    async def value_of(value: Any) -> Any:
        return await value if inspect.isawaitable(value) else value

    return value_of


def line(reply: Mapping[str, Any]) -> Script:
    """Return what answers a request with a reply, if it is the operation that the reply belongs to."""

    def answer(asked: SentRequest) -> HttpReply:
        assert asked.operation == reply["operation"]
        headers = {"x-amzn-requestid": REQUEST_ID}
        body = reply["body"]
        if reply["status"] == 200:
            return says(with_tokens(body), headers=headers)
        return refuses(body["__type"], body["message"], status=reply["status"], headers=headers)

    return answer


def with_tokens(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body whose tokens are tokens, where the file has their claims."""
    result = body.get("AuthenticationResult")
    if result is None:
        return dict(body)
    tokens = {name: token_text(value) for name, value in result.items() if isinstance(value, dict)}
    return {**body, "AuthenticationResult": {**result, **tokens}}
