"""What a Lab does to the calibration of a stored stream: give it another one, list them, and undo."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from barograph.errors import InvalidData, NotFound
from barograph.fits import Fit
from barograph.frames import Layout, Place, Recording, Stream
from barograph.store.calibration_records import GIVEN, CalibrationRecord, Made
from barograph.store.reader import Reader
from barograph.store.records import StreamInfo, Workout, chosen_stream, feet_of
from barograph.store.writing import Writer

T = TypeVar("T")
_COLUMNS = ("time", "method", "source", "residual_pct", "loaded_cells", "layout", "by", "undone", "uid")


class CalibratingLab:
    """The part of a Lab that calibrates."""

    _archive: Reader
    _writer: Writer

    if TYPE_CHECKING:  # of the Lab itself

        def _run(self, question: Coroutine[Any, Any, T]) -> T: ...
        async def _workout(self, workout_id: str) -> Workout: ...

    def calibrate(self, workout: str, stream: str | None = None, *, made: Made = GIVEN, **changes: Any) -> Layout:
        """Give a stored stream a better calibration: any of the fields that `barograph.store.calibration` lists.

        These are `unit`, `scale`, `offset`, `cell_factors`, `tare`, `curve`, `contact_kpa`, and, where it was not known
        how cells lie, `geometry` (a name, as `pedar-x`), `cell_area_mm2` and `side`, and `place`, where the sensor
        stands beside the others (a `barograph.Place`); `cell_factors` and `tare` may be arrays of (rows, cols). A
        `barograph.Curve` comes with scale 1 and offset 0 where they are not given, too. Frames stay as they were
        stored: this session, however old, is read with the new layout from now on, and what
        was computed of it is computed anew. `made` says how it was found, for the record that is kept.
        """
        return _layout_of(self._run(self._writer.calibrate(self._stream(workout, stream), changes, made)))

    def place_feet(
        self, workout: str, stance_width_mm: float | None, toe_out_deg: float = 0.0
    ) -> tuple[Layout, Layout]:
        """Say how both feet of a stored session stood: mm between the heels, each foot turned outwards.

        Each of the two streams gets its place (`barograph.Place`), None takes both away; frames stay as they were
        stored. Returns the layouts of the left and the right foot.
        """
        feet = feet_of(self._run(self._workout(workout)))
        places = {} if stance_width_mm is None else Place.feet(stance_width_mm, toe_out_deg)
        left, right = (
            self.calibrate(workout, info.stream.stream, made=Made("stance"), place=places.get(side))
            for side, info in zip(("left", "right"), feet, strict=True)
        )
        return left, right

    def calibrate_by(self, workout: str, stream: str | None, fit: Fit, source: str) -> Layout:
        """Give a stored stream the calibration that a function of `barograph.fits` found.

        `source` says from which recording, for the record.
        """
        made = Made(fit.method, source, fit.residual_pct, fit.loaded_cells)
        return self.calibrate(workout, stream, made=made, **fit.changes)

    def calibrations(self, workout: str, stream: str | None = None) -> pd.DataFrame:
        """Return one row per calibration of a stream, oldest first; times in UTC.

        Columns: `time`, `method`, `source` (the recording it was made from), `residual_pct`, `loaded_cells`, `layout`
        (what held after it, in words), `by` (the uid of a user, "" for the owner of the machine), `undone`, `uid`.
        """
        rows = [
            (one.at_us, *astuple(one.made), one.said, one.by, one.undone_us, one.uid)
            for one in self.calibration_records(workout, stream)
        ]
        table = pd.DataFrame(rows, columns=list(_COLUMNS))
        for name in ("time", "undone"):
            table[name] = pd.to_datetime(table[name].astype("Int64"), unit="us", utc=True)
        return table.astype({"residual_pct": "float64", "loaded_cells": "Int64"})

    def calibration_records(self, workout: str, stream: str | None = None) -> list[CalibrationRecord]:
        """Return the records of a stream's calibrations, oldest first."""
        return self._run(self._archive.calibrations(self._stream(workout, stream)))

    def undo_calibration(self, workout: str, stream: str | None = None) -> Layout:
        """Give a stream the calibration that it had before its newest one that holds; `InvalidData` without one."""
        name, found = self._stream(workout, stream), self.calibration_records(workout, stream)
        newest = next((one for one in reversed(found) if one.undone_us is None), None)
        if newest is None:
            raise InvalidData(f"undo: expected a calibration that holds of {name}, got none", field="undo")
        return _layout_of(self._run(self._writer.undo_calibration(name, newest.uid)))

    def like(self, workout: str, stream: str | None, recording: Recording) -> Recording:
        """Return a recording, of another session or a file, as the layout of a stored stream reads it.

        Raises
        ------
        InvalidData
            When it has other rows or columns.
        """
        info = self._run(self._archive.stream_info(self._stream(workout, stream)))
        layout, own = _layout_of(info), recording.layout
        if (own.rows, own.cols) != (layout.rows, layout.cols):
            expected = f"a recording of {layout.rows} x {layout.cols} cells, as {workout} has"
            raise InvalidData(f"recording: expected {expected}, got {own.rows} x {own.cols}", field="recording")
        return replace(recording, layout=layout.with_dtype(own.dtype), stats=None)

    def _stream(self, workout: str, stream: str | None) -> Stream:
        return chosen_stream(self._run(self._workout(workout)), stream).stream


def _layout_of(info: StreamInfo) -> Layout:
    if info.layout is None:
        raise NotFound(f"{info.stream}: nothing was ever recorded in this stream")
    return info.layout
