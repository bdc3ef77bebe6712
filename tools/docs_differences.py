"""Write into docs/differences.md what we do without having seen AWS do it, from the comments that say so.

A comment line that begins with `# Assumed: ` is one self-contained sentence about the service's behaviour for
which no source was found. It may run on over the next comment lines until its sentence ends.

    python tools/docs_differences.py [--check]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from generated_page import ROOT, deliver, with_section

SOURCE = ROOT / "src" / "userpool"
PAGE = ROOT / "docs" / "differences.md"
MARK = "# Assumed: "


def main() -> int:
    """Write the page, or with --check tell whether it is current."""
    return deliver(PAGE, page(), description=__doc__)


def page() -> str:
    """Return the text of the whole page."""
    found: dict[str, set[str]] = {}
    for module, text in assumptions():
        found.setdefault(module, set()).add(text)
    lines: list[str] = []
    for module, texts in sorted(found.items()):
        lines += ["", f"### `{module}`", "", *(f"- {text}" for text in sorted(texts))]
    return with_section(PAGE, "assumed", lines)


def assumptions() -> Iterator[tuple[str, str]]:
    """Yield the module and the sentence of every assumption."""
    for path in sorted(SOURCE.rglob("*.py")):
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
        for number, line in enumerate(lines):
            if line.startswith(MARK):
                yield module, sentence(line.removeprefix(MARK), lines[number + 1 :])


def sentence(start: str, following: list[str]) -> str:
    """Return the sentence that begins in one comment line and may end in a later one."""
    words = start
    for line in following:
        if words.endswith(".") or not line.startswith("# "):
            break
        words += " " + line.removeprefix("# ")
    return words[:1].upper() + words[1:].rstrip(".") + "."


if __name__ == "__main__":
    sys.exit(main())
