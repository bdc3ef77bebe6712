"""A scene for the tests of what a signed-in person may do: a pool, a script, and somebody who signs in."""

from __future__ import annotations

from typing import Any

from userpool import RetryPolicy
from userpool.async_pool import AsyncUserPool
from userpool.async_user import AsyncUser
from userpool.effects import FixedEffects
from userpool.steps import SignedIn
from userpool.transport.scripted import AsyncScriptedTransport, grants

NOON = 1_767_268_800
KEYS = "CognitoIdentityServiceProvider.7ghr."


class Scene:
    """A pool, its script, and a way to have somebody sign in."""

    def __init__(self, storage: Any = None, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.storage = {} if storage is None else storage
        self.transport = AsyncScriptedTransport()
        self.pool = AsyncUserPool(
            "us-east-1_aB12cDe34",
            "7ghr",
            transport=self.transport,
            storage=self.storage,
            effects=self.effects,
            retries=RetryPolicy(attempts=1),
            **settings,
        )

    async def somebody(self, *script: Any, name: str = "alice", more: Any = None) -> AsyncUser:
        """Sign somebody in, and go on with this script."""
        refresh_token = f"the refresh token of {name}"
        self.transport.add(
            grants(name, expires_epoch=NOON + 3600, refresh_token=refresh_token, more=more), *script
        )
        step = await self.pool.sign_in(name, "pw", flow="USER_PASSWORD_AUTH")
        assert isinstance(step, SignedIn)
        self.transport.requests.clear()
        return step.user

    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What was asked for after the sign-in, without the access token."""
        return [
            (
                request.operation,
                {name: value for name, value in request.body.items() if name != "AccessToken"},
            )
            for request in self.transport.requests
        ]
