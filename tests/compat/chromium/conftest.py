"""A real browser before the pool: pages of an application that load the JavaScript SDKs unmodified.

Fixtures:

- `open_tab`: `open_tab("identity")` opens a page of js/pages in a browser that has seen nothing yet; see `Tab`.
- `pool_with`: `pool_with(cookies)` is our SDK at the application's server, with its session in these cookies.
- `code_for`: `code_for(person, "Authentication")` is the code that somebody was sent last.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

from userpool import CookieStorage, UserPool
from userpool.transport.http import HttpTransport

JS = Path(__file__).parent.parent / "js"
SWITCHES = [
    "--no-sandbox",  # A container's root may not have one.
    "--disable-gpu",
    "--in-process-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PLAY = """([name, given]) => Promise.race([
    scenes[name](given),
    new Promise((_, reject) => setTimeout(reject, 30000, new Error(`${name} takes too long.`))),
])"""

EMPTY = "/"
"""The page without scripts."""

Visit = Callable[[CookieStorage], Any]


class Site:
    """The web server of an application: its pages, and before one what a visit does with the cookies that came."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.origin = ""
        self.visit: Visit | None = None
        self.options: Mapping[str, Any] = {}
        self.seen: Any = None
        self.failure: Exception | None = None

    def answer(self, path: str, cookies: str) -> tuple[str, bytes, list[str]]:
        """Return the type and the text of what is at a path, and the values of Set-Cookie headers."""
        if path in self.files:
            return "text/javascript", self.files[path], []
        page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
        if path != EMPTY:
            page += f'<script src="/library.js"></script><script type="module" src="{path}.mjs"></script>'
        return "text/html; charset=utf-8", page.encode(), self._visited(cookies)

    def _visited(self, cookies: str) -> list[str]:
        if self.visit is None:
            return []
        storage = CookieStorage(cookies, **self.options)
        try:
            self.seen = self.visit(storage)
        except Exception as error:  # noqa: BLE001 - the test is told, in its own thread
            self.failure = error
        return storage.set_cookies()


class Handler(BaseHTTPRequestHandler):
    """HTTP around a Site."""

    site: Site

    def do_GET(self) -> None:
        kind, text, cookies = self.site.answer(self.path, self.headers.get("Cookie", ""))
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Cache-Control", "no-store")
        for line in cookies:
            self.send_header("Set-Cookie", line)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Chromium:
    """A browser that is told what to do from a thread of its own.

    Playwright keeps an event loop running in the thread that it is used in, even between two calls; asynchronous
    tests, which share the process in any order, could start none there any more.
    """

    def __init__(self, thread: ThreadPoolExecutor, browser: Browser) -> None:
        self._thread = thread
        self.browser = browser

    def do(self, call: Callable[..., Any], *given: Any) -> Any:
        """Return what a call of Playwright returns."""
        return self._thread.submit(call, *given).result()


class Tab:
    """A page with cookies and a local storage of its own.

    `sent` is what the page asked of the pool in the last scene: operations, and the names of challenges where it
    answered one. `bodies` is all that it ever sent there.
    """

    def __init__(self, chromium: Chromium, site: Site) -> None:
        self._chromium = chromium
        self._site = site
        self._page: Page = chromium.do(self._opened)
        self._name = ""
        self._errors: list[str] = []
        self.sent: list[str] = []
        self.bodies = ""

    def open(self, name: str) -> None:
        """Go to a page of js/pages."""
        self._name, self.bodies = name, ""
        self.load()

    def load(self) -> None:
        """Load the page, which forgets what it knew."""
        self._chromium.do(self._page.goto, f"{self._site.origin}/{self._name}")

    def visit(self, visit: Visit, *, http_only: bool = False, **options: Any) -> Any:
        """Load the page from a server that does something with the cookies first; return what that returned.

        The options are those of CookieStorage.
        """
        self._site.visit, self._site.seen, self._site.failure = visit, None, None
        self._site.options = {"http_only": http_only, **options}
        try:
            self.load()
        finally:
            self._site.visit = None
        if self._site.failure is not None:
            raise self._site.failure
        return self._site.seen

    def play(self, scene: str, place: Any, person: Any, **more: Any) -> Any:
        """Play a scene of the page, and return what it saw."""
        given = {
            "poolId": place.pool_id,
            "clientId": place.client_id,
            "endpoint": place.endpoint,
            "username": person.username,
            "password": person.password,
            "email": person.email,
            **more,
        }
        self.sent.clear()
        return self._chromium.do(self._page.evaluate, PLAY, [scene, given])

    def stored(self) -> dict[str, str]:
        """Return the page's local storage."""
        stored: dict[str, str] = self._chromium.do(self._page.evaluate, "({...localStorage})")
        return stored

    def store(self, key: str, value: str) -> None:
        """Put something into the page's local storage."""
        self._chromium.do(
            self._page.evaluate, "([key, value]) => localStorage.setItem(key, value)", [key, value]
        )

    def cookies(self) -> dict[str, Any]:
        """Return the browser's cookies, by name, as a browser's settings show them."""
        return {cookie["name"]: cookie for cookie in self._chromium.do(self._page.context.cookies)}

    def visible_cookies(self) -> str:
        """Return the cookies that a script of the page is shown."""
        text: str = self._chromium.do(self._page.evaluate, "document.cookie")
        return text

    def leave(self) -> None:
        """Forget everything, as if the browser had been bought just now; fail if a script of the page has failed."""
        self._chromium.do(self._page.goto, self._site.origin + EMPTY)
        self._chromium.do(self._page.evaluate, "localStorage.clear(), sessionStorage.clear()")
        self._chromium.do(self._page.context.clear_cookies)
        errors, self._errors = self._errors, []
        assert not errors

    def _opened(self) -> Page:
        page = self._chromium.browser.new_context().new_page()
        page.on("request", self._note)
        page.on("pageerror", lambda error: self._errors.append(str(error)))
        return page

    def _note(self, request: Request) -> None:
        target = request.headers.get("x-amz-target")
        if target is not None and request.method == "POST":
            body = request.post_data_json or {}
            self.sent.append(body.get("ChallengeName", target.rpartition(".")[2]))
            self.bodies += request.post_data or ""


