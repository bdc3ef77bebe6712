"""The keys of the JavaScript SDKs, read and written in their way."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path

import pytest

from userpool.devices import KnownDevice
from userpool.storage import FileStorage, MemoryStorage
from userpool.storage.layout import Drawer
from userpool.token_bundle import Tokens
from userpool.transport.scripted import token_text

P = "CognitoIdentityServiceProvider.7ghr"
TOKENS = Tokens("an access token", id_token="an id token", refresh_token="a refresh token")
DEVICE = {f"{P}.alice.deviceKey": "k", f"{P}.alice.randomPasswordKey": "p", f"{P}.alice.deviceGroupKey": "g"}


@pytest.fixture(params=["dict", "memory", "file"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> MutableMapping[str, str]:
    kinds = {"dict": dict, "memory": MemoryStorage, "file": lambda: FileStorage(tmp_path / "tokens.json")}
    return kinds[request.param]()


@pytest.fixture
def drawer(storage: MutableMapping[str, str]) -> Drawer:
    return Drawer(storage, client_id="7ghr")


def test_a_session_is_written_under_the_keys_of_the_javascript_sdks(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=-2.4)

    # js-sdk:CognitoUser.cacheTokens; the drift is positive when this machine is ahead of the service.
    assert dict(storage) == {
        f"{P}.LastAuthUser": "alice",
        f"{P}.alice.accessToken": "an access token",
        f"{P}.alice.idToken": "an id token",
        f"{P}.alice.refreshToken": "a refresh token",
        f"{P}.alice.clockDrift": "2",
    }


def test_what_was_saved_is_loaded(drawer: Drawer) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=30.0)

    found = drawer.load("alice")

    assert found is not None
    assert (found.username, found.tokens, found.clock_offset_seconds) == ("alice", TOKENS, 30.0)


def test_what_a_browser_wrote_is_read(drawer: Drawer, storage: MutableMapping[str, str]) -> None:
    storage.update(
        {
            f"{P}.LastAuthUser": "alice",
            f"{P}.alice.accessToken": "a",
            f"{P}.alice.idToken": "i",
            f"{P}.alice.refreshToken": "",
            f"{P}.alice.clockDrift": "NaN",
        }
    )

    found = drawer.load("alice")

    assert found is not None
    assert (found.tokens, found.clock_offset_seconds) == (Tokens("a", id_token="i"), 0.0)
    assert drawer.last_user() == "alice"


@pytest.mark.parametrize(
    ("drift", "amplify", "offset"),
    [
        ("120", False, -120.0),
        ("-3", False, 3.0),
        # Amplify 6 writes milliseconds, and the other sign: taken for seconds, this would be most of an hour.
        ("-2873", True, -2.873),
        ("", False, 0.0),
        ("soon", False, 0.0),
        ("99999999", False, 0.0),
    ],
)
def test_both_dialects_of_the_drift_are_understood(
    drawer: Drawer, storage: MutableMapping[str, str], drift: str, *, amplify: bool, offset: float
) -> None:
    storage.update({f"{P}.alice.accessToken": "a", f"{P}.alice.clockDrift": drift})
    if amplify:
        storage[f"{P}.alice.signInDetails"] = "{}"

    found = drawer.load("alice")

    assert found is not None
    assert found.clock_offset_seconds == offset


def test_the_name_that_was_typed_outlives_renewals_and_ends_with_the_session(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=-2.0, login="a@example.com")
    drawer.replace("alice", TOKENS, clock_offset_seconds=-2.0)

    found = drawer.load("alice")
    assert found is not None
    # The drift is read as it was written: our key is not taken for Amplify's.
    assert (found.login, found.clock_offset_seconds) == ("a@example.com", -2.0)
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    assert f"{P}.alice.loginId" not in storage
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0, login="alice")
    drawer.clear("alice")
    assert dict(storage) == {}


@pytest.mark.parametrize(
    ("details", "login"),
    [
        ('{"loginId": "b@example.com", "authFlowType": "USER_SRP_AUTH"}', "b@example.com"),
        ('{"authFlowType": "USER_SRP_AUTH"}', None),
        ('{"loginId": 1}', None),
        ('["loginId"]', None),
        ("not JSON", None),
    ],
)
def test_the_name_that_was_typed_into_amplify_is_read(
    drawer: Drawer, storage: MutableMapping[str, str], details: str, login: str | None
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0, login="typed before")
    storage[f"{P}.alice.signInDetails"] = details

    found = drawer.load("alice")

    assert found is not None
    assert found.login == login


def test_a_renewal_keeps_the_dialect_of_whoever_signed_in(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    storage.update({f"{P}.alice.accessToken": "a", f"{P}.alice.signInDetails": "{}"})

    assert drawer.replace("alice", TOKENS, clock_offset_seconds=-2.5)

    assert storage[f"{P}.alice.clockDrift"] == "-2500"
    assert storage[f"{P}.alice.signInDetails"] == "{}"


def test_a_renewal_does_not_bring_back_who_has_signed_out(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    assert not drawer.replace("alice", TOKENS, clock_offset_seconds=0.0)

    assert dict(storage) == {}


def test_a_renewal_without_an_id_token_leaves_no_old_one(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)

    drawer.replace("alice", Tokens("a", refresh_token="r"), clock_offset_seconds=0.0)

    assert f"{P}.alice.idToken" not in storage


def test_a_renewal_does_not_change_who_signed_in_last(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    drawer.save("bob", TOKENS, clock_offset_seconds=0.0)

    drawer.replace("alice", TOKENS, clock_offset_seconds=0.0)

    assert drawer.last_user() == "bob"


def test_people_are_kept_apart(drawer: Drawer, storage: MutableMapping[str, str]) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    drawer.save("a.b@example.com", Tokens("b"), clock_offset_seconds=0.0)
    storage["CognitoIdentityServiceProvider.another.carol.accessToken"] = "c"

    assert drawer.usernames() == ("a.b@example.com", "alice")
    found = drawer.load("a.b@example.com")
    assert found is not None
    assert found.tokens == Tokens("b")


def test_forgetting_one_leaves_the_others_and_the_device(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    # amazon-cognito-identity-js removes LastAuthUser whoever signs out.
    storage.update(DEVICE)
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    storage[f"{P}.alice.userData"] = "{}"
    drawer.save("bob", TOKENS, clock_offset_seconds=0.0)

    drawer.clear("alice")

    assert {key for key in storage if ".alice." in key} == set(DEVICE)
    assert (drawer.usernames(), drawer.last_user()) == (("bob",), "bob")


def test_forgetting_whoever_signed_in_last_leaves_nobody_in_their_place(drawer: Drawer) -> None:
    drawer.save("bob", TOKENS, clock_offset_seconds=0.0)
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)

    drawer.clear("alice")

    assert drawer.last_user() is None


def test_a_new_session_takes_nothing_over_from_the_one_before(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    storage.update({f"{P}.alice.userData": "{}", f"{P}.alice.signInDetails": "{}"})

    drawer.save("alice", Tokens("a"), clock_offset_seconds=0.0)

    assert {key.rpartition(".")[2] for key in storage if ".alice." in key} == {
        "accessToken",
        "refreshToken",
        "clockDrift",
    }
    assert storage[f"{P}.alice.refreshToken"] == ""


def test_a_copy_of_the_profile_is_dropped_when_it_has_changed(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    storage[f"{P}.alice.userData"] = "{}"

    drawer.forget_profile("alice")

    assert dict(storage) == {}


def test_a_copy_of_the_profile_is_kept_as_it_is(drawer: Drawer, storage: MutableMapping[str, str]) -> None:
    before = drawer.load_profile("alice")

    drawer.save_profile("alice", '{"Username": "alice"}')

    assert (before, drawer.load_profile("alice")) == (None, '{"Username": "alice"}')
    assert dict(storage) == {f"{P}.alice.userData": '{"Username": "alice"}'}


def test_a_refresh_token_alone_is_a_session(drawer: Drawer, storage: MutableMapping[str, str]) -> None:
    storage[f"{P}.alice.refreshToken"] = "r"

    found = drawer.load("alice")

    assert found is not None
    assert (found.tokens.refresh_token, found.tokens.expires_epoch) == ("r", 0.0)
    assert drawer.load("bob") is None


class Slow(dict[str, str]):
    """A storage that writes one key at a time, and stops after the first."""

    def __setitem__(self, key: str, value: str) -> None:
        if self:
            raise OSError("the power went out")
        super().__setitem__(key, value)

    def update(self, *updates: dict[str, str]) -> None:  # type: ignore[override]
        for key, value in updates[0].items():
            self[key] = value


def test_where_keys_are_written_one_by_one_the_refresh_token_comes_first() -> None:
    storage = Slow()

    with pytest.raises(OSError, match="power"):
        Drawer(storage, client_id="7ghr").save(
            "alice", Tokens(token_text({}), refresh_token="r"), clock_offset_seconds=0.0
        )

    assert storage == {f"{P}.alice.refreshToken": "r"}


# ---- the remembered device ----

LAPTOP = KnownDevice("k", "g", "p")


def test_a_device_is_written_under_the_keys_of_the_javascript_sdks(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save_device("alice", LAPTOP)

    assert dict(storage) == DEVICE
    assert drawer.device("alice") == LAPTOP
    assert drawer.device("bob") is None


@pytest.mark.parametrize("missing", list(DEVICE))
@pytest.mark.parametrize("left", [None, ""])
def test_a_device_that_lacks_anything_is_none(
    drawer: Drawer, storage: MutableMapping[str, str], missing: str, left: str | None
) -> None:
    storage.update({name: value for name, value in DEVICE.items() if name != missing})
    if left is not None:
        storage[missing] = left

    assert drawer.device("alice") is None


def test_a_device_is_forgotten_by_its_key_or_whatever_it_is(
    drawer: Drawer, storage: MutableMapping[str, str]
) -> None:
    drawer.save_device("alice", LAPTOP)
    drawer.save_device("bob", LAPTOP)

    drawer.forget_device("alice", key="another")
    assert drawer.device("alice") == LAPTOP
    assert drawer.forget_device("alice", key="k")
    assert drawer.forget_device("bob")

    assert dict(storage) == {}


def test_a_device_outlives_the_session(drawer: Drawer) -> None:
    drawer.save("alice", TOKENS, clock_offset_seconds=0.0)
    drawer.save_device("alice", LAPTOP)

    drawer.clear("alice")

    assert drawer.device("alice") == LAPTOP
    assert drawer.usernames() == ()


def test_a_device_is_found_under_every_name_that_it_is_kept_under(drawer: Drawer) -> None:
    device = KnownDevice("k", "g", "p")
    for name in ("alice", "Alice@e", "a.deviceKey.b"):
        drawer.save_device(name, device)
    drawer.save_device("bob", KnownDevice("another", "g", "p"))

    assert sorted(drawer.names_with_device("k")) == ["Alice@e", "a.deviceKey.b", "alice"]
    assert drawer.names_with_device("unknown") == ()
