"""A browser between two front doors: what amazon-cognito-identity-js and our CookieStorage keep in its cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from userpool import CookieStorage, SignedIn

COOKIES = {"sameSite": "lax"}
# Sending the password takes less time than SRP, where it is not what a test is about.
KEPT: dict[str, Any] = {"cookies": COOKIES, "flow": "USER_PASSWORD_AUTH"}
KEY = bytes(range(32))
ODD = "Zoë.李+a&b|100%~o'hara(1)=€"
"""What a username may begin with; each character is one that some encoding of cookies changes or leaves alone."""


@pytest.fixture
def at_server(pool_with: Callable[..., Any]) -> Callable[[CookieStorage], Any]:
    """Give what a visit finds: whoever is signed in by these cookies."""
    return lambda storage: pool_with(storage).current_user()


def test_whoever_signed_in_in_the_page_is_signed_in_at_the_server(
    tab: Any, place: Any, person: Any, at_server: Callable[[CookieStorage], Any]
) -> None:
    tab.play("signIn", place, person, cookies=COOKIES)
    before = tab.cookies()

    user = tab.visit(at_server)

    assert user.username == person.username
    assert user.attributes()["email"] == person.email
    assert tab.stored() == {}
    # Nothing has changed, so nothing is set.
    assert tab.cookies() == before


def test_a_name_of_any_letters_is_found_in_the_cookies_that_the_page_wrote(
    tab: Any,
    place: Any,
    newcomer: Any,
    make_person: Callable[..., Any],
    at_server: Callable[[CookieStorage], Any],
) -> None:
    person = make_person(place, newcomer, username=ODD + newcomer.email)
    tab.play("signIn", place, person, **KEPT)

    user = tab.visit(at_server)

    assert (user.username, user.attributes()["email"]) == (person.username, person.email)


def test_a_name_of_any_letters_is_found_in_the_cookies_that_the_server_wrote(
    tab: Any,
    place: Any,
    newcomer: Any,
    make_person: Callable[..., Any],
    pool_with: Callable[..., Any],
) -> None:
    person = make_person(place, newcomer, username=ODD + newcomer.email)

    tab.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))

    found = tab.play("find", place, person, **KEPT)
    assert (found["username"], found["valid"], tab.sent) == (person.username, True, [])


def test_whoever_signed_in_at_the_server_is_signed_in_in_the_page(
    tab: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    step = tab.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))

    assert isinstance(step, SignedIn)
    found = tab.play("find", place, person, **KEPT)
    assert (found["username"], found["valid"], tab.sent) == (person.username, True, [])
    assert tab.play("attributes", place, person)["email"] == person.email


def test_what_the_server_renews_the_page_goes_on_with(
    tab: Any, place: Any, person: Any, at_server: Callable[[CookieStorage], Any]
) -> None:
    tab.play("signIn", place, person, **KEPT)

    tokens = tab.visit(lambda storage: at_server(storage).refresh())

    found = tab.play("find", place, person, **KEPT)
    assert found["access"]["jti"] == tokens.access_claims["jti"]
    assert (found["valid"], tab.sent) == (True, [])


def test_what_the_page_renews_the_server_goes_on_with(
    tab: Any, place: Any, person: Any, pool_with: Callable[..., Any], at_server: Callable[..., Any]
) -> None:
    tab.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))
    tab.play("find", place, person, **KEPT)
    renewed = tab.play("refresh", place, person)

    user = tab.visit(at_server)

    assert user.tokens.access_claims["jti"] == renewed["access"]["jti"]


def test_whom_the_server_signs_out_the_page_does_not_find(
    tab: Any, place: Any, person: Any, at_server: Callable[[CookieStorage], Any]
) -> None:
    tab.play("signIn", place, person, **KEPT)

    assert tab.visit(lambda storage: at_server(storage).sign_out()).revoked

    assert tab.play("find", place, person, **KEPT) is None
    assert tab.cookies() == {}


def test_whom_the_page_signs_out_the_server_does_not_find(
    tab: Any, place: Any, person: Any, pool_with: Callable[..., Any], at_server: Callable[..., Any]
) -> None:
    tab.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password))
    tab.play("find", place, person, **KEPT)

    tab.play("signOut", place, person)

    assert tab.visit(at_server) is None
    assert tab.cookies() == {}


def test_whoever_signs_in_at_the_server_takes_the_place_of_whoever_was_there(
    tab: Any, place: Any, person: Any, make_person: Callable[..., Any], pool_with: Callable[..., Any]
) -> None:
    second = make_person(place, person, username=f"second-{person.username}")
    tab.play("signIn", place, person, **KEPT)

    tab.visit(lambda storage: pool_with(storage).sign_in(second.username, second.password))

    assert tab.play("find", place, person, **KEPT)["username"] == second.username
    assert not [name for name in tab.cookies() if f".{person.username}." in name]


def test_cookies_that_are_sealed_and_hidden_come_back_to_the_server_alone(
    tab: Any, place: Any, person: Any, pool_with: Callable[..., Any]
) -> None:
    hidden = {"http_only": True, "sealing_keys": [KEY]}

    tab.visit(lambda storage: pool_with(storage).sign_in(person.username, person.password), **hidden)

    assert tab.play("find", place, person, **KEPT) is None
    assert tab.visible_cookies() == ""
    assert all(cookie["httpOnly"] and cookie["secure"] for cookie in tab.cookies().values())
    user = tab.visit(lambda storage: pool_with(storage).current_user(), **hidden)
    assert user.attributes()["email"] == person.email


def test_values_too_large_for_a_cookie_come_back_whole(tab: Any, place: Any) -> None:
    key = f"CognitoIdentityServiceProvider.{place.client_id}.alice."
    # The second would fit into a browser's 4,096 bytes if its name and its attributes did not count.
    large = {
        f"{key}idToken": "t" * 3_900,
        f"{key}accessToken": "t" * 4_000,
        f"{key}refreshToken": "t" * 9_000,
    }

    tab.visit(lambda storage: storage.update(large), header_limit_bytes=20_000)

    assert tab.visit(dict) == large
    tab.visit(lambda storage: storage.update(dict.fromkeys(large, "short")))
    assert sorted(tab.cookies()) == sorted(large)
