"""Signature Version 4: how a request proves that its sender holds an AWS secret key, without sending it.

Sources: guide:reference_sigv-create-signed-request.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

import msgspec

__all__ = ["Credentials", "sign_request"]

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Credentials(msgspec.Struct, frozen=True):
    """An AWS access key; ``session_token`` belongs to one that is temporary. Only the key's id is ever shown."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    def __repr__(self) -> str:
        return f"Credentials(access_key_id={self.access_key_id!r})"

    def __rich_repr__(self) -> list[tuple[str, str]]:
        return [("access_key_id", self.access_key_id)]


def sign_request(
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    region: str,
    service: str,
    now: float,
) -> dict[str, str]:
    """Return the headers to send: those given, and the date, the session token and the signature.

    ``url`` is absolute and written as it is sent, percent-encoded. ``now`` is the time at the service, in epoch
    seconds; the service refuses a signature that is more than a few minutes off.

    What is signed are the host, ``Content-Type`` and everything that begins with ``X-Amz-``: what lies on the
    way may change the other headers without making the signature wrong.
    """
    timestamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    # A request that is signed anew loses the marks of its last signature.
    stale = {"authorization", "x-amz-date", "x-amz-security-token"}
    sent = {name: value for name, value in headers.items() if name.lower() not in stale}
    sent["X-Amz-Date"] = timestamp
    if credentials.session_token is not None:
        sent["X-Amz-Security-Token"] = credentials.session_token
    signed = _signed_headers(sent, url)
    names = ";".join(signed)
    canonical = _canonical_request(method, url, signed, body)
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    text = "\n".join([_ALGORITHM, timestamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = _signing_key(credentials.secret_access_key, scope)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{credentials.access_key_id}/{scope}"
    sent["Authorization"] = (
        f"{_ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
    )
    return sent


def _signed_headers(headers: Mapping[str, str], url: str) -> dict[str, str]:
    """Return what is signed of the headers, by lower-case name and in order."""
    lowered = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    lowered.setdefault("host", _host(url))
    return {
        name: value
        for name, value in sorted(lowered.items())
        if name in {"host", "content-type"} or name.startswith("x-amz-")
    }


def _host(url: str) -> str:
    parts = urlsplit(url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    # HTTP clients leave the port of the scheme out of the Host header.
    if parts.port is None or parts.port == _DEFAULT_PORTS.get(parts.scheme):
        return host
    return f"{host}:{parts.port}"


def _canonical_request(method: str, url: str, signed: Mapping[str, str], body: bytes) -> str:
    parts = urlsplit(url)
    return "\n".join(
        [
            method.upper(),
            # What is percent-encoded in the address is encoded once more; only S3 does without that.
            quote(_normalised(parts.path), safe="/~"),
            "&".join(sorted(parts.query.split("&"))),
            *(f"{name}:{value}" for name, value in signed.items()),
            "",
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        ]
    )


def _normalised(path: str) -> str:
    """Return a path without empty, ``.`` and ``..`` segments (rfc3986 §6.2.2.3)."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    slash = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{slash}"


def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key
