"""C3D: a force plate a stream, for Mokka, OpenSim and others; written by ezc3d, never read here.

Plates are of type 1: Fx, Fy, Fz, Px, Py, Tz in analog channels 1 to 6, of which Fx, Fy and Tz are 0. Fz is the force
upward on the foot in N; Px and Py are the centre of pressure in mm from the plate's middle. Axes: X to the right, Y to
the front, Z up; a plate is the rectangle around all cells. Where the centre is not known, below the layout's floor, Fz,
Px and Py are 0; the next channel, `Total1`, has the total force of every frame. `Peak1` and `Area1` are the largest
cell and the loaded area, where that is known. A second stream has the channels after these, with 2 in their names.
Numbers are float32. `BAROGRAPH:START` is when the first frame was.

https://c3d.org/HTML/Documents/forceplatformtype.htm and forceplatformcorners.htm
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import InvalidData
from barograph.extras import needed
from barograph.files.encoding import Counter
from barograph.files.forces import Track, check_forces, steady_rate, surface
from barograph.frames import Floats, Frames, Gap, Ints, Layout

# A C3D counts its frames in 16 bits; readers cut longer ones off without an error.
MOST_FRAMES = 65_535
MOST_TEXT = 127
MOST_STREAMS = 28  # of nine channels each: more channels have their labels in a second parameter, which few read
PLATE = (("Fx", "N"), ("Fy", "N"), ("Fz", "N"), ("Px", "mm"), ("Py", "mm"), ("Tz", "Nmm"), ("Total", "N"))
WHOLE = 2  # ezc3d's type of whole numbers
# What ezc3d has as floats unless it is told, and readers take as whole numbers alone.
WHOLE_NUMBERS = ("USED", "TYPE", "ZERO", "CHANNEL")


def check(layout: Layout, times_us: Ints, gaps: Sequence[Gap]) -> None:
    """Raise `InvalidData` for what a C3D does not hold: no force, no place, gaps, no one rate, too many frames."""
    check_installed()
    check_forces(layout)
    check_frames(len(times_us))
    steady_rate(times_us, gaps)


def check_installed() -> None:
    """Raise `InvalidData` where nothing here writes a C3D."""
    needed("ezc3d", "C3D")


def check_frames(frames: int) -> None:
    """Raise `InvalidData` for more frames than readers count."""
    if frames > MOST_FRAMES:
        raise InvalidData(
            f"frames: expected at most {MOST_FRAMES} in a C3D, got {frames}; choose a part of the session",
            field="frames",
        )


class C3dEncoder:
    """The bytes of a C3D; five numbers a frame are kept to the end."""

    def __init__(
        self, layout: Layout, n: int, gaps: Sequence[Gap] = (), provenance: Mapping[str, Any] | None = None
    ) -> None:
        self._gaps, self._about = gaps, provenance or {}
        self._counter = Counter(layout, n)
        self._track = Track(layout, str(self._about.get("stream") or ""))

    def begin(self) -> bytes:
        """Return nothing: the file begins with what is known at its end."""
        return b""

    def add(self, times_us: Ints, frames: Frames) -> bytes:
        """Take the forces of frames."""
        self._counter.add(times_us, frames)
        self._track.add(times_us, frames)
        return b""

    def finish(self) -> Iterable[bytes]:
        """Return the file, or `InvalidData` as `check`."""
        self._counter.finish()
        times_us = self._track.times_us
        check(self._track.layout, times_us, self._gaps)
        return (written([self._track], steady_rate(times_us, self._gaps), str(self._about.get("workout_id") or "")),)


def written(tracks: Sequence[Track], rate: float, workout: str = "") -> bytes:
    """Return a C3D of streams that have as many frames at the same times: one force plate each."""
    times_us = tracks[0].times_us
    check_frames(len(times_us))
    if len(tracks) > MOST_STREAMS:
        raise InvalidData(f"streams: expected at most {MOST_STREAMS} in a C3D, got {len(tracks)}", field="stream")
    made = needed("ezc3d", "C3D").c3d()
    points, analog = (made["parameters"][name] for name in ("POINT", "ANALOG"))
    points["RATE"]["value"] = analog["RATE"]["value"] = [rate]
    points["UNITS"]["value"] = ["mm"]
    labels = [label for number, one in enumerate(tracks, 1) for label in _labels(number, one)]
    for at, name in enumerate(("LABELS", "UNITS", "DESCRIPTIONS")):
        analog[name]["value"] = [label[at] for label in labels]
    made["data"]["points"] = np.zeros((4, 0, len(times_us)))
    made["data"]["analogs"] = np.concatenate([_channels(one) for one in tracks])[None]
    _add_plates(made, tracks)
    start = np.datetime_as_string(times_us[0].astype("M8[us]")) + "Z"
    said = {"START": [start], "WORKOUT": [workout], "STREAM": [one.name for one in tracks]}
    said |= {"SIDE": [one.layout.side or "-" for one in tracks]}
    for name, texts in said.items():
        if any(texts):
            made.add_parameter("BAROGRAPH", name, [_ascii(text) for text in texts])
    with tempfile.TemporaryDirectory(prefix="barograph-") as folder:
        path = Path(folder) / "plates.c3d"
        made.write(str(path))
        return path.read_bytes()


def _labels(number: int, track: Track) -> list[tuple[str, str, str]]:
    """Label, unit and description of each channel of a stream."""
    names = [*PLATE, ("Peak", track.layout.cell_unit), *([] if track.layout.area_cm2 is None else [("Area", "cm2")])]
    return [(f"{name}{number}", unit, _ascii(track.name)) for name, unit in names]


def _channels(track: Track) -> Floats:
    """(channels, n) of a stream, in the order of its labels."""
    left, back, right, front = surface(track.layout)
    found, none = track.forces, np.zeros(len(track.times_us))
    acts = ~np.isnan(found.x)
    plate = [none, none, np.where(acts, found.total, 0.0), np.where(acts, found.x - (left + right) / 2, 0.0),
             np.where(acts, found.y - (back + front) / 2, 0.0), none, found.total, found.peak]  # fmt: skip
    return np.array([*plate, *([] if track.layout.area_cm2 is None else [found.area])])


def _add_plates(made: Any, tracks: Sequence[Track]) -> None:
    corners, channels, first = [], [], 1
    for number, track in enumerate(tracks, 1):
        left, back, right, front = surface(track.layout)
        # In this order the plate's axes are those of the file; another one would turn the centre of pressure.
        corners.append([(x, y, 0.0) for x, y in ((right, front), (left, front), (left, back), (right, back))])
        channels.append(np.arange(first, first + 6, dtype=np.float64))
        first += len(_labels(number, track))
    many = len(tracks)
    values = {
        "USED": [float(many)], "TYPE": [1.0] * many, "ZERO": [0.0, 0.0], "CORNERS": np.array(corners).T,
        "ORIGIN": np.zeros((3, many)), "CHANNEL": np.array(channels).T,
    }  # fmt: skip
    for name, value in values.items():
        made.add_parameter("FORCE_PLATFORM", name, value)
    for name in WHOLE_NUMBERS:
        one = made["parameters"]["FORCE_PLATFORM"][name]
        one["type"], one["value"] = WHOLE, np.asarray(one["value"]).astype(int)


def _ascii(text: str) -> str:
    """A text of letters that every reader of C3D has; others as \\uXXXX."""
    return text.encode("ascii", "backslashreplace").decode()[:MOST_TEXT]
