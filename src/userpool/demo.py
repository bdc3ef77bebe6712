"""The demo: a person joins, signs in with SRP and an authenticator, refreshes and signs out, in front of your eyes.

Everything is real: the SDK speaks the service's protocol to a pool in this process, the password never leaves
the client, and the tokens are checked with the pool's published keys.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from userpool.errors import UserPoolError
from userpool.steps import SignedIn, TotpRequired
from userpool.testing import LocalPool
from userpool.wire.fault import ServiceException
from userpool.wire.mfa import SetUserPoolMfaConfigRequest, SoftwareTokenMfaConfigType

if TYPE_CHECKING:
    from collections.abc import Callable

    from userpool.pool import UserPool
    from userpool.user import User

USERNAME = "alice"
EMAIL = "alice@example.com"
PASSWORD = "Correct-Horse-7-Staple"  # Of nobody.
WRONG_PASSWORD = "Wrong-Horse-7-Staple"
PAUSE_SECONDS = 0.35
AUTHENTICATORS = SetUserPoolMfaConfigRequest(
    user_pool_id="",
    mfa_configuration="OPTIONAL",
    software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True),
)


class Teller:
    """Tells what happens, line by line."""

    def __init__(self, *, plain: bool) -> None:
        """Take whether to leave out colours and pauses."""
        self._pause = 0.0 if plain or not sys.stdout.isatty() else PAUSE_SECONDS
        self._colours = not plain and sys.stdout.isatty()

    def chapter(self, title: str) -> None:
        """Begin a part of the story."""
        time.sleep(self._pause)
        print(f"\n\033[1m{title}\033[0m" if self._colours else f"\n{title}")

    def says(self, what: str, value: object = "") -> None:
        """Tell one thing, and what it came to."""
        time.sleep(self._pause)
        mark = "\033[32m✓\033[0m" if self._colours else "-"
        print(f"  {mark} {what}" + (f": {value}" if value != "" else ""))


def run_demo(*, plain: bool) -> int:
    """Show the main job from beginning to end; return the exit status."""
    teller = Teller(plain=plain)
    began = time.perf_counter()
    with LocalPool(mfa=AUTHENTICATORS) as local:
        opened = time.perf_counter() - began
        teller.chapter("A pool in this process")
        teller.says(f"user pool {local.user_pool_id} is open", f"{opened * 1000:.0f} ms")
        pool = local.client()
        _join(teller, local, pool)
        user = _sign_in(teller, local, pool)
        secret = _set_up_authenticator(teller, local, user)
        user = _sign_in_with_authenticator(teller, local, pool, secret)
        _use(teller, local, user)
        _leave(teller, user)
    teller.chapter("That was the SDK and the pool. Read on in the docs: make docs.")
    return 0


def _join(teller: Teller, local: LocalPool, pool: UserPool) -> None:
    teller.chapter(f"{USERNAME} signs up")
    joined = pool.sign_up(USERNAME, PASSWORD, {"email": EMAIL})
    delivery = joined.delivery
    teller.says("the account waits for its code, sent to", delivery.destination if delivery else "nobody")
    code = local.inbox.latest(USERNAME).code
    teller.says("the inbox has the code", code)
    pool.confirm_sign_up(USERNAME, code)
    teller.says("the account is confirmed and the address verified")


def _sign_in(teller: Teller, local: LocalPool, pool: UserPool) -> User:
    teller.chapter(f"{USERNAME} signs in with SRP: the password stays here")
    teller.says("a wrong password is refused", _refusal(lambda: pool.sign_in(USERNAME, WRONG_PASSWORD)))
    began = time.perf_counter()
    step = pool.sign_in(USERNAME, PASSWORD)
    if not isinstance(step, SignedIn):
        raise UserPoolError(f"The sign-in came to {type(step).__name__}.")
    teller.says("the right one is proved, both ways", f"{(time.perf_counter() - began) * 1000:.0f} ms")
    with local.verifier() as verifier:
        claims = verifier.verify(step.user.tokens.access_token)
    teller.says("the access token is genuine, by the pool's published keys; it is of", claims.issuer)
    teller.says("for", f"{claims.username} until it expires in {claims['exp'] - claims['iat']} s")
    return step.user


def _set_up_authenticator(teller: Teller, local: LocalPool, user: User) -> str:
    teller.chapter(f"{USERNAME} sets an authenticator app up")
    setup = user.begin_totp_setup()
    teller.says(
        "the app is shown an address", f"{setup.uri(issuer='userpool').split('secret=')[0]}secret=..."
    )
    user.verify_totp(local.totp_code(setup.secret), device_name="phone")
    user.set_mfa_preference(totp="preferred")
    teller.says("its first code is right, and it is asked for from now on", user.mfa_preference().preferred)
    user.sign_out()
    return setup.secret


def _sign_in_with_authenticator(teller: Teller, local: LocalPool, pool: UserPool, secret: str) -> User:
    teller.chapter(f"{USERNAME} signs in with SRP and the authenticator")
    step = pool.sign_in(USERNAME, PASSWORD)
    if not isinstance(step, TotpRequired):
        raise UserPoolError(f"The sign-in came to {type(step).__name__}.")
    teller.says("the password alone is not enough: a code is asked for, from", step.device_name)
    local.advance(seconds=30)  # A code counts once, so the app has to show the next one.
    code = local.totp_code(secret)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    asked = step
    teller.says("a wrong code is refused", _refusal(lambda: pool.answer(asked.code(wrong))))
    answered = pool.answer(step.code(code))
    if not isinstance(answered, SignedIn):
        raise UserPoolError(f"The sign-in came to {type(answered).__name__}.")
    teller.says("the right one, on the same step, lets her in")
    return answered.user


def _use(teller: Teller, local: LocalPool, user: User) -> None:
    teller.chapter(f"{USERNAME} is signed in")
    teller.says("attributes", user.attributes())
    user.update_attributes({"nickname": "Al"})
    teller.says("after an update, the nickname", user.attributes()["nickname"])
    before = user.tokens.access_token
    local.advance(minutes=61)
    email = user.attributes()["email"]
    teller.says("an hour later the tokens have expired; the next call renews them by itself", email)
    teller.says("the access token is another one", user.tokens.access_token != before)


def _leave(teller: Teller, user: User) -> None:
    teller.chapter(f"{USERNAME} signs out")
    result = user.sign_out()
    teller.says("the refresh token is revoked", result.revoked)


def _refusal(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except ServiceException as refusal:
        return f"{refusal.code}: {refusal.message}"
    raise UserPoolError("What is wrong was let in.")
