"""For the tests of whoever uses this library: a pool of their own in the same process.

    from userpool.testing import LocalPool

    with LocalPool() as local:
        pool = local.client()
        pool.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
        pool.confirm_sign_up("alice", local.inbox.latest("alice").code)

It is the real pool: SRP is verified, tokens are signed, policies and lockouts hold. It needs `userpool[server]`.

Rules of this room: the only module of the SDK's side that imports the server.
"""

from __future__ import annotations

import asyncio
import threading
from base64 import b32decode
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import urlsplit

from msgspec.structs import replace

from userpool.async_pool import AsyncUserPool
from userpool.crypto.totp import step_of, totp
from userpool.effects import FixedEffects, MachineEffects
from userpool.errors import NoAnswerInTimeError, UserPoolError
from userpool.event_loops import outcome, within
from userpool.pool import UserPool
from userpool.prompter import ScriptedPrompter

try:
    from userpool.server.build import open_server
except ModuleNotFoundError as error:
    if (error.name or "userpool").partition(".")[0] != "userpool":
        error.msg = f"{error.name} is missing; install the pool with: pip install 'userpool[server]'"
    raise
from userpool.server.http.discovery import discovery_document
from userpool.server.http.operations import find_operation
from userpool.server.http.serving import Door, listen
from userpool.server.keys import make_private_key
from userpool.server.messages.inbox import Inbox
from userpool.server.settings import Settings
from userpool.server.triggers.naming import VERSIONS, function_arn, lambda_config_for
from userpool.server.unbuilt import not_built
from userpool.transport import HttpReply, HttpRequest
from userpool.transport.scripted import ScriptedTransport
from userpool.wire.identity_pools import (
    CognitoIdentityProviderInput,
    CreateIdentityPool,
    CreateIdentityPoolInput,
    SetIdentityPoolRoles,
    SetIdentityPoolRolesInput,
)
from userpool.wire.mfa import SetUserPoolMfaConfig, SetUserPoolMfaConfigRequest
from userpool.wire.user_pool_clients import (
    CreateUserPoolClient,
    CreateUserPoolClientRequest,
    UserPoolClientType,
)
from userpool.wire.user_pools import CreateUserPool, CreateUserPoolRequest, UserPoolType

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, MutableMapping
    from concurrent.futures import Future
    from types import TracebackType

    from userpool.async_identity_pool import AsyncIdentityPool
    from userpool.async_verifier import AsyncTokenVerifier
    from userpool.effects import Effects
    from userpool.identity_pool import IdentityPool
    from userpool.server.build import Server
    from userpool.server.http.operations import Run
    from userpool.server.keys import PrivateKey
    from userpool.server.records import Message
    from userpool.server.triggers.callables import TriggerFunction
    from userpool.trusted_pools import TokenUse
    from userpool.verifier import TokenVerifier
    from userpool.wire.operation import Operation, RequestT, ResponseT

__all__ = ["FixedEffects", "LocalInbox", "LocalPool", "ScriptedPrompter", "ScriptedTransport"]

T = TypeVar("T")

DEFAULT_FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


