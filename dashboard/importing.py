"""Files that are dropped on the page: read as any known format, and stored as `barograph import` stores them."""

from __future__ import annotations

import asyncio
import base64
import binascii
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dash import html
from numpy.typing import NDArray

from analytics import arrival_stats
from analytics.columns import ARRIVAL_VERSION, arrival_columns
from barograph import files
from barograph.errors import BarographError, InvalidData
from barograph.frames import Frames, Layout, Recording, Stream, check_name
from barograph.imports import import_recording
from barograph.ports import Archive
from dashboard import words

LEAST_COMMON = 4


class ArrivalStatistics:
    """The statistics that the ingest computes of frames as they arrive."""

    version = ARRIVAL_VERSION

    def columns(self, layout: Layout) -> Sequence[str]:
        """Names of the basic set."""
        return arrival_columns(layout)

    def compute(self, frames: Frames, layout: Layout) -> NDArray[Any]:
        """The basic set."""
        return arrival_stats(frames, layout)


async def imported(archive: Archive, dropped: Sequence[tuple[str, str]]) -> list[Any]:
    """Store every file that can be read, and say of each what became of it."""
    workout = workout_name([name for name, _ in dropped])
    return [await _one(archive, workout, name, content) for name, content in dropped]


def workout_name(names: Sequence[str]) -> str:
    """A name for files that were dropped together: what their names have in common, else the first one's."""
    stems = [Path(name).stem for name in names] or ["import"]
    alike = itertools.takewhile(lambda letters: len(set(letters)) == 1, zip(*stems, strict=False))
    common = "".join(letters[0] for letters in alike).rstrip(" -_.")
    chosen = common if len(common) >= LEAST_COMMON else stems[0]
    plain = "".join(letter if letter.isprintable() and letter != "/" else "-" for letter in chosen).strip()
    return check_name("workout_id", plain[:128].strip() or "import")


async def _one(archive: Archive, workout: str, name: str, content: str) -> html.P:
    try:
        recordings = await asyncio.to_thread(_read, name, content)
        stored = [await _store(archive, workout, name, one) for one in recordings]
    except (BarographError, OSError) as error:
        return html.P(f"{name}: {error}", className="warn")
    return html.P(f"{name}: {words.plural(sum(stored), 'frame')} stored in {workout}")


def _read(name: str, content: str) -> list[Recording]:
    try:
        data = base64.b64decode(content.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise InvalidData(f"{name}: expected the content of a file") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / (Path(name).name[-100:] or "file")
        path.write_bytes(data)
        try:
            return files.read_file(path)
        except BarographError as error:
            raise InvalidData(str(error).replace(f"{folder}/", "")) from error


async def _store(archive: Archive, workout: str, name: str, recording: Recording) -> int:
    stem = Path(name).stem.replace("/", "-").strip()[:100]
    stream = Stream(workout, recording.layout.side or stem or "main")
    done = await import_recording(archive, stream, recording, ArrivalStatistics(), now_us=time.time_ns() // 1000)
    return done.stored
