"""Requests that AWS credentials have to sign, and where the credentials come from.

Credentials are asked for anew with every request, so that whoever hands in a function can renew them.

Rules of this room: what was found is used for one request and kept nowhere.

Sources: guide:reference_sigv-create-signed-request; api:AdminInitiateAuth.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Protocol, TypeAlias

from userpool.errors import SettingsError
from userpool.event_loops import in_a_thread
from userpool.transport import HttpRequest
from userpool.values import Value

__all__ = ["AsyncCredentialsSource", "CredentialsSource", "Signer", "SigningKey", "async_signed", "signed"]


class SigningKey(Protocol):
    """An AWS access key, whatever object holds it; `userpool.AwsCredentials` is one."""

    @property
    def access_key_id(self) -> str:
        """The key's id."""
        ...

    @property
    def secret_access_key(self) -> str:
        """The key itself."""
        ...

    @property
    def session_token(self) -> str | None:
        """What goes along with a key that is temporary."""
        ...


CredentialsSource: TypeAlias = SigningKey | Callable[[], SigningKey]
"""Credentials, or a function that returns those of the moment."""

AsyncCredentialsSource: TypeAlias = SigningKey | Callable[[], SigningKey | Awaitable[SigningKey]]
"""The same for the asyncio half, where the function may be a coroutine function."""


class Signer(Value, frozen=True):
    """Signs for one service in one region; without a source the credentials are those of the machine."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"source"})

    source: AsyncCredentialsSource | None
    region: str
    service: str = "cognito-idp"


def signed(request: HttpRequest, *, signer: Signer, now: float) -> HttpRequest:
    """Return the request with its signature; ``now`` is the time at the service, in epoch seconds.

    Raises:
        SettingsError: there are no credentials, or they come from a coroutine.
    """
    found = _ask(signer)
    if isinstance(found, Awaitable):
        # It would never be awaited, and Python would say so.
        getattr(found, "close", lambda: None)()
        raise SettingsError("credentials= is a coroutine function, which AsyncUserPool alone can take.")
    return _sign(request, found, signer=signer, now=now)


async def async_signed(request: HttpRequest, *, signer: Signer, now: float) -> HttpRequest:
    """Return the request with its signature; otherwise like `signed`."""
    # The machine's credentials may have to be fetched from elsewhere, which takes seconds in the worst case.
    found = await in_a_thread(lambda: _ask(signer)) if signer.source is None else _ask(signer)
    return _sign(request, await found if isinstance(found, Awaitable) else found, signer=signer, now=now)


def _ask(signer: Signer) -> SigningKey | Awaitable[SigningKey]:
    source = signer.source
    if source is None:
        from userpool.machine_credentials import machine_credentials  # noqa: PLC0415 - few requests are signed

        return machine_credentials()
    return source() if callable(source) else source


def _sign(request: HttpRequest, key: SigningKey, *, signer: Signer, now: float) -> HttpRequest:
    # Whoever signs nothing, and that is nearly everybody, does not wait for it to be loaded.
    from userpool.crypto.sigv4 import Credentials, sign_request  # noqa: PLC0415 - see above

    headers = sign_request(
        method=request.method,
        url=request.url,
        headers=request.headers,
        body=request.body,
        credentials=Credentials(key.access_key_id, key.secret_access_key, key.session_token),
        region=signer.region,
        service=signer.service,
        now=now,
    )
    return HttpRequest(method=request.method, url=request.url, headers=headers, body=request.body)
