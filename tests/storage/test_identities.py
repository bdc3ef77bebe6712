"""Where the ids of an identity pool are kept."""

from __future__ import annotations

import pytest

from userpool.storage.identities import IdentityDrawer

POOL = "us-east-1:0f3c2c1e"


def test_a_guest_s_id_is_where_amplify_keeps_it() -> None:
    storage = {f"com.amplify.Cognito.{POOL}.identityId": "us-east-1:1"}

    assert IdentityDrawer(storage, identity_pool_id=POOL).load(None) == "us-east-1:1"


def test_people_are_kept_apart() -> None:
    drawer = IdentityDrawer({}, identity_pool_id=POOL)

    drawer.save(None, "us-east-1:0")
    drawer.save("alice", "us-east-1:a")
    drawer.save("bob", "us-east-1:b")
    drawer.forget("alice")

    assert [drawer.load(sub) for sub in (None, "alice", "bob")] == ["us-east-1:0", None, "us-east-1:b"]


@pytest.mark.parametrize(
    "kept", ["", "garbage", "us-east-1:", "us-east-1:1 ", "us-east-1:1\n", "a:" + "0" * 60]
)
def test_what_is_no_id_is_taken_for_none(kept: str) -> None:
    storage = {f"com.amplify.Cognito.{POOL}.identityId": kept}

    assert IdentityDrawer(storage, identity_pool_id=POOL).load(None) is None


def test_what_has_not_changed_is_not_written() -> None:
    class Slow(dict[str, str]):
        writes = 0

        def __setitem__(self, key: str, value: str) -> None:
            self.writes += 1
            super().__setitem__(key, value)

    storage = Slow()
    drawer = IdentityDrawer(storage, identity_pool_id=POOL)

    drawer.save(None, "1")
    drawer.save(None, "1")

    assert storage.writes == 1


def test_to_clear_touches_nobody_else_s() -> None:
    storage = {"CognitoIdentityServiceProvider.7ghr.LastAuthUser": "alice"}
    drawer = IdentityDrawer(storage, identity_pool_id=POOL)
    other = IdentityDrawer(storage, identity_pool_id="us-east-1:another")
    drawer.save(None, "1")
    drawer.save("alice", "2")
    other.save(None, "us-east-1:3")

    drawer.clear()

    assert (drawer.load(None), drawer.load("alice"), other.load(None)) == (None, None, "us-east-1:3")
    assert len(storage) == 2
