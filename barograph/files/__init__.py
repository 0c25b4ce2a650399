"""Files: one module a format; a reader is chosen by content, not by name."""

from pathlib import Path

from barograph.errors import FileFormatError
from barograph.files import npz, tekscan
from barograph.frames import Recording

READERS = {"Tekscan ASCII": tekscan, "NPZ": npz}
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
            return [reader.read(path)]
    raise FileFormatError(f"{path}, line 1: expected one of {', '.join(READERS)}, got {head[:40]!r}")