class LocalPool:
    """A user pool with one app client, in this process; a context manager.

    Its clock can be moved (`advance`), its messages read (`inbox`), and any other program can use it at `endpoint`.

    Args:
        pool: what the pool is to be like, in the words of CreateUserPool. By default e-mail addresses are verified and
            the service's own password policy holds.
        app_client: what the app client is to be like, in the words of CreateUserPoolClient; its `user_pool_id` is
            filled in. By default it has no secret and may use every flow with a password.
        database_url: where the pool is kept; in memory by default.
        region: the pool's region.
        effects: the clock and the random source, instead of the machine's.
        mfa: the pool's second factors, in the words of SetUserPoolMfaConfig; its `user_pool_id` is filled in.
        triggers: Python functions, plain or asynchronous, by the name of their trigger (`{"PreSignUp": check}`), or by
            the ARN that `pool` names. Each is called with the event and returns it. `PreTokenGenerationV2` and `...V3`
            are PreTokenGeneration with a later version of its event.
        fixed_code: six digits that every code is, for tests that can't read the inbox. Codes of eight digits, which
            second factors by e-mail have, repeat the first two: 123456 becomes 12345612.
    """

    def __init__(
        self,
        *,
        pool: CreateUserPoolRequest | None = None,
        app_client: CreateUserPoolClientRequest | None = None,
        database_url: str = "sqlite://",
        region: str = "us-east-1",
        effects: Effects | None = None,
        mfa: SetUserPoolMfaConfigRequest | None = None,
        triggers: Mapping[str, TriggerFunction] | None = None,
        fixed_code: str | None = None,
    ) -> None:
        self._effects = _MovableEffects(effects or MachineEffects())
        self._settings = Settings(database_url=database_url, region=region, dev=True, fixed_code=fixed_code)
        self._pool_request = pool or CreateUserPoolRequest(
            pool_name="local", auto_verified_attributes=["email"]
        )
        self._client_request = app_client or CreateUserPoolClientRequest(
            user_pool_id="",
            client_name="local",
            explicit_auth_flows=DEFAULT_FLOWS,  # type: ignore[arg-type]  # The list is of the enum's words.
            prevent_user_existence_errors="ENABLED",
        )
        self._mfa_request = mfa
        self._triggers = dict(triggers or {})
        if triggers:
            config = lambda_config_for(
                triggers, self._pool_request.lambda_config, region=region, account_id=Settings.account_id
            )
            self._pool_request = replace(self._pool_request, lambda_config=config)
        self._server: Server | None = None
        self._door: Door | None = None
        self.inbox = LocalInbox(Inbox())
        """The messages that the pool has sent."""
        self.user_pool_id = ""
        """The pool's id, once it is open."""
        self.client_id = ""
        """The app client's id, once it is open."""
        self.client_secret: str | None = None
        """The app client's secret, if it has one."""

    def __enter__(self) -> Self:
        """Open the pool."""
        self._server = _run(
            open_server(
                self._settings,
                effects=self._effects,
                inbox=self.inbox.kept,
                triggers=self._functions(),
                make_key=_shared_key,
            )
        )
        try:
            self._make_pool()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the pool; what was in memory is gone."""
        self.close()

    def close(self) -> None:
        """Close the pool and its port; may be called more than once."""
        door, self._door = self._door, None
        if door is not None:
            _run(door.close())
        server, self._server = self._server, None
        if server is not None:
            _run(server.close())

    def client(self, *, storage: MutableMapping[str, str] | None = None, **options: Any) -> UserPool:
        """Return a `UserPool` that speaks to this pool within the process; `options` are those of `UserPool`."""
        self._opened()
        return UserPool(
            self.user_pool_id, self.client_id, **self._options(storage, _Blocking(self._opened), options)
        )

    def async_client(
        self, *, storage: MutableMapping[str, str] | None = None, **options: Any
    ) -> AsyncUserPool:
        """Return an `AsyncUserPool` that speaks to this pool within the process."""
        self._opened()
        return AsyncUserPool(
            self.user_pool_id, self.client_id, **self._options(storage, _Asynchronous(self._opened), options)
        )

    def call(self, operation: Operation[RequestT, ResponseT], request: RequestT) -> ResponseT:
        """Run an operation as an administrator, such as `local.call(AdminGetUser, AdminGetUserRequest(...))`."""
        server = self._opened()
        run = find_operation(operation)
        if run is None:
            raise not_built(operation.name)
        reply: ResponseT = _run(_run_operation(run, server, request))
        return reply

    def verifier(self, *, token_use: TokenUse | None = "access", **options: Any) -> TokenVerifier:
        """Return a verifier of this pool's tokens within the process; `options` are those of `TokenVerifier`."""
        from userpool.verifier import TokenVerifier  # noqa: PLC0415 - not every test verifies a token

        self._opened()
        ours = self._verifier_options(_Blocking(self._opened))
        return TokenVerifier(self.user_pool_id, token_use=token_use, **{**ours, **options})

    def async_verifier(self, *, token_use: TokenUse | None = "access", **options: Any) -> AsyncTokenVerifier:
        """Return an `AsyncTokenVerifier` of this pool's tokens within the process."""
        from userpool.async_verifier import AsyncTokenVerifier  # noqa: PLC0415 - not every test verifies a token

        self._opened()
        ours = self._verifier_options(_Asynchronous(self._opened))
        return AsyncTokenVerifier(self.user_pool_id, token_use=token_use, **{**ours, **options})

    def identity_pool(
        self, *, guests: bool = True, storage: MutableMapping[str, str] | None = None, **options: Any
    ) -> IdentityPool:
        """Make an identity pool for the people of this pool, and for guests; `options` are those of `IdentityPool`."""
        from userpool.identity_pool import IdentityPool  # noqa: PLC0415 - not every test needs one

        ours: dict[str, Any] = {
            "transport": _Blocking(self._opened),
            "effects": self._effects,
            "storage": storage,
        }
        return IdentityPool(self._make_identity_pool(guests=guests), **{**ours, **options})

    def async_identity_pool(
        self, *, guests: bool = True, storage: MutableMapping[str, str] | None = None, **options: Any
    ) -> AsyncIdentityPool:
        """Make an identity pool as `identity_pool` does, and return an `AsyncIdentityPool` of it."""
        from userpool.async_identity_pool import AsyncIdentityPool  # noqa: PLC0415 - not every test needs one

        ours: dict[str, Any] = {
            "transport": _Asynchronous(self._opened),
            "effects": self._effects,
            "storage": storage,
        }
        return AsyncIdentityPool(self._make_identity_pool(guests=guests), **{**ours, **options})

    def totp_code(self, secret: str) -> str:
        """Return what an authenticator app with this secret (base32) shows at this moment on the pool's clock.

        A code counts once: `advance(seconds=30)` leads to the next.
        """
        return totp(b32decode(secret + "=" * (-len(secret) % 8)), step_of(self._effects.now()))

    def advance(self, **span: float) -> None:
        """Move the pool's clock, and that of its clients, such as `advance(minutes=61)`."""
        self._effects.ahead += timedelta(**span).total_seconds()

    @property
    def endpoint(self) -> str:
        """The address at which any client can use this pool; a port is opened at the first request for it."""
        server = self._opened()
        if self._door is None:
            door = Door(server.context, server.rpc, server.inbox, listen("127.0.0.1", 0))
            _run(door.open())
            self._door = door
        return self._door.origin

    def _functions(self) -> dict[str, TriggerFunction]:
        # By their ARNs for this pool; by the names of their triggers for others that are made in it.
        region, account_id = self._settings.region, self._settings.account_id
        named = {
            function_arn(name, region=region, account_id=account_id): function
            for name, function in self._triggers.items()
        }
        later = [self._triggers[name] for name in VERSIONS if name in self._triggers]
        return {**self._triggers, **named, **({"PreTokenGeneration": later[0]} if later else {})}

    def _make_pool(self) -> None:
        pool = self.call(CreateUserPool, self._pool_request).user_pool or UserPoolType()
        self.user_pool_id = pool.id or ""
        if self._mfa_request is not None:
            self.call(SetUserPoolMfaConfig, replace(self._mfa_request, user_pool_id=self.user_pool_id))
        # A copy: the caller's request may serve for other pools, too.
        request = replace(self._client_request, user_pool_id=self.user_pool_id)
        client = self.call(CreateUserPoolClient, request).user_pool_client or UserPoolClientType()
        self.client_id = client.client_id or ""
        self.client_secret = client.client_secret

    def _make_identity_pool(self, *, guests: bool) -> str:
        issuer = self._settings.issuer(self.user_pool_id)
        provider = CognitoIdentityProviderInput(
            provider_name=issuer.partition("://")[2], client_id=self.client_id, server_side_token_check=False
        )
        request = CreateIdentityPoolInput(
            identity_pool_name="local",
            allow_unauthenticated_identities=guests,
            cognito_identity_providers=[provider],
        )
        made = self.call(CreateIdentityPool, request).identity_pool_id
        role = f"arn:aws:iam::{self._settings.account_id}:role"
        roles = {"authenticated": f"{role}/authenticated", "unauthenticated": f"{role}/guest"}
        self.call(SetIdentityPoolRoles, SetIdentityPoolRolesInput(identity_pool_id=made, roles=roles))
        return made

    def _verifier_options(self, transport: object) -> dict[str, Any]:
        return {
            "client_id": self.client_id,
            # Within the process it is the path alone that leads to the keys.
            "endpoint": "http://localhost",
            "issuer": self._settings.issuer(self.user_pool_id),
            "transport": transport,
            "effects": self._effects,
        }

    def _options(self, storage: object, transport: object, options: dict[str, Any]) -> dict[str, Any]:
        ours = {"client_secret": self.client_secret, "transport": transport, "effects": self._effects}
        return {**ours, "storage": storage, **options}

    def _opened(self) -> Server:
        if self._server is None:
            raise UserPoolError("The local pool isn't open: use it as a context manager.")
        return self._server


