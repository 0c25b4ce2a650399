"""Files: one module a format; a reader is chosen by content, not by name.

A reader has `recognises(head)` for the first bytes of a file, and `read(path)`, which gives one Recording a sensor or
raises `FileFormatError`. What the vendor's software printed beside the cells stays in the recording's `provenance`:

- `header`: the file's own header, text by key; `assumed`: what the file leaves open and how it was taken;
- `vendor`: the vendor's results by the names that the file prints, each a list with one entry a frame, None where it
  prints none. Names that the formats do not print are in their modules' docstrings.
"""

from pathlib import Path
from typing import Protocol

from barograph.errors import FileFormatError
from barograph.files import emed, npz, pedar, pliance, tekscan, xsensor
from barograph.frames import Recording


class Reader(Protocol):
    """A module that reads a format."""

    def recognises(self, head: bytes) -> bool:
        """True for the first bytes of a file of this format."""
        ...

    def read(self, path: Path) -> list[Recording]:
        """One recording a sensor, or `FileFormatError`."""
        ...


READERS: dict[str, Reader] = {
    "Tekscan ASCII": tekscan,
    "XSENSOR CSV": xsensor,
    "novel emed": emed,
    "novel pedar": pedar,
    "novel pliance": pliance,
    "NPZ": npz,
}
HEAD_BYTES = 8192


def read_file(path: Path | str) -> list[Recording]:
    """Read a file of any known format: one recording a sensor.

    A file that is damaged or of no known format raises `FileFormatError`, which names file, line and expectation;
    nothing of it is returned.
    """
    path = Path(path)
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for reader in READERS.values():
        if reader.recognises(head):
            return reader.read(path)
    raise FileFormatError(f"{path}, line 1: expected one of {', '.join(READERS)}, got {head[:40]!r}")
