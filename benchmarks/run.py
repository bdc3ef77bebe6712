"""Prints one line per budget: name, what was measured, the bar, pass or fail.

    make bench
    make bench ARGS="--only import --detail"

Progress goes to standard error. A row whose subject does not exist yet says so and is neither passed nor
failed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence

import client_srp
import everyday
import imports
import pool_primitives
import start
import verifier
from budgets import (
    BARS,
    CLIENT,
    EVERYDAY,
    IMPORT,
    PRIMITIVES,
    START,
    VERIFIER,
    Bar,
    NotYet,
    Rows,
    all_not_yet,
    bars_of,
)
from places import install_node_packages
from promises import ask
from servers import OTHER_KINDS, USERPOOL, userpool_is_missing

SECTIONS: dict[str, Callable[[], Rows]] = {
    CLIENT: client_srp.measure,
    IMPORT: imports.measure,
    VERIFIER: verifier.measure,
    PRIMITIVES: pool_primitives.measure,
    EVERYDAY: everyday.measure,
    START: start.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for and print the table; the result is the exit status."""
    options = _options(arguments)
    # Programs start from their bytecode, as installed ones do, whatever this shell asks of Python.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    install_node_packages()
    began = time.monotonic()
    if options.promises:
        _print_promises()
    rows = [row for section in _sections(options.only) for row in _measured(section)]
    rows = [row for row in rows if _is_wanted(row.bar, options.only)]
    _print_table(rows, detail=options.detail)
    _say(f"all in {time.monotonic() - began:.0f} s")
    missed = [row for row in rows if isinstance(row, NotYet) or not row.passed]
    return 1 if options.strict and missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py", description="Measures userpool against its budgets."
    )
    add = parser.add_argument
    add("--only", metavar="NAME", help=f"a section ({', '.join(SECTIONS)}) or the rows whose name holds NAME")
    add("--strict", action="store_true", help="exit 1 when a bar is missed or a row cannot be measured")
    add("--detail", action="store_true", help="print the numbers behind each row")
    add("--promises", action="store_true", help="first ask every server what it refuses and what it keeps")
    return parser.parse_args(arguments)


def _is_wanted(bar: Bar, only: str | None) -> bool:
    if only is None or only in SECTIONS:
        return only in {None, bar.section}
    return only.lower() in bar.name.lower()


def _sections(only: str | None) -> list[str]:
    return [section for section in SECTIONS if any(_is_wanted(bar, only) for bar in bars_of(section))]


def _measured(section: str) -> Rows:
    """The rows of a section; when it cannot be measured at all, its rows with the reason."""
    _say(f"{section} ...")
    began = time.monotonic()
    try:
        return SECTIONS[section]()
    except Exception as error:  # noqa: BLE001  One section that fails must not cost the others' rows.
        _say(f"{section}: {type(error).__name__}: {error}")
        return all_not_yet(section, f"{type(error).__name__}, see above")
    finally:
        _say(f"{section}: {time.monotonic() - began:.0f} s")


def _print_table(rows: Rows, *, detail: bool) -> None:
    width = max(len(bar.name) for bar in BARS)
    for row in rows:
        limit = f"{'>=' if row.bar.at_least else '<='} {_number(row.bar.limit, row.bar)}"
        value = "-" if isinstance(row, NotYet) else _number(row.value, row.bar)
        result = (
            f"not measured: {row.reason}" if isinstance(row, NotYet) else "pass" if row.passed else "FAIL"
        )
        more = f"   {row.detail}" if detail and not isinstance(row, NotYet) else ""
        print(f"{row.bar.name:{width}}  {value:>11}  {limit:13}  {result}{more}".rstrip())


def _number(value: float, bar: Bar) -> str:
    return f"{value:.3g}{bar.unit}"


def _print_promises() -> None:
    for kind in OTHER_KINDS if userpool_is_missing() else (USERPOOL, *OTHER_KINDS):
        said = ", ".join(f"{question}: {'yes' if kept else 'NO'}" for question, kept in ask(kind).items())
        print(f"{kind.name:15}{said}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
