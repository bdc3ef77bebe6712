r"""Translation of the service model's Java regular expressions into Python ones that take linear time.

Rules: a Java pattern is a full match, its \w \s \d are ASCII, its dot stops at every line terminator. A set
of characters is computed as code-point ranges and printed again, so nothing depends on Python's own classes.

Sources: Java SE `java.util.regex.Pattern`; the public service model, botocore.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Ranges = tuple[tuple[int, int], ...]

_LAST: Final = 0x10FFFF
_SPACE: Final[Ranges] = ((0x09, 0x0D), (0x20, 0x20))
_WORD: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_DIGIT: Final[Ranges] = ((0x30, 0x39),)
_LINE_ENDS: Final[Ranges] = ((0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029))
_SEPARATORS: Final[Ranges] = (
    *((0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029)),
    *((0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
)
# Control, format, surrogate and private-use characters as of Unicode 15. The tables are written out because
# Python's own differ from version to version, and the generated files must not. Unassigned code points count
# as visible, so that a letter of a later Unicode version is welcome.
_OTHER: Final[Ranges] = (
    *((0x00, 0x1F), (0x7F, 0x9F), (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD)),
    *((0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2), (0x180E, 0x180E), (0x200B, 0x200F)),
    *((0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xD800, 0xF8FF), (0xFEFF, 0xFEFF)),
    *((0xFFF9, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F)),
    *((0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F), (0xF0000, _LAST)),
)
_VISIBLE_CATEGORIES: Final = frozenset("LMSNP")
_ESCAPES: Final = {"t": 0x09, "n": 0x0A, "r": 0x0D, "f": 0x0C}


class UnknownPatternError(ValueError):
    """A pattern of the model uses a construct that this translator has not been taught."""


@dataclass(frozen=True)
class Piece:
    """One step of a pattern: a set of characters with how often, a literal, or a construct copied as is."""

    kind: str
    text: str = ""
    ranges: Ranges = ()
    often: str = ""


def union(*sets: Ranges) -> Ranges:
    """The ranges of all sets together, sorted and merged."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pair for ranges in sets for pair in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Every code point that is not in the ranges."""
    rest: list[tuple[int, int]] = []
    start = 0
    for low, high in union(ranges):
        if low > start:
            rest.append((start, low - 1))
        start = high + 1
    if start <= _LAST:
        rest.append((start, _LAST))
    return tuple(rest)


def contains(ranges: Ranges, character: str) -> bool:
    """Whether one character is in the ranges."""
    return any(low <= ord(character) <= high for low, high in ranges)


def is_large(ranges: Ranges) -> bool:
    """Whether the set reaches so far into Unicode that a class for it is slow."""
    return ranges[-1][1] == _LAST or len(ranges) > 10


_VISIBLE: Final = complement(union(_SEPARATORS, _OTHER))


def _print_character(point: int) -> str:
    character = chr(point)
    if character.isascii() and character.isalnum():
        return character
    if 0x21 <= point <= 0x7E:
        return "\\" + character if character in "\\]^-[&~|" else character
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"


def print_class(ranges: Ranges) -> str:
    """The set as a Python character class, negated where that is shorter."""
    negated = complement(ranges)
    # A long class compiles four times faster in its negated form (measured: 1 ms against 4 ms).
    sign, shown = ("^", negated) if len(negated) < len(ranges) or is_large(ranges) else ("", ranges)
    parts: list[str] = []
    for low, high in shown:
        parts.append(_print_character(low))
        if high > low:
            parts.append(("-" if high > low + 1 else "") + _print_character(high))
    return f"[{sign}{''.join(parts)}]"


