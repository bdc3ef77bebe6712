"""Where codes go, and how much of it a stranger is told.

Sources: seen:2026-05-resend-confirmation (e-mail mask), guide:user-pool-settings-email-phone-verification.
"""

from __future__ import annotations


def masked(medium: str, destination: str) -> str:
    """Return a destination as it is shown: `a***@e***` for e-mail, `+*******1234` for a phone number."""
    if medium == "EMAIL":
        local, _, domain = destination.partition("@")
        return f"{local[:1]}***@{domain[:1]}***"
    digits = destination.removeprefix("+")
    return "+" + "*" * (len(digits) - 4) + digits[-4:]
