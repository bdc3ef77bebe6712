"""Strangers against the pool: a real server process, and the clients that speak to it unmodified.

Fixtures:

- `served`: a server in development, started once for the session; `served.origin` is its address.
- `functions`: what the triggers of its pools do, behind HTTP; a pool has those that its LambdaConfig names:
  `make_place(LambdaConfig=functions_named("PreSignUp"))`.
- `asking`: those functions, as triggers that ask for a colour to sign somebody in (blue).
- `start_server`: starts a further one: `start_server("--region", "eu-west-1")`; `url=` says where its data are.
- `aws`: boto3's client of it, signing with a made-up key, which is good enough in development.
- `place`: a user pool there, with an app client that opens every door.
- `newcomer`: somebody whom the pool doesn't know yet. `person`: somebody who can sign in.
- `js`: `js("signing_in/bySrp", place, person)` plays a scene of the folder js in Node and returns what it saw.
- `call`: `call(origin, "SignUp", {...})` is an HTTP request without any client; returns status, headers and body.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

import pytest
from node_player import NodePlayer
from trigger_functions import Functions, over_http

JS = Path(__file__).parent / "js"
VISITOR = "arn:aws:iam::000000000000:role/visitor"
"""A role whose holders may describe user pools of `served`, and nothing else."""
INSTALL = "run `npm install` in tests/compat/js, with Node 20 or newer"


@dataclass(frozen=True)
class Served:
    """A server process that answers at `origin`; `database` is where its data are."""

    origin: str
    database: str


@dataclass(frozen=True)
class Place:
    """An app client of a user pool on a server."""

    endpoint: str
    pool_id: str
    client_id: str


@dataclass(frozen=True)
class Person:
    """Somebody, as they know themselves."""

    username: str
    password: str
    email: str


class Answer(NamedTuple):
    """An answer as it came; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


