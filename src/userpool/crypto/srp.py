"""SRP-6a as Cognito speaks it, both sides: the proof of a password that never leaves the machine.

The client knows the password P, the server a salt s and the verifier v = g^x. Both end with the same key::

    k = H(pad(N) | pad(g))                        u = H(pad(A) | pad(B))
    x = H(pad(s) | H(pool name | user id | ":" | P))

    client   A = g^a             S = (B - k * g^x) ^ (a + u * x)
    server   B = k * v + g^b     S = (A * v^u) ^ b

    key = HKDF-SHA256(ikm = pad(S), salt = pad(u), info = "Caldera Derived Key")[:16]
    claim signature = HMAC-SHA256(key, pool name | user id | secret block | timestamp)

H is SHA-256, all numbers are modulo N, and pad() is ``signed_bytes``. In two places this is not RFC 5054: it
pads to the length of N, where Cognito writes the shortest two's complement, and its x hashes the user name,
where Cognito's hashes the pool's short name as well and reads the salt as a number, which loses leading zero
bytes.

Rules of this room: random bytes and the time come in as arguments. A value from the other side is looked at
before anything is computed with it, and refused with ``SrpError``.

Sources: rfc5054 §2.5-2.6, rfc5869, js-sdk:AuthenticationHelper, js-sdk:DateHelper,
    api:RespondToAuthChallenge.
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256, shake_256
from typing import NamedTuple

from userpool.crypto.group import MODULUS_BYTES, G, N, signed_bytes
from userpool.crypto.modular import MASK_BYTES, power, power_of_generator, power_of_generator_once
from userpool.errors import SrpError, TimestampError

__all__ = [
    "EPHEMERAL_BYTES",
    "MASK_BYTES",
    "MODULUS_BYTES",
    "SALT_BYTES",
    "Ephemeral",
    "G",
    "K",
    "N",
    "SrpError",
    "SrpIdentity",
    "TimestampError",
    "check_client_public",
    "claim_signature",
    "client_ephemeral",
    "client_key",
    "derived_key",
    "format_timestamp",
    "make_verifier",
    "parse_hex",
    "parse_timestamp",
    "parse_verifier",
    "private_exponent",
    "scrambler",
    "server_ephemeral",
    "server_key",
    "signed_bytes",
]

# rfc5054 §2.5.4 asks for ephemeral secrets of at least 256 bits.
EPHEMERAL_BYTES = 32
SALT_BYTES = 16

K = int.from_bytes(sha256(signed_bytes(N) + signed_bytes(G)).digest(), "big")

_INFO = b"Caldera Derived Key"
_KEY_BYTES = 16

# 768 digits write every number below N; two more leave room for the zero byte that some clients put in front.
_HEX = re.compile(r"[0-9a-fA-F]{1,770}")


class SrpIdentity(NamedTuple):
    """Whose password is proven: a user in a pool, or, in device SRP, a device in its group.

    For a user, ``pool_name`` is the part of the pool's id behind the ``_`` and ``user_id`` is
    USER_ID_FOR_SRP, not the alias that was typed. For a device they are its group key and its device key.
    """

    pool_name: str
    user_id: str

    @classmethod
    def in_pool(cls, user_pool_id: str, user_id: str) -> SrpIdentity:
        """Make a user's identity from the whole id of the pool: ``us-east-1_AbC`` gives the name ``AbC``."""
        return cls(user_pool_id.partition("_")[2], user_id)


class Ephemeral(NamedTuple):
    """The secret number of one sign-in (a or b) and the public one that goes to the other side (A or B)."""

    secret: int
    public: int

    def __repr__(self) -> str:
        """Show the public number alone."""
        return f"Ephemeral(public={self.public_hex})"

    @property
    def public_hex(self) -> str:
        """The public number as SRP_A or SRP_B: lower-case hex without padding, so its length may be odd."""
        return f"{self.public:x}"


# ---- values from outside ----


def parse_hex(text: str, *, what: str = "The number") -> int:
    """Read SRP_A, SRP_B or SALT; an odd number of digits is as good as an even one, as it is for the service.

    Raises:
        SrpError: empty, not hexadecimal, or longer than any number below N. ``what`` names it in the message.
    """
    if not _HEX.fullmatch(text):
        raise SrpError(f"{what} is not a hexadecimal number of at most 770 digits.")
    return int(text, 16)


