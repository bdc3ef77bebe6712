"""Cookies that amazon-cognito-identity-js writes are ours to read, and the reverse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest

from userpool import CookieStorage, SignedIn, UserPool
from userpool.storage.cookie_text import encoded_name, encoded_value
from userpool.transport.http import HttpTransport


@pytest.fixture
def pool_with(place: Any) -> Iterator[Callable[[CookieStorage], UserPool]]:
    """Give a function that makes a pool which keeps tokens in these cookies; all of them share connections."""
    transport = HttpTransport()
    yield lambda storage: UserPool(
        place.pool_id, place.client_id, endpoint=place.endpoint, storage=storage, transport=transport
    )
    transport.close()


def test_a_session_is_found_again_in_cookies_until_the_sign_out(
    js: Callable[..., Any], place: Any, person: Any
) -> None:
    options = {"domain": "example.com", "path": "/app", "expires": 30, "secure": True}

    seen = js("cookies/foundAgain", place, person, options=options)

    assert (seen["user"], seen["valid"], seen["left"]) == (person.username, True, "")


def test_whoever_signed_in_in_the_browser_is_signed_in_at_the_server(
    js: Callable[..., Any], place: Any, person: Any, pool_with: Callable[[CookieStorage], UserPool]
) -> None:
    written = js("cookies/signedInByCookies", place, person)
    storage = CookieStorage(written["header"], http_only=False)

    user = pool_with(storage).current_user()

    assert user is not None
    assert user.username == person.username
    assert user.attributes()["email"] == person.email
    assert storage.set_cookies() == []


def test_a_user_name_that_has_to_be_encoded_is_found_again(
    js: Callable[..., Any],
    place: Any,
    newcomer: Any,
    make_person: Callable[..., Any],
    pool_with: Callable[[CookieStorage], UserPool],
) -> None:
    odd = make_person(place, newcomer, username=f"{newcomer.username}+a&b@example.com")
    written = js("cookies/signedInByCookies", place, odd)

    user = pool_with(CookieStorage(written["header"])).current_user()

    assert "%40" in written["header"]
    assert user is not None
    assert (user.username, user.attributes()["email"]) == (odd.username, odd.email)


def test_whoever_signed_in_at_the_server_is_signed_in_in_the_browser(
    js: Callable[..., Any], place: Any, person: Any, pool_with: Callable[[CookieStorage], UserPool]
) -> None:
    storage = CookieStorage(http_only=False)
    assert isinstance(pool_with(storage).sign_in(person.username, person.password), SignedIn)

    seen = js("cookies/afterServer", place, lines=storage.set_cookies())

    assert (seen["user"], seen["valid"], seen["attributes"]) == (person.username, True, 3)


def test_what_the_server_renews_the_browser_goes_on_with(
    js: Callable[..., Any], place: Any, person: Any, pool_with: Callable[[CookieStorage], UserPool]
) -> None:
    written = js("cookies/signedInByCookies", place, person)
    storage = CookieStorage(written["header"], http_only=False)
    user = pool_with(storage).current_user()
    assert user is not None
    tokens = user.refresh()

    seen = js("cookies/afterServer", place, lines=[*written["lines"], *storage.set_cookies()])

    assert seen["access"]["jti"] == tokens.access_claims["jti"]


def test_whom_the_server_signs_out_the_browser_does_not_find(
    js: Callable[..., Any], place: Any, person: Any, pool_with: Callable[[CookieStorage], UserPool]
) -> None:
    written = js("cookies/signedInByCookies", place, person)
    storage = CookieStorage(written["header"], http_only=False)
    user = pool_with(storage).current_user()
    assert user is not None
    assert user.sign_out().revoked

    seen = js("cookies/afterServer", place, lines=[*written["lines"], *storage.set_cookies()])

    assert seen == {"user": None, "header": ""}


def test_the_attributes_are_those_of_the_library(js: Callable[..., Any], place: Any, person: Any) -> None:
    options = {"domain": "example.com", "path": "/app", "expires": 30, "secure": True, "sameSite": "strict"}
    theirs = js("cookies/signedInByCookies", place, person, options=options)["lines"][0]
    storage = CookieStorage(
        domain="example.com", path="/app", expires_days=30, same_site="strict", http_only=False
    )
    storage[f"CognitoIdentityServiceProvider.{place.client_id}.LastAuthUser"] = person.username

    [ours] = [attributes_of(line) for line in storage.set_cookies()]

    # A lifetime in seconds needs no clock that is right.
    assert {**attributes_of(theirs), "expires": "", "max-age": "2592000", "samesite": "Strict"} == ours


def test_every_character_is_encoded_as_js_cookie_does(js: Callable[..., Any]) -> None:
    texts = [f"a{chr(code)}b" for code in [*range(1, 0x180), 0x20AC, 0x1F511]]

    assert js("cookies/encoded", texts=texts) == [[encoded_name(text), encoded_value(text)] for text in texts]


def attributes_of(line: str) -> dict[str, Any]:
    [cookie] = SimpleCookie(line).values()
    return dict(cookie)
