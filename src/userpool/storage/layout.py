"""The keys under which the JavaScript SDKs keep a signed-in person, read and written in their way.

    CognitoIdentityServiceProvider.<client id>.LastAuthUser             a user name
    CognitoIdentityServiceProvider.<client id>.<user name>.idToken
    CognitoIdentityServiceProvider.<client id>.<user name>.accessToken
    CognitoIdentityServiceProvider.<client id>.<user name>.refreshToken
    CognitoIdentityServiceProvider.<client id>.<user name>.clockDrift
    CognitoIdentityServiceProvider.<client id>.<user name>.userData     the answer to GetUser, if it is kept
    CognitoIdentityServiceProvider.<client id>.<user name>.loginId      the name that was typed; ours alone

Rules of this room: people are kept apart by their name, which every function is told; `LastAuthUser` is read
by `last_user` alone and only when somebody asks who signed in last.

Sources: js-sdk:CognitoUser (cacheTokens, getSession); amplify-js:TokenStore (its clockDrift and signInDetails).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, MutableMapping
from typing import Any, Final

import msgspec

from userpool.devices import KnownDevice
from userpool.storage import Batched, Lockable
from userpool.token_bundle import Tokens
from userpool.values import Value

__all__ = ["OF_ONE_SESSION", "Drawer", "StoredUser"]

_PREFIX: Final = "CognitoIdentityServiceProvider"
# What one session left behind; the keys of a remembered device are not among them and survive a sign-out.
OF_ONE_SESSION: Final = (
    "idToken",
    "accessToken",
    "refreshToken",
    "clockDrift",
    "userData",
    "signInDetails",
    "oauthMetadata",
    "loginId",
)
# What a remembered device left behind; all three of them make a device, and fewer are worth nothing.
_OF_ONE_DEVICE: Final = ("deviceKey", "deviceGroupKey", "randomPasswordKey")
# A drift beyond a day is no clock that anybody has set; believing it would make expired tokens look valid.
_LARGEST_DRIFT_SECONDS: Final = 86_400.0


class StoredUser(Value, frozen=True):
    """One person as found in storage; the offset is how far the service was ahead of the machine.

    ``username`` is the name that they are stored under, which the tokens may not agree with. ``login`` is the name that
    was typed at sign-in, None if it is not known.
    """

    username: str
    tokens: Tokens
    clock_offset_seconds: float
    login: str | None = None


class Drawer:
    """The part of a storage that belongs to one app client."""

    def __init__(self, storage: MutableMapping[str, str], *, client_id: str) -> None:
        self._storage = storage
        self._prefix = f"{_PREFIX}.{client_id}."

    def last_user(self) -> str | None:
        """Return who signed in last, or None."""
        return self._storage.get(f"{self._prefix}LastAuthUser") or None

    def usernames(self) -> tuple[str, ...]:
        """Return everybody whose tokens are here, in alphabetical order."""
        # A user name may have dots in it, so both ends are cut off rather than the text split.
        endings = (".accessToken", ".refreshToken")
        return tuple(
            sorted(
                {
                    key.removeprefix(self._prefix).rpartition(".")[0]
                    for key, value in self._everything().items()
                    if value and key.startswith(self._prefix) and key.endswith(endings)
                }
            )
        )

    def load(self, username: str) -> StoredUser | None:
        """Return one person's tokens, or None if there are none."""
        found = self._everything(username)

        def value(name: str) -> str | None:
            # The JavaScript SDK writes an empty text for a token that it did not get.
            return found.get(self._key(username, name)) or None

        access_token, refresh_token = value("accessToken"), value("refreshToken")
        if access_token is None and refresh_token is None:
            return None
        tokens = Tokens(access_token or "", id_token=value("idToken"), refresh_token=refresh_token)
        details = value("signInDetails")
        drift = _offset(value("clockDrift"), in_milliseconds=details is not None)
        # Amplify does not know our key and leaves it where it is, while we remove its details when we save. So where
        # both are there, its sign-in is the later one.
        login = value("loginId") if details is None else _login_in(details)
        if login is None and tokens.username not in {None, username}:
            # amazon-cognito-identity-js stores what came by USER_PASSWORD_AUTH under the name that was typed.
            login = username
        return StoredUser(username, tokens, drift, login)

    def save(
        self, username: str, tokens: Tokens, *, clock_offset_seconds: float, login: str | None = None
    ) -> None:
        """Keep the tokens of somebody who has just signed in, and remember that they did so last.

        ``login`` is the name that they typed, if it is known.
        """
        updates = self._updates(username, tokens, clock_offset_seconds)
        if login:
            # Not in Amplify's signInDetails: their presence tells of which sign and unit the drift is.
            updates[self._key(username, "loginId")] = login
        updates[f"{self._prefix}LastAuthUser"] = username
        # What the session before left, such as a cached profile, is not this session's.
        removals = [key for key in self._session_keys(username) if key not in updates]
        self._apply(updates, removals)

    def replace(self, username: str, tokens: Tokens, *, clock_offset_seconds: float) -> bool:
        """Put renewed tokens in the place of the old; return False, and keep nothing, if the old are gone.

        They are gone when the person was signed out meanwhile, and must not be brought back.
        """
        if self.load(username) is None:
            return False
        details = self._storage.get(self._key(username, "signInDetails"))
        updates = self._updates(username, tokens, clock_offset_seconds, in_milliseconds=details is not None)
        self._apply(updates, [] if tokens.id_token else [self._key(username, "idToken")])
        return True

    def clear(self, username: str) -> None:
        """Forget somebody's session. A remembered device stays, and so does everybody else."""
        removals = self._session_keys(username)
        if self.last_user() == username:
            removals.append(f"{self._prefix}LastAuthUser")
        self._apply({}, removals)

    def load_profile(self, username: str) -> str | None:
        """Return the copy of somebody's profile that is kept here, as the text that it is, or None."""
        return self._storage.get(self._key(username, "userData")) or None

    def save_profile(self, username: str, text: str) -> None:
        """Keep a copy of somebody's profile: the service's answer to GetUser, as the JavaScript SDK keeps it."""
        self._apply({self._key(username, "userData"): text}, [])

    def try_lock(self, username: str) -> Callable[[], None] | None:
        """Take the lock under which one person's tokens are renewed, if it is free.

        Returns:
            What lets go of it. None if another process has it. A storage that no other process shares has no
            locks, and then it is always free.
        """
        if isinstance(self._storage, Lockable):
            return self._storage.try_lock(f"{self._prefix}{username}")
        return _nothing_to_let_go

    def forget_profile(self, username: str) -> None:
        """Drop the copy of the profile that we or a JavaScript SDK may keep here, since it is no longer true."""
        self._apply({}, [self._key(username, "userData")])

    # ---- the remembered device ----

    def device(self, username: str) -> KnownDevice | None:
        """Return the device that somebody signs in with from here, or None if any part of it is missing."""
        keys = [self._key(username, name) for name in _OF_ONE_DEVICE]
        stored = self._storage.snapshot() if isinstance(self._storage, Batched) else self._storage
        key, group_key, password = (stored.get(name) or "" for name in keys)
        return KnownDevice(key, group_key, password) if key and group_key and password else None

    def save_device(self, username: str, device: KnownDevice) -> None:
        """Keep the device that somebody signs in with from here, in the place of the one before."""
        values = (device.key, device.group_key, device.password)
        names = [self._key(username, name) for name in _OF_ONE_DEVICE]
        self._apply(dict(zip(names, values, strict=True)), [])

    def names_with_device(self, key: str) -> tuple[str, ...]:
        """Return the names that a device is kept under."""
        ending = ".deviceKey"
        return tuple(
            name.removeprefix(self._prefix).removesuffix(ending)
            for name, value in self._everything().items()
            if value == key and name.startswith(self._prefix) and name.endswith(ending)
        )

    def forget_device(self, username: str, *, key: str | None = None) -> bool:
        """Drop somebody's device, if it has this key or none is told; return whether it was dropped."""
        if key is not None and self._storage.get(self._key(username, "deviceKey")) != key:
            return False
        self._apply({}, [self._key(username, name) for name in _OF_ONE_DEVICE])
        return True

    def _key(self, username: str, name: str) -> str:
        return f"{self._prefix}{username}.{name}"

    def _session_keys(self, username: str) -> list[str]:
        return [self._key(username, name) for name in OF_ONE_SESSION]

    def _everything(self, username: str | None = None) -> Mapping[str, str]:
        """Return what is stored, at least all of one person's session, and as of one moment if possible."""
        if isinstance(self._storage, Batched):
            return self._storage.snapshot()
        if username is None:
            return dict(self._storage)
        keys = self._session_keys(username)
        return {key: self._storage[key] for key in keys if key in self._storage}

    def _updates(
        self, username: str, tokens: Tokens, offset: float, *, in_milliseconds: bool = False
    ) -> dict[str, str]:
        # The refresh token comes first: where the storage writes one key at a time and the machine stops in
        # between, it is the one that cannot be had again.
        drift = round(offset * 1000) if in_milliseconds else -round(offset)
        updates = {
            "refreshToken": tokens.refresh_token or "",
            "accessToken": tokens.access_token,
            **({"idToken": tokens.id_token} if tokens.id_token else {}),
            "clockDrift": str(drift),
        }
        return {self._key(username, name): value for name, value in updates.items()}

    def _apply(self, updates: Mapping[str, str], removals: Collection[str]) -> None:
        if isinstance(self._storage, Batched):
            self._storage.apply(updates, removals=removals)
            return
        self._storage.update(updates)
        for key in removals:
            self._storage.pop(key, None)


def _nothing_to_let_go() -> None:
    pass


def _login_in(details: str) -> str | None:
    """Return the name that was typed, from what Amplify 6 writes about a sign-in."""
    # It may have come with a cookie, in which a stranger writes what they like.
    try:
        found = msgspec.json.decode(details, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    login = found.get("loginId")
    return login if isinstance(login, str) and login else None


def _offset(drift: str | None, *, in_milliseconds: bool) -> float:
    """Return how many seconds the service is ahead, from what either JavaScript SDK wrote.

    amazon-cognito-identity-js writes seconds by which the machine is ahead; Amplify 6 writes milliseconds by
    which the service is ahead, and is recognised by its `signInDetails`.
    """
    try:
        number = float(drift or 0)
    except ValueError:
        return 0.0
    offset = number / 1000 if in_milliseconds else -number
    # A drift of NaN is not within any bounds.
    return offset if abs(offset) <= _LARGEST_DRIFT_SECONDS else 0.0
