"""How people sign in to a pool: the beginning, the answers, and the way through all of them.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:InitiateAuth, api:RespondToAuthChallenge, api:AdminInitiateAuth, api:AdminRespondToAuthChallenge;
js-sdk:CognitoUser.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, overload

from msgspec.structs import replace

from userpool import flows
from userpool.answers import Answer, UnderWay
from userpool.async_user import AsyncUser
from userpool.devices import KnownDevice
from userpool.errors import ChallengeError, StorageError
from userpool.events import ChallengeReceived, SignedInEvent
from userpool.single_flight import async_see_through
from userpool.steps import Challenge, EmailCodeRequired, SignedIn, SmsCodeRequired, SmsOtpRequired, Step
from userpool.token_bundle import Granted, Tokens
from userpool.user_context import UserContext

if TYPE_CHECKING:
    from userpool.async_line import AsyncLine
    from userpool.conversation import Call, Flow, Reply
    from userpool.flows.app_client import Extras
    from userpool.flows.challenges import Outcome
    from userpool.flows.sign_in import AdminSignInFlow, DeviceUse, FirstFactor, SignInFlow
    from userpool.prompter import Prompter

__all__ = ["AsyncSignInVerbs"]


class AsyncSignInVerbs:
    """The verbs of an `AsyncUserPool` that sign somebody in."""

    _line: AsyncLine

    @overload
    async def sign_in(
        self,
        username: str,
        password: str | None = None,
        *,
        flow: SignInFlow | None = None,
        preferred_challenge: FirstFactor | None = None,
        session: str | None = None,
        device: KnownDevice | None = None,
        device_name: str | None = None,
        prompter: None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Step[AsyncUser]: ...

    @overload
    async def sign_in(
        self,
        username: str,
        password: str | None = None,
        *,
        flow: SignInFlow | None = None,
        preferred_challenge: FirstFactor | None = None,
        session: str | None = None,
        device: KnownDevice | None = None,
        device_name: str | None = None,
        prompter: Prompter,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> SignedIn[AsyncUser]: ...

    async def sign_in(
        self,
        username: str,
        password: str | None = None,
        *,
        flow: SignInFlow | None = None,
        preferred_challenge: FirstFactor | None = None,
        session: str | None = None,
        device: KnownDevice | None = None,
        device_name: str | None = None,
        prompter: Prompter | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Step[AsyncUser]:
        """Sign somebody in, or learn what the service wants to know first (InitiateAuth).

        Nothing that is stored is touched before there are tokens.

        Args:
            username: the name they sign in with, or another that the pool takes for it.
            password: may be left out with CUSTOM_AUTH and USER_AUTH.
            flow: USER_SRP_AUTH, the default, proves the password without sending it. USER_PASSWORD_AUTH sends it,
                which a pool needs that takes people over from elsewhere at their first sign-in. CUSTOM_AUTH is the
                pool's own triggers, after a proof of the password if one is given. USER_AUTH is a choice of first
                factors.
            preferred_challenge: the first factor to be asked for; then the flow is USER_AUTH.
            session: what `confirm_sign_up` came back with, which signs somebody in right after it; then the flow is
                USER_AUTH and no password is needed.
            device: the device they sign in with, for a caller who keeps it elsewhere. By default it is the stored one.
            device_name: what the pool is to call this device, if it has not seen it before.
            prompter: answers every challenge, so that somebody is signed in when this returns.
            client_metadata: for the pool's triggers.
            user_context: for the pool's threat protection.

        Raises:
            NotAuthorizedException: the name or the password is wrong, or there were too many attempts.
            UserNotFoundException: there is nobody of this name (most pools do not tell).
            UserNotConfirmedException: they have not confirmed their sign-up yet.
            PasswordResetRequiredException: they must choose a new password: see `forgot_password`.
            ChallengeError: the password is missing, or contradicts the flow. Nothing is sent.
            StorageError: the tokens could not be kept; they are revoked, and nobody is signed in.
        """
        by_choice = session is not None or preferred_challenge is not None
        step = await self._begin(
            username,
            password,
            flow or ("USER_AUTH" if by_choice else "USER_SRP_AUTH"),
            wishes=UnderWay(preferred_challenge=preferred_challenge, device=device, device_name=device_name),
            session=session,
            extras=self._extras(client_metadata, user_context),
        )
        if prompter is None:
            return step
        return await self.finish(step, prompter, client_metadata=client_metadata, user_context=user_context)

    async def admin_sign_in(
        self,
        username: str,
        password: str | None = None,
        *,
        flow: AdminSignInFlow = "ADMIN_USER_PASSWORD_AUTH",
        preferred_challenge: FirstFactor | None = None,
        session: str | None = None,
        device: KnownDevice | None = None,
        device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Step[AsyncUser]:
        """Sign somebody in as an administrator, by a signed request (AdminInitiateAuth).

        It takes AWS credentials: those given to the pool object, else the machine's. The steps that it comes to are
        answered through the same door. Otherwise it is like `sign_in`; ADMIN_USER_PASSWORD_AUTH sends the password.

        Raises:
            SettingsError: there are no AWS credentials.
            ServiceException: as `sign_in`, and where the credentials do not allow it.
        """
        return await self._begin(
            username,
            password,
            flow,
            wishes=UnderWay(
                preferred_challenge=preferred_challenge, admin=True, device=device, device_name=device_name
            ),
            session=session,
            extras=self._extras(client_metadata, user_context),
        )

    async def admin_refresh(
        self,
        tokens: Tokens,
        *,
        username: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Tokens:
        """Return new tokens for old ones, by a signed request (AdminInitiateAuth, REFRESH_TOKEN_AUTH).

        Nothing is stored. The secret hash of a client that has a secret is made for ``username``, by default the name
        in the tokens.

        Raises:
            NotSignedInError: there is no refresh token.
            NotAuthorizedException: the service does not take it any more.
        """
        flow = flows.refresh.renew_as_admin(
            self._line.app,
            tokens,
            username=username or tokens.username or "",
            extras=self._extras(client_metadata, user_context),
        )
        return await self._line.hold(flow)

    async def answer(
        self,
        answer: Answer,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Step[AsyncUser]:
        """Answer a challenge with what its step made (RespondToAuthChallenge), and learn how it goes on.

        Raises:
            CodeMismatchException: the code is wrong; the same step may be answered again.
            EnableSoftwareTokenMFAException: the first code of an app is wrong; the same step may be answered again.
            NotAuthorizedException: the session has expired or was answered already; sign in anew.
            InvalidPasswordException: a new password does not obey the pool's policy.
            ChallengeError: the challenge was another app client's, or this is no answer. Nothing is sent.
            StorageError: as from `sign_in`.
        """
        conversation = flows.sign_in.answer_challenge(
            self._line.app,
            _checked(answer),
            random=self._random(),
            extras=self._extras(client_metadata, user_context),
            now=self._line.caller.now(),
            devices=self._devices(),
        )
        return await self._step(conversation)

    async def finish(
        self,
        step: Step[AsyncUser],
        prompter: Prompter,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> SignedIn[AsyncUser]:
        """Go on from a step until somebody is signed in, asking the prompter for every answer.

        Raises:
            ChallengeError: the prompter has no answer to a step.
            ServiceException: an answer was refused, and the prompter does not want to try again.
        """
        from userpool.async_prompting import async_drive  # noqa: PLC0415 - many programs ask in their own way

        return await async_drive(
            step,
            prompter=prompter,
            answer=lambda made: self.answer(made, client_metadata=client_metadata, user_context=user_context),
        )

    async def send_code_again(
        self,
        step: SmsCodeRequired | SmsOtpRequired | EmailCodeRequired,
        password: str | None = None,
        *,
        client_metadata: Mapping[str, str] | None = None,
        user_context: UserContext | None = None,
    ) -> Step[AsyncUser]:
        """Have a new code sent for a step that asks for one, and return the step that takes it.

        The service has no operation for it, so the sign-in is begun again, in the way it was begun: with the password
        if that was its first factor, which is asked for here because no step keeps it. Where the service lets the
        person choose, what they chose is chosen again. Anything else that it asks for on the way comes back as the
        step that it is, and so do tokens, should it ask for nothing.

        The step that was handed in goes on to work as long as its session lives, should this fail.

        Raises:
            ChallengeError: the sign-in began with a password, and none was given. Nothing is sent.
            ServiceException: as `sign_in`.
        """
        known = step.under_way
        if not known.login:
            raise ChallengeError("This step does not tell how its sign-in began; begin it again.")
        extras = self._extras(client_metadata, user_context)
        again = await self._begin(
            known.login, password, known.flow, wishes=known, session=None, extras=extras
        )
        choice = flows.sign_in.same_choice(again, step)
        if choice is None:
            return again
        return await self.answer(choice, client_metadata=client_metadata, user_context=user_context)

    async def _begin(
        self,
        username: str,
        password: str | None,
        flow: str,
        *,
        wishes: UnderWay,
        session: str | None,
        extras: Extras,
    ) -> Step[AsyncUser]:
        conversation = flows.sign_in.sign_in(
            self._line.app,
            username,
            password=password,
            flow=flow,
            random=self._random(),
            extras=extras,
            under_way=wishes,
            devices=self._devices(),
            session=session,
        )
        return await self._step(conversation)

    async def _step(self, conversation: Flow[Outcome]) -> Step[AsyncUser]:
        """Hold a conversation of a sign-in; store what it led to, and only then."""
        send = self._line.caller.begin()
        outcome = await self._line.hold(conversation, send=send)
        if isinstance(outcome, Granted):
            return await self._let_in(outcome, send)
        if isinstance(outcome, flows.sign_in.DeviceRefused):
            # The next sign-in does without the device, instead of being refused for ever.
            self._line.sessions.lose_device(outcome.lost_device, names={outcome.login, outcome.username})
            raise outcome.fault
        self._line.tell(ChallengeReceived(outcome.username, name_of(outcome)))
        return outcome

    async def _let_in(
        self, granted: Granted, send: Callable[[Call], Awaitable[Reply]]
    ) -> SignedIn[AsyncUser]:
        """Store the tokens, and see to a new device afterwards: nothing that befalls it may lose them."""
        try:
            user = AsyncUser(self._line, self._line.sessions.begin(granted))
        except Exception:
            # Nobody gets these tokens any more, and half of them may lie in a storage that fails.
            revocation = flows.sign_out.revoke(self._line.app, (granted.tokens,))
            await async_see_through(lambda: self._line.hold(revocation))
            raise
        self._line.tell(SignedInEvent(user.username))
        done = granted
        if granted.new_device is not None and self._line.remember_devices:
            # To its end, even if the caller is cancelled: tokens are bound to a device, and good for less without it.
            done = await async_see_through(lambda: self._confirm_device(granted, send))
        return SignedIn(
            user,
            new_device=done.new_device,
            user_confirmation_necessary=done.user_confirmation_necessary,
            device=done.device,
            device_error=done.device_error,
        )

    async def _confirm_device(self, granted: Granted, send: Callable[[Call], Awaitable[Reply]]) -> Granted:
        random = self._line.effects.random_bytes(flows.sign_in.DEVICE_RANDOM_BYTES)
        confirmed = await self._line.hold(flows.sign_in.confirm_device(granted, random=random), send=send)
        try:
            self._line.sessions.keep_device(confirmed)
        except StorageError as error:
            return replace(confirmed, device_error=error)
        return confirmed

    def _devices(self) -> DeviceUse:
        if not self._line.remember_devices:
            return flows.sign_in.DeviceUse()
        return flows.sign_in.DeviceUse(self._line.sessions.known_device)

    def _random(self) -> bytes:
        return self._line.effects.random_bytes(flows.sign_in.FRESH_BYTES)

    def _extras(
        self, client_metadata: Mapping[str, str] | None, user_context: UserContext | None = None
    ) -> Extras:
        return self._line.extras.overridden(client_metadata=client_metadata, user_context=user_context)


def name_of(step: Challenge) -> str:
    """Return the service's name for what a step asks."""
    return getattr(step, "name", "") or step.NAME


def _checked(given: object) -> Answer:
    """Return an answer as it is; a step itself is easily given in its place."""
    if isinstance(given, Answer):
        return given
    kind = "a step" if isinstance(given, SignedIn | Challenge) else f"of type {type(given).__name__}"
    raise ChallengeError(
        f"This is {kind}, not an answer: an answer is what a method of a step returns, such as step.code(...)."
    )
