"""What a stranger may learn: every way in which a sign-in fails looks like every other.

With PreventUserExistenceErrors ENABLED, an unknown user, a wrong password and a disabled user are one and the
same answer, after the same work. LEGACY, the API's default, tells who doesn't exist.

Sources: guide:cognito-user-pool-managing-errors; recorded replies for LEGACY.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from userpool.server.rules.sign_in_names import looks_like
from userpool.wire.faults import (
    CodeMismatchException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserNotConfirmedException,
    UserNotFoundException,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.wire.fault import ServiceException
    from userpool.wire.user_pool_clients import UserPoolClientType

SALT_BYTES = 16
# First letters of names and of the domains where people have their mail, about as often as they occur.
LOCALS = "aaabbccdddeefgghiijjjkkllmmmmnnooppqrrrsssttuvwxyz"
DOMAINS = "ggggggggggghhhoooiiyyyabcdefklmnprstw"

Reason = Literal[
    "unknown user", "wrong password", "disabled", "expired", "unconfirmed", "reset required", "locked"
]


def keeps_existence_secret(client: UserPoolClientType) -> bool:
    """Return whether a client's users stay unknown to strangers."""
    return client.prevent_user_existence_errors == "ENABLED"


def refusal(client: UserPoolClientType, reason: Reason) -> ServiceException:
    """Return what a failed sign-in is answered with: the one place where that is decided."""
    secret = keeps_existence_secret(client)
    if reason == "locked":
        return NotAuthorizedException("Password attempts exceeded")
    if reason == "unconfirmed":
        # The right password was given: its owner may know.
        return UserNotConfirmedException("User is not confirmed.")
    if reason == "expired":
        return NotAuthorizedException("Temporary password has expired and must be reset by an administrator.")
    if reason == "unknown user" and not secret:
        return UserNotFoundException("User does not exist.")
    if reason == "disabled" and not secret:
        return NotAuthorizedException("User is disabled.")
    if reason == "reset required" and not secret:
        return PasswordResetRequiredException("Password reset required for the user")
    return NotAuthorizedException("Incorrect username or password.")


def unknown_name(client: UserPoolClientType) -> ServiceException:
    """Return what a code for nobody is answered with."""
    if keeps_existence_secret(client):
        return CodeMismatchException("Invalid verification code provided, please try again.")
    return UserNotFoundException("Username/client id combination not found.")


def simulated_bytes(key: bytes, pool_id: str, name: str, *, what: str, size: int) -> bytes:
    """Return bytes that stay the same for a name and tell nothing: a salt, an id or a verifier for nobody.

    One call of a sponge, whose key needs no HMAC around it: making nobody up takes about as long as reading somebody.
    """
    return hashlib.shake_256(key + f"{what}\0{pool_id}\0{name}".encode()).digest(size)


def simulated_sub(key: bytes, pool_id: str, name: str) -> str:
    """Return what looks like a `sub`, the same each time a name is asked for."""
    text = simulated_bytes(key, pool_id, name, what="sub", size=16).hex()
    # Version and variant as real ones have them: a stranger must not see the difference.
    text = f"{text[:12]}4{text[13:16]}{'89ab'[int(text[16], 16) % 4]}{text[17:]}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def simulated_contact(key: bytes, pool_id: str, name: str, *, attributes: Sequence[str]) -> tuple[str, str]:
    """Return an attribute and a value of somebody who doesn't exist, the same each time a name is asked for.

    Args:
        key: what the value is drawn from; without it nobody can tell that it was.
        pool_id: the pool that was asked.
        name: the name that was asked for; an address or a number stands for itself where it may be reached.
        attributes: email and phone_number as far as a user of this pool may be reached by them, likeliest
            first.
    """
    for attribute in attributes:
        if looks_like(attribute, name):
            return attribute, name
    drawn = simulated_bytes(key, pool_id, name, what="contact", size=32)
    if attributes and attributes[0] == "phone_number":
        return "phone_number", "+1" + "".join(str(byte % 10) for byte in drawn[:10])
    # Of an address only the first letter and the first letter of the domain are ever shown.
    return "email", f"{LOCALS[drawn[0] % len(LOCALS)]}@{DOMAINS[drawn[1] % len(DOMAINS)]}"
