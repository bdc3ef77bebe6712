"""The RPC door: `X-Amz-Target` and a JSON body in, JSON or one of the service's errors out.

Sources: smithy aws-json-1.1; headers and error form as collected from public reports (x-amzn-ErrorType with its colon).
"""

from __future__ import annotations

import logging
from email.utils import formatdate
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from userpool.effects import uuid4_text
from userpool.server.http.admission import Signed, check_signature, parse_authorization, region_of
from userpool.server.http.operations import find_operation
from userpool.server.temporary_credentials import check_grant, open_grant, secret_of_temporary_key
from userpool.server.unbuilt import not_built
from userpool.wire.codec import decode_request, encode_response, fault_body
from userpool.wire.fault import ServiceException
from userpool.wire.faults import InternalErrorException, SerializationException, UnknownOperationException
from userpool.wire.operation import USER_POOL_PREFIX, Access
from userpool.wire.registry import operation_for_target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from userpool.server.context import Context
    from userpool.server.settings import Settings
    from userpool.wire.operation import Operation

CONTENT_TYPE = "application/x-amz-json-1.1"
LONGEST_HEADER = 1_024

log = logging.getLogger("userpool.rpc")


class RpcReply(NamedTuple):
    """An answer, ready to be sent."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Rpc:
    """Answers calls of operations."""

    def __init__(
        self,
        settings: Settings,
        context_for: Callable[[str | None], Context],
        secret_of_access_key: Callable[[str], Awaitable[str | None]],
    ) -> None:
        """Take the settings, what makes the context for a region, and what finds the secret of an access key."""
        self._settings = settings
        self._context_for = context_for
        self._secret_of = secret_of_access_key

    async def answer(self, headers: Mapping[str, str], body: bytes, *, path: str = "/") -> RpcReply:
        """Answer one call.

        Args:
            headers: by lower-case name.
            body: the JSON text.
            path: as it was signed.
        """
        context = self._context_for(region_of(headers))
        request_id = uuid4_text(context.effects)
        target = headers.get("x-amz-target", "")
        try:
            if len(body) > self._settings.max_body_bytes:
                raise SerializationException("The request body is too long.")
            operation = _operation(target)
            if operation.access is Access.SIGNED:
                await self._admit(context, operation, headers, body, path)
            reply = await self._run(context, operation, body)
        except ServiceException as fault:
            return _refusal(context, fault, request_id)
        except Exception:
            # The last resort: whatever went wrong is told to the operator, never to the caller.
            log.exception("an operation failed", extra={"target": target, "request_id": request_id})
            return _refusal(context, InternalErrorException("Internal server error"), request_id)
        return RpcReply(200, _headers(context, request_id), reply)

    async def _admit(
        self,
        context: Context,
        operation: Operation[Any, Any],
        headers: Mapping[str, str],
        body: bytes,
        path: str,
    ) -> None:
        key_id = parse_authorization(headers.get("authorization")).access_key_id
        # Whoever holds credentials of an identity has the rights of its role, in development, too: no more than the
        # settings say. Temporary credentials of somebody else are keys that nobody knows here.
        grant = open_grant(context, key_id, headers.get("x-amz-security-token"))
        if not self._settings.dev:
            request = Signed("POST", path, (), headers, body)
            await check_signature(
                request,
                self._secret_of if grant is None else _temporary_secrets(context),
                now=context.effects.now(),
            )
        if grant is not None:
            service = "cognito-idp" if operation.target_prefix == USER_POOL_PREFIX else "cognito-identity"
            check_grant(context, grant, f"{service}:{operation.name}")

    async def _run(self, context: Context, operation: Operation[Any, Any], body: bytes) -> bytes:
        run = find_operation(operation)
        if run is None:
            raise not_built(operation.name)
        request = decode_request(operation, body)
        return encode_response(operation, await run(context, request))


def _temporary_secrets(context: Context) -> Callable[[str], Awaitable[str | None]]:
    async def secret_of(access_key_id: str) -> str | None:
        return secret_of_temporary_key(context, access_key_id)

    return secret_of


def _operation(target: str) -> Operation[Any, Any]:
    if not target:
        raise UnknownOperationException
    return operation_for_target(target)


def _headers(context: Context, request_id: str) -> list[tuple[str, str]]:
    return [
        ("content-type", CONTENT_TYPE),
        ("x-amzn-requestid", request_id),
        # Clients correct their clocks by it, so it is the clock that tokens and signatures are judged by.
        ("date", http_date(int(context.effects.now()))),
    ]


def _refusal(context: Context, fault: ServiceException, request_id: str) -> RpcReply:
    # A header carries no line breaks and no characters beyond Latin-1, and has its limits; the body has the whole text.
    message = fault.message[:LONGEST_HEADER].encode("latin-1", "replace").decode("latin-1")
    message = "".join(max(character, " ") for character in message).strip()
    headers = [
        *_headers(context, request_id),
        ("x-amzn-errortype", f"{fault.code}:"),
        ("x-amzn-errormessage", message),
    ]
    return RpcReply(fault.status, headers, fault_body(fault))


@lru_cache(maxsize=4)
def http_date(epoch_seconds: int) -> str:
    """Return a time as HTTP writes it, such as `Thu, 01 Jan 2026 00:00:00 GMT` (rfc9110 §5.6.7)."""
    return formatdate(epoch_seconds, usegmt=True)
