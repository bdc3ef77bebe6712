"""Write docs/operations.md: every operation of the service, who answers it here, which tests look at it.

An operation counts as built when its capability has a coroutine function of its name; nobody keeps a list.

    python tools/docs_operations.py [--check]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

from generated_page import ROOT, deliver

from userpool.wire.registry import MODEL_VERSION, OPERATIONS

PAGE = ROOT / "docs" / "operations.md"
CAPABILITIES = ROOT / "src" / "userpool" / "server" / "capabilities"
TESTS = ROOT / "tests" / "server" / "capabilities"

HEADER = """\
# Operations

<!-- Written by tools/docs_operations.py; change that, or the code it reads. -->

Cognito has {total} operations in two services, says botocore {version}. The wire, which both halves
share, speaks all of them. **The pool answers {built}**; one that it does not answer yet is refused with
`UnsupportedOperationException`, never answered wrongly.

A module's name is that of the operation's shapes in `userpool.wire`, of the code that answers it in
`userpool.server.capabilities`, and of the tests.
"""


def main() -> int:
    """Write the page, or with --check tell whether it is current."""
    return deliver(PAGE, page(), description=__doc__)


def page() -> str:
    """Return the text of the whole page."""
    built = {plain(name) for name in answered()}
    count = sum(plain(name) in built for name in OPERATIONS)
    lines = [HEADER.format(total=len(OPERATIONS), version=MODEL_VERSION, built=count)]
    lines += ["| operation | module | the pool answers | tests |", "|---|---|---|---|"]
    for module, name in sorted((module, name) for name, module in OPERATIONS.items()):
        here = plain(name) in built
        lines.append(
            f"| `{name}` | `{module}` | {'yes' if here else 'no'} | {tests_of(module) if here else ''} |"
        )
    return "\n".join(lines) + "\n"


def answered() -> Iterator[str]:
    """Yield the name of every public coroutine function at the top of a capability's modules."""
    for path in sorted(CAPABILITIES.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                yield node.name


def tests_of(module: str) -> str:
    """Return the place of a capability's tests, or nothing."""
    candidates = [TESTS / f"test_{module}.py", TESTS / module]
    found = next((path for path in candidates if path.exists()), None)
    return f"`{found.relative_to(ROOT).as_posix()}`" if found else ""


def plain(name: str) -> str:
    """Return a name without word breaks: `SetUserMFAPreference` and `set_user_mfa_preference` are one."""
    return name.replace("_", "").lower()


if __name__ == "__main__":
    sys.exit(main())
