"""Text files of vendors: decoding, a cursor that knows which line it is at when something is wrong, and headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from barograph.errors import FileFormatError
from barograph.files import bounds
from barograph.files.vendors.quantities import UNITS, count, pressure_unit

T = TypeVar("T")
MOST_KEYS = 10_000
# Who was measured is a record of its own, and a name stands nowhere else.
LEFT_OUT = "left out: says who was measured"
UNIT_NAMES = ", ".join(dict.fromkeys(UNITS.values()))


def decode(data: bytes) -> str:
    """Decode UTF-8 with or without BOM; what is not UTF-8 is latin-1, which every byte is."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Cursor:
    """The lines of a file, one after the other; `number` is the one read last, counted from 1."""

    def __init__(self, path: Path, blank: str = "") -> None:
        self.path = path
        self.number = 0
        self._blank = f" \t\f{blank}"

    @property
    def line(self) -> str:
        """The line read last, without blanks at its end."""
        raise NotImplementedError

    def next(self, expected: str) -> str:
        """Return the next line, without blanks at its end.

        The end of the file is an error that says what was expected.
        """
        if self.at_end():
            raise FileFormatError(f"{self.path}, line {self.number}: expected {expected}, got the end of the file")
        self.number += 1
        self._step()
        return self.line

    def _step(self) -> None:
        """Make the next line the one read last."""

    def back(self) -> None:
        """Go back before the line read last."""
        self.number -= 1

    def at_end(self) -> bool:
        """Return True when no line is left."""
        raise NotImplementedError

    def next_filled(self, expected: str) -> str:
        """Return the next line that is not blank."""
        while not (line := self.next(expected)):
            pass
        return line

    def rest_is_blank(self) -> bool:
        """Return True when nothing but blank lines is left; else the cursor stands on the first that is not."""
        while not self.at_end():
            if self.next("a blank line"):
                return False
        return True

    def error(self, expected: str, got: str, line: int | None = None) -> FileFormatError:
        """Return an error at a line, by default the one read last."""
        got = got if len(got) <= 60 else f"{got[:57]}..."
        return FileFormatError(f"{self.path}, line {line or self.number}: expected {expected}, got {got!r}")


class FileLines(Cursor):
    """The lines of a file that are read as they are asked for, so that it may be of any size; a context closes it.

    Each line is UTF-8, or latin-1 where it is not.
    """

    def __init__(self, path: Path, blank: str = "", turned: Callable[[str], str] = str) -> None:
        """Open the file; `turned` makes each line what a reader takes, and no other number of lines."""
        super().__init__(path, blank)
        self._file = path.open("r", encoding="latin-1", newline=None)
        self._turned = turned
        self._last = ""
        self._whole: str | None = None
        self._pending: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def line(self) -> str:
        """The line read last, without blanks at its end."""
        return self.whole.rstrip(self._blank)

    @property
    def whole(self) -> str:
        """The line read last, with the blanks at its end: tabs between columns that are empty."""
        if self._whole is None:
            text = self._last.removesuffix("\n")
            self._whole = self._turned(text if text.isascii() else decode(text.encode("latin-1")))
        return self._whole

    @property
    def is_cut(self) -> bool:
        """True where the line read last is the file's last one and has no end."""
        return not self._last.endswith("\n")

    def back(self) -> None:
        """Go back before the line read last."""
        super().back()
        self._pending.append(self._last)

    def at_end(self) -> bool:
        """Return True when no line is left."""
        if not self._pending:
            line = self._file.readline(bounds.MOST_LINE_BYTES + 1)
            bounds.check(self.path, "characters in a line", bounds.MOST_LINE_BYTES, len(line))
            self._pending += [line] if line else []
        return not self._pending

    def _step(self) -> None:
        self._last, self._whole = self._pending.pop(), None

    def check_last_number(self) -> None:
        """Refuse a last line without an end whose last number has fewer decimals than others: it may be cut."""
        words = self._last.split() if self.is_cut else []
        before, last = (len(word.partition(".")[2]) for word in words[-2:]) if len(words) > 1 else (0, 0)
        if last < before:
            raise self.error(f"{before} decimals or a line end after the last number", words[-1])


class Value(NamedTuple):
    """A header value and the line it stands on."""

    text: str
    line: int


class Header:
    """What a file says before its data: each key once."""

    def __init__(self, lines: Cursor) -> None:
        self.lines = lines
        self.values: dict[str, Value] = {}

    def add(self, key: str, text: str) -> None:
        """Keep a value of the line read last; a key that was there is an error."""
        if len(self.values) >= MOST_KEYS:
            raise self.lines.error(f"at most {MOST_KEYS} keys in the header", key)
        if key in self.values:
            raise self.lines.error(f"{key} once, as on line {self.values[key].line}", f"{key} {text}".strip())
        self.values[key] = Value(text.strip(), self.lines.number)

    def text(self, key: str) -> Value:
        """Return a value that has to be there."""
        if key not in self.values:
            raise self.lines.error(f"{key} in the header", "the start of the data")
        return self.values[key]

    def convert(self, key: str, expected: str, conversion: Callable[[str], T]) -> T:
        """Return a value through a conversion; what it cannot take is an error at the value's line."""
        value = self.text(key)
        try:
            return conversion(value.text)
        except (ValueError, KeyError, ArithmeticError):
            raise self.lines.error(f"{key} with {expected}", value.text, value.line) from None

    def count(self, key: str) -> int:
        """Return a whole number of 1 or more."""
        return self.convert(key, "a whole number of 1 or more", count)

    def unit(self, key: str) -> str:
        """Return a unit of pressure, or raw, as a Layout names it."""
        return self.convert(key, f"one of {UNIT_NAMES}", pressure_unit)

    def contact_kpa(self, key: str) -> float | None:
        """Return the contact threshold of cells that the vendor's own one, `key`, has set to 0 already: 0.

        None without it.
        """
        return 0.0 if key in self.values and self.values[key].text else None

    def texts(self, personal: Sequence[str] = ()) -> dict[str, Any]:
        """Return all of it, for the provenance; who was measured, under the keys of `personal`, is left out."""
        return {key: LEFT_OUT if key in personal and value.text else value.text for key, value in self.values.items()}
