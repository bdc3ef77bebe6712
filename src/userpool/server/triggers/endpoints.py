"""Functions behind HTTP: endpoints of one's own, and Lambda's invoke API.

An endpoint is sent the event as JSON and answers 200 with the event. A status from 400 to 499 whose body is
`{"errorMessage": "..."}` means that the function raised, and so does Lambda's `X-Amz-Function-Error`.

Rules of the room: httpx2 is imported when the first function is called, not before; addresses come from the settings of
the server alone, never from a pool's.

Sources: Lambda's Invoke API (X-Amz-Function-Error, errorMessage); guide:reference_sigv-create-signed-request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from userpool.crypto.sigv4 import Credentials, sign_request
from userpool.server.triggers.runners import TriggerFailedError, TriggerUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

# Lambda's own limit for what a function returns.
LONGEST_REPLY_BYTES = 6 * 1024 * 1024
SIGNATURE_HEADER = "userpool-signature"
HTTP_OK = 200
HTTP_TOO_MANY = 429
CLIENT_ERRORS = range(400, 500)
ERROR_TYPE = re.compile("[A-Za-z]{1,64}")


class _ErrorBody(msgspec.Struct, frozen=True):
    errorMessage: str  # noqa: N815  # Lambda's own name.


class _Answer(NamedTuple):
    status: int
    function_error: str | None
    error_type: str | None
    """What an API of AWS calls its refusal."""
    body: bytes


class Connections:
    """The HTTP client that all endpoints share, made when it is first needed."""

    def __init__(self) -> None:
        """Begin without one."""
        self._client: httpx2.AsyncClient | None = None

    async def post(self, url: str, *, headers: dict[str, str], body: bytes) -> _Answer:
        """Send a request and return the answer, whatever its status; redirects are not followed.

        Raises:
            TriggerUnreachableError: there was none, or it was too long.
        """
        import httpx2  # noqa: PLC0415  # A server without triggers doesn't pay for it.

        if self._client is None:
            # The time is limited by whoever asks. The environment's proxies aren't for what an operator named.
            self._client = httpx2.AsyncClient(timeout=None, trust_env=False, follow_redirects=False)
        try:
            async with self._client.stream("POST", url, headers=headers, content=body) as response:
                answer = bytearray()
                async for part in response.aiter_bytes():
                    answer += part
                    if len(answer) > LONGEST_REPLY_BYTES:
                        raise TriggerUnreachableError("ResponseTooLarge")
                told = response.headers
                errors = told.get("x-amz-function-error"), told.get("x-amzn-errortype")
                return _Answer(response.status_code, *errors, bytes(answer))
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            # The address may hold a key; the kind of failure says enough.
            raise TriggerUnreachableError(type(error).__name__) from None

    async def close(self) -> None:
        """Let go of the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


class EventSigner:
    """Signs events, so that an endpoint can tell that they are this server's and new."""

    def __init__(self, key: bytes, now: Callable[[], float]) -> None:
        """Take the operator's key and the clock."""
        self._key = key
        self._now = now

    def signature(self, event: bytes) -> str:
        """Return what SIGNATURE_HEADER says of an event: `t=<epoch seconds>,v1=<hex>`.

        The second is HMAC-SHA256 over the time, a full stop and the body.
        """
        timestamp = str(int(self._now()))
        digest = hmac.new(self._key, f"{timestamp}.".encode() + event, hashlib.sha256).hexdigest()
        return f"t={timestamp},v1={digest}"


class EndpointRunner:
    """Runs the function behind one URL."""

    def __init__(self, connections: Connections, url: str, *, signer: EventSigner | None = None) -> None:
        """Take the client, the URL, and who signs; without that events aren't signed."""
        self._connections = connections
        self._url = url
        self._signer = signer

    async def run(self, event: bytes) -> bytes:
        """Post the event; return the body of the answer."""
        headers = {"content-type": "application/json", "accept": "application/json"}
        if self._signer is not None:
            # At each try: a time that is too old is refused.
            headers[SIGNATURE_HEADER] = self._signer.signature(event)
        return _outcome(await self._connections.post(self._url, headers=headers, body=event))


class LambdaApi:
    """Lambda's invoke API, at AWS or at a stand-in such as `sam local start-lambda`."""

    def __init__(
        self,
        connections: Connections,
        endpoint: str,
        *,
        credentials: Credentials | None,
        region: str,
        now: Callable[[], float],
    ) -> None:
        """Take where it is and how requests are signed.

        Args:
            connections: the client.
            endpoint: the origin.
            credentials: what to sign with; None doesn't sign, which stand-ins put up with.
            region: for functions whose ARN doesn't tell theirs.
            now: the time.
        """
        self._connections = connections
        self._endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._region = region
        self._now = now

    def runner_of(self, arn: str) -> _LambdaFunction:
        """Return the runner of a function."""
        return _LambdaFunction(self, arn)

    async def invoke(self, arn: str, event: bytes) -> bytes:
        """Invoke a function and wait for what it returns."""
        url = f"{self._endpoint}/2015-03-31/functions/{quote(arn, safe='')}/invocations"
        headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse"}
        if self._credentials is not None:
            headers = sign_request(
                method="POST",
                url=url,
                headers=headers,
                body=event,
                credentials=self._credentials,
                region=_region_of(arn) or self._region,
                service="lambda",
                now=self._now(),
            )
        return _outcome(await self._connections.post(url, headers=headers, body=event))


class _LambdaFunction:
    def __init__(self, api: LambdaApi, arn: str) -> None:
        self._api = api
        self._arn = arn

    async def run(self, event: bytes) -> bytes:
        return await self._api.invoke(self._arn, event)


def _region_of(arn: str) -> str | None:
    # arn:aws:lambda:<region>:<account>:function:<name>
    parts = arn.split(":")
    return parts[3] if len(parts) > 3 and parts[0] == "arn" else None


def _outcome(answer: _Answer) -> bytes:
    if answer.function_error is not None:
        raise TriggerFailedError(_error_message(answer.body) or answer.function_error)
    if answer.status == HTTP_OK:
        return answer.body
    if answer.status in CLIENT_ERRORS and answer.status != HTTP_TOO_MANY:
        message = _error_message(answer.body)
        if message is not None:
            raise TriggerFailedError(message)
    # With a colon and an address behind it, at times.
    error_type = (answer.error_type or "").partition(":")[0]
    is_name = ERROR_TYPE.fullmatch(error_type) is not None
    raise TriggerUnreachableError(error_type if is_name else f"HTTP {answer.status}")


def _error_message(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body, type=_ErrorBody).errorMessage
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
