"""One operation as an HTTP request, and an HTTP reply as what the operation answers.

Sources: api:InitiateAuth (the JSON 1.1 protocol); js-sdk:Client.
"""

from __future__ import annotations

import sys
from typing import Any

from userpool.errors import GarbledAnswerError, SettingsError
from userpool.transport import HttpReply, HttpRequest
from userpool.version import __version__
from userpool.wire.codec import decode_response, encode_request, fault_from_reply
from userpool.wire.operation import Operation, Shape

__all__ = ["read_reply", "to_request", "user_agent"]


def user_agent(suffix: str = "") -> str:
    """Return how this library introduces itself, with the caller's own words at the end.

    Raises:
        SettingsError: the suffix has characters that do not belong in a header.
    """
    if not suffix.isascii() or not suffix.isprintable():
        raise SettingsError("user_agent_suffix= may hold visible ASCII characters only.")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"userpool/{__version__} lang/python#{python} {suffix}".strip()


def to_request(operation: Operation[Any, Any], request: Shape, *, endpoint: str, agent: str) -> HttpRequest:
    """Return the HTTP request that carries out an operation; ``endpoint`` has no slash at its end."""
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": operation.target,
        # Some proxies keep the answers to POSTs, and these hold tokens (js-sdk: added in 6.1.2).
        "Cache-Control": "no-store",
        "User-Agent": agent,
        "X-Amz-User-Agent": agent,
        "Accept": "application/x-amz-json-1.1",
        # Answers are small, and one that unpacks to something large cannot come from the service.
        "Accept-Encoding": "identity",
    }
    return HttpRequest(method="POST", url=f"{endpoint}/", headers=headers, body=encode_request(request))


def read_reply(operation: Operation[Any, Any], reply: HttpReply) -> Any:
    """Return the operation's response, or None where it has none.

    Raises:
        ServiceException: the service said no.
        GarbledAnswerError: this is not what the service says.
    """
    if reply.status == 200:
        if operation.response is None and reply.body.strip() not in {b"", b"{}"}:
            # Operations without an answer would otherwise take the page of a captive portal for a success.
            raise GarbledAnswerError(f"{operation.name} has no answer, but one came.", status=reply.status)
        try:
            return decode_response(operation, reply.body)
        except GarbledAnswerError as error:
            error.status = reply.status
            raise
    if reply.status < 400:
        raise GarbledAnswerError(f"The service answered with status {reply.status}.", status=reply.status)
    raise fault_from_reply(operation, reply.status, headers=reply.headers, body=reply.body)
