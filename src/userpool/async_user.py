"""Somebody who is signed in: what they may do with their own account.

The blocking twin of this module is generated from it by tools/unasync.py.

Sources: api:ChangePassword, api:RevokeToken, api:GlobalSignOut, api:DeleteUser; js-sdk:CognitoUser (signOut).
"""

from __future__ import annotations

from contextlib import suppress

from userpool import flows
from userpool.async_attribute_verbs import AsyncAttributeVerbs
from userpool.async_device_verbs import AsyncDeviceVerbs
from userpool.async_mfa_verbs import AsyncMfaVerbs
from userpool.errors import UserPoolError
from userpool.results import SignOutResult
from userpool.single_flight import async_see_through
from userpool.token_bundle import Tokens
from userpool.wire.faults import UserNotFoundException

__all__ = ["AsyncUser"]


class AsyncUser(AsyncAttributeVerbs, AsyncMfaVerbs, AsyncDeviceVerbs):
    """A signed-in person; a pool makes it: `sign_in`, `answer`, `current_user`, `users`, `user_from_tokens`.

    Every verb first sees to it that the access token is good for a while, and renews it if it is not: one
    renewal at a time, however many ask. Objects of the same sign-in share their tokens.

    Raises:
        NotSignedInError: from any verb, once the person is signed out or the tokens have expired for good.
        ServiceException: from any verb, when the service says no.
        TransportError: from any verb, when the service cannot be reached or understood; nobody is signed out
            by that.
    """

    __slots__ = ()

    async def change_password(self, previous_password: str | None, proposed_password: str) -> None:
        """Change the password (ChangePassword); the previous one is None for somebody who has none yet.

        Other sessions go on; end them by `global_sign_out` where the old password may be known to somebody.

        Raises:
            NotAuthorizedException: the previous password is wrong.
            InvalidPasswordException: the new one does not obey the pool's policy.
            PasswordHistoryPolicyViolationException: the new one was used before.
            LimitExceededException: too many tries.
        """
        await self._hold(
            lambda token: flows.passwords.change_password(
                token, previous_password=previous_password, proposed_password=proposed_password
            )
        )

    # ---- leaving ----

    async def sign_out(self) -> SignOutResult:
        """Sign out on this machine, and revoke the refresh token and all that was made from it (RevokeToken).

        On this machine the person is signed out whatever the service says; how it went there is the result.
        Access and ID tokens that somebody checks by signature alone stay valid until they expire. A remembered
        device stays remembered. Twice is the same as once.
        """
        tokens = self._session.tokens
        ended: tuple[Tokens, ...] = () if tokens is None else (tokens,)
        try:
            ended = self._line.sessions.end(self._session)
        except Exception:
            # The refresh token may still lie in a storage that fails, and must not let anybody in any more.
            await self._revoke(ended)
            raise
        return await self._revoke(ended)

    async def global_sign_out(self) -> SignOutResult:
        """Revoke every session that this person has anywhere, and sign out on this machine (GlobalSignOut).

        On this machine the person is signed out whatever the service says; how it went there is the result. Look at
        it, or call its `raise_error`: without ``revoked`` the other sessions go on. Somebody who is signed out
        already has no token left to ask with, which the result tells, too.
        """
        # To its end, even if the caller is cancelled: whoever was told to leave must not stay elsewhere.
        return await async_see_through(self._leave_everywhere)

    async def delete(self) -> None:
        """Delete the person from the pool (DeleteUser); on this machine nothing is left of them.

        Tokens, the kept profile and the secret of a remembered device are dropped as soon as the pool knows nobody of
        this name any more, be it because somebody else was faster (which is no error). If it refuses, or cannot be
        reached, they stay signed in, so that it can be tried again.
        """
        # To its end, even if the caller is cancelled: nothing of somebody who is gone must stay here.
        await async_see_through(self._disappear)

    async def _disappear(self) -> None:
        # Nobody to delete is also the answer to a second try, when that to the first got lost on the way.
        with suppress(UserNotFoundException):
            await self._hold(flows.profile.delete_user)
        try:
            self._line.sessions.forget_device(self._session)
        finally:
            self._line.sessions.end(self._session)

    async def _leave_everywhere(self) -> SignOutResult:
        result = SignOutResult(revoked=True)
        try:
            await self._hold(flows.sign_out.global_sign_out)
        except UserPoolError as error:
            result = SignOutResult(revoked=False, error=error)
        finally:
            self._line.sessions.end(self._session)
        return result

    async def _revoke(self, ended: tuple[Tokens, ...]) -> SignOutResult:
        # Nobody has these tokens any more who could try again, so a caller who is cancelled does not stop it.
        return await async_see_through(lambda: self._line.hold(flows.sign_out.revoke(self._line.app, ended)))
