"""Somebody who is signed in: who they are, and their tokens.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: js-sdk:CognitoUser (getSession, refreshSession); api:GetTokensFromRefreshToken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from userpool.token_bundle import Tokens

if TYPE_CHECKING:
    from userpool.async_line import AsyncLine, AsyncUserSession
    from userpool.conversation import Flow
    from userpool.flows.app_client import Extras

__all__ = ["AsyncPerson"]

ResultT = TypeVar("ResultT")


class AsyncPerson:
    """What every part of an `AsyncUser` is built on: one sign-in, and the line to the service.

    Every verb first sees to it that the access token is good for a while, and renews it if it is not.
    """

    __slots__ = ("_line", "_session")

    def __init__(self, line: AsyncLine, session: AsyncUserSession) -> None:
        self._line = line
        self._session = session

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.username!r}>"

    # ---- who it is; nothing here asks the service ----

    @property
    def username(self) -> str:
        """The pool's own name for this person, whatever name or alias they signed in with."""
        return self._session.username

    @property
    def login_name(self) -> str | None:
        """The name that the person typed when they signed in, such as their e-mail address.

        It is kept with a stored session; where Amplify has signed them in, it is Amplify's. None if they are signed out
        or it is not known, as with tokens that the caller keeps.
        """
        return self._session.login if self._session.tokens else None

    @property
    def sub(self) -> str | None:
        """The person's id, which never changes; None if they are signed out or the tokens cannot be read."""
        return self._session.tokens.sub if self._session.tokens else None

    @property
    def tokens(self) -> Tokens:
        """The tokens as they are, which may have expired; `fresh_tokens` returns ones that have not.

        Raises:
            NotSignedInError: the person is signed out.
        """
        return self._line.sessions.current(self._session)

    @property
    def claims(self) -> Mapping[str, Any]:
        """What the ID token says about the person (their access token, where there is no ID token).

        Its signature is not checked. After a sign-in that is as it should be, since it came from the service itself;
        tokens that came from elsewhere, such as a browser's cookies, prove nothing before a `TokenVerifier` has looked
        at them. It is as old as the token: after a change of attributes, `refresh` brings the new values.

        Raises:
            NotSignedInError: the person is signed out.
        """
        tokens = self.tokens
        return tokens.id_claims or tokens.access_claims

    @property
    def is_signed_in(self) -> bool:
        """Whether there are tokens, be they expired or not."""
        return self._session.tokens is not None

    @property
    def is_valid(self) -> bool:
        """Whether there are tokens that have not expired, on the service's clock; nothing is asked.

        If not, the next verb renews them.
        """
        return self._line.sessions.is_valid(self._session)

    # ---- tokens ----

    async def fresh_tokens(self) -> Tokens:
        """Return tokens that are good for a while, renewing them if they are not."""
        return await self._line.fresh_tokens(self._session)

    async def refresh(self, *, client_metadata: Mapping[str, str] | None = None) -> Tokens:
        """Renew the tokens now, also if they are still good, and return them (GetTokensFromRefreshToken).

        Raises:
            NotSignedInError: there is no refresh token.
            NotAuthorizedException: the session has been ended, here or elsewhere. This and the next four sign
                the person out.
            RefreshTokenReuseException: a refresh token that was replaced has been used, perhaps by a thief.
            UserNotFoundException: the person has been deleted.
            PasswordResetRequiredException: the person has to choose a new password first.
            UserNotConfirmedException: the person has to confirm their sign-up first.
        """
        return await self._line.renew(self._session, self.tokens, extras=self._extras(client_metadata))

    def reload(self) -> Tokens:
        """Look into the storage for what another process or tab has done, and return the tokens as they are then.

        Newer tokens are taken over, and a session that is gone from there ends here too; the listener is told of both.
        Verbs look only when the tokens are about to expire or were refused. Nothing is requested, and tokens that the
        caller keeps stay as they are.

        Raises:
            NotSignedInError: the person is signed out, here or elsewhere.
        """
        return self._line.sessions.catch_up(self._session)

    # ---- for the verbs ----

    async def _hold(self, begin: Callable[[str], Flow[ResultT]]) -> ResultT:
        """Hold a conversation as this person; ``begin`` is given an access token."""
        return await self._line.hold_as(self._session, begin)

    async def _change(self, begin: Callable[[str], Flow[ResultT]]) -> ResultT:
        """Hold a conversation that changes the person's record, and drop the copy that is kept of it."""
        try:
            return await self._line.hold_as(self._session, begin)
        finally:
            # Also when it failed: an answer that got lost tells nothing about what was done.
            self._line.sessions.profile_changed(self._session)

    def _extras(self, client_metadata: Mapping[str, str] | None) -> Extras:
        return self._line.extras.overridden(client_metadata=client_metadata)
