"""What a signed-in person does with their own record: read it, change it, verify an address.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: a verb asks for what it is called, and for nothing behind the caller's back. Tokens are renewed
after a change only for whoever says so, and a kept profile is read only by its own verb.

Sources: api:GetUser, api:UpdateUserAttributes, api:DeleteUserAttributes, api:GetUserAttributeVerificationCode,
api:VerifyUserAttribute; js-sdk:CognitoUser (getUserData).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool import flows
from userpool.async_person import AsyncPerson
from userpool.errors import UserPoolError
from userpool.results import AttributeUpdate, CodeDelivery

if TYPE_CHECKING:
    from userpool.profile import Profile

__all__ = ["AsyncAttributeVerbs"]


class AsyncAttributeVerbs(AsyncPerson):
    """The verbs of an `AsyncUser` about their attributes."""

    __slots__ = ()

    async def attributes(self) -> dict[str, str]:
        """Return all attributes that the app client may read, by name (GetUser); all values are texts."""
        return await self._hold(flows.profile.attributes)

    async def profile(self, *, keep: bool = True) -> Profile:
        """Return all that the pool tells of the person: attributes, and which second factors are on (GetUser).

        A copy is kept with the tokens, for `cached_profile` and for the JavaScript SDK, until something changes;
        ``keep=False`` leaves that out, as where tokens are kept in cookies.
        """
        version = self._session.profile_version
        asked = await self._hold(flows.profile.profile)
        if keep:
            self._line.sessions.keep_profile(self._session, asked.text, version=version)
        return asked.profile

    def cached_profile(self) -> Profile | None:
        """Return the profile as `profile` or a JavaScript SDK last read it; nothing is requested.

        It is None when nobody has read it since the person signed in or changed something. What is changed elsewhere
        does not show here, so it may be old: ``user.cached_profile() or user.profile()`` suits a greeting, not a
        decision.

        Raises:
            NotSignedInError: the person is signed out.
        """
        text = self._line.sessions.kept_profile(self._session)
        return None if text is None else flows.profile.profile_from_text(text)

    async def update_attributes(
        self,
        attributes: Mapping[str, str],
        *,
        refresh_claims: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> AttributeUpdate:
        """Set attributes (UpdateUserAttributes); ``pending`` of the result tells which wait for a code.

        An attribute may keep its old value until it is verified, if the pool is set so. A custom attribute has its
        whole name, such as ``custom:team``.

        Args:
            attributes: by name; values are texts, and an empty one clears the attribute.
            refresh_claims: renew the tokens afterwards, so that `claims` has the new values. Should that fail, the
                result tells it (``claims_error``).
            client_metadata: for the pool's triggers.

        Raises:
            AliasExistsException: somebody else signs in with this address.
            InvalidParameterException: an attribute does not exist, or its value is wrong.
            NotAuthorizedException: the app client may not write an attribute.
        """
        extras = self._extras(client_metadata)
        update = await self._change(
            lambda token: flows.profile.update_attributes(token, changes=attributes, extras=extras)
        )
        return await self._with_claims(update, refresh_claims=refresh_claims)

    async def delete_attributes(
        self, names: Iterable[str], *, refresh_claims: bool = False
    ) -> AttributeUpdate:
        """Remove attributes by name (DeleteUserAttributes); ``refresh_claims`` renews the tokens afterwards."""
        listed = [names] if isinstance(names, str) else list(names)
        await self._change(lambda token: flows.profile.delete_attributes(token, names=listed))
        return await self._with_claims(AttributeUpdate(tuple(listed)), refresh_claims=refresh_claims)

    async def send_attribute_verification_code(
        self, name: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery | None:
        """Have a code sent that verifies ``email`` or ``phone_number`` (GetUserAttributeVerificationCode).

        Raises:
            LimitExceededException: too many were asked for in the last hour.
        """
        extras = self._extras(client_metadata)
        return await self._hold(
            lambda token: flows.profile.send_attribute_verification_code(token, name=name, extras=extras)
        )

    async def verify_attribute(
        self, name: str, code: str, *, refresh_claims: bool = False
    ) -> AttributeUpdate:
        """Verify ``email`` or ``phone_number`` with the code that was sent to it (VerifyUserAttribute).

        ``refresh_claims`` renews the tokens afterwards, so that `claims` says that it is verified.

        Raises:
            CodeMismatchException: it is another code.
            ExpiredCodeException: the code is too old, or was replaced by a newer one.
        """
        await self._change(lambda token: flows.profile.verify_attribute(token, name=name, code=code))
        return await self._with_claims(AttributeUpdate((name,)), refresh_claims=refresh_claims)

    async def _with_claims(self, update: AttributeUpdate, *, refresh_claims: bool) -> AttributeUpdate:
        if not refresh_claims:
            return update
        try:
            await self.refresh()
        except UserPoolError as error:
            # Raised, it would hide what was done before, and where codes went.
            return replace(update, claims_error=error)
        return update
