"""The bars: every budget that is measured, in one table, with the sentence of the budget it comes from.

A row is a ratio wherever a ratio makes sense. Times and sizes that stand on their own (start, memory) carry
their unit.
"""

from __future__ import annotations

from dataclasses import dataclass

CLIENT, IMPORT, PRIMITIVES, START, EVERYDAY = "client", "import", "primitives", "start", "everyday"
VERIFIER = "verifier"


@dataclass(frozen=True)
class Bar:
    """What one row must reach; `limit` is a ceiling, or a floor when `at_least`; `source` is the budget."""

    name: str
    limit: float
    section: str
    source: str
    at_least: bool = False
    unit: str = " times"

    def is_met_by(self, value: float) -> bool:
        """Whether a measured value passes."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Measured:
    """One row of the table: the bar, what was measured, and the numbers behind it."""

    bar: Bar
    value: float
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the bar is met."""
        return self.bar.is_met_by(self.value)


@dataclass(frozen=True)
class NotYet:
    """A row that could not be measured, and why: what is missing or what failed."""

    bar: Bar
    reason: str


Rows = list[Measured | NotYet]

_CLIENT = (
    "SDK: CPU of one SRP sign-in, client side: with [fast] at least 10 times less than pycognito and 50 "
    "times less than amazon-cognito-identity-js, without it 2.5 times and 10 times; within 1.3 of its own "
    "three modexps"
)
_IMPORT = "SDK: import: at most a quarter of pycognito's; the server half never imported"
_VERIFIER = (
    "verifier: first time within 1.3 of the bare RSA check; at least 3 times PyJWT; a repeated token at least "
    "20 times the first"
)
_SIGN_IN = "pool: CPU of one SRP sign-in: within 1.35 of its primitives (three modexps, two RS256 signatures)"
_REFRESH = "pool: refresh: within 1.4 of two RS256 signatures"
_OPERATIONS = (
    "pool: CPU and p50 of the everyday operations: not slower than the fastest of moto, ministack and "
    "cognito-local in any row, while durable on disk"
)
_START = (
    "pool: size and start: ready in 0.7 s as a server, 50 ms embedded, 5 ms for a fresh pool per test; "
    "90 MB idle"
)

OPERATIONS = (
    "AdminCreateUser",
    "password sign-in",
    "GetUser",
    "AdminGetUser",
    "AdminUpdateUserAttributes",
    "refresh",
    "ListUsers by e-mail",
    "SignUp",
)
"""The everyday operations, as the rows name them."""


def title(operation: str, what: str) -> str:
    """The name of an everyday operation's row; `what` is CPU or p50."""
    return f"{operation}, {what}, against the fastest"


BARS = (
    Bar("client SRP, gmpy2, against pycognito", 10, CLIENT, _CLIENT, at_least=True),
    Bar("client SRP, gmpy2, against amazon-cognito-identity-js", 50, CLIENT, _CLIENT, at_least=True),
    Bar("client SRP, no gmpy2, against pycognito", 2.5, CLIENT, _CLIENT, at_least=True),
    Bar("client SRP, no gmpy2, against amazon-cognito-identity-js", 10, CLIENT, _CLIENT, at_least=True),
    Bar("client SRP, gmpy2, against its three modexps", 1.3, CLIENT, _CLIENT),
    Bar("client SRP, no gmpy2, against its three modexps", 1.3, CLIENT, _CLIENT),
    Bar("import, CPU, against pycognito", 0.25, IMPORT, _IMPORT),
    Bar("import, time, against pycognito", 0.25, IMPORT, _IMPORT),
    Bar("import brings in modules of the server", 0, IMPORT, _IMPORT, unit=" modules"),
    Bar("verifier, first time, against the bare RSA check", 1.3, VERIFIER, _VERIFIER),
    Bar("verifier, first time, against PyJWT", 3, VERIFIER, _VERIFIER, at_least=True),
    Bar("verifier, repeated token, against the first time", 20, VERIFIER, _VERIFIER, at_least=True),
    Bar("pool SRP sign-in against its primitives", 1.35, PRIMITIVES, _SIGN_IN),
    Bar("pool refresh against two RS256 signatures", 1.4, PRIMITIVES, _REFRESH),
    *(
        Bar(title(operation, what), 1.0, EVERYDAY, _OPERATIONS)
        for operation in OPERATIONS
        for what in ("CPU", "p50")
    ),
    Bar("users lost by a kill", 0, EVERYDAY, _OPERATIONS, unit=" users"),
    Bar("start as a server", 0.7, START, _START, unit=" s"),
    Bar("start embedded", 50, START, _START, unit=" ms"),
    Bar("fresh pool per test", 5, START, _START, unit=" ms"),
    Bar("idle memory", 90, START, _START, unit=" MB"),
)

_BY_NAME = {each.name: each for each in BARS}


def measured(name: str, value: float, detail: str = "") -> Measured:
    """The row of this name with what was measured."""
    return Measured(_BY_NAME[name], value, detail)


def not_yet(name: str, reason: str) -> NotYet:
    """The row of this name, which could not be measured."""
    return NotYet(_BY_NAME[name], reason)


def bars_of(section: str) -> list[Bar]:
    """The bars of one section."""
    return [each for each in BARS if each.section == section]


def all_not_yet(section: str, reason: str) -> Rows:
    """All rows of a section that could not be measured."""
    return [NotYet(each, reason) for each in bars_of(section)]
