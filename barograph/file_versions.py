"""Versions of the files that we write. Each says its own; one without is of the first, and a newer one is refused.

A version goes up when a program of before would read something wrong, and not when something is added that it may
leave out. docs/formats.md lists all of them.
"""

from __future__ import annotations

import re
from pathlib import Path

from barograph.errors import FileFormatError, InvalidData

FIRST = 1
ENDING = re.compile(r"(\d{1,9})\Z")


def version_of(said: object, known: int, what: str = "version") -> int:
    """Return a file's version: a whole number, or a text that ends with one; `InvalidData` for a newer than known.

    >>> version_of("session 1", known=1)
    1
    """
    number = said if isinstance(said, int) and not isinstance(said, bool) else None
    if isinstance(said, str) and (ending := ENDING.search(said)):
        number = int(ending[1])
    if number is None or number < FIRST:
        raise InvalidData(f"{what}: expected a whole number from {FIRST}, got {str(said)[:40]!r}", field="version")
    if number > known:
        raise InvalidData(newer(number, known, what), field="version")
    return number


def require_known(path: Path, said: object, known: int) -> None:
    """Raise `FileFormatError`, with the file's name, for a version as of `version_of` that is wrong or too new."""
    try:
        version_of(said, known)
    except InvalidData as error:
        raise FileFormatError(f"{path}: {error}") from error


def newer(version: int, known: int, what: str = "version") -> str:
    """Return the sentence that a file of a newer version is refused with."""
    return f"{what} {version} of its form: expected {known} or older, which this Barograph knows; update it"
