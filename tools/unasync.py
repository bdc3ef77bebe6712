"""Write the blocking half of the SDK from the asyncio half.

    python tools/unasync.py           write the blocking modules and tests
    python tools/unasync.py --check   change nothing; exit 1 when one of them is not current

The asyncio modules are written by hand. What makes them asynchronous is so little (`async`, `await` and a few
names) that the blocking ones follow from them by replacing words, in code, docstrings and comments alike.

A replacement that is not used any more is an error: it would only hide a mistake in the next change.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]

# What is written by hand -> what follows from it.
TWINS: Final = {
    "src/userpool/async_attribute_verbs.py": "src/userpool/attribute_verbs.py",
    "src/userpool/async_caller.py": "src/userpool/caller.py",
    "src/userpool/async_device_verbs.py": "src/userpool/device_verbs.py",
    "src/userpool/async_identity_pool.py": "src/userpool/identity_pool.py",
    "src/userpool/async_issuer_keys.py": "src/userpool/issuer_keys.py",
    "src/userpool/async_line.py": "src/userpool/line.py",
    "src/userpool/async_mfa_verbs.py": "src/userpool/mfa_verbs.py",
    "src/userpool/async_person.py": "src/userpool/person.py",
    "src/userpool/async_pool.py": "src/userpool/pool.py",
    "src/userpool/async_prompting.py": "src/userpool/prompting.py",
    "src/userpool/async_sign_in_verbs.py": "src/userpool/sign_in_verbs.py",
    "src/userpool/async_turns.py": "src/userpool/turns.py",
    "src/userpool/async_user.py": "src/userpool/user.py",
    "src/userpool/async_verifier.py": "src/userpool/verifier.py",
    "src/userpool/transport/async_http.py": "src/userpool/transport/http.py",
    "tests/async_identity_scene.py": "tests/identity_scene.py",
    "tests/async_publisher.py": "tests/publisher.py",
    "tests/async_scene.py": "tests/scene.py",
    "tests/test_async_attribute_verbs.py": "tests/test_attribute_verbs.py",
    "tests/test_async_caller.py": "tests/test_caller.py",
    "tests/test_async_device_verbs.py": "tests/test_device_verbs.py",
    "tests/test_async_identity_pool.py": "tests/test_identity_pool.py",
    "tests/test_async_identity_pool_meanwhile.py": "tests/test_identity_pool_meanwhile.py",
    "tests/test_async_issuer_keys.py": "tests/test_issuer_keys.py",
    "tests/test_async_line.py": "tests/test_line.py",
    "tests/test_async_line_turns.py": "tests/test_line_turns.py",
    "tests/test_async_mfa_verbs.py": "tests/test_mfa_verbs.py",
    "tests/test_async_person.py": "tests/test_person.py",
    "tests/test_async_pool.py": "tests/test_pool.py",
    "tests/test_async_prompting.py": "tests/test_prompting.py",
    "tests/test_async_sign_in_verbs.py": "tests/test_sign_in_verbs.py",
    "tests/test_async_turns.py": "tests/test_turns.py",
    "tests/test_async_user.py": "tests/test_user.py",
    "tests/test_async_verifier.py": "tests/test_verifier.py",
    "tests/test_async_verifier_pools.py": "tests/test_verifier_pools.py",
    "tests/transport/test_async_http.py": "tests/transport/test_http.py",
}

# Patterns, and what stands for them in the blocking half.
REPLACEMENTS: Final = (
    # The language.
    (r"async def\b", "def"),
    (r"async with\b", "with"),
    (r"async for\b", "for"),
    (r"await ", ""),
    (r"for (\w+) in ([\w.]+):\n +yield \1\n", r"yield from \2\n"),
    (r"__aenter__", "__enter__"),
    (r"__aexit__", "__exit__"),
    (r"asynccontextmanager", "contextmanager"),
    (r"Awaitable\[(\w+)\]", r"\1"),
    (r"Awaitable, ", ""),
    # httpx2.
    (r"aiter_bytes", "iter_bytes"),
    (r"aclose", "close"),
    (r"httpx2\.AsyncClient", "httpx2.Client"),
    # Ours.
    (r"Async([A-Z]\w+)", r"\1"),
    (
        (
            r"\basync_(attribute_verbs|caller|device_verbs|drive|given|here|http|identity_pool|identity_scene|issuer_keys"
            r"|line|mfa_verbs|pause|person|pool|prompting|publisher|scene|see_through|sign_in_verbs|signed|turn|turns|user|verifier"
            r"|within)\b"
        ),
        r"\1",
    ),
    (r"\barun\b", "run"),
    # What the modules say about themselves.
    (r"The blocking twin of this module is generated from it by tools/unasync\.py\.\n\n", ""),
    # The tests.
    (r"pytestmark = pytest\.mark\.anyio\n\n", ""),
)


def main(arguments: list[str]) -> int:
    """Write or check every twin; return the exit status."""
    used: set[str] = set()
    stale = [
        target
        for source, target in TWINS.items()
        if not bring_up_to_date(source, target, used=used, check="--check" in arguments)
    ]
    unused = [pattern for pattern, _ in REPLACEMENTS if pattern not in used]
    for target in stale:
        print(f"{target} is not current; run tools/unasync.py")
    for pattern in unused:
        print(f"the replacement of {pattern!r} is not used any more")
    return 1 if stale or unused else 0


def bring_up_to_date(source: str, target: str, *, used: set[str], check: bool) -> bool:
    """Write one twin, or only compare it when `check` is true; return whether it is current now."""
    text = formatted(blocking((ROOT / source).read_text(encoding="utf-8"), source=source, used=used), target)
    path = ROOT / target
    if check:
        return path.exists() and path.read_text(encoding="utf-8") == text
    path.write_text(text, encoding="utf-8")
    return True


def blocking(text: str, *, source: str, used: set[str]) -> str:
    """Return the blocking twin of an asyncio module, with a first line that says where it comes from."""
    for pattern, replacement in REPLACEMENTS:
        text, count = re.subn(pattern, replacement, text)
        if count:
            used.add(pattern)
    return f"# Generated by tools/unasync.py from {Path(source).name}; edit that one.\n{text}"


def formatted(text: str, target: str) -> str:
    """Return the text as the formatter and the sorter of imports leave it."""
    for command in (["check", "--quiet", "--select", "I", "--fix"], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", target, "-"],
            input=text,
            capture_output=True,
            check=True,
            cwd=ROOT,
            text=True,
        )
        text = done.stdout
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
