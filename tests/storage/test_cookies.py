"""Cookies of one request: what is read, what is sent, and what is left alone."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie
from typing import Any

import pytest

from userpool import SettingsError, SignedIn, StorageError, Tokens, UserPool
from userpool.effects import FixedEffects
from userpool.storage import Batched, CookieStorage
from userpool.storage.layout import Drawer
from userpool.transport.scripted import ScriptedTransport, grants, says

P = "CognitoIdentityServiceProvider.7ghr"
TOKENS = Tokens("an-access-token", id_token="an-id-token", refresh_token="a-refresh-token")
KEY, OLD_KEY = bytes(range(32)), bytes(32)


class Browser:
    """Keeps cookies as a browser does, by another implementation of Set-Cookie."""

    def __init__(self, cookies: dict[str, str] | None = None) -> None:
        self.cookies = dict(cookies or {})

    @property
    def header(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def take(self, storage: CookieStorage) -> None:
        for line in storage.set_cookies():
            [(name, cookie)] = SimpleCookie(line).items()
            if cookie["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.coded_value


def drawer_of(storage: CookieStorage) -> Drawer:
    return Drawer(storage, client_id="7ghr")


def signed_in(username: str = "alice", tokens: Tokens = TOKENS, **options: Any) -> Browser:
    """Return the browser of somebody who has signed in."""
    browser, storage = Browser(), CookieStorage(**options)
    drawer_of(storage).save(username, tokens, clock_offset_seconds=0)
    browser.take(storage)
    return browser


def test_a_session_comes_back_with_the_next_request() -> None:
    browser = signed_in("alice@example.com")

    storage = CookieStorage(browser.header)

    found = drawer_of(storage).load("alice@example.com")
    assert found is not None
    assert found.tokens == TOKENS
    assert storage.set_cookies() == []
    assert f"{P}.alice%40example.com.idToken" in browser.cookies


def test_the_cookies_that_a_framework_has_parsed_will_do() -> None:
    browser = signed_in()

    assert dict(CookieStorage(browser.cookies)) == dict(CookieStorage(browser.header))


def test_what_is_sent_is_sent_over_https_for_a_year_and_hidden_from_scripts() -> None:
    storage = CookieStorage()

    storage[f"{P}.LastAuthUser"] = "alice"

    assert storage.set_cookies() == [
        f"{P}.LastAuthUser=alice; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
    ]
    assert storage.set_cookies() == storage.set_cookies()


def test_signing_out_removes_what_signing_in_wrote() -> None:
    browser = signed_in(domain="example.com", path="/app")
    storage = CookieStorage(browser.header, domain="example.com", path="/app")

    drawer_of(storage).clear("alice")
    lines = storage.set_cookies()
    browser.take(storage)

    assert browser.cookies == {}
    assert len(lines) == 5
    assert all("Path=/app" in line and "Domain=example.com" in line and "Max-Age=0" in line for line in lines)


def test_cookies_of_amplify_are_read_and_stay_in_its_dialect() -> None:
    # Amplify 6 tells milliseconds by which the service is ahead, and is known by its sign-in details.
    details = "{%22loginId%22:%22alice@example.com%22%2C%22authFlowType%22:%22USER_SRP_AUTH%22}"
    browser = signed_in()
    browser.cookies |= {f"{P}.alice.signInDetails": details, f"{P}.alice.clockDrift": "-2873"}
    storage = CookieStorage(browser.header)

    found = drawer_of(storage).load("alice")
    drawer_of(storage).replace("alice", TOKENS, clock_offset_seconds=1.5)
    browser.take(storage)

    assert found is not None
    assert (found.tokens, found.clock_offset_seconds) == (TOKENS, -2.873)
    assert browser.cookies[f"{P}.alice.clockDrift"] == "1500"
    assert browser.cookies[f"{P}.alice.signInDetails"] == details


def test_a_cookie_of_somebody_else_is_neither_seen_nor_touched() -> None:
    # amazon-cognito-identity-js clears every cookie that it can see.
    browser = signed_in()
    browser.cookies |= {"theme": "dark", "bad%ffname": "x", "csrftoken": "y"}
    storage = CookieStorage(browser.header)

    storage.clear()
    browser.take(storage)

    assert browser.cookies == {"theme": "dark", "bad%ffname": "x", "csrftoken": "y"}


def test_a_key_that_is_not_the_sdk_s_is_refused() -> None:
    with pytest.raises(SettingsError):
        CookieStorage()["theme"] = "dark"


def test_only_what_changed_is_sent() -> None:
    storage = CookieStorage(signed_in().header)

    drawer_of(storage).replace(
        "alice", Tokens("new", id_token="new", refresh_token="new"), clock_offset_seconds=0
    )

    # Who signed in last goes with it, or its year would end before that of the tokens.
    assert {name_of(line) for line in storage.set_cookies()} == {
        f"{P}.LastAuthUser",
        *(f"{P}.alice.{name}" for name in ("accessToken", "idToken", "refreshToken", "clockDrift")),
    }
    assert len(CookieStorage(signed_in().header, several_users=True).set_cookies()) == 0


def test_whoever_signs_in_takes_the_place_of_whoever_was_there() -> None:
    # The JavaScript SDKs leave the cookies of everybody behind until the header is too large.
    browser = signed_in("bob.b")
    browser.cookies |= {f"{P}.bob.b.deviceKey": "k", f"{P}.bob.b.userData": "{}", f"{P}2.carol.idToken": "c"}
    storage = CookieStorage(browser.header)

    drawer_of(storage).save("alice", TOKENS, clock_offset_seconds=0)
    browser.take(storage)

    assert {name for name in browser.cookies if "alice" not in name} == {
        f"{P}.LastAuthUser",
        f"{P}.bob.b.deviceKey",
        f"{P}2.carol.idToken",
    }


def test_several_people_may_stay() -> None:
    browser = signed_in("bob")
    storage = CookieStorage(browser.header, several_users=True)

    drawer_of(storage).save("alice", TOKENS, clock_offset_seconds=0)
    browser.take(storage)

    assert drawer_of(CookieStorage(browser.header)).usernames() == ("alice", "bob")


def test_tokens_may_be_left_out_and_old_ones_of_theirs_go() -> None:
    browser = signed_in()
    storage = CookieStorage(browser.header, leave_out=["idToken", "clockDrift"])

    drawer_of(storage).replace("alice", Tokens("a", id_token="i", refresh_token="r"), clock_offset_seconds=0)
    browser.take(storage)

    found = drawer_of(CookieStorage(browser.header)).load("alice")
    assert found is not None
    assert found.tokens == Tokens("a", refresh_token="r")
    assert f"{P}.alice.clockDrift" not in browser.cookies


# ---- what is too large ----

LARGE = Tokens("a" * 9000, refresh_token="r")


def test_a_token_that_is_too_large_comes_back_whole() -> None:
    browser = signed_in(tokens=LARGE, header_limit_bytes=20_000)

    assert {f"{P}.alice.accessToken.{number}" for number in range(3)} < set(browser.cookies)
    found = drawer_of(CookieStorage(browser.header)).load("alice")
    assert found is not None
    assert found.tokens == LARGE


def test_parts_that_are_not_needed_any_more_are_removed() -> None:
    browser = signed_in(tokens=LARGE, header_limit_bytes=20_000)
    storage = CookieStorage(browser.header)

    drawer_of(storage).replace("alice", TOKENS, clock_offset_seconds=0)
    browser.take(storage)

    assert [name for name in browser.cookies if name.endswith((".0", ".1", ".2"))] == []
    assert storage[f"{P}.alice.accessToken"] == "an-access-token"


def test_the_whole_that_a_front_end_wrote_is_newer_than_parts() -> None:
    browser = signed_in(tokens=LARGE, header_limit_bytes=20_000)
    browser.cookies[f"{P}.alice.accessToken"] = "newer"
    storage = CookieStorage(browser.header)

    browser.take(storage)

    assert storage[f"{P}.alice.accessToken"] == "newer"
    assert [name for name in browser.cookies if name.endswith((".0", ".1", ".2"))] == []


def test_parts_of_which_some_are_missing_are_nothing_and_are_removed() -> None:
    browser = signed_in(tokens=LARGE, header_limit_bytes=20_000)
    del browser.cookies[f"{P}.alice.accessToken.1"]
    storage = CookieStorage(browser.header)

    browser.take(storage)

    assert f"{P}.alice.accessToken" not in storage
    assert [name for name in browser.cookies if "accessToken" in name] == []


def test_more_than_a_server_would_take_is_refused_and_nothing_is_changed() -> None:
    browser = signed_in()
    browser.cookies["foreign"] = "x" * 7000
    storage = CookieStorage(browser.header)
    before = dict(storage)

    with pytest.raises(StorageError, match=r"8190 is the limit: keep less \(leave_out=\)"):
        drawer_of(storage).save("bob", Tokens("a" * 2000), clock_offset_seconds=0)

    assert (dict(storage), storage.set_cookies()) == (before, [])


def test_exactly_as_much_as_the_server_takes_is_taken() -> None:
    size = CookieStorage(signed_in().header).header_bytes

    assert CookieStorage(signed_in(header_limit_bytes=size).header).header_bytes == size
    with pytest.raises(StorageError, match=f"{size} bytes together"):
        signed_in(header_limit_bytes=size - 1)


def test_what_was_removed_makes_room() -> None:
    storage = CookieStorage(signed_in(tokens=Tokens("a" * 5000)).header)

    drawer_of(storage).clear("alice")
    drawer_of(storage).save("bob", Tokens("b" * 5000), clock_offset_seconds=0)

    assert storage.header_bytes < 6000


def test_what_becomes_smaller_is_never_refused() -> None:
    browser = signed_in()
    browser.cookies["foreign"] = "x" * 9000
    storage = CookieStorage(browser.header)

    drawer_of(storage).replace("alice", Tokens("a", refresh_token="r"), clock_offset_seconds=0)
    drawer_of(storage).clear("alice")

    assert dict(storage) == {}


def test_the_size_of_the_next_header_is_told() -> None:
    browser = Browser({"theme": "dark"})
    storage = CookieStorage(browser.header)

    drawer_of(storage).save("alice@example.com", Tokens("a" * 5000), clock_offset_seconds=0)
    browser.take(storage)

    # The last cookie is not followed by a semicolon.
    assert storage.header_bytes == len(browser.header) + 2
    assert CookieStorage(browser.header).header_bytes == storage.header_bytes


# ---- sealing ----


def test_sealed_cookies_are_read_with_the_key_and_by_nobody_else() -> None:
    browser = signed_in(sealing_keys=[KEY])

    assert "access-token" not in browser.header
    found = drawer_of(CookieStorage(browser.header, sealing_keys=[KEY])).load("alice")
    assert found is not None
    assert found.tokens == TOKENS
    assert dict(CookieStorage(browser.header, sealing_keys=[OLD_KEY])) == {}


def test_a_key_can_be_replaced() -> None:
    browser = signed_in(sealing_keys=[OLD_KEY])
    storage = CookieStorage(browser.header, sealing_keys=[KEY, OLD_KEY])

    drawer_of(storage).replace("alice", TOKENS, clock_offset_seconds=0)
    browser.take(storage)

    assert drawer_of(CookieStorage(browser.header, sealing_keys=[KEY])).load("alice") is not None


def test_what_is_not_sealed_is_not_believed_where_sealing_is_on() -> None:
    browser = signed_in()

    storage = CookieStorage(browser.header, sealing_keys=[KEY])
    browser.take(storage)

    assert (dict(storage), browser.cookies) == ({}, {})


def test_a_sealed_value_cannot_be_moved_to_another_name() -> None:
    browser = signed_in(sealing_keys=[KEY])
    browser.cookies[f"{P}.alice.idToken"] = browser.cookies[f"{P}.alice.accessToken"]

    assert f"{P}.alice.idToken" not in CookieStorage(browser.header, sealing_keys=[KEY])


def test_no_two_values_are_sealed_alike() -> None:
    first, second = (signed_in(sealing_keys=[KEY], effects=FixedEffects(seed=seed)) for seed in (1, 2))

    assert not set(first.cookies.values()) & set(second.cookies.values())
    assert len(set(first.cookies.values())) == len(first.cookies)


def test_a_key_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(SettingsError, match="32 bytes"):
        CookieStorage(sealing_keys=[b"too short"])


# ---- what else a storage is ----


def test_it_is_a_mapping_that_does_not_show_what_it_holds() -> None:
    storage = CookieStorage(signed_in().header)

    assert isinstance(storage, Batched)
    assert (len(storage), repr(storage)) == (5, "<CookieStorage of 5 cookies>")
    with pytest.raises(KeyError):
        del storage["missing"]
    with pytest.raises(KeyError):
        _ = storage["theme"]
    del storage[f"{P}.alice.idToken"]
    assert f"{P}.alice.idToken" not in storage


def test_somebody_signs_in_with_one_request_and_is_renewed_with_the_next() -> None:
    effects = FixedEffects(now=1_767_268_800)
    transport = ScriptedTransport(
        grants("alice", expires_epoch=effects.now() + 3600, refresh_token="r1"),
        grants("alice", expires_epoch=effects.now() + 7200, refresh_token="r2"),
        says({"Username": "alice", "UserAttributes": []}),
    )
    browser, storage = Browser(), CookieStorage()

    def pool_of(storage: CookieStorage) -> UserPool:
        return UserPool("us-east-1_aB12cDe34", "7ghr", storage=storage, transport=transport, effects=effects)

    assert isinstance(pool_of(storage).sign_in("alice", "pw", flow="USER_PASSWORD_AUTH"), SignedIn)
    browser.take(storage)
    effects.advance(3600)
    storage = CookieStorage(browser.header)
    user = pool_of(storage).current_user()
    assert user is not None
    assert user.attributes() == {}
    browser.take(storage)

    assert browser.cookies[f"{P}.alice.refreshToken"] == "r2"


def name_of(line: str) -> str:
    found = re.match(r"[^=]+", line)
    assert found is not None
    return found.group()
