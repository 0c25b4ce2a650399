"""What is said of a file, on what was read of it: the side and the geometry of a recording that has none of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import FileFormatError, InvalidData, NotSaid
from barograph.files.given import Given
from barograph.files.parts import FileRecording
from barograph.frames import Layout, Recording
from barograph.times import dated


def applied(
    path: Path, recordings: Sequence[Recording | FileRecording], said: Given
) -> list[Recording | FileRecording]:
    """Return the recordings of a file with the side and the geometry that are given, where the file has none.

    A side is that of a file of one sensor. A geometry of other cells raises `FileFormatError`, and so does one that
    needs a side where nobody says it.
    """
    return [_one(path, recording, said, alone=len(recordings) == 1) for recording in recordings]


def _one(path: Path, one: Recording | FileRecording, said: Given, *, alone: bool) -> Recording | FileRecording:
    used: dict[str, Any] = {}
    layout = one.layout
    if said.side is not None and layout.side is None and alone:
        layout = replace(layout, side=said.side)  # type: ignore[arg-type]  # it is checked where it is given
        used["side"] = said.side
    if said.geometry is not None and not _has_places(layout):
        layout = _placed(path, layout, said)
        used["geometry"] = said.geometry
    if not used:
        return one
    given = {**one.provenance.get("given", {}), **used}
    return replace(one, layout=layout, provenance={**one.provenance, "given": given})


def _has_places(layout: Layout) -> bool:
    return layout.pitch_mm is not None or layout.places in ("mm", "relative")


def _placed(path: Path, layout: Layout, said: Given) -> Layout:
    try:
        known = said.known(layout.side)
    except InvalidData as error:
        raise NotSaid(f"{path}: {error}; --side says it", ("side",)) from error
    if known is None:
        return layout
    if known.cells != layout.cells or (
        known.geometry is None and (known.rows, known.cols) != (layout.rows, layout.cols)
    ):
        size = f"{known.rows} x {known.cols} cells" if known.geometry is None else f"{known.cells} cells"
        raise FileFormatError(
            f"{path}: expected the {size} of geometry {known.name}, got {layout.rows} x {layout.cols}"
        )
    fields = known.fields(layout.unit)
    brought: dict[str, Any] = {name: fields[name] for name in ("geometry", "pitch_mm") if name in fields}
    if layout.cell_area_mm2 is None and "cell_area_mm2" in fields:
        brought["cell_area_mm2"] = fields["cell_area_mm2"]
    return replace(layout, **brought)


def begun(recordings: Sequence[Recording], start_us: int) -> list[Recording]:
    """Return the recordings of a file that has no date as if its first frame were of a moment; others keep theirs."""
    filled = [one for one in recordings if len(one)]
    if not filled or all(dated(int(one.times_us.min())) for one in filled):
        return list(recordings)
    offset_us = start_us - min(int(one.times_us.min()) for one in filled)
    start = {"start": f"{np.datetime64(start_us, 'us')}Z"}
    return [
        replace(
            one,
            times_us=one.times_us + offset_us,
            provenance={**one.provenance, "given": {**one.provenance.get("given", {}), **start}},
        )
        for one in recordings
    ]
