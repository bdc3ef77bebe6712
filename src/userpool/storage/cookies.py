"""Storage in the cookies of one request, for any web framework, in the layout of the JavaScript SDKs.

    storage = CookieStorage(request.headers.get("cookie", ""))
    pool = UserPool(pool_id, client_id, storage=storage, transport=shared_transport)
    user = pool.current_user()
    ...
    for header in storage.set_cookies():
        response.headers.append("set-cookie", header)

Rules of this room:

1. Only cookies whose names begin as the JavaScript SDKs' do are ours. All others are neither shown nor touched.
2. What has not changed is not sent again; what has gone is removed under the same domain and path.
3. A cookie that browsers would drop for its size is sent in parts, and its parts are removed when they are not needed.

Sources: js-sdk:CookieStorage; amplify-js:CookieStorage, amplify-js:adapter-nextjs (lax, secure, a year); rfc6265.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from typing import Final

from userpool.effects import Effects, MachineEffects
from userpool.errors import SettingsError, StorageError
from userpool.storage.cookie_text import (
    CookieAttributes,
    SameSite,
    decoded,
    encoded_name,
    encoded_value,
    joined,
    pairs,
    split,
)
from userpool.storage.layout import OF_ONE_SESSION

__all__ = ["CookieStorage"]

_OURS: Final = ("CognitoIdentityServiceProvider.", "com.amplify.Cognito.")
_LAST: Final = ".LastAuthUser"
_PART: Final = re.compile(r"(.+)\.([0-9]{1,2})", re.DOTALL)


class CookieStorage(MutableMapping[str, str]):
    """The cookies of one request, and what is to become of them; make one for each request.

    Whoever sends a request writes what they like into its cookies. Without `sealing_keys`, the name and the claims of a
    user found here are therefore a claim and no more, until the pool or a `TokenVerifier` has seen the token.

    Args:
        cookies: the request's ``Cookie`` header, or its cookies by name, with values as they came.
        domain: whose hosts are sent the cookies; None is this host alone.
        path: below which path they are sent.
        expires_days: how long a browser keeps them; None is until it is closed.
        secure: send them over https only. Browsers make an exception for http://localhost.
        same_site: whether they come with requests from other sites; ``"none"`` needs `secure`. None leaves it to the
            browser, as amazon-cognito-identity-js does.
        http_only: hide them from JavaScript. Where a JavaScript front end keeps its session in the same cookies, it has
            to be False, or the front end cannot read what is written here.
        sealing_keys: keys of 32 bytes. With them values are sealed by the first and opened by any, and what is not
            sealed is not believed; no front end can read them then.
        several_users: keep everybody who signed in. By default whoever signs in takes the place of whoever was there.
        leave_out: names of what is not kept, such as ``idToken``, where cookies would be too large. By default it is
            the name that was typed: a page that signs somebody out would not remove it.
        header_limit_bytes: how large the request's cookies may be together, other people's included. Many servers
            refuse a header of more than 8 kB.
        effects: the random source, for tests.

    Raises:
        SettingsError: an argument is wrong.
        StorageError: from any change, when the cookies would be too large; nothing is changed then.
    """

    def __init__(
        self,
        cookies: str | Mapping[str, str] = "",
        *,
        domain: str | None = None,
        path: str = "/",
        expires_days: float | None = 365,
        secure: bool = True,
        same_site: SameSite | None = "lax",
        http_only: bool = True,
        sealing_keys: Sequence[bytes] = (),
        several_users: bool = False,
        leave_out: Collection[str] = ("loginId",),
        header_limit_bytes: int = 8190,
        effects: Effects | None = None,
    ) -> None:
        if any(len(key) != 32 for key in sealing_keys):
            raise SettingsError("sealing_keys= are of 32 bytes each.")
        self._attributes = CookieAttributes(
            domain=domain,
            path=path or "/",
            expires_days=expires_days,
            secure=secure,
            same_site=same_site,
            http_only=http_only,
        )
        self._sealing_keys = tuple(sealing_keys)
        self._several_users = several_users
        self._leave_out = frozenset(leave_out)
        self._limit = header_limit_bytes
        self._effects = effects or MachineEffects()
        # Encoded names of ours that came, what they mean, and under which of those names each key was found.
        self._came: set[str] = set()
        self._items: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        # What has been written here, by key and then encoded.
        self._written: dict[str, dict[str, str]] = {}
        self._foreign_bytes = 0
        self._sizes: dict[str, int] = {}
        self._read(cookies)

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self._items:
            raise KeyError(key)
        self.apply({}, removals=[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<CookieStorage of {len(self._items)} cookies>"

    @property
    def header_bytes(self) -> int:
        """How large the ``Cookie`` header of the next request will be, other people's cookies included."""
        return self._foreign_bytes + sum(self._sizes.values())

    def snapshot(self) -> dict[str, str]:
        """Return everything that is ours, as it is at the moment."""
        return dict(self._items)

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals, all or nothing.

        Raises:
            SettingsError: a key is not one that the SDKs use.
            StorageError: the cookies would be too large together.
        """
        if not all(key.startswith(_OURS) for key in updates):
            raise SettingsError("A CookieStorage keeps what the SDKs keep and nothing else.")
        kept = {key: value for key, value in updates.items() if key.rpartition(".")[2] not in self._leave_out}
        # What is left out may be here all the same, from a front end; it is old now.
        gone = {*removals, *updates, *self._earlier_users(kept)} - set(kept)
        written = {key: self._encoded(key, value) for key, value in self._with_last_users(kept).items()}
        sizes = {key: size for key, size in self._sizes.items() if key not in gone}
        sizes |= {key: _size(cookies) for key, cookies in written.items()}
        total = self._foreign_bytes + sum(sizes.values())
        # What makes it smaller than it was is always welcome.
        if total > max(self._limit, self.header_bytes):
            raise StorageError(
                f"The cookies would have {total} bytes together, and {self._limit} is the limit: keep less "
                "(leave_out=), or raise it (header_limit_bytes=) if the server takes more."
            )
        for key in gone:
            self._items.pop(key, None)
            self._written.pop(key, None)
        self._items.update(kept)
        self._written.update(written)
        self._sizes = sizes

    def set_cookies(self) -> list[str]:
        """Return the values of the ``Set-Cookie`` headers that the response has to carry, one header for each.

        They tell what is to change in the browser, so there are none if nothing is; asking again gives the same.
        """
        wanted = {name: value for cookies in self._written.values() for name, value in cookies.items()}
        unchanged = {name for key, names in self._names.items() if self._stays(key) for name in names}
        removed = sorted(self._came - unchanged - set(wanted))
        return [
            *(self._attributes.removing(name) for name in removed),
            *(self._attributes.after(name, value) for name, value in wanted.items()),
        ]

    def _stays(self, key: str) -> bool:
        return key in self._items and key not in self._written

    # ---- what came ----

    def _read(self, cookies: str | Mapping[str, str]) -> None:
        came = list(pairs(cookies) if isinstance(cookies, str) else cookies.items())
        whole: dict[str, tuple[str, str]] = {}
        parts: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        for name, value in came:
            key = decoded(name)
            if key is None or not key.startswith(_OURS):
                self._foreign_bytes += _size({name: value})
                continue
            self._came.add(name)
            part = _PART.fullmatch(key)
            # Of two cookies of one name the first has the longer path, and is the one that browsers mean.
            if part is None:
                whole.setdefault(key, (name, value))
            else:
                parts[part[1]].setdefault(int(part[2]), (name, value))
        for key, found in parts.items():
            # A front end that writes the whole does not know of parts, so the whole is newer.
            if key not in whole:
                self._take_parts(key, found)
        for key, (name, value) in whole.items():
            self._take(key, {name: value}, value)

    def _take_parts(self, key: str, parts: Mapping[int, tuple[str, str]]) -> None:
        found = joined({number: value for number, (_, value) in parts.items()})
        if found is not None:
            count, value = found
            self._take(key, dict(parts[number] for number in range(count)), value)

    def _take(self, key: str, cookies: dict[str, str], value: str) -> None:
        text = decoded(value)
        if text is not None and self._sealing_keys:
            text = self._opened(key, text)
        # What cannot be read is nobody's any more, and is removed with the next response.
        if text is not None:
            self._items[key] = text
            self._names[key] = set(cookies)
            self._sizes[key] = _size(cookies)

    # ---- what is written ----

    def _earlier_users(self, updates: Mapping[str, str]) -> list[str]:
        """Return the keys of the sessions that end because somebody else has signed in."""
        if self._several_users:
            return []
        now = {key.removesuffix(_LAST): user for key, user in updates.items() if key.endswith(_LAST)}
        return [
            key
            for key in self._items
            for client, user in now.items()
            if key.startswith(f"{client}.")
            for owner, _, name in [key.removeprefix(f"{client}.").rpartition(".")]
            if owner != user and name in OF_ONE_SESSION
        ]

    def _with_last_users(self, updates: Mapping[str, str]) -> dict[str, str]:
        """Add who signed in last where their tokens are written: it should not expire before the tokens do."""
        lasts = {
            key: user
            for key, user in self._items.items()
            if key.endswith(_LAST)
            and any(new.startswith(f"{key.removesuffix(_LAST)}.{user}.") for new in updates)
        }
        return {**lasts, **updates}

    def _encoded(self, key: str, value: str) -> dict[str, str]:
        text = self._sealed(key, value) if self._sealing_keys else value
        return split(encoded_name(key), encoded_value(text), attributes=self._attributes)

    def _sealed(self, key: str, text: str) -> str:
        from userpool.crypto.sealed_text import NONCE_BYTES, seal_text  # noqa: PLC0415 - few cookies are sealed

        nonce = self._effects.random_bytes(NONCE_BYTES)
        return seal_text(text, key=self._sealing_keys[0], nonce=nonce, context=key)

    def _opened(self, key: str, text: str) -> str | None:
        from userpool.crypto.sealed_text import open_text  # noqa: PLC0415 - see above

        return open_text(text, keys=self._sealing_keys, context=key)


def _size(cookies: Mapping[str, str]) -> int:
    # In a header each is followed by a semicolon and a space.
    return sum(len(name) + 1 + len(value) + 2 for name, value in cookies.items())
