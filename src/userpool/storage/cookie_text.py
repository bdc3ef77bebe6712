"""Cookies as texts: read from a ``Cookie`` header and written for ``Set-Cookie``, as js-cookie does it.

Both JavaScript SDKs keep their cookies with js-cookie, which percent-encodes names and values and leaves some
characters of theirs alone. What it writes is read here, and what is written here it reads.

Sources: js-cookie 3 (`set`, `get`); ecma-262 (encodeURIComponent); rfc6265 §4.1, §5.4.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias
from urllib.parse import quote, unquote_to_bytes

from userpool.errors import SettingsError, StorageError
from userpool.values import Value

__all__ = [
    "CookieAttributes",
    "SameSite",
    "decoded",
    "encoded_name",
    "encoded_value",
    "joined",
    "pairs",
    "split",
]

SameSite: TypeAlias = Literal["strict", "lax", "none"]

# encodeURIComponent leaves these alone, besides letters and digits; then js-cookie takes some escapes back.
_NAME_SAFE: Final = "-_.!~*'" + "#$&+^`|"
_VALUE_SAFE: Final = "-_.!~*'()" + "#$&+/:<=>?@[]^`{|}"
# Browsers keep a cookie of this size, its attributes included, and are free to drop a larger one (rfc6265 §6.1).
_LARGEST_COOKIE_BYTES: Final = 4096
# What a number of parts and its full stop, and the number of a part and its, may take.
_ROOM_FOR_NUMBERS: Final = 6
_LEAST_ROOM: Final = 64
_SECONDS_A_DAY: Final = 86_400


class CookieAttributes(Value, frozen=True, kw_only=True):
    """What stands behind every cookie's value; `CookieStorage` tells what the members mean.

    Raises:
        SettingsError: one of them cannot be written, or no browser would take the cookie.
    """

    domain: str | None
    path: str
    expires_days: float | None
    secure: bool
    same_site: SameSite | None
    http_only: bool

    def __post_init__(self) -> None:
        if self.same_site not in {None, "strict", "lax", "none"}:
            raise SettingsError('same_site= is "strict", "lax" or "none", in lower case.')
        if self.same_site == "none" and not self.secure:
            raise SettingsError(
                'same_site="none" needs secure=True: browsers refuse such a cookie otherwise.'
            )
        if self.expires_days is not None and self.expires_days <= 0:
            raise SettingsError(
                "expires_days= is more than nothing, or None for as long as the browser runs."
            )
        for name, text in (("domain=", self.domain or ""), ("path=", self.path)):
            if not text.isascii() or not text.isprintable() or ";" in text:
                raise SettingsError(f"{name} may hold visible ASCII characters only, and no semicolon.")

    def after(self, name: str, value: str) -> str:
        """Return the cookie as a ``Set-Cookie`` header has it."""
        lifetime = (
            "" if self.expires_days is None else f"; Max-Age={round(self.expires_days * _SECONDS_A_DAY)}"
        )
        return f"{name}={value}; Path={self.path}{lifetime}{self._rest()}"

    def removing(self, name: str) -> str:
        """Return what makes a browser forget a cookie: the same place, and a lifetime that is over."""
        over = "; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
        return f"{name}=; Path={self.path}{over}{self._rest()}"

    def _rest(self) -> str:
        domain = f"; Domain={self.domain}" if self.domain else ""
        secure = "; Secure" if self.secure else ""
        http_only = "; HttpOnly" if self.http_only else ""
        same_site = f"; SameSite={self.same_site.capitalize()}" if self.same_site else ""
        return f"{domain}{secure}{http_only}{same_site}"


def pairs(header: str) -> Iterator[tuple[str, str]]:
    """Yield names and values of a ``Cookie`` header as they stand in it; of two with one name both."""
    for pair in header.split(";"):
        name, separator, value = pair.strip().partition("=")
        if separator and name:
            yield name, value


def decoded(text: str) -> str | None:
    """Return what a name or a value means, or None when it is percent-encoded wrongly."""
    if text.startswith('"'):
        text = text[1:-1]
    try:
        return unquote_to_bytes(text).decode() if "%" in text else text
    except UnicodeDecodeError:
        return None


def encoded_name(key: str) -> str:
    """Return a cookie's name for a key; the ``@`` of an address becomes ``%40``."""
    return quote(key, safe=_NAME_SAFE)


def encoded_value(text: str) -> str:
    """Return a cookie's value for a text."""
    return quote(text, safe=_VALUE_SAFE)


def split(name: str, value: str, *, attributes: CookieAttributes) -> dict[str, str]:
    """Return an encoded cookie, or its parts if it is too large for one.

    The parts are called ``<name>.0``, ``<name>.1`` and so on, and the value of the first begins with their number and
    a full stop.

    Raises:
        StorageError: the name and the attributes alone are too large.
    """
    if len(attributes.after(name, value)) <= _LARGEST_COOKIE_BYTES:
        return {name: value}
    room = _LARGEST_COOKIE_BYTES - len(attributes.after(name, "")) - _ROOM_FOR_NUMBERS
    if room < _LEAST_ROOM:
        raise StorageError("The name of a cookie is too large for a browser to keep it.")
    parts = [value[start : start + room] for start in range(0, len(value), room)]
    parts[0] = f"{len(parts)}.{parts[0]}"
    return {f"{name}.{number}": part for number, part in enumerate(parts)}


def joined(parts: dict[int, str]) -> tuple[int, str] | None:
    """Return how many parts a value has, and the value; None if some are missing or they are no parts of ours."""
    number, separator, first = parts.get(0, "").partition(".")
    if not separator or not (number.isascii() and number.isdigit()) or len(number) > 2:
        return None
    count = int(number)
    if count < 1 or any(each not in parts for each in range(count)):
        return None
    return count, first + "".join(parts[each] for each in range(1, count))
