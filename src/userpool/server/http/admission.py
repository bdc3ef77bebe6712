"""Admission: who may call a signed operation.

An AWS signature (Signature Version 4) is checked against an access key of this server. In development any
well-formed one is let in, and a loud warning says so at the start.

Sources: guide:reference_sigv-create-signed-request; texts of the service's refusals as collected from public reports.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from userpool.wire.faults import (
    IncompleteSignatureException,
    InvalidSignatureException,
    MissingAuthenticationTokenException,
    UnrecognizedClientException,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

ALGORITHM = "AWS4-HMAC-SHA256"
LARGEST_CLOCK_ERROR_SECONDS = 300
SERVICES = frozenset({"cognito-idp", "cognito-identity"})
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256\s+Credential=(?P<key>[!-+\-.0-~]{1,128})/(?P<date>[0-9]{8})/(?P<region>[a-z0-9-]{1,32})"
    r"/(?P<service>[a-z0-9-]{1,32})/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;-]{1,2048}),"
    r"\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
# Every part is bounded: this is looked for in whatever a stranger sends, however long.
_REGION = re.compile(r"Credential=[^/\s,]{1,128}/[0-9]{8}/([a-z]{2}(?:-[a-z]{1,16}){1,4}-[0-9])/")
# A signature that leaves out the operation's name would be good for every operation with the same body.
_HAVE_TO_BE_SIGNED = ("host", "x-amz-date", "x-amz-target")


class Signature(NamedTuple):
    """A signature's parts, as the Authorization header has them."""

    access_key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        """The credential scope: what the signing key is made for."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


class Signed(NamedTuple):
    """What was signed, of a request."""

    method: str
    path: str
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes


def region_of(headers: Mapping[str, str]) -> str | None:
    """Return the region in a request's credential scope, or None."""
    authorization = headers.get("authorization")
    found = _REGION.search(authorization) if authorization else None
    return found[1] if found else None


def parse_authorization(authorization: str | None) -> Signature:
    """Return the parts of an Authorization header.

    Raises:
        MissingAuthenticationTokenException: there is none.
        IncompleteSignatureException: it isn't a whole AWS signature for this service.
    """
    if not authorization:
        raise MissingAuthenticationTokenException("Missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(authorization)
    if found is None:
        raise IncompleteSignatureException("The Authorization header is not a complete AWS signature.")
    if found["service"] not in SERVICES:
        raise InvalidSignatureException(
            f"Credential should be scoped to correct service: 'cognito-idp', not '{found['service']}'."
        )
    return Signature(
        found["key"],
        found["date"],
        found["region"],
        found["service"],
        tuple(found["headers"].split(";")),
        found["signature"],
    )


async def check_signature(
    request: Signed, secret_of: Callable[[str], Awaitable[str | None]], *, now: float
) -> Signature:
    """Check that a request was signed by the holder of an access key of this server, lately and as it is.

    Args:
        request: what was signed.
        secret_of: returns the secret of an access key id, or None.
        now: the time in epoch seconds.

    Raises:
        MissingAuthenticationTokenException: the request isn't signed.
        UnrecognizedClientException: nobody has that access key.
        InvalidSignatureException: the signature is wrong, too old, or leaves out what it has to cover.
    """
    signature = parse_authorization(request.headers.get("authorization"))
    secret = await secret_of(signature.access_key_id)
    if secret is None:
        raise UnrecognizedClientException("The security token included in the request is invalid.")
    amz_date = request.headers.get("x-amz-date", "")
    _check_time(signature, amz_date, now)
    if not set(_HAVE_TO_BE_SIGNED) <= set(signature.signed_headers):
        names = ", ".join(_HAVE_TO_BE_SIGNED)
        raise InvalidSignatureException(f"The signature has to cover the headers {names}.")
    canonical = _canonical_request(request, signature.signed_headers)
    text = "\n".join([ALGORITHM, amz_date, signature.scope, hashlib.sha256(canonical.encode()).hexdigest()])
    wanted = hmac.new(_signing_key(secret, signature), text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(wanted, signature.signature):
        raise InvalidSignatureException(
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method."
        )
    return signature


def _check_time(signature: Signature, amz_date: str, now: float) -> None:
    try:
        signed_at = datetime.strptime(amz_date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise InvalidSignatureException("The X-Amz-Date header has to look like 20260101T000000Z.") from None
    if not amz_date.startswith(signature.date):
        raise InvalidSignatureException(
            "The date in the credential scope does not match the X-Amz-Date header."
        )
    if abs(signed_at - now) > LARGEST_CLOCK_ERROR_SECONDS:
        raise InvalidSignatureException(
            f"Signature expired: {amz_date} is too far from the time of this server."
        )


def _canonical_request(request: Signed, signed_headers: Sequence[str]) -> str:
    lines = [f"{name}:{' '.join(request.headers.get(name, '').split())}\n" for name in signed_headers]
    query = "&".join(
        f"{name}={value}"
        for name, value in sorted(
            (quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in request.query
        )
    )
    body_hash = hashlib.sha256(request.body).hexdigest()
    return "\n".join(
        [
            request.method,
            quote(request.path or "/", safe="/-_.~"),
            query,
            "".join(lines),
            ";".join(signed_headers),
            body_hash,
        ]
    )


def _signing_key(secret: str, signature: Signature) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (signature.date, signature.region, signature.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key