@pytest.fixture(scope="session")
def chromium(missing: Callable[[str, str], NoReturn]) -> Iterator[Chromium]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing("chromium", "there is no chromium on PATH; Debian's package is called so")
    with ThreadPoolExecutor(max_workers=1) as thread:
        playwright = thread.submit(sync_playwright().start).result()
        try:
            launch = playwright.chromium.launch
            browser = thread.submit(launch, executable_path=program, headless=True, args=SWITCHES).result()
            yield Chromium(thread, browser)
            thread.submit(browser.close).result()
        finally:
            thread.submit(playwright.stop).result()


@pytest.fixture(scope="session")
def site(node: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application's server, on a port of this machine; browsers trust `localhost` as they do https."""
    bundle = tmp_path_factory.mktemp("pages") / "amplify.mjs"
    # Amplify is published in pieces that a browser cannot find by their names.
    subprocess.run(
        [
            JS / "node_modules/.bin/esbuild",
            JS / "pages/amplify.mjs",
            "--bundle",
            "--format=esm",
            "--log-level=error",
            f"--outfile={bundle}",
        ],
        check=True,
    )
    library = JS / "node_modules/amazon-cognito-identity-js/dist/amazon-cognito-identity.min.js"
    files = {
        "/library.js": library.read_bytes(),
        "/identity.mjs": (JS / "pages/identity.mjs").read_bytes(),
        "/amplify.mjs": bundle.read_bytes(),
    }
    site = Site(files)
    handler = type("Handler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.origin = f"http://localhost:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        yield site
        server.shutdown()
        serving.join()


@pytest.fixture(scope="session")
def spare() -> list[Tab]:
    """Tabs that nobody uses; to open one takes as long as most of a test."""
    return []


@pytest.fixture
def open_tab(chromium: Chromium, site: Site, spare: list[Tab]) -> Iterator[Callable[[str], Tab]]:
    """Give a function that opens a page of js/pages; every tab is somebody else's browser."""
    tabs: list[Tab] = []

    def opened(name: str) -> Tab:
        tabs.append(spare.pop() if spare else Tab(chromium, site))
        tabs[-1].open(name)
        return tabs[-1]

    yield opened
    for tab in tabs:
        tab.leave()
        spare.append(tab)


@pytest.fixture
def tab(open_tab: Callable[[str], Tab]) -> Tab:
    """A page with amazon-cognito-identity-js."""
    return open_tab("identity")


@pytest.fixture
def pool_with(place: Any) -> Iterator[Callable[..., UserPool]]:
    """Give a function that makes a pool which keeps tokens in these cookies; all of them share connections."""
    transport = HttpTransport()

    def pool(storage: CookieStorage, there: Any = place) -> UserPool:
        return UserPool(
            there.pool_id, there.client_id, endpoint=there.endpoint, storage=storage, transport=transport
        )

    yield pool
    transport.close()


@pytest.fixture
def code_for(served: Any, call: Callable[..., Any]) -> Callable[[Any, str], str]:
    """Give a function that returns the code which somebody was sent last; messages leave a moment after the answer."""

    def code(person: Any, kind: str) -> str:
        for _ in range(500):
            messages = call(served.origin, method="GET", path="/_userpool/messages").json
            for message in messages:
                if (message["user"], message["kind"]) == (person.username, kind):
                    return str(message["code"])
            time.sleep(0.01)
        pytest.fail(f"{person.username} was sent no message of the kind {kind}")

    return code
