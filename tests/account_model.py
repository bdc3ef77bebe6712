"""What must be true of an account: a small model that a random life is held against (tests/conversations/test_life.py).

It knows nothing of how a pool works: only who may come in with what, which second factor must be asked for, and which
tokens are good.

Sources: guide:user-pool-settings-mfa, guide:amazon-cognito-user-pools-device-tracking,
guide:signing-up-users-in-your-app.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from userpool import KnownDevice, Tokens

__all__ = ["EVERY_FACTOR", "Account", "Code", "Device", "Held", "Kind"]

EVERY_FACTOR = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
HOUR = 3_600.0


@dataclass(frozen=True)
class Kind:
    """What a pool is like."""

    mfa: str
    factors: tuple[str, ...]
    devices: str
    """`none`, `always` (remembered unasked), `asked`, or `counted` (remembered, and never in place of a code)."""
    rotates: bool

    @property
    def tracks_devices(self) -> bool:
        return self.devices != "none"

    @property
    def device_replaces_code(self) -> bool:
        return self.devices in {"always", "asked"}


@dataclass
class Code:
    """A code that was sent, and until when it is good."""

    text: str
    expires: float
    value: str = ""


@dataclass
class Device:
    """A device as its owner keeps it, and whether the pool remembers it."""

    known: KnownDevice
    remembered: bool


@dataclass
class Held:
    """Tokens of one sign-in, as somebody holds them."""

    tokens: Tokens
    device_key: str | None
    alive: bool = True
    replaced: list[Tokens] = field(default_factory=list)
    """Those that a rotation has taken out of use."""


@dataclass
class Account:
    """Somebody in the pool."""

    password: str
    email: str
    status: str = "UNCONFIRMED"
    enabled: bool = True
    email_verified: bool = False
    phone: str | None = None
    phone_verified: bool = False
    secret: str | None = None
    """Of the authenticator that was verified."""
    factors: set[str] = field(default_factory=set)
    preferred: str | None = None
    devices: dict[str, Device] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)

    def can_be_sent_a_reset(self, kind: Kind) -> bool:
        """Return whether a code that sets a new password reaches the person where no second factor's codes go."""
        second = self.usable(kind)
        by_mail = self.email_verified and "EMAIL_OTP" not in second
        by_phone = self.phone_verified and "SMS_MFA" not in second
        return self.status != "FORCE_CHANGE_PASSWORD" and (by_mail or by_phone)

    def equipped(self) -> set[str]:
        """Return the second factors that the person has the means for."""
        there = {"SMS_MFA": self.phone, "SOFTWARE_TOKEN_MFA": self.secret, "EMAIL_OTP": self.email_verified}
        return {factor for factor, means in there.items() if means}

    def usable(self, kind: Kind) -> list[str]:
        """Return the second factors that the person can come in with, in a pool of this kind."""
        there = [factor for factor in kind.factors if factor in self.equipped()]
        chosen = [factor for factor in there if factor in self.factors]
        if chosen or kind.mfa != "ON":
            return chosen
        return [factor for factor in ("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA") if factor in there][:1]

    def second_factor(self, kind: Kind) -> list[str]:
        """Return what must be asked for after the password: nothing, a factor, or several to choose from.

        `["MFA_SETUP"]` is that one has to be set up.
        """
        usable = self.usable(kind)
        if self.preferred is not None and self.preferred in usable:
            return [self.preferred]
        return usable or (["MFA_SETUP"] if kind.mfa == "ON" else [])
