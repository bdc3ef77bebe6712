"""Somebody who is signed in: what they may do with their own account.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:GetUser, api:UpdateUserAttributes, api:RevokeToken and the other operations named at the methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from userpool import flows
from userpool.results import CodeDelivery, SignOutResult
from userpool.token_bundle import Tokens

if TYPE_CHECKING:
    from userpool.async_line import AsyncLine, AsyncUserSession
    from userpool.flows.app_client import Extras

__all__ = ["AsyncUser"]


class AsyncUser:
    """A signed-in person; a pool makes it: `sign_in`, `answer`, `current_user`, `users`, `user_from_tokens`.

    Every verb first sees to it that the access token is good for a while, and renews it if it is not: one
    renewal at a time, however many ask. Objects of the same sign-in share their tokens.

    Raises:
        NotSignedInError: from any verb, once the person is signed out or the tokens have expired for good.
        ServiceException: from any verb, when the service says no.
        TransportError: from any verb, when the service cannot be reached or understood; nobody is signed out
            by that.
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

        It came from the service itself, so its signature is not checked. It is as old as the token: after a
        change of attributes, `refresh` brings the new values.

        Raises:
            NotSignedInError: the person is signed out.
        """
        tokens = self.tokens
        return tokens.id_claims or tokens.access_claims

    @property
    def is_signed_in(self) -> bool:
        """Whether there are tokens, be they expired or not."""
        return self._session.tokens is not None

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

    # ---- their own record ----

    async def attributes(self) -> dict[str, str]:
        """Return all attributes that the app client may read, by name (GetUser); all values are texts."""
        return await self._line.hold_as(self._session, flows.profile.attributes)

    async def update_attributes(
        self, attributes: Mapping[str, str], *, client_metadata: Mapping[str, str] | None = None
    ) -> tuple[CodeDelivery, ...]:
        """Set attributes; return where codes went for those that must be verified (UpdateUserAttributes).

        An attribute may keep its old value until it is verified, if the pool is set so.
        """
        extras = self._extras(client_metadata)
        sent = await self._line.hold_as(
            self._session,
            lambda token: flows.profile.update_attributes(token, changes=attributes, extras=extras),
        )
        self._line.sessions.profile_changed(self._session)
        return sent

    async def delete_attributes(self, names: Iterable[str]) -> None:
        """Remove attributes by name (DeleteUserAttributes)."""
        listed = [names] if isinstance(names, str) else list(names)
        await self._line.hold_as(
            self._session, lambda token: flows.profile.delete_attributes(token, names=listed)
        )
        self._line.sessions.profile_changed(self._session)

    async def send_attribute_verification_code(
        self, name: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery | None:
        """Have a code sent that verifies ``email`` or ``phone_number`` (GetUserAttributeVerificationCode)."""
        extras = self._extras(client_metadata)
        return await self._line.hold_as(
            self._session,
            lambda token: flows.profile.send_attribute_verification_code(token, name=name, extras=extras),
        )

    async def verify_attribute(self, name: str, code: str) -> None:
        """Verify ``email`` or ``phone_number`` with the code that was sent to it (VerifyUserAttribute)."""
        await self._line.hold_as(
            self._session, lambda token: flows.profile.verify_attribute(token, name=name, code=code)
        )
        self._line.sessions.profile_changed(self._session)

    async def change_password(self, previous_password: str | None, proposed_password: str) -> None:
        """Change the password (ChangePassword); the previous one is None for somebody who has none yet."""
        await self._line.hold_as(
            self._session,
            lambda token: flows.passwords.change_password(
                token, previous_password=previous_password, proposed_password=proposed_password
            ),
        )

    # ---- leaving ----

    async def sign_out(self) -> SignOutResult:
        """Sign out on this machine, and revoke the refresh token and all that was made from it (RevokeToken).

        On this machine the person is signed out whatever the service says; how it went there is the result.
        Access and ID tokens that somebody checks by signature alone stay valid until they expire. Twice is
        the same as once.
        """
        tokens = self._line.sessions.end(self._session)
        if tokens is None:
            return SignOutResult(revoked=False)
        return await self._line.hold(flows.sign_out.revoke(self._line.app, tokens))

    async def global_sign_out(self) -> None:
        """Revoke every session that this person has anywhere, and sign out on this machine (GlobalSignOut).

        On this machine the person is signed out whatever the service says; what it says is raised afterwards,
        because whoever takes the other sessions for ended must know that they are not.
        """
        try:
            await self._line.hold_as(self._session, flows.sign_out.global_sign_out)
        finally:
            self._line.sessions.end(self._session)

    async def delete(self) -> None:
        """Delete the person from the pool, and sign out on this machine (DeleteUser)."""
        await self._line.hold_as(self._session, flows.profile.delete_user)
        self._line.sessions.end(self._session)

    def _extras(self, client_metadata: Mapping[str, str] | None) -> Extras:
        return self._line.extras.overridden(client_metadata=client_metadata)
