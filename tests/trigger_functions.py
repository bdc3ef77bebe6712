"""Functions for a pool's triggers: in the process of the test, or behind HTTP, served by the standard library.

`Functions` remembers the events that it was sent. What it answers is said per trigger: `functions.reply("PreSignUp",
autoConfirmUser=True)` fills members of the response in, `functions["PreSignUp"] = function` takes a function of the
test's own; any other trigger gets its event back as it is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from userpool.server.triggers.configured import FIELDS
from userpool.server.triggers.naming import lambda_config_for
from userpool.wire.user_pools import LambdaConfigTypeInput

Event = dict[str, Any]


class Functions(dict[str, Callable[[Event], Any]]):
    """What the triggers of this test do."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.urls: dict[str, str] = {}

    @property
    def callables(self) -> dict[str, Callable[[Event], Any]]:
        """For a server: by the names of triggers; none where they are behind HTTP."""
        return {} if self.urls else {name: partial(self.run, name) for name in FIELDS}

    def run(self, name: str, event: Event) -> Any:
        """Answer an event."""
        self.events.append(json.loads(json.dumps(event)))
        return self[name](event) if name in self else event

    def reply(self, name: str, **response: Any) -> None:
        """Let a trigger fill in members of its response."""
        self[name] = lambda event: {**event, "response": {**event["response"], **response}}

    def refuse(self, name: str, message: str) -> None:
        """Let a trigger raise."""

        def raising(_: Event) -> Any:
            raise ValueError(message)

        self[name] = raising

    @property
    def sources(self) -> list[str]:
        """What was asked, in order."""
        return [event["triggerSource"] for event in self.events]

    def event(self, source: str) -> Event:
        """Return the one event of a source."""
        (found,) = [event for event in self.events if event["triggerSource"] == source]
        return found


class FunctionServer:
    """Serves functions by HTTP; `requests` are those that came, as method, path, headers and body."""

    def __init__(self, answer: Callable[[str, bytes], tuple[int, dict[str, str], bytes]]) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                served.requests.append((self.command, self.path, dict(self.headers), body))
                status, headers, reply = answer(self.path, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_: Any) -> None:
                """Keep the output of the tests quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def over_http(functions: Functions) -> FunctionServer:
    """Return a server of functions, each under its name; what one raises is told as Lambda tells it."""

    def answer(path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        try:
            returned = functions.run(path.removeprefix("/"), json.loads(body))
        except Exception as error:  # noqa: BLE001  # Whatever a function raises is told.
            return 400, {}, json.dumps({"errorMessage": str(error)}).encode()
        return 200, {"content-type": "application/json"}, json.dumps(returned).encode()

    server = FunctionServer(answer)
    functions.urls = {name: f"{server.origin}/{name}" for name in FIELDS}
    return server


def triggered(*names: str, **members: Any) -> LambdaConfigTypeInput:
    """Return a LambdaConfig that names a function for each trigger."""
    return lambda_config_for(
        names, LambdaConfigTypeInput(**members), region="us-east-1", account_id="000000000000"
    )
