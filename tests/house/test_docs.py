"""The documentation holds together: pages are listed, links lead somewhere, settings are told."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STANDING = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]


def test_every_page_is_in_the_navigation_and_the_reverse(root: Path) -> None:
    navigation = tomllib.loads((root / "zensical.toml").read_text())["project"]["nav"]
    pages = {page.relative_to(root / "docs").as_posix() for page in (root / "docs").rglob("*.md")}

    assert sorted(targets(navigation)) == sorted(pages)


def test_every_link_between_our_files_leads_to_one(root: Path) -> None:
    pages = [*(root / name for name in STANDING), *(root / "docs").rglob("*.md")]

    broken = [
        f"{page.relative_to(root)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]

    assert not broken, "\n" + "\n".join(broken)


def test_the_readme_opens_with_the_two_commands(root: Path) -> None:
    opening = "\n".join((root / "README.md").read_text().splitlines()[:30])

    assert "make demo" in opening
    assert "make test" in opening


def test_every_setting_of_the_server_is_documented(sources: list[Any], root: Path) -> None:
    text = (root / "docs" / "running-a-pool.md").read_text()
    settings = [module for module in sources if module.name == "userpool.server.settings"]

    fields = [name for module in settings for name in fields_of(module.tree, "Settings")]

    assert [name for name in fields if f"`{name}`" not in text] == []


def targets(navigation: Any) -> Iterator[str]:
    """Yield the pages that a navigation leads to, at any depth."""
    if isinstance(navigation, str):
        yield navigation
    elif isinstance(navigation, list):
        for entry in navigation:
            yield from targets(entry)
    else:
        for entry in navigation.values():
            yield from targets(entry)


def fields_of(tree: ast.Module, name: str) -> Iterator[str]:
    """Yield the annotated fields of a class."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            yield from (
                item.target.id
                for item in node.body
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
            )
