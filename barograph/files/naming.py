"""Names for the streams of a file's recordings: the same whether it is imported, dropped on a page, or sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from barograph.errors import InvalidData
from barograph.files.parts import Frameful

# "FrasP01L", "walk_right", "Trial 3 Left": a letter or a word of its own at the end of a name.
SIDES = {
    "left": re.compile(r"(?:(?:^|[^A-Za-z])(?:[Ll]|[Ll]eft|LEFT)|(?<=[a-z])(?:L|Left))\Z"),
    "right": re.compile(r"(?:(?:^|[^A-Za-z])(?:[Rr]|[Rr]ight|RIGHT)|(?<=[a-z])(?:R|Right))\Z"),
}
MOST_LETTERS = 100


def stream_names(path: Path, recordings: Sequence[Frameful], stream: str | None = None) -> list[str]:
    """Return a name for the stream of each recording of a file.

    It is the given one; else the recording's side, the stream it was exported from, the side with which the name of an
    insole's file ends, or that name. `InvalidData` when one name is given for several recordings.
    """
    if stream is not None:
        if len(recordings) > 1:
            raise InvalidData(f"stream: {stream} names one stream, and {path} holds {len(recordings)}", field="stream")
        return [stream]
    names = [_name(path, recording) for recording in recordings]
    if len(set(names)) < len(names):
        names = [f"{name}-{number}" for number, name in enumerate(names, 1)]
    return names


def _name(path: Path, recording: Frameful) -> str:
    layout, stem = recording.layout, path.stem.strip()[:MOST_LETTERS].strip()
    before = recording.provenance.get("origin")
    named_so = before.get("stream") if isinstance(before, dict) else None
    origin = named_so if isinstance(named_so, str) else None
    named = side_in(stem) if layout.kind == "insole" else None
    return layout.side or origin or named or stem or "main"


def side_in(stem: str) -> str | None:
    """Return the side with which a file's name ends, without its suffix."""
    return next((side for side, ending in SIDES.items() if ending.search(stem)), None)
