"""How a program here keeps a page of the documentation current: write it, or with --check say it is not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def with_section(page: Path, name: str, lines: list[str]) -> str:
    """Return a page with these lines between `<!-- name: begin … -->` and `<!-- name: end -->`."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(f"<!-- {name}: begin")
    note, close, inside = rest.partition("-->\n")
    _, end, after = inside.partition(f"<!-- {name}: end -->")
    if not (begin and close and end):
        message = f"{page.name} has no section called {name}"
        raise SystemExit(message)
    return "\n".join([before + begin + note + close, *lines, "", end + after])


def deliver(page: Path, text: str, *, description: str | None) -> int:
    """Write the text to the page unless it stands there already; return the program's exit status.

    With --check among the program's arguments nothing is written, and an old page is a failure.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="only fail when the page is out of date")
    check = parser.parse_args().check
    name = page.relative_to(ROOT).as_posix()
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    if check:
        print(f"{name} is out of date; `make generate` writes it again.", file=sys.stderr)
        return 1
    page.write_text(text, encoding="utf-8")
    print(f"{name} was written.")
    return 0
