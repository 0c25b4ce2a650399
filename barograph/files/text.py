"""Text files of vendors: decoding, and a cursor that knows which line it is at when something is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from barograph.errors import FileFormatError


def decode(data: bytes) -> str:
    """UTF-8 with or without BOM; what is not UTF-8 is latin-1, which every byte is."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Lines:
    """The lines of a file, one after the other; `number` is the one read last, counted from 1."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.number = 0
        # Not splitlines(): it also splits at form feeds, which are content in some formats.
        self._lines: Sequence[str] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def next(self, expected: str) -> str:
        """The next line, without blanks at its end; the end of the file is an error that says what was expected."""
        if self.number >= len(self._lines):
            raise FileFormatError(f"{self.path}, line {self.number}: expected {expected}, got the end of the file")
        self.number += 1
        return self._lines[self.number - 1].rstrip()

    def next_filled(self, expected: str) -> str:
        """The next line that is not blank."""
        while not (line := self.next(expected)):
            pass
        return line

    def rest_is_blank(self) -> bool:
        """True when nothing but blank lines is left; else the cursor stands on the first that is not."""
        while self.number < len(self._lines):
            if self.next("a blank line"):
                return False
        return True

    def error(self, expected: str, got: str, line: int | None = None) -> FileFormatError:
        """An error at a line, by default the one read last."""
        got = got if len(got) <= 60 else f"{got[:57]}..."
        return FileFormatError(f"{self.path}, line {line or self.number}: expected {expected}, got {got!r}")
