"""Somebody in a browser: signed in with one request, renewed with the next, signed out with the last."""

from __future__ import annotations

from http.cookies import SimpleCookie

import pytest

from userpool import CookieStorage, SignedIn

pytestmark = pytest.mark.anyio

PASSWORD = "Correct-Horse-7-Staple"


class Browser:
    """Keeps cookies, and forgets those whose time is over."""

    def __init__(self) -> None:
        self.cookies = {}

    def request(self, **options):
        header = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return CookieStorage(header, **options)

    def take(self, storage):
        lines = storage.set_cookies()
        for line in lines:
            [(name, cookie)] = SimpleCookie(line).items()
            self.cookies[name] = cookie.coded_value
            if cookie["max-age"] == "0":
                del self.cookies[name]
        return len(lines)


async def joined(local, pool, now, name="alice"):
    await now(pool.sign_up(name, PASSWORD, {"email": f"{name}@example.com"}))
    await now(pool.confirm_sign_up(name, local.inbox.latest(name).code))


@pytest.mark.parametrize("sealing", [{}, {"sealing_keys": [bytes(32)]}], ids=["plain", "sealed"])
async def test_a_session_lives_in_cookies(local, make_pool, now, sealing):
    browser = Browser()
    await joined(local, make_pool(), now)

    storage = browser.request(**sealing)
    assert isinstance(await now(make_pool(storage=storage).sign_in("alice", PASSWORD)), SignedIn)
    assert browser.take(storage) == len(browser.cookies) > 4

    storage = browser.request(**sealing)
    user = make_pool(storage=storage).current_user()
    assert (await now(user.attributes()))["email"] == "alice@example.com"
    assert browser.take(storage) == 0

    local.advance(minutes=61)
    storage = browser.request(**sealing)
    user = make_pool(storage=storage).current_user()
    await now(user.attributes())
    assert browser.take(storage) > 0

    storage = browser.request(**sealing)
    user = make_pool(storage=storage).current_user()
    assert user.is_valid
    assert (await now(user.sign_out())).revoked
    browser.take(storage)
    assert [name for name in browser.cookies if "Token" in name or "LastAuthUser" in name] == []


async def test_whoever_signs_in_at_the_same_browser_leaves_nothing_of_the_one_before(local, make_pool, now):
    browser = Browser()
    for name in ("alice", "bob"):
        await joined(local, make_pool(), now, name)
        storage = browser.request()
        await now(make_pool(storage=storage).sign_in(name, PASSWORD))
        browser.take(storage)

    users = make_pool(storage=browser.request()).users()

    assert [user.username for user in users] == ["bob"]
    assert [name for name in browser.cookies if ".alice." in name] == []
