"""What a trigger may change of the claims in tokens, and what stays whatever it says."""

from __future__ import annotations

from typing import Any

import pytest

from userpool.server.rules.token_claims import (
    GROUP_CLAIMS,
    MOST_CHANGES,
    PROTECTED,
    PROTECTED_IN_ACCESS_TOKENS,
    Groups,
    TokenChanges,
    access_claims,
    check_changes,
    group_claims,
    id_claims,
)
from userpool.wire.faults import InvalidLambdaResponseException

ROLE = "arn:aws:iam::000000000000:role/r"
GROUPED = {"cognito:groups": ["a"], "cognito:roles": [ROLE], "cognito:preferred_role": ROLE}


@pytest.mark.parametrize("name", sorted(PROTECTED | {"aud"}))
def test_protected_claims_of_an_id_token_stay(name: str) -> None:
    changes = TokenChanges(id_claims={name: "other"}, id_suppressed=[name])

    assert id_claims({name: "own"}, changes) == {name: "own"}
    assert name not in id_claims({}, changes)


@pytest.mark.parametrize("name", sorted(PROTECTED_IN_ACCESS_TOKENS - {"scope"}))
def test_protected_claims_of_an_access_token_stay(name: str) -> None:
    changes = TokenChanges(access_claims={name: "other"}, access_suppressed=[name])

    assert access_claims({name: "own"}, changes)[name] == "own"


def test_what_is_both_added_and_suppressed_is_suppressed() -> None:
    changes = TokenChanges(id_claims={"a": 1, "b": 2}, id_suppressed=["a", "c"])

    assert id_claims({"c": 3, "d": 4}, changes) == {"b": 2, "d": 4}


def test_scopes_are_added_once_and_suppressed() -> None:
    changes = TokenChanges(scopes_added=["b", "c", "b"], scopes_suppressed=["a"])

    assert access_claims({"scope": "a b"}, changes)["scope"] == "b c"


def test_the_scope_claim_changes_by_scopes_alone() -> None:
    changes = TokenChanges(access_claims={"scope": "all"}, access_suppressed=["scope"])

    assert access_claims({"scope": "a"}, changes) == {"scope": "a"}


def test_groups_are_overridden_in_both_tokens_and_roles_in_one() -> None:
    changes = TokenChanges(groups=Groups(names=["b"], roles=[ROLE], preferred_role=ROLE))

    assert id_claims({"cognito:groups": ["a"]}, changes) == {
        "cognito:groups": ["b"],
        "cognito:roles": [ROLE],
        "cognito:preferred_role": ROLE,
    }
    assert access_claims({"cognito:groups": ["a"]}, changes) == {"cognito:groups": ["b"], "scope": ""}


def test_no_groups_at_all_take_the_claims_away() -> None:
    assert id_claims(GROUPED, TokenChanges(groups=Groups())) == {}
    assert id_claims(GROUPED, TokenChanges()) == GROUPED


def test_suppressing_groups_suppresses_the_roles_of_an_id_token() -> None:
    changes = TokenChanges(id_suppressed=["cognito:groups"], access_suppressed=["cognito:groups"])

    assert GROUP_CLAIMS.isdisjoint(id_claims(GROUPED, changes))
    assert "cognito:groups" not in access_claims({"cognito:groups": ["a"]}, changes)


def test_what_there_is_not_has_no_claim() -> None:
    assert group_claims(Groups()) == {}
    assert group_claims(Groups(names=["a"])) == {"cognito:groups": ["a"]}


@pytest.mark.parametrize(
    "changes",
    [
        TokenChanges(id_claims={"cognito:groups": ["a"]}),
        TokenChanges(access_claims={"cognito:new": "a"}),
        TokenChanges(access_claims={"aud": "somebody"}),
        TokenChanges(id_claims={"a": None}),
        TokenChanges(scopes_added=["a b"]),
        TokenChanges(scopes_added=[""]),
        TokenChanges(id_suppressed=["x"] * (MOST_CHANGES + 1)),
    ],
)
def test_these_changes_are_refused(changes: TokenChanges) -> None:
    with pytest.raises(InvalidLambdaResponseException):
        check_changes(changes, client_id="c")


def test_the_own_client_may_be_the_audience() -> None:
    values: dict[str, Any] = {"aud": "c", "teams": ["a"], "plan": {"seats": 3}, "beta": False, "n": 0}
    changes = TokenChanges(access_claims=values, id_claims={"sub": "ignored", "custom:a": "b"})

    check_changes(changes, client_id="c")
    assert access_claims({}, changes) == {**values, "scope": ""}
