"""What the recordings beside the vendors' hold, computed from them without this program."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from barograph.files.parts import FileRecording

Sensors = Callable[[str], Path]


def of(sensors: Sensors, name: str) -> dict[str, Any]:
    """What is known of a recording."""
    found: dict[str, Any] = json.loads(sensors("oracles.json").read_text("utf-8"))[name]
    return found


def made(sensors: Sensors, name: str) -> dict[str, Any]:
    """The values that a made file holds."""
    found: dict[str, Any] = json.loads(sensors("made-truth.json").read_text("utf-8"))[name]
    return found


def unpacked(path: Path, folder: Path) -> Path:
    """The one file of an archive."""
    with zipfile.ZipFile(path) as archive:
        (name,) = archive.namelist()
        return Path(archive.extract(name, folder))


def one(found: Any) -> FileRecording:
    """The only recording of a file that is read in parts."""
    (recording,) = found
    assert isinstance(recording, FileRecording)
    return recording
