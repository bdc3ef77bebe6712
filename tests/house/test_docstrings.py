"""Everything public is introduced by a sentence, and every module says where its behaviour comes from.

The linter asks for docstrings too; this test also looks at what the linter is told to leave alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

# Rooms whose behaviour is somebody else's specification, which a module of theirs has to name.
SPECIFIED = ("userpool.crypto.", "userpool.server.capabilities.", "userpool.flows.")
Named = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def test_every_module_opens_with_a_docstring(sources: list[Any]) -> None:
    bare = [module.place for module in sources if not ast.get_docstring(module.tree)]

    assert not bare, lines(bare)


def test_every_public_class_and_function_has_a_docstring(sources: list[Any]) -> None:
    bare = [
        f"{module.place}:{node.lineno}: {node.name}"
        for module in sources
        if not (module.is_generated and module.name.startswith("userpool.wire."))
        for node in public(module.tree.body)
        if not ast.get_docstring(node) and not is_told_elsewhere(node)
    ]

    assert not bare, lines(bare)


def test_a_docstring_begins_with_a_sentence(sources: list[Any]) -> None:
    wrong = [
        f"{module.place}: {text.splitlines()[0]!r}"
        for module in sources
        for node in [module.tree, *public(module.tree.body)]
        for text in [ast.get_docstring(node) or ""]
        if text and not " ".join(text.split("\n\n")[0].split()).endswith((".", ":", "?", "!"))
    ]

    assert not wrong, lines(wrong)


def test_a_module_with_a_specification_names_it(sources: list[Any]) -> None:
    silent = [
        module.place
        for module in sources
        if module.name.startswith(SPECIFIED) and not module.is_package and not module.is_generated
        if "Sources:" not in module.text and "Source:" not in module.text
    ]

    assert not silent, lines(silent)


def public(body: list[ast.stmt]) -> Iterator[Named]:
    """Yield the public classes and functions of a body, and the public methods of the classes."""
    for node in body:
        if isinstance(node, Named) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body)
        elif isinstance(node, ast.If | ast.Try):
            yield from public(node.body)


def is_told_elsewhere(node: Named) -> bool:
    """Tell whether its docstring stands at its twin: the getter, the implementation, the overridden."""
    marks = {ast.unparse(mark).split(".")[-1] for mark in node.decorator_list}
    return bool(marks & {"overload", "setter", "deleter", "override"})


def lines(found: list[str]) -> str:
    more = [f"and {len(found) - 40} more"] if len(found) > 40 else []
    return "\n" + "\n".join([*found[:40], *more])
