"""A user pool, as seen by an app client of it: joining, signing in, and finding out who is signed in.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:InitiateAuth, api:SignUp and the other operations named at the methods; js-sdk:CognitoUserPool.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from userpool import flows
from userpool.async_sign_in_verbs import AsyncSignInVerbs
from userpool.async_user import AsyncUser
from userpool.errors import SettingsError
from userpool.results import CodeDelivery, SignUpConfirmation, SignUpResult
from userpool.token_bundle import Tokens
from userpool.transport import AsyncTransport
from userpool.transport.retries import RetryPolicy
from userpool.user_context import UserContext

if TYPE_CHECKING:
    # What a pool object is made of is loaded when one is made, so that importing the library stays cheap.
    from userpool.async_verifier import AsyncTokenVerifier, AsyncVerifierOptions
    from userpool.effects import Effects
    from userpool.events import Listener
    from userpool.transport.signing import AsyncCredentialsSource
    from userpool.trusted_pools import TokenUse

__all__ = ["AsyncUserPool"]


class AsyncUserPool(AsyncSignInVerbs):
    """One user pool and one of its app clients. No AWS credentials are needed, but for what administrators do.

    Nothing is requested before a verb is called. Use it as a context manager, or call `close`, to let go of
    connections.

    Args:
        user_pool_id: such as ``us-east-1_aB12cDe34``; it tells the region and the partition too.
        client_id: the app client's id.
        client_secret: the app client's secret, if it has one.
        endpoint: the address of the service, where it is not AWS's own; https, except on this machine.
        issuer: what the tokens name as their issuer, where it does not follow from the endpoint.
        use_fips: speak to AWS's FIPS endpoint.
        use_dual_stack: speak to AWS's dual-stack endpoint.
        storage: where tokens are kept: any mapping from text to text. By default they are kept in memory, and
            every pool object has its own.
        transport: what carries the requests. By default httpx2, with a client of its own; an existing client is
            used by `userpool.transport.async_http.AsyncHttpTransport(client)`.
        timeout_seconds: how long to wait for a connection, again for an answer to begin, and again for the rest of it.
        total_timeout_seconds: how long one conversation with the service may take (a sign-in, an answer, a renewal, a
            single request), repetitions and pauses included. By default there is no such limit.
        retries: how to repeat what may be repeated.
        refresh_leeway_seconds: how long before they expire tokens are renewed.
        client_metadata: passed to the pool's triggers with every request that can carry it, a renewal in the
            background included, unless the verb is given its own.
        user_context: passed to the pool's threat protection in the same way.
        credentials: AWS credentials for what an administrator does (`admin_sign_in`), or a function that returns them
            and is called for every such request. By default they are the machine's, which botocore finds if it is
            installed. Nothing else is signed.
        remember_devices: whether to sign in as the device that is stored, and to confirm a new one when the pool
            remembers devices.
        user_agent_suffix: what to add to the name under which this library introduces itself.
        on_event: called with each event (`userpool.events`): signed in, renewed, not renewed, signed out, challenge. It
            should be quick, and what it raises is logged and goes no further.
        effects: the clock and the random source, for tests.

    Raises:
        SettingsError: one of them is wrong, or two contradict each other.
    """

    def __init__(
        self,
        user_pool_id: str,
        client_id: str,
        *,
        client_secret: str | None = None,
        endpoint: str | None = None,
        issuer: str | None = None,
        use_fips: bool = False,
        use_dual_stack: bool = False,
        storage: MutableMapping[str, str] | None = None,
        transport: AsyncTransport | None = None,
        timeout_seconds: float = 10.0,
        total_timeout_seconds: float | None = None,
        retries: RetryPolicy | None = None,
        refresh_leeway_seconds: float = 60.0,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
        credentials: AsyncCredentialsSource | None = None,
        remember_devices: bool = True,
        user_agent_suffix: str = "",
        on_event: Listener | None = None,
        effects: Effects | None = None,
    ) -> None:
        from userpool.async_line import open_line  # noqa: PLC0415 - see above

        self._line = open_line(
            user_pool_id,
            client_id,
            client_secret=client_secret,
            endpoint=endpoint,
            issuer=issuer,
            use_fips=use_fips,
            use_dual_stack=use_dual_stack,
            storage=storage,
            transport=transport,
            timeout_seconds=timeout_seconds,
            total_timeout_seconds=total_timeout_seconds,
            retries=retries,
            refresh_leeway_seconds=refresh_leeway_seconds,
            client_metadata=client_metadata,
            user_context=user_context,
            credentials=credentials,
            remember_devices=remember_devices,
            user_agent_suffix=user_agent_suffix,
            on_event=on_event,
            effects=effects,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.user_pool_id!r}, client {self.client_id!r}>"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections. Tokens stay where they are kept."""
        await self._line.caller.close()

    # ---- which pool it is ----

    @property
    def user_pool_id(self) -> str:
        """The pool's id."""
        return self._line.place.pool_id.text

    @property
    def client_id(self) -> str:
        """The app client's id."""
        return self._line.app.client_id

    @property
    def region(self) -> str:
        """The region, as the pool's id tells it."""
        return self._line.place.pool_id.region

    @property
    def endpoint(self) -> str:
        """The address of the service, without a slash at its end."""
        return self._line.place.endpoint

    @property
    def issuer(self) -> str:
        """What the pool's tokens name as their issuer; ``/.well-known/jwks.json`` below it are its keys."""
        return self._line.place.issuer

    def verifier(
        self, *, token_use: TokenUse | None, **options: Unpack[AsyncVerifierOptions]
    ) -> AsyncTokenVerifier:
        """Return a verifier of the tokens that this object gets: its pool's, for its client.

        It shares nothing with this object: it has keys and connections of its own, and is kept and closed by itself.

        Args:
            token_use: ``"access"`` or ``"id"``; None takes both.
            **options: see `AsyncVerifierOptions`.
        """
        from userpool.async_verifier import AsyncTokenVerifier  # noqa: PLC0415 - see above

        return AsyncTokenVerifier.for_pool(self, token_use=token_use, **options)

    # ---- joining ----

    async def sign_up(
        self,
        username: str,
        password: str | None = None,
        attributes: Mapping[str, str] | None = None,
        *,
        validation_data: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> SignUpResult:
        """Create a person (SignUp); ``delivery`` of the result tells where a confirmation code went.

        Args:
            username: the name they will sign in with; an address or a phone number if the pool is set so.
            password: may be left out where the pool lets people in by one-time codes.
            attributes: by name, such as ``email`` or ``custom:team``; values are texts.
            validation_data: for the pool's triggers; it is not kept.
            client_metadata: for the pool's triggers.
            user_context: for the pool's threat protection.

        Raises:
            UsernameExistsException: the name is taken.
            InvalidPasswordException: the password does not obey the pool's policy.
            InvalidParameterException: an attribute is missing or wrong.
        """
        flow = flows.sign_up.sign_up(
            self._line.app,
            username,
            password=password,
            attributes=attributes or {},
            validation_data=validation_data or {},
            extras=self._extras(client_metadata, user_context),
        )
        return await self._line.hold(flow)

    async def confirm_sign_up(
        self,
        username: str,
        code: str,
        *,
        force_alias_creation: bool = False,
        session: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> SignUpConfirmation:
        """Confirm a person by the code they were sent (ConfirmSignUp).

        ``force_alias_creation`` takes an address that signs somebody else in over from them. ``session`` is
        the one of the sign-up, for clients that sign people in right after it.

        Raises:
            CodeMismatchException: it is another code.
            ExpiredCodeException: the code is too old, or was replaced by a newer one.
            AliasExistsException: somebody else signs in with this address.
        """
        flow = flows.sign_up.confirm_sign_up(
            self._line.app,
            username,
            code=code,
            force_alias_creation=force_alias_creation,
            session=session,
            extras=self._extras(client_metadata, user_context),
        )
        return await self._line.hold(flow)

    async def resend_confirmation_code(
        self,
        username: str,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> CodeDelivery | None:
        """Have a new confirmation code sent (ResendConfirmationCode); the one before stops working."""
        extras = self._extras(client_metadata, user_context)
        return await self._line.hold(
            flows.sign_up.resend_confirmation_code(self._line.app, username, extras=extras)
        )

    # ---- who is signed in ----

    def current_user(self, username: str | None = None) -> AsyncUser | None:
        """Return whoever signed in last, or whoever has this name in the pool, if their tokens are stored.

        Tokens that amazon-cognito-identity-js has stored under an alias are found by the alias, too. Nothing is
        requested. Who signed in last is looked up in this call only; the user returned stays who they are.
        """
        session = self._line.sessions.find(username)
        return None if session is None else AsyncUser(self._line, session)

    def users(self) -> tuple[AsyncUser, ...]:
        """Return everybody whose tokens are stored, in the order of their names."""
        found = (self.current_user(username) for username in self._line.sessions.usernames())
        return tuple(user for user in found if user is not None)

    def user_from_tokens(self, tokens: Tokens, *, username: str | None = None) -> AsyncUser:
        """Return the user whose tokens the caller keeps somewhere else, such as in a web session.

        The tokens are not verified and not stored, now or after a renewal: look at `AsyncUser.tokens` for
        what to keep.

        Raises:
            SettingsError: the tokens do not tell the user name, and none was given.
        """
        name = username or tokens.username
        if name is None:
            raise SettingsError("These tokens do not tell whose they are; give username=.")
        return AsyncUser(self._line, self._line.sessions.hand_in(tokens, username=name))

    # ---- forgotten passwords ----

    async def forgot_password(
        self,
        username: str,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> CodeDelivery | None:
        """Have a code sent with which `confirm_forgot_password` sets a new password (ForgotPassword).

        Raises:
            InvalidParameterException: there is no verified address to send it to.
            LimitExceededException: too many were asked for in the last hour.
        """
        extras = self._extras(client_metadata, user_context)
        return await self._line.hold(flows.passwords.forgot_password(self._line.app, username, extras=extras))

    async def confirm_forgot_password(
        self,
        username: str,
        code: str,
        new_password: str,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> None:
        """Set a new password with the code that was sent (ConfirmForgotPassword).

        Raises:
            CodeMismatchException: it is another code.
            ExpiredCodeException: the code is too old.
            InvalidPasswordException: the password does not obey the pool's policy.
        """
        flow = flows.passwords.confirm_forgot_password(
            self._line.app,
            username,
            code=code,
            new_password=new_password,
            extras=self._extras(client_metadata, user_context),
        )
        await self._line.hold(flow)
