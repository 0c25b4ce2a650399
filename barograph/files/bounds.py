"""What a file may make its reader hold: sizes are read, and refused, before anything is unpacked.

Reading a file and passing its frames on, as an import does, takes at most `MEMORY_BYTES` of memory. What a reader
holds is bounded one by one below; each bound leaves room for the copies that are made on the way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from barograph.errors import FileFormatError, InvalidData

MEMORY_BYTES = 512 << 20
# Times stay in memory, 8 bytes a frame, in up to four copies for a moment: 28 hours at 100 Hz.
MOST_FRAMES = 10_000_000
# JSON takes up to 24 times its length as objects; a vendor's results have one value per frame.
MOST_JSON_BYTES = 8 << 20
MOST_LINE_BYTES = 4 << 20
# Each column of a CSV has buffers of its own: a sensor of 128 x 128.
MOST_CSV_CELLS = 1 << 14
# A page of Parquet is unpacked at once, and one page may be all of a row group.
MOST_GROUP_BYTES = 128 << 20
MOST_FOOTER_BYTES = 24 << 20
MOST_GROUPS = 20_000
# The head of an array, and a zip archive's list of members, which is read at once.
MOST_ARRAY_HEAD_BYTES = 1 << 16
MOST_DIRECTORY_BYTES = 4 << 20
# An array in Fortran's order has its first frame complete only when all of it was read.
MOST_BY_COLUMNS_BYTES = 96 << 20
# A whole recording in memory is as large as its frames; beyond these bytes, no larger than so many times its file.
MOST_WHOLE_BYTES = 256 << 20
MOST_TIMES_ITS_FILE = 100


def check(path: Path, what: str, most: int, got: int) -> None:
    """Raise `FileFormatError` with both numbers for more than `most` of something; `what` names it with its unit."""
    if got > most:
        raise FileFormatError(f"{path}: expected at most {most} {what}, got {got}")


def check_whole(path: Path, frame_bytes: int) -> None:
    """Raise `FileFormatError` for frames that are far larger in memory than in their file."""
    if frame_bytes <= MOST_WHOLE_BYTES:
        return
    most = max(MOST_WHOLE_BYTES, MOST_TIMES_ITS_FILE * path.stat().st_size)
    if frame_bytes > most:
        raise FileFormatError(
            f"{path}, frames: expected at most {most} bytes ({MOST_WHOLE_BYTES >> 20} MiB, or {MOST_TIMES_ITS_FILE} "
            f"times the file) in memory at once, got {frame_bytes}; barograph.files.open_file reads it part by part"
        )


def parsed(name: str, text: str | bytes) -> Any:
    """Return the value of a JSON text; one that is too long, too deep or no JSON raises `ValueError`."""
    if len(text) > MOST_JSON_BYTES:
        raise InvalidData(f"{name}: expected at most {MOST_JSON_BYTES} bytes of JSON, got {len(text)}", field=name)
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidData(f"{name}: expected JSON, got lists too deep in each other") from None
