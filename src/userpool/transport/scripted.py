"""A transport that plays the service from a script: for tests of programs that use the SDK, and for our own.

    script = ScriptedTransport(
        refuses("NotAuthorizedException", "Incorrect username or password."),
        NotReachedError("The cable is out."),
    )
    pool = UserPool("us-east-1_aB12cDe34", "client", transport=script)

Each request takes the next line of the script: a reply, an error that is raised in its place, or a function
that is given the request and returns either. What was asked is in `requests`.

Sources: api:InitiateAuth (the JSON 1.1 protocol); seen:error-replies (the headers of a refusal).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, ClassVar, TypeAlias

import msgspec

from userpool.transport import HttpReply, HttpRequest
from userpool.values import Value

__all__ = [
    "AsyncScriptedTransport",
    "ScriptLine",
    "ScriptedTransport",
    "SentRequest",
    "grants",
    "refuses",
    "says",
    "token_text",
]


class SentRequest(Value, frozen=True):
    """What was asked: the operation's name, and its members under the service's names for them."""

    SECRET: ClassVar[frozenset[str]] = frozenset({"body"})

    operation: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    url: str
    timeout: float


ScriptLine: TypeAlias = HttpReply | Exception | Callable[[SentRequest], HttpReply | Exception]
"""One line of a script."""


def says(
    body: Mapping[str, Any] | None = None, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpReply:
    """Return a reply with a JSON body, or with none, as operations without an answer give it."""
    data = b"" if body is None else msgspec.json.encode(body)
    told = {"content-type": "application/x-amz-json-1.1", **(headers or {})}
    return HttpReply(status=status, headers=told, body=data)


def refuses(
    name: str, message: str = "", *, status: int = 400, headers: Mapping[str, str] | None = None
) -> HttpReply:
    """Return a reply that says no, by the service's name for the error, in the form of the real one."""
    told = {"x-amzn-errortype": f"{name}:", "x-amzn-errormessage": message, **(headers or {})}
    return says({"__type": name, "message": message}, status=status, headers=told)


def grants(
    username: str,
    *,
    expires_epoch: float,
    refresh_token: str | None = "a refresh token",
    more: Mapping[str, Any] | None = None,
) -> HttpReply:
    """Return a reply that lets somebody in; ``more`` are further claims of both tokens.

    The tokens look like the service's to whoever does not verify them; they are signed by nobody.
    """
    sub = f"the sub of {username}"
    origin = f"the sign-in of {username}"
    claims = {"sub": sub, "exp": int(expires_epoch), "origin_jti": origin, **(more or {})}
    result = {
        "AccessToken": token_text({"token_use": "access", "username": username, **claims}),
        "IdToken": token_text({"token_use": "id", "cognito:username": username, **claims}),
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
    }
    if refresh_token is not None:
        result["RefreshToken"] = refresh_token
    return says({"AuthenticationResult": result, "ChallengeParameters": {}})


def token_text(claims: Mapping[str, Any]) -> str:
    """Return a text of the form of a JSON Web Token with these claims, signed by nobody."""
    parts = [msgspec.json.encode({"alg": "RS256", "kid": "none"}), msgspec.json.encode(claims), b"unsigned"]
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


class _Script:
    """What both halves play from: the lines that are left, and what was asked so far.

    Args:
        *script: one line for each request, in order.
        otherwise: the line for every request after the script's end. Without one, such a request is an
            AssertionError.
    """

    def __init__(self, *script: ScriptLine, otherwise: ScriptLine | None = None) -> None:
        self.requests: list[SentRequest] = []
        self.closed = False
        self._lines = list(script)
        self._otherwise = otherwise
        self._lock = Lock()

    @property
    def operations(self) -> list[str]:
        """The names of the operations that were asked for, in order."""
        return [request.operation for request in self.requests]

    @property
    def rest(self) -> int:
        """How many lines have not been asked for."""
        return len(self._lines)

    def add(self, *script: ScriptLine) -> None:
        """Add lines at the end of the script."""
        with self._lock:
            self._lines.extend(script)

    def _play(self, request: HttpRequest, timeout: float) -> HttpReply:
        asked = SentRequest(
            operation=request.headers["X-Amz-Target"].rpartition(".")[2],
            body=msgspec.json.decode(request.body, type=dict[str, Any]),
            headers=request.headers,
            url=request.url,
            timeout=timeout,
        )
        line = self._next(asked)
        played = line if isinstance(line, HttpReply | Exception) else line(asked)
        if isinstance(played, Exception):
            raise played
        return played

    def _next(self, asked: SentRequest) -> ScriptLine:
        with self._lock:
            self.requests.append(asked)
            line = self._lines.pop(0) if self._lines else self._otherwise
        if line is None:
            raise AssertionError(f"The script has ended, and {asked.operation} is asked for.")
        return line


class ScriptedTransport(_Script):
    """Plays the service for the blocking half, one line for each request; threads may share it."""

    def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Note the request and play the next line."""
        return self._play(request, timeout)

    def close(self) -> None:
        """Note that nothing more is to come."""
        self.closed = True


class AsyncScriptedTransport(_Script):
    """Plays the service for the asyncio half, one line for each request."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        """Note the request and play the next line."""
        return self._play(request, timeout)

    async def close(self) -> None:
        """Note that nothing more is to come."""
        self.closed = True
