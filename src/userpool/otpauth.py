"""What an authenticator app is shown: the secret of a second factor, its address, and that as a QR code.

Rules of this room: nothing is requested and nothing drawn by lot, and the secret is in no `repr`. Whoever sees
the address or the code has the secret, so neither belongs into a log, nor to a service that draws QR codes.

Sources: the Key Uri Format of Google Authenticator; rfc3986 section 2; rfc4648 section 6 (base32);
guide:user-pool-settings-mfa-totp. The same address in Amplify 6 has its label in quotation marks and encodes nothing.
"""

from __future__ import annotations

from io import BytesIO, StringIO
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

from userpool.errors import SettingsError
from userpool.values import Value

if TYPE_CHECKING:
    from segno import QRCode

__all__ = ["TotpSetup", "otpauth_uri"]


def otpauth_uri(secret: str, *, account: str, issuer: str) -> str:
    """Return the address that sets an authenticator app up; opened on a phone, it starts the app.

    ``secret`` is base32 text, as the service gives it. ``account`` tells the person which of their accounts it is,
    ``issuer`` who asks for the codes. What is not told is as the service has it: SHA-1, six digits, 30 seconds.

    Raises:
        SettingsError: one of them is empty, or there is a colon in the issuer, which no app could tell from the
            one that ends it.
    """
    seed = secret.replace(" ", "").rstrip("=").upper()
    for name, value in (("secret", seed), ("account", account), ("issuer", issuer)):
        if not value:
            raise SettingsError(f"The {name} is empty.")
    if ":" in issuer:
        raise SettingsError(f"The issuer {issuer!r} has a colon in it.")
    # A space is %20: "+" would be shown as it is. The colon between the two is the only one that is not encoded.
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}"
    return f"otpauth://totp/{label}?secret={quote(seed, safe='')}&issuer={quote(issuer, safe='')}"


class TotpSetup(Value, frozen=True):
    """The secret of a second factor that waits to be verified with a first code from the app.

    Show one of the QR codes, or ``secret`` itself for typing in. ``issuer`` is the name under which the app lists it,
    usually that of your program; ``account`` tells the person's accounts apart.

    The QR codes need segno: ``pip install 'userpool[qr]'``.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"secret"})

    secret: str
    account: str

    def uri(self, *, issuer: str, account: str | None = None) -> str:
        """Return the ``otpauth:`` address; see `otpauth_uri`."""
        return otpauth_uri(self.secret, account=account or self.account, issuer=issuer)

    def qr_svg(self, *, issuer: str, account: str | None = None, scale: int = 4) -> str:
        """Return a QR code as an ``<svg>`` element, for a web page; ``scale`` is the size of a dot in pixels."""
        drawn = BytesIO()
        _qr_code(self.uri(issuer=issuer, account=account)).save(
            drawn, kind="svg", scale=scale, xmldecl=False, light="white"
        )
        return drawn.getvalue().decode().rstrip("\n")

    def qr_png(self, *, issuer: str, account: str | None = None, scale: int = 4) -> bytes:
        """Return a QR code as the bytes of a PNG file; ``scale`` is the size of a dot in pixels."""
        drawn = BytesIO()
        _qr_code(self.uri(issuer=issuer, account=account)).save(drawn, kind="png", scale=scale)
        return drawn.getvalue()

    def qr_terminal(self, *, issuer: str, account: str | None = None) -> str:
        """Return a QR code in half blocks, to be printed to a terminal with light text on a dark ground."""
        drawn = StringIO()
        _qr_code(self.uri(issuer=issuer, account=account)).terminal(drawn, compact=True)
        return drawn.getvalue()


def _qr_code(uri: str) -> QRCode:
    try:
        from segno import make_qr  # noqa: PLC0415 - few programs draw one, and it is an extra
    except ImportError as error:
        raise SettingsError("A QR code needs segno: pip install 'userpool[qr]'.") from error
    return make_qr(uri)