class _Reader:
    """Reads a Java pattern into pieces."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.dot_all = False

    def pieces(self) -> list[Piece]:
        found: list[Piece] = []
        while self.at < len(self.pattern):
            piece = self._next_piece()
            if piece is not None:
                found.append(piece)
        return found

    def _take(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def _next_piece(self) -> Piece | None:
        if self._take("(?s)"):
            self.dot_all = True
            return None
        if (self.at == 0 and self._take("^")) or (self.at == len(self.pattern) - 1 and self._take("$")):
            return None
        for opening in ("(?:", "(?<!", "(?!", "(", ")", "|"):
            if self._take(opening):
                return Piece("copy", text=opening, often=self._often())
        return self._set_or_literal()

    def _set_or_literal(self) -> Piece:
        if self._take("["):
            return Piece("set", ranges=self._class(), often=self._often())
        if self._take("."):
            ranges = ((0, _LAST),) if self.dot_all else complement(_LINE_ENDS)
            return Piece("set", ranges=ranges, often=self._often())
        if self._take("\\"):
            escaped = self._escape()
            if isinstance(escaped, tuple):
                return Piece("set", ranges=escaped, often=self._often())
            return Piece("literal", text=chr(escaped), often=self._often())
        character = self.pattern[self.at]
        if character in "*+?{}^$":
            raise UnknownPatternError(f"{character!r} at {self.at} of {self.pattern!r}")
        self.at += 1
        return Piece("literal", text=character, often=self._often())

    def _often(self) -> str:
        start = self.at
        if self.at < len(self.pattern) and self.pattern[self.at] in "*+?":
            self.at += 1
        elif self.at < len(self.pattern) and self.pattern[self.at] == "{":
            self.at = self.pattern.index("}", self.at) + 1
        return self.pattern[start : self.at]

    def _escape(self) -> int | Ranges:
        letter = self.pattern[self.at]
        self.at += 1
        classes = {"w": _WORD, "s": _SPACE, "d": _DIGIT, "S": complement(_SPACE)}
        if letter in classes:
            return classes[letter]
        if letter == "x":
            self.at += 2
            return int(self.pattern[self.at - 2 : self.at], 16)
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        if letter.isalnum():
            raise UnknownPatternError(f"escape {letter!r} of {self.pattern!r}")
        return ord(letter)

    def _class(self) -> Ranges:
        negated = self._take("^")
        parts: list[Ranges] = []
        categories: set[str] = set()
        while not self._take("]"):
            if self._take("\\p{"):
                categories.add(self.pattern[self.at])
                self.at += 2
                continue
            low = self._class_member()
            if isinstance(low, int):
                parts.append(((low, self._range_end(low)),))
            else:
                parts.append(low)
        ranges = union(*parts, *self._categories(categories))
        return complement(ranges) if negated else ranges

    def _class_member(self) -> int | Ranges:
        if self._take("\\"):
            return self._escape()
        self.at += 1
        return ord(self.pattern[self.at - 1])

    def _range_end(self, low: int) -> int:
        is_range = self.pattern.startswith("-", self.at) and self.pattern[self.at + 1] not in "]\\"
        if self.pattern.startswith("-\\x", self.at):
            is_range = True
        if not is_range or low == ord("-"):
            return low
        self.at += 1
        high = self._class_member()
        if not isinstance(high, int):
            raise UnknownPatternError(f"range of {self.pattern!r}")
        return high

    def _categories(self, categories: set[str]) -> list[Ranges]:
        sets: list[Ranges] = []
        if "Z" in categories:
            sets.append(_SEPARATORS)
        visible = categories - {"Z"}
        if visible == _VISIBLE_CATEGORIES:
            sets.append(_VISIBLE)
        elif visible:
            raise UnknownPatternError(f"categories {sorted(visible)} of {self.pattern!r}")
        return sets


def translate(java_pattern: str) -> str:
    """A Python pattern that `re.search` finds in exactly the texts that the Java pattern matches."""
    pieces = _Reader(java_pattern).pieces()
    return _run_of_one_set(pieces) or "\\A" + _grouped("".join(map(_print_piece, pieces))) + "\\Z"


def _grouped(text: str) -> str:
    return f"(?:{text})" if "|" in text else text


def _print_piece(piece: Piece) -> str:
    if piece.kind == "set":
        return print_class(piece.ranges) + piece.often
    if piece.kind == "literal":
        character = piece.text
        return ("\\" + character if character in "\\.[]{}()*+?^$|" else character) + piece.often
    return piece.text + piece.often


def _run_of_one_set(pieces: list[Piece]) -> str | None:
    """The linear form of runs of one set with literals of its characters between; else None.

    `C*L1C*L2C*` matches when every character is in C and L1, then L2, occur. Backtracking takes quadratic
    time and more to find that out about hostile texts; one look ahead and the earliest occurrence of each
    literal, never reconsidered, decide the same.
    """
    runs = [piece for piece in pieces if piece.kind == "set"]
    literals = [piece for piece in pieces if piece.kind != "set"]
    if not runs or any(run.ranges != runs[0].ranges or run.often not in ("*", "+") for run in runs):
        return None
    if pieces[0].kind != "set" or pieces[-1].kind != "set" or (not literals and not is_large(runs[0].ranges)):
        return None
    if any(
        piece.kind != "literal" or piece.often or not contains(runs[0].ranges, piece.text)
        for piece in literals
    ):
        return None
    steps = _steps(pieces)
    return "\\A" + (f"(?={_everything(runs[0].ranges)}){steps}" if steps else _everything(runs[0].ranges))


def _everything(ranges: Ranges) -> str:
    if ranges == ((0, _LAST),):
        return ""
    # Most texts are ASCII, and a short class is several times faster than the long one. Both are possessive,
    # so that nothing is tried twice.
    ascii_part = tuple((low, min(high, 0x7F)) for low, high in ranges if low <= 0x7F)
    short = print_class(ascii_part) + "*+" if is_large(ranges) else ""
    return f"{short}{print_class(ranges)}*+\\Z"


def _steps(pieces: list[Piece]) -> str:
    text = ""
    index = 0
    while index < len(pieces):
        if pieces[index].kind == "set":
            text += "(?s:.)" if pieces[index].often == "+" else ""
            index += 1
            continue
        end = index
        while end < len(pieces) and pieces[end].kind == "literal":
            end += 1
        text += f"(?>(?s:.*?){''.join(map(_print_piece, pieces[index:end]))})"
        index = end
    return text
