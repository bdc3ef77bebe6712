"""The eight everyday operations, the same requests for every server, with CPU time and p50 of each.

A server is given one pool, one app client and a thousand users before anything is measured. Then every
operation runs in short rounds, server after server, in an order that turns round from one round to the
next; what counts is the median of the rounds. Every answer is checked: an operation that a server refuses
is shown as missing, not as fast.

Sources: api:AdminCreateUser, api:InitiateAuth, api:GetUser, api:AdminGetUser,
api:AdminUpdateUserAttributes, api:ListUsers, api:SignUp.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from connection import Answer, Connection
from servers import Server

USERS = 1000
SIGNED_IN_USERS = 8
ROUNDS = 7
REQUESTS_PER_ROUND = 150
WARM_UP_REQUESTS = 150
ROUND_SECONDS = 0.4
"""A round ends early after this long, so that one slow server does not take the whole run's time."""

PASSWORD = "Correct-Horse-7-Staple"
_SERVICE = "AWSCognitoIdentityProviderService"
_CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def build_request(server: Server, operation: str, document: Mapping[str, object], *, signed: bool) -> bytes:
    """The bytes of one request, with a SigV4 signature of the dummy key when `signed`."""
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = {
        "Host": f"127.0.0.1:{server.port}",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"{_SERVICE}.{operation}",
    }
    if signed:
        request = AWSRequest("POST", f"http://127.0.0.1:{server.port}/", headers=headers, data=body)
        SigV4Auth(_CREDENTIALS, "cognito-idp", "us-east-1").add_auth(request)
        headers = dict(request.headers.items())
    headers["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}\r\n".encode() + body


class RefusedError(Exception):
    """A server did not do what a row needs; the message is its answer, shortened."""


@dataclass
class Setting:
    """A server with its pool made ready, and what the requests need to name."""

    server: Server
    connection: Connection
    pool_id: str = ""
    client_id: str = ""
    access_tokens: list[str] = field(default_factory=list[str])
    refresh_tokens: list[str] = field(default_factory=list[str])
    made: int = 0

    def call(self, operation: str, document: Mapping[str, object], *, signed: bool) -> Any:
        """One operation outside the measurement; raises RefusedError unless the answer's status is 200."""
        answer = self.connection.exchange(build_request(self.server, operation, document, signed=signed))
        if answer.status != 200:
            raise RefusedError(f"{operation}: {answer.status} {answer.body[:160]!r}")
        return answer.document

    def next_name(self) -> str:
        """A user name that no request has used yet."""
        self.made += 1
        return f"person-{self.made:06d}"


def email(name: str) -> str:
    """The e-mail address that goes with a user name."""
    return f"{name}@example.com"


def prepare(server: Server, *, users: int = USERS) -> Setting:
    """Make the pool, the client and the users, and sign a few of them in."""
    setting = Setting(server, Connection(server.port))
    pool = {
        "PoolName": "bench",
        "UsernameAttributes": [],
        "AutoVerifiedAttributes": ["email"],
        "Policies": {"PasswordPolicy": {"MinimumLength": 8}},
    }
    setting.pool_id = setting.call("CreateUserPool", pool, signed=True)["UserPool"]["Id"]
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = {"UserPoolId": setting.pool_id, "ClientName": "bench", "ExplicitAuthFlows": flows}
    setting.client_id = setting.call("CreateUserPoolClient", client, signed=True)["UserPoolClient"][
        "ClientId"
    ]
    for _ in range(users):
        setting.call("AdminCreateUser", _new_user(setting), signed=True)
    for number in range(1, SIGNED_IN_USERS + 1):
        name = f"person-{number:06d}"
        password = {"UserPoolId": setting.pool_id, "Username": name, "Password": PASSWORD, "Permanent": True}
        setting.call("AdminSetUserPassword", password, signed=True)
        tokens = setting.call("InitiateAuth", _password_sign_in(setting, name), signed=False)[
            "AuthenticationResult"
        ]
        setting.access_tokens.append(tokens["AccessToken"])
        setting.refresh_tokens.append(tokens["RefreshToken"])
    return setting


def _new_user(setting: Setting) -> dict[str, Any]:
    name = setting.next_name()
    return {
        "UserPoolId": setting.pool_id,
        "Username": name,
        "TemporaryPassword": PASSWORD,
        "MessageAction": "SUPPRESS",
        "UserAttributes": [
            {"Name": "email", "Value": email(name)},
            {"Name": "email_verified", "Value": "true"},
        ],
    }


def _password_sign_in(setting: Setting, name: str) -> dict[str, Any]:
    return {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": setting.client_id,
        "AuthParameters": {"USERNAME": name, "PASSWORD": PASSWORD},
    }


def _some_name(number: int) -> str:
    """Names spread over the thousand users, far apart from one request to the next."""
    return f"person-{number * 377 % USERS + 1:06d}"


def _signed_in_name(number: int) -> str:
    return f"person-{number % SIGNED_IN_USERS + 1:06d}"


def _refresh(setting: Setting, number: int) -> dict[str, Any]:
    return {
        "AuthFlow": "REFRESH_TOKEN_AUTH",
        "ClientId": setting.client_id,
        "AuthParameters": {"REFRESH_TOKEN": setting.refresh_tokens[number % SIGNED_IN_USERS]},
    }


def _update(setting: Setting, number: int) -> dict[str, Any]:
    changed = [{"Name": "name", "Value": f"Person {number}"}]
    return {"UserPoolId": setting.pool_id, "Username": _some_name(number), "UserAttributes": changed}


def _find(setting: Setting, number: int) -> dict[str, Any]:
    return {"UserPoolId": setting.pool_id, "Filter": f'email = "{email(_some_name(number))}"'}


def _sign_up(setting: Setting, _number: int) -> dict[str, Any]:
    name = setting.next_name()
    attributes = [{"Name": "email", "Value": email(name)}]
    return {
        "ClientId": setting.client_id,
        "Username": name,
        "Password": PASSWORD,
        "UserAttributes": attributes,
    }


def _has_tokens(document: Any) -> bool:
    return bool(document.get("AuthenticationResult", {}).get("AccessToken"))


@dataclass(frozen=True)
class Row:
    """One operation of the table: its request by number, and what a good answer holds."""

    name: str
    operation: str
    signed: bool
    document: Callable[[Setting, int], dict[str, Any]]
    good: Callable[[Any], bool]


ROWS = (
    Row("AdminCreateUser", "AdminCreateUser", True, lambda s, _n: _new_user(s), lambda d: "User" in d),
    Row(
        "password sign-in",
        "InitiateAuth",
        False,
        lambda s, n: _password_sign_in(s, _signed_in_name(n)),
        _has_tokens,
    ),
    Row(
        "GetUser",
        "GetUser",
        False,
        lambda s, n: {"AccessToken": s.access_tokens[n % SIGNED_IN_USERS]},
        lambda d: "Username" in d,
    ),
    Row(
        "AdminGetUser",
        "AdminGetUser",
        True,
        lambda s, n: {"UserPoolId": s.pool_id, "Username": _some_name(n)},
        lambda d: "Username" in d,
    ),
    Row("AdminUpdateUserAttributes", "AdminUpdateUserAttributes", True, _update, lambda _d: True),
    Row("refresh", "InitiateAuth", False, _refresh, _has_tokens),
    Row("ListUsers by e-mail", "ListUsers", True, _find, lambda d: len(d.get("Users", ())) == 1),
    Row("SignUp", "SignUp", False, _sign_up, lambda d: "UserSub" in d),
)


@dataclass
class Cost:
    """What one operation cost on one server, milliseconds per request, one entry per round."""

    cpu: list[float] = field(default_factory=list[float])
    p50: list[float] = field(default_factory=list[float])
    refusal: str = ""

    @property
    def cpu_ms(self) -> float:
        """Median over the rounds of CPU time per request."""
        return median(self.cpu)

    @property
    def p50_ms(self) -> float:
        """Median over the rounds of the median time to the complete answer."""
        return median(self.p50)


def measure(settings: Sequence[Setting], row: Row, *, rounds: int = ROUNDS) -> dict[str, Cost]:
    """Cost of one operation on every server, by server name, all in the same stretch of time."""
    costs = {setting.server.name: Cost() for setting in settings}
    sent = 0
    for turn in range(-1, rounds):
        ordered = settings if turn % 2 else settings[::-1]
        count = WARM_UP_REQUESTS if turn < 0 else REQUESTS_PER_ROUND
        for setting in ordered:
            cost = costs[setting.server.name]
            if not cost.refusal:
                _measure_round(setting, row, cost, first=sent, count=count, counted=turn >= 0)
        sent += count
    return costs


def _measure_round(setting: Setting, row: Row, cost: Cost, *, first: int, count: int, counted: bool) -> None:
    requests = [
        build_request(setting.server, row.operation, row.document(setting, number), signed=row.signed)
        for number in range(first, first + count)
    ]
    times: list[float] = []
    answers: list[Answer] = []
    setting.server.remember_family()
    cpu_before, began = setting.server.cpu_seconds(), time.perf_counter()
    for request in requests:
        before = time.perf_counter()
        answers.append(setting.connection.exchange(request))
        times.append(time.perf_counter() - before)
        if before - began > ROUND_SECONDS:
            break
    spent = setting.server.cpu_seconds() - cpu_before
    for answer in answers:
        if answer.status != 200 or not row.good(answer.document):
            cost.refusal = f"{answer.status} {answer.body[:120]!r}"
            return
    if counted:
        cost.cpu.append(spent / len(times) * 1000)
        cost.p50.append(median(times) * 1000)