def parse_verifier(data: bytes) -> int:
    """Read a verifier that was stored, or that a device registered.

    Raises:
        SrpError: not between 1 and N - 1. With a verifier of zero every password would be right.
    """
    verifier = int.from_bytes(data, "big") if len(data) <= MODULUS_BYTES + 1 else 0
    if not 0 < verifier < N:
        raise SrpError("The password verifier is not a number between 1 and N - 1.")
    return verifier


# ---- what both sides compute ----


def private_exponent(identity: SrpIdentity, password: str, *, salt: int) -> int:
    """Return x, which is as good as the password: keep it nowhere."""
    text = f"{identity.pool_name}{identity.user_id}:{password}"
    try:
        inner = sha256(text.encode()).digest()
    except UnicodeEncodeError:
        # Python's own error would carry the password.
        raise SrpError("The password holds half of a character pair, which cannot be sent.") from None
    return int.from_bytes(sha256(signed_bytes(salt) + inner).digest(), "big")


def scrambler(client_public: int, server_public: int) -> int:
    """Return u, the hash of both public numbers.

    Raises:
        SrpError: it is zero.
    """
    u = int.from_bytes(sha256(signed_bytes(client_public) + signed_bytes(server_public)).digest(), "big")
    if u == 0:
        # With u = 0 the verifier has no part in the server's S, and nobody needs the password (rfc5054 §2.6).
        raise SrpError("The hash of the two public numbers is zero.")
    return u


def derived_key(u: int, S: int) -> bytes:
    """Return the 16 bytes that HKDF-SHA256 makes of the shared number S."""
    # HKDF for an output of one block is two HMACs (rfc5869 §2.2, §2.3).
    extracted = hmac.digest(signed_bytes(u), signed_bytes(S), "sha256")
    return hmac.digest(extracted, _INFO + b"\x01", "sha256")[:_KEY_BYTES]


def _mask(*secrets: int) -> bytes:
    # The mask of a power must be fresh in every call and unknown to everybody. Where x is the exponent, which is
    # the same in every sign-in of a person, the ephemeral secret of this sign-in goes into its mask: a hash of it
    # is both, and nobody has to hand in more random bytes.
    text = b"userpool mask" + b"".join(signed_bytes(secret) for secret in secrets)
    return shake_256(text).digest(MASK_BYTES)


def claim_signature(key: bytes, identity: SrpIdentity, *, secret_block: bytes, timestamp: str) -> bytes:
    """Return the 32 bytes of PASSWORD_CLAIM_SIGNATURE; a server compares them with ``hmac.compare_digest``.

    ``secret_block`` is SECRET_BLOCK after base64, ``timestamp`` the very text that is sent.
    """
    name = f"{identity.pool_name}{identity.user_id}".encode()
    return hmac.digest(key, name + secret_block + timestamp.encode(), "sha256")


# ---- the client ----


def client_ephemeral(random: bytes) -> Ephemeral:
    """Begin a sign-in: a is ``random`` (32 bytes), A = g^a goes out as SRP_A.

    256 bits are what rfc5054 asks for; more would only make the three powers slower.
    """
    _check_size(random, EPHEMERAL_BYTES)
    a = int.from_bytes(random, "big")
    return Ephemeral(a, power_of_generator_once(a))


def client_key(
    ephemeral: Ephemeral, server_public: int, *, identity: SrpIdentity, password: str, salt: int
) -> bytes:
    """Return the 16-byte key for the claim signature; a wrong password gives another key, not an error.

    Args:
        ephemeral: what :func:`client_ephemeral` gave.
        server_public: SRP_B, read by :func:`parse_hex`.
        identity: the pool's short name and USER_ID_FOR_SRP, or a device and its group.
        password: the password.
        salt: SALT, read by :func:`parse_hex`. It is a number to every client, never bytes.

    Raises:
        SrpError: B is a multiple of N, or u is zero: the server is trying to learn the password.
    """
    if server_public % N == 0:
        raise SrpError("SRP_B is a multiple of N.")
    u = scrambler(ephemeral.public, server_public)
    x = private_exponent(identity, password, salt=salt)
    base = (server_public - K * power_of_generator(x, _mask(ephemeral.secret, x))) % N
    return derived_key(u, power(base, ephemeral.secret + u * x))


# ---- the server ----


