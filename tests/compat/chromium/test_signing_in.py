"""amazon-cognito-identity-js in a browser, which keeps tokens in local storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any


def test_somebody_signs_up_confirms_the_code_and_signs_in_by_srp(
    tab: Any, place: Any, newcomer: Any, code_for: Callable[..., str]
) -> None:
    delivery = tab.play("signUp", place, newcomer)
    said = tab.play("confirm", place, newcomer, code=code_for(newcomer, "SignUp"))
    seen = tab.play("signIn", place, newcomer)

    assert (delivery["DeliveryMedium"], said) == ("EMAIL", "SUCCESS")
    assert (seen["name"], seen["valid"]) == ("onSuccess", True)
    assert seen["id"]["email"] == newcomer.email
    assert tab.sent == ["InitiateAuth", "PASSWORD_VERIFIER"]
    # It was told to the pool once, when it was chosen.
    assert tab.bodies.count(newcomer.password) == 1


def test_tokens_are_kept_in_local_storage(tab: Any, place: Any, person: Any) -> None:
    tab.play("signIn", place, person)

    prefix = f"CognitoIdentityServiceProvider.{place.client_id}."
    own = f"{prefix}{person.username}."
    kept = tab.stored()
    assert kept[f"{prefix}LastAuthUser"] == person.username
    assert set(kept) == {
        f"{prefix}LastAuthUser",
        *(f"{own}{name}" for name in ("idToken", "accessToken", "refreshToken", "clockDrift")),
    }


def test_a_page_that_is_loaded_again_finds_the_person(tab: Any, place: Any, person: Any) -> None:
    tab.play("signIn", place, person)

    tab.load()

    found = tab.play("find", place, person)
    assert (found["username"], found["valid"], tab.sent) == (person.username, True, [])
    assert tab.play("attributes", place, person)["email"] == person.email


def test_a_page_that_is_loaded_late_renews_the_tokens(tab: Any, place: Any, person: Any) -> None:
    before = tab.play("signIn", place, person)
    # As if the browser's clock had been two hours behind at sign-in, so that the tokens look old now.
    [drift] = [key for key in tab.stored() if key.endswith(".clockDrift")]
    tab.store(drift, "-7200")

    tab.load()

    found = tab.play("find", place, person)
    assert len(tab.sent) == 1
    assert found["valid"]
    assert found["access"]["jti"] != before["access"]["jti"]


def test_a_wrong_password_is_refused_in_the_words_of_the_service(tab: Any, place: Any, person: Any) -> None:
    seen = tab.play("signIn", place, replace(person, password="wrong-horse-7-Staple"))

    assert seen == {
        "name": "onFailure",
        "code": "NotAuthorizedException",
        "message": "Incorrect username or password.",
    }
    assert tab.stored() == {}


def test_a_name_and_a_password_of_any_letters_sign_in(
    tab: Any, place: Any, newcomer: Any, make_person: Callable[..., Any]
) -> None:
    person = make_person(place, newcomer, username=f"Zoë.李+{newcomer.email}", password="Pässwörd€😀9!")

    seen = tab.play("signIn", place, person)

    assert (seen["name"], seen["access"]["username"]) == ("onSuccess", person.username)


def test_signing_out_leaves_nothing_in_local_storage(tab: Any, place: Any, person: Any) -> None:
    tab.play("signIn", place, person)

    tab.play("signOut", place, person)

    assert (tab.sent, tab.stored()) == (["RevokeToken"], {})
    tab.load()
    assert tab.play("find", place, person) is None
