"""People of an older directory move into the pool when they first come by, and notice nothing."""

from __future__ import annotations

from typing import Any

import pytest
from stories import EACH_WAY_ONCE

from userpool import NotAuthorizedException, SignedIn
from userpool.testing import LocalPool

pytestmark = [pytest.mark.anyio, EACH_WAY_ONCE]

# No policy of today would take it; it was good enough where she comes from.
OLD, NEW = "kites", "Correct-Horse-7-Staple"


@pytest.fixture
def asked() -> list[dict[str, Any]]:
    """What the older directory was asked."""
    return []


@pytest.fixture
def options(asked: list[dict[str, Any]]) -> dict[str, Any]:
    """A pool that asks the older directory, which knows Alice alone."""

    def look_up(event: dict[str, Any]) -> dict[str, Any]:
        asked.append(event)
        password = event["request"].get("password")
        if event["userName"] == "alice" and password in {None, OLD}:
            event["response"] |= {
                "userAttributes": {"email": "alice@example.com", "email_verified": "true"},
                "finalUserStatus": "CONFIRMED",
                "messageAction": "SUPPRESS",
            }
        return event

    return {"triggers": {"UserMigration": look_up}}


async def test_a_password_that_is_sent_moves_its_owner(
    asked: list[Any], local: LocalPool, pool: Any, now: Any
) -> None:
    step = await now(pool.sign_in("alice", OLD, flow="USER_PASSWORD_AUTH", client_metadata={"page": "login"}))

    assert isinstance(step, SignedIn)
    assert (await now(step.user.attributes()))["email"] == "alice@example.com"
    assert [event["triggerSource"] for event in asked] == ["UserMigration_Authentication"]
    assert asked[0]["request"]["validationData"] == {"page": "login"}
    assert local.inbox.messages() == []


async def test_whoever_has_moved_proves_their_password_and_is_not_asked_about_again(
    asked: list[Any], pool: Any, now: Any
) -> None:
    await now(pool.sign_in("alice", OLD, flow="USER_PASSWORD_AUTH"))

    assert isinstance(await now(pool.sign_in("alice", OLD, flow="USER_SRP_AUTH")), SignedIn)
    with pytest.raises(NotAuthorizedException):
        await now(pool.sign_in("alice", OLD + "!", flow="USER_PASSWORD_AUTH"))
    assert len(asked) == 1


async def test_a_password_that_is_not_sent_moves_nobody(asked: list[Any], pool: Any, now: Any) -> None:
    with pytest.raises(NotAuthorizedException):
        await now(pool.sign_in("alice", OLD, flow="USER_SRP_AUTH"))

    assert asked == []


@pytest.mark.parametrize(("name", "password"), [("alice", "kite"), ("mallory", OLD)])
async def test_whom_the_directory_does_not_know_is_a_stranger(
    asked: list[Any], pool: Any, now: Any, name: str, password: str
) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await now(pool.sign_in(name, password, flow="USER_PASSWORD_AUTH"))

    assert len(asked) == 1


async def test_whoever_has_forgotten_the_old_password_moves_with_a_new_one(
    asked: list[Any], local: LocalPool, pool: Any, now: Any
) -> None:
    delivery = await now(pool.forgot_password("alice", client_metadata={"page": "forgotten"}))
    assert delivery.destination == "a***@e***"
    assert [event["triggerSource"] for event in asked] == ["UserMigration_ForgotPassword"]
    assert "password" not in asked[0]["request"]
    assert asked[0]["request"]["clientMetadata"] == {"page": "forgotten"}

    await now(pool.confirm_forgot_password("alice", local.inbox.latest("alice").code, NEW))

    assert isinstance(await now(pool.sign_in("alice", NEW)), SignedIn)