def make_verifier(identity: SrpIdentity, password: str, *, salt: bytes, mask: bytes | None) -> int:
    """Return v = g^x, which a server keeps instead of the password.

    Args:
        identity: whose password it is. It goes into v, so a renamed user needs a new verifier.
        password: the password.
        salt: 16 random bytes, kept as they are and sent as ``salt.hex()``. Leading zero bytes do not count.
        mask: 40 fresh random bytes, where v is computed again to compare it with a kept one; see
            :func:`userpool.crypto.modular.power_of_generator`. None, which is quicker, only for a salt that was
            drawn just now: then this is the one time that x is used.
    """
    x = private_exponent(identity, password, salt=int.from_bytes(salt, "big"))
    return power_of_generator_once(x) if mask is None else power_of_generator(x, mask)


def server_ephemeral(verifier: int, random: bytes) -> Ephemeral:
    """Answer SRP_A: b is ``random`` (32 bytes), B = k * v + g^b goes out as SRP_B.

    The random bytes must be fresh in every sign-in, also where the same SRP_A comes again.
    """
    _check_size(random, EPHEMERAL_BYTES)
    b = int.from_bytes(random, "big")
    return Ephemeral(b, (K * verifier + power_of_generator_once(b)) % N)


def server_key(ephemeral: Ephemeral, client_public: int, *, verifier: int) -> bytes:
    """Return the 16-byte key with which the claim of whoever knows the password is signed.

    ``client_public`` is SRP_A, read by :func:`parse_hex`.

    Raises:
        SrpError: A is a multiple of N, which would make S zero whatever the password is (rfc5054 §2.5.4), or
            u is zero.
    """
    check_client_public(client_public)
    u = scrambler(client_public, ephemeral.public)
    S = power(client_public * power(verifier, u) % N, ephemeral.secret)
    return derived_key(u, S)


def check_client_public(client_public: int) -> None:
    """Refuse an SRP_A that is a multiple of N; a server does so when it comes, before it answers with SRP_B.

    Raises:
        SrpError: it is one.
    """
    if client_public % N == 0:
        raise SrpError("SRP_A is a multiple of N.")


def _check_size(random: bytes, size: int) -> None:
    if len(random) != size:
        raise ValueError(f"expected {size} random bytes")


# ---- TIMESTAMP ----

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_TIMESTAMP = re.compile(
    "([A-Z][a-z]{2}) ([A-Z][a-z]{2}) ([0-9]{1,2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) UTC ([0-9]{4})"
)


def format_timestamp(epoch_seconds: float) -> str:
    """Write a time as TIMESTAMP: ``Tue Jan 1 06:06:09 UTC 2019``, the day unpadded, always in English."""
    # strftime would speak the language of the user's locale, and its unpadded day is not portable.
    time = datetime.fromtimestamp(int(epoch_seconds), UTC)
    clock = f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    day = f"{_WEEKDAYS[time.weekday()]} {_MONTHS[time.month - 1]} {time.day}"
    return f"{day} {clock} UTC {time.year:04}"


def parse_timestamp(text: str) -> float:
    """Read a TIMESTAMP, as strictly as the service does, into epoch seconds.

    Raises:
        TimestampError: with ``well_formed`` false where the service says "TIMESTAMP format should be EEE MMM
            d HH:mm:ss z yyyy in english."; with ``well_formed`` true where it says "Incorrect username or
            password.", which is for a day padded with a zero (``Sep 05``) and for a weekday that is not that
            of the date.
    """
    # Assumed: the service takes no zone but UTC in TIMESTAMP, and no other letter case than that of its own
    # format.
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise TimestampError(
            "The timestamp is not of the form EEE MMM d HH:mm:ss UTC yyyy.", well_formed=False
        )
    weekday, month, day, *clock, year = match.groups()
    hour, minute, second = map(int, clock)
    try:
        expected_weekday = _WEEKDAYS.index(weekday)
        time = datetime(int(year), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise TimestampError("The timestamp is no time of the calendar.", well_formed=False) from None
    # seen:aws-srp-timestamp: both of these are answered as a wrong password is.
    if day.startswith("0"):
        raise TimestampError("The timestamp's day is padded with a zero.", well_formed=True)
    if time.weekday() != expected_weekday:
        raise TimestampError("The timestamp's weekday is not that of its date.", well_formed=True)
    return time.timestamp()