# ---- the server ----


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Give a function that starts a server process; all are stopped at the end of the session."""
    with contextlib.ExitStack() as stack:

        def start(*options: str, url: str | None = None) -> Served:
            folder = tmp_path_factory.mktemp("served")
            database = url or f"sqlite:///{folder}/pool.db"
            return stack.enter_context(serving(folder, database, options))

        yield start


@pytest.fixture(scope="session")
def served(start_server: Callable[..., Served], functions_behind_http: Functions) -> Served:
    """The server in development that most tests share."""
    triggers = [f"--trigger={name}={url}" for name, url in functions_behind_http.urls.items()]
    return start_server("--dev", "--role-action", f"{VISITOR}=cognito-idp:DescribeUserPool", *triggers)


@pytest.fixture(scope="session")
def functions_behind_http() -> Iterator[Functions]:
    """The functions of all triggers."""
    functions = Functions()
    with over_http(functions):
        yield functions


@pytest.fixture
def functions(functions_behind_http: Functions) -> Functions:
    """Functions that answer every event as it is, until the test says otherwise, and that were sent none yet."""
    functions_behind_http.clear()
    functions_behind_http.events.clear()
    return functions_behind_http


@pytest.fixture(scope="session")
def functions_named() -> Callable[..., dict[str, str]]:
    """Give a function that makes a LambdaConfig: `functions_named("PreSignUp")`."""
    arn = "arn:aws:lambda:us-east-1:000000000000:function"
    return lambda *names: {name: f"{arn}:{name}" for name in names}


@contextlib.contextmanager
def serving(folder: Path, database: str, options: tuple[str, ...]) -> Iterator[Served]:
    """Run `userpool serve` on a free port until the end of the block."""
    command = [sys.executable, "-m", "userpool", "serve", "--port", "0", "--database", database, *options]
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, cwd=folder) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline().decode()
            assert line.startswith("userpool is ready at "), log.read_text()
            yield Served(line.split()[-1], database)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0, log.read_text()


def define_colour(event: dict[str, Any]) -> dict[str, Any]:
    """The password first, if it was offered; then the colour, up to twice."""
    results = event["request"]["session"]
    names = [result["challengeName"] for result in results]
    answered = bool(results) and names[-1] == "CUSTOM_CHALLENGE" and results[-1]["challengeResult"]
    event["response"] = {
        "issueTokens": answered,
        "failAuthentication": not answered and names.count("CUSTOM_CHALLENGE") == 2,
        "challengeName": "PASSWORD_VERIFIER" if names == ["SRP_A"] else "CUSTOM_CHALLENGE",
    }
    return event


def verify_colour(event: dict[str, Any]) -> dict[str, Any]:
    """Blue, as CreateAuthChallenge has told in private."""
    private = event["request"]["privateChallengeParameters"]
    event["response"] = {"answerCorrect": event["request"]["challengeAnswer"] == private["answer"]}
    return event


@pytest.fixture
def asking(functions: Functions) -> Functions:
    """Triggers that ask for a colour."""
    functions["DefineAuthChallenge"] = define_colour
    functions.reply(
        "CreateAuthChallenge",
        publicChallengeParameters={"question": "Which colour?"},
        privateChallengeParameters={"answer": "blue"},
        challengeMetadata="COLOUR",
    )
    functions["VerifyAuthChallengeResponse"] = verify_colour
    return functions


# ---- boto3 ----


@pytest.fixture(scope="session")
def boto() -> Iterator[Callable[..., Any]]:
    """Give a function that makes a boto3 client: `boto(origin, "key id", "secret", region="eu-west-1")`."""
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    with contextlib.ExitStack() as stack:

        def make(
            origin: str,
            key_id: str | None = "AKIDEXAMPLE000000000",
            secret: str | None = "any secret",
            *,
            token: str | None = None,
            service: str = "cognito-idp",
            region: str = "us-east-1",
            config: Config | None = None,
        ) -> Any:
            # Tried once: a refusal is what many of these tests want to see, and soon.
            settings = Config(retries={"total_max_attempts": 1}).merge(config or Config())
            if key_id is None:
                settings = settings.merge(Config(signature_version=UNSIGNED))
            client = boto3.Session(key_id, secret, token, region_name=region).client(
                service, endpoint_url=origin, config=settings
            )
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture(scope="session")
def aws(served: Served, boto: Callable[..., Any]) -> Any:
    """An administrator of the shared server."""
    return boto(served.origin)


# ---- people and places ----

FLOWS = [
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
]


@pytest.fixture(scope="session")
def make_place(served: Served, aws: Any) -> Callable[..., Place]:
    """Give a function that makes a user pool and an app client.

    Its arguments are those of CreateUserPool, and `client=` has those of CreateUserPoolClient.
    """
    numbers = itertools.count(1)

    def make(*, client: Mapping[str, Any] | None = None, **settings: Any) -> Place:
        pool = aws.create_user_pool(PoolName=f"pool {next(numbers)}", **settings)["UserPool"]
        asked = {"ClientName": "web", "ExplicitAuthFlows": FLOWS, **(client or {})}
        made = aws.create_user_pool_client(UserPoolId=pool["Id"], **asked)
        return Place(served.origin, pool["Id"], made["UserPoolClient"]["ClientId"])

    return make


@pytest.fixture(scope="session")
def place(make_place: Callable[..., Place]) -> Place:
    """A pool that mails codes to those who sign up."""
    return make_place(AutoVerifiedAttributes=["email"])


@pytest.fixture
def newcomer() -> Person:
    """Somebody new."""
    name = f"person-{secrets.token_hex(4)}"
    return Person(name, "correct-horse-7-Staple", f"{name}@example.com")


@pytest.fixture
def person(aws: Any, place: Place, newcomer: Person) -> Person:
    """Somebody whom an administrator made, with a verified address and a password of their own."""
    enrol(aws, place, newcomer)
    return newcomer


@pytest.fixture
def make_person(aws: Any) -> Callable[..., Person]:
    """Give a function that makes somebody in another pool: `make_person(place, newcomer, password="...")`."""

    def make(place: Place, person: Person, **changes: str) -> Person:
        changed = replace(person, **changes)
        enrol(aws, place, changed)
        return changed

    return make


def enrol(aws: Any, place: Place, person: Person) -> None:
    """Make a user who can sign in."""
    aws.admin_create_user(
        UserPoolId=place.pool_id,
        Username=person.username,
        UserAttributes=[
            {"Name": "email", "Value": person.email},
            {"Name": "email_verified", "Value": "true"},
        ],
        MessageAction="SUPPRESS",
    )
    aws.admin_set_user_password(
        UserPoolId=place.pool_id, Username=person.username, Password=person.password, Permanent=True
    )


@pytest.fixture
def sign_in(aws: Any, place: Place, person: Person) -> Callable[[], dict[str, Any]]:
    """Give a function that signs the person in and returns the AuthenticationResult."""

    def tokens() -> dict[str, Any]:
        result: dict[str, Any] = aws.initiate_auth(
            ClientId=place.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": person.username, "PASSWORD": person.password},
        )["AuthenticationResult"]
        return result

    return tokens


# ---- other clients ----


@pytest.fixture(scope="session")
def node(
    missing: Callable[[str, str], NoReturn], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[NodePlayer]:
    """Node, with a process that plays scenes for the whole session."""
    program = shutil.which("node")
    if program is None:
        missing("node", f"there is no node on PATH; install it, then {INSTALL}")
    absent = [
        name
        for name in json.loads((JS / "package.json").read_text())["dependencies"]
        if not (JS / "node_modules" / name).is_dir()
    ]
    if absent:
        missing("node", f"{' and '.join(absent)} not installed: {INSTALL}")
    player = NodePlayer(program, JS / "play.mjs", tmp_path_factory.mktemp("node") / "errors")
    yield player
    player.end()


@pytest.fixture(scope="session")
def js(node: NodePlayer) -> Callable[..., Any]:
    """Give a function that plays a scene in Node; places and people become members of what it is given."""

    def play(scene: str, *who_and_where: Place | Person, **more: Any) -> Any:
        given = {
            camel_case(name): value for each in who_and_where for name, value in vars(each).items()
        } | more
        return node.play(scene, given)

    return play


@pytest.fixture(scope="session")
def call() -> Callable[..., Answer]:
    """Give a function that makes one HTTP request."""

    def send(
        origin: str,
        operation: str | None = None,
        body: Any = None,
        *,
        method: str = "POST",
        path: str = "/",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"Content-Type": "application/x-amz-json-1.1", **(headers or {})}
        if operation is not None:
            sent["X-Amz-Target"] = f"AWSCognitoIdentityProviderService.{operation}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        with contextlib.closing(HTTPConnection(urlsplit(origin).netloc, timeout=30)) as connection:
            connection.request(method, path, body=data, headers=sent)
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read())

    return send


def camel_case(name: str) -> str:
    """Return `pool_id` as `poolId`."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
