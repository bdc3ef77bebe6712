"""What every request says about its sender."""

from __future__ import annotations

from collections.abc import Callable

from userpool.flows.app_client import AppClient, Extras
from userpool.user_context import UserContext


def test_a_client_without_a_secret_sends_no_hash(app: AppClient) -> None:
    assert app.secret_hash("alice") is None
    assert app.parameters("alice", {"SRP_A": "1"}) == {"USERNAME": "alice", "SRP_A": "1"}


def test_the_hash_is_made_for_the_name_that_is_sent(
    secret_app: AppClient, hash_for: Callable[[str], str]
) -> None:
    parameters = secret_app.parameters("bob", {})

    assert parameters == {"USERNAME": "bob", "SECRET_HASH": hash_for("bob")}


def test_the_client_secret_is_not_shown(secret_app: AppClient) -> None:
    assert "the secret" not in repr(secret_app)


def test_what_is_empty_does_not_travel() -> None:
    # amazon-cognito-identity-js sends "ClientMetadata": {} and an empty UserContextData.
    assert Extras({}, UserContext()).metadata is None
    assert Extras({}, UserContext()).context is None
    assert Extras(None, UserContext(ip_address="", encoded_data="")).context is None


def test_context_is_sent_as_the_wire_wants_it() -> None:
    context = Extras(user_context=UserContext(ip_address="203.0.113.7")).context

    assert context is not None
    assert (context.ip_address, context.encoded_data) == ("203.0.113.7", None)


def test_what_a_verb_is_given_goes_before_what_all_are_given() -> None:
    for_all = Extras({"for": "all"}, UserContext(ip_address="203.0.113.7"))

    for_one = for_all.overridden(client_metadata={"for": "one"})

    assert for_one.metadata == {"for": "one"}
    assert for_one.user_context == for_all.user_context
    assert for_all.overridden(client_metadata={}).metadata is None