class LocalInbox:
    """The messages that a local pool has sent."""

    def __init__(self, kept: Inbox) -> None:
        """Take where they are kept."""
        self.kept = kept

    def messages(self, username: str | None = None) -> list[Message]:
        """Return messages, newest first: all, or those to one user (by username, `sub` or address)."""
        return [
            message
            for message in self.kept.messages()
            if username is None or username in {message.username, message.sub, message.destination}
        ]

    def latest(self, username: str | None = None) -> Message:
        """Return the newest message.

        Raises:
            LookupError: there is none.
        """
        found = self.messages(username)
        if not found:
            raise LookupError("No message was sent" + (f" to {username}." if username else "."))
        return found[0]


class _MovableEffects:
    """Effects whose clock can be moved."""

    def __init__(self, effects: Effects) -> None:
        self._effects = effects
        self.ahead = 0.0

    def now(self) -> float:
        return self._effects.now() + self.ahead

    def random_bytes(self, size: int) -> bytes:
        return self._effects.random_bytes(size)


class _Blocking:
    """Carries requests of the blocking half into the pool."""

    def __init__(self, opened: Callable[[], Server]) -> None:
        self._opened = opened

    def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        try:
            return _submit(_answer(self._opened(), request)).result(timeout)
        except TimeoutError as error:
            raise NoAnswerInTimeError("The local pool did not answer in time.") from error

    def close(self) -> None:
        """There is nothing to let go of."""


