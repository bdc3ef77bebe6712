"""Canaries: secrets that a test knows, and places in which they must not be heard.

    canaries = Canaries()
    canaries.add("a password", PASSWORD)
    with overhearing() as heard:
        ...
    canaries.check(heard.texts, "the logs")

A code of a few digits counts only where it stands by itself, as a number may have its digits by chance.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

__all__ = ["Canaries", "Overheard", "overhearing"]

SHORTEST = 6


class Canaries:
    """Secrets by their texts, each with the name of what it is."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def add(self, name: str, *secrets: str | None) -> None:
        """Take secrets in; what isn't there is none."""
        for secret in secrets:
            if secret:
                assert len(secret) >= SHORTEST, f"{name} is too short to be recognised"
                self.names.setdefault(secret, name)

    def heard_in(self, text: str) -> set[str]:
        """Return the names of the secrets in a text."""
        return {name for secret, name in self.names.items() if secret in text and _stands_out(secret, text)}

    def held_by(self, data: bytes) -> set[str]:
        """Return the names of the secrets in bytes; of codes, too, wherever they stand."""
        return {name for secret, name in self.names.items() if secret.encode() in data}

    def check(self, texts: Iterable[str], place: str) -> None:
        """Fail if a secret is in one of the texts; the failure names it and doesn't show it."""
        found = {name for text in texts for name in self.heard_in(text)}
        assert not found, f"{place} tell {sorted(found)}"


def _stands_out(secret: str, text: str) -> bool:
    return not secret.isdigit() or re.search(rf"(?<![0-9A-Za-z.]){secret}(?![0-9A-Za-z])", text) is not None


class Overheard(logging.Handler):
    """Keeps all that is logged: messages, what they were made of, and errors with their tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record."""
        self.texts += [record.getMessage(), repr(record.args)]
        if record.exc_info is not None and record.exc_info[1] is not None:
            self.note(record.exc_info[1])

    def note(self, error: BaseException) -> None:
        """Keep what is told of an error: its texts, and those of the errors that led to it."""
        self.texts += [str(error), repr(error), "".join(traceback.format_exception(error))]


@contextmanager
def overhearing() -> Iterator[Overheard]:
    """Listen to all loggers at their most talkative."""
    heard, root = Overheard(), logging.getLogger()
    before = {logger: logger.level for logger in _loggers()} | {root: root.level}
    root.addHandler(heard)
    try:
        for logger in before:
            logger.setLevel(logging.DEBUG)
        yield heard
    finally:
        root.removeHandler(heard)
        for logger, level in before.items():
            logger.setLevel(level)


def _loggers() -> list[logging.Logger]:
    named = logging.getLogger().manager.loggerDict.values()
    return [logger for logger in named if isinstance(logger, logging.Logger)]
