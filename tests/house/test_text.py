"""What no kept file may contain: places of one machine, addresses of registries, notes for later."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Written with a class of one letter here and there, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.:/])/(?:work|root|home|Users)/[\w-]+",
    "the host of a package registry": r"python[h]osted\.|py[p]i\.org|registry\.[n]pmjs|registry\.[y]arnpkg",
    "a note for later": r"\b(?:TO[D]O|FI[X]ME)\b",
    "a page that is not in this repository": r"\.\./[s]hared|\b(?:service-behaviour|js-sdk|security-checklist"
    r"|scale-out|user-pains|python-landscape|examples-to-follow)(?:\.[m]d| §)",
}
LOCK_FILES = {
    "Pipfile.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "pdm.lock",
    "pnpm-lock.yaml",
    "poetry.lock",
    "uv.lock",
    "yarn.lock",
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_kept_file_contains(what: str, kept_files: list[Path], root: Path) -> None:
    pattern = re.compile(FORBIDDEN[what])

    found = [
        f"{file.relative_to(root)}:{number}: {match.group()}"
        for file in kept_files
        for number, line in enumerate(text_of(file).splitlines(), start=1)
        for match in [pattern.search(line)]
        if match
    ]

    assert not found, lines(found)


def test_no_lock_file_with_addresses_is_kept(kept_files: list[Path], root: Path) -> None:
    assert [str(file.relative_to(root)) for file in kept_files if file.name in LOCK_FILES] == []


def test_pinned_files_say_what_and_never_where_from(root: Path) -> None:
    for file in sorted((root / "requirements").glob("*.txt")):
        text = file.read_text()

        assert "://" not in text, file.name
        assert "--index" not in text, file.name
        assert "--find-links" not in text, file.name
        bare = [line for line in re.findall(r"^\w.*", text, re.MULTILINE) if not re.search(r"==.* \\$", line)]
        assert bare == [], f"{file.name}: without a version or without hashes"


def text_of(file: Path) -> str:
    """Return the text of a file; bytes that are not text say nothing."""
    return file.read_bytes().decode(errors="replace")


def lines(found: list[str]) -> str:
    more = [f"and {len(found) - 40} more"] if len(found) > 40 else []
    return "\n" + "\n".join([*found[:40], *more])