class _Asynchronous:
    """Carries requests of the asyncio half into the pool, which runs on an event loop of its own."""

    def __init__(self, opened: Callable[[], Server]) -> None:
        self._opened = opened

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:  # The protocol's.
        answer = _submit(_answer(self._opened(), request))
        try:
            async with within(timeout):
                return await outcome(answer)
        except TimeoutError as error:
            raise NoAnswerInTimeError("The local pool did not answer in time.") from error

    async def close(self) -> None:
        """There is nothing to let go of."""


async def _run_operation(run: Run, server: Server, request: object) -> Any:
    return await run(server.context, request)


async def _answer(server: Server, request: HttpRequest) -> HttpReply:
    if request.method == "GET":
        path = urlsplit(request.url).path
        document = await discovery_document(server.context, path, origin="http://localhost")
        return HttpReply(200 if document else 404, {"content-type": "application/json"}, document or b"")
    headers = {name.lower(): value for name, value in request.headers.items()}
    reply = await server.rpc.answer(headers, request.body)
    return HttpReply(reply.status, dict(reply.headers), reply.body)


@lru_cache(maxsize=1)
def _shared_key() -> PrivateKey:
    # Making a key takes longer than all the rest: local pools, whose tokens nobody else trusts, share one.
    return make_private_key()


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    # One thread runs all local pools of the process; it ends with it.
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="userpool local pools", daemon=True).start()
    return loop


def _submit(work: Coroutine[Any, Any, T]) -> Future[T]:
    return asyncio.run_coroutine_threadsafe(work, _loop())


def _run(work: Coroutine[Any, Any, T]) -> T:
    return _submit(work).result()
