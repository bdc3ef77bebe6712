"""What a verified token says, and that nobody can change it for somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.errors import MalformedTokenError
from userpool.tokens.verified import VerifiedClaims, read_facts


@pytest.fixture
def verified() -> Callable[[dict[str, Any]], VerifiedClaims]:
    """Give a function that takes claims for verified."""

    def take(claims: dict[str, Any]) -> VerifiedClaims:
        text = msgspec.json.encode(claims)
        return VerifiedClaims(read_facts(text), text, "eu-west-1_AbCdEfGhI")

    return take


def test_it_is_a_mapping_of_everything_claimed(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    taken = verified(claims)

    assert isinstance(taken, Mapping)
    assert dict(taken) == claims
    assert taken == claims
    assert (len(taken), "jti" in taken, taken.get("email")) == (len(claims), True, None)


def test_the_usual_claims_have_names(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    taken = verified(claims)

    assert (taken.sub, taken.username, taken.client_id) == (claims["sub"], "ann", claims["client_id"])
    assert (taken.token_use, taken.issuer) == ("access", claims["iss"])
    assert taken.groups == ("staff", "Größe")
    assert taken.scopes == {"aws.cognito.signin.user.admin"}
    assert taken.issued_at == datetime.fromtimestamp(1_770_000_000, UTC)
    assert taken.expires_at == datetime.fromtimestamp(1_770_003_600, UTC)
    assert taken.authenticated_epoch == 1_770_000_000


def test_a_client_s_own_token_is_nobody_s(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    for name in ("username", "cognito:groups", "auth_time", "scope"):
        del claims[name]

    taken = verified(claims)

    assert (taken.username, taken.groups, taken.scopes) == (None, (), frozenset())
    assert taken.authenticated_epoch is None


def test_a_name_is_read_where_the_use_has_it(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    # An attribute of an ID token may be called anything, `username` included.
    taken = verified({**claims, "token_use": "id", "aud": "web", "cognito:username": "bea"})

    assert (taken.username, taken.client_id) == ("bea", "web")


@pytest.mark.parametrize("odd", [None, "staff", {"staff": 1}, [5, "pilots", None]])
def test_groups_are_texts_in_a_list(verified: Callable[..., Any], claims: dict[str, Any], odd: Any) -> None:
    taken = verified({**claims, "cognito:groups": odd, "scope": 5, "auth_time": "noon", "username": 5})

    assert taken.groups == (("pilots",) if isinstance(odd, list) else ())
    assert (taken.scopes, taken.authenticated_epoch, taken.username) == (frozenset(), None, None)


def test_whoever_changes_what_they_read_changes_nobody_else_s(
    verified: Callable[..., Any], claims: dict[str, Any]
) -> None:
    taken = verified({**claims, "address": {"formatted": ["Main Street"]}})

    taken["cognito:groups"].append("admins")
    taken["address"]["formatted"].clear()

    assert taken["cognito:groups"] == ["staff", "Größe"]
    assert taken["address"] == {"formatted": ["Main Street"]}
    with pytest.raises(AttributeError):
        taken.sub = "somebody else"
    with pytest.raises(TypeError, match="item assignment"):
        taken["sub"] = "somebody else"


def test_the_same_claims_are_equal(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    one, same, other = verified(claims), verified(claims), verified({**claims, "jti": "another"})

    assert one == same
    assert len({one, same, other}) == 2
    assert one != "claims"


def test_nothing_about_the_person_is_shown(verified: Callable[..., Any], claims: dict[str, Any]) -> None:
    assert "ann" not in repr(verified(claims))
    assert claims["sub"] not in repr(verified(claims))


@given(st.data())
def test_a_fact_of_another_type_is_named(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(["iss", "exp", "iat", "nbf", "token_use", "sub", "client_id"]))
    wrong = data.draw(st.none() | st.booleans() | st.floats(0, 1) | st.lists(st.integers(), max_size=1))
    facts = {"iss": "i", "exp": 5, "token_use": "access", "sub": "s", "client_id": "c", "iat": 1, "nbf": 1}
    if name == "client_id" and wrong is None:
        return

    with pytest.raises(MalformedTokenError) as caught:
        read_facts(msgspec.json.encode({**facts, name: wrong}))

    assert caught.value.claim == name


@pytest.mark.parametrize("payload", [b"", b"[]", b"5", b"{", b"\xff", b'{"a":' * 9000])
def test_what_is_no_object_is_refused(payload: bytes) -> None:
    with pytest.raises(MalformedTokenError) as caught:
        read_facts(payload)

    assert caught.value.claim == "payload"
