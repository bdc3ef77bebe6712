"""For tests of identity pools: one with a script, a storage and a clock, and people who come to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from userpool import RetryPolicy, Tokens
from userpool.async_identity_pool import AsyncIdentityPool
from userpool.async_pool import AsyncUserPool
from userpool.async_user import AsyncUser
from userpool.effects import FixedEffects
from userpool.transport.scripted import (
    AsyncScriptedTransport,
    SentRequest,
    grants,
    refuses,
    says,
    token_text,
)

NOON = 1_767_268_800
HOUR = 3_600
POOL = "us-east-1:0f3c2c1e-5f66-4bd2-9a0c-3f2b1d7c9e55"
KEY = f"com.amplify.Cognito.{POOL}."
PROVIDER = "cognito-idp.us-east-1.amazonaws.com/us-east-1_aB12cDe34"
GONE = refuses("ResourceNotFoundException", "Identity 'us-east-1:1' not found.")
EXPIRED = refuses("NotAuthorizedException", f"Invalid login token. Token expired: {NOON} >= {NOON + 1}")


def names(number: int) -> Any:
    """Return the answer to GetId."""
    return says({"IdentityId": f"us-east-1:{number}"})


def gives(number: int, *, identity: int = 1, lasting: float = HOUR) -> Any:
    """Return the answer to GetCredentialsForIdentity; they last from noon."""
    return says(
        {
            "IdentityId": f"us-east-1:{identity}",
            "Credentials": {
                "AccessKeyId": f"ASIA{number}",
                "SecretKey": f"secret {number}",
                "SessionToken": f"session {number}",
                "Expiration": NOON + lasting,
            },
        }
    )


def id_token(name: str, **claims: Any) -> str:
    """Return an ID token of somebody."""
    told = {"sub": name, "exp": NOON + 24 * HOUR, "iss": f"https://{PROVIDER}", **claims}
    return token_text({**told, "cognito:username": name})


def renews(number: int = 1) -> Any:
    """Return what a renewal comes to: tokens that say something else than the ones before."""
    more = {"sub": "alice", "iss": f"https://{PROVIDER}", "number": number}
    return grants("alice", expires_epoch=NOON + 24 * HOUR, refresh_token=None, more=more)


def meanwhile(happens: Callable[[], object], reply: Any) -> Callable[[SentRequest], Any]:
    """Return a line of the script before which something happens, while the request is on its way."""

    def line(request: SentRequest) -> Any:
        happens()
        return reply

    return line


class Scene:
    """An identity pool, its script, its storage and its clock."""

    def __init__(self, *script: Any, **settings: Any) -> None:
        self.effects = FixedEffects(now=NOON)
        self.storage: dict[str, str] = {}
        self.transport = AsyncScriptedTransport(*script)
        self.pool = AsyncIdentityPool(
            POOL,
            **{
                "storage": self.storage,
                "transport": self.transport,
                "effects": self.effects,
                "retries": RetryPolicy(attempts=1),
                **settings,
            },
        )

    def somebody(self, name: str = "alice", refresh_token: str | None = None, **claims: Any) -> AsyncUser:
        """Somebody who is signed in, with an ID token of their own."""
        access = token_text({"sub": name, "exp": NOON + 24 * HOUR, "username": name})
        tokens = Tokens(access, id_token=id_token(name, **claims), refresh_token=refresh_token)
        return self.user_pool().user_from_tokens(tokens)

    def user_pool(self) -> AsyncUserPool:
        """Where people sign in; nothing is asked of it here."""
        return AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=self.transport, effects=self.effects)

    @property
    def asked(self) -> list[tuple[str, dict[str, Any]]]:
        """What was asked for, by operation and members."""
        return [(request.operation, request.body) for request in self.transport.requests]
