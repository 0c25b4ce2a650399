"""A stream of the Lab Streaming Layer as a live source, and what our own outlet says of the cells in one.

pylsl brings liblsl with it. Samples have LSL's time, brought to this machine's clock by LSL itself (`proc_clocksync`).
"""

from __future__ import annotations

import json
import time
from typing import Any

from barograph.errors import InvalidData
from barograph.extras import command
from barograph.frames import Layout
from barograph.geometry import Geometry
from ingest.device.live.source import LiveSource, Measured

RESOLVE_S, OTHERS_S, AGAIN_S, WAIT_S = 5.0, 0.5, 1.0, 0.2
BUFFER_S = 60
MOST_SAMPLES = 256
OWN_CLOCK_S = 60.0  # a sample that is further from now has a time of another clock than LSL's
MOST_CELLS = 4096  # of a stream that does not say its rows and columns
# The element under which `barograph lsl` says the layout, as JSON.
ELEMENT = "barograph_layout"
PLACES = (
    "rows",
    "cols",
    "pitch_mm",
    "cell_area_mm2",
    "mask",
    "origin_mm",
    "x_axis",
    "y_axis",
    "kind",
    "side",
    "geometry",
)


def library() -> Any:
    """Return pylsl, or `InvalidData` that says how to install it."""
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:  # RuntimeError: pylsl without liblsl
        raise InvalidData(f"lsl: expected pylsl; {command('lsl')} ({error})", field="source") from error
    return pylsl


def as_values(layout: Layout) -> dict[str, Any]:
    """Return the fields of a layout whose cells were brought into its unit, as float32."""
    said = layout.to_dict()
    return {**{name: said[name] for name in PLACES if name in said}, "unit": layout.unit, "dtype": "float32"}


class LslSource(LiveSource):
    """One LSL stream of numbers: a sample is a frame, a channel a cell, row by row.

    `query` is the stream's name, or `PROPERTY=VALUE` as `source_id=mat-7`. Without a layout, that of `barograph lsl`
    is taken, else one row of cells whose places are not known.
    """

    def __init__(self, query: str, layout: Layout | None = None) -> None:
        self._lsl = library()
        name, _, value = query.rpartition("=")
        self._query, self._property, self._value = query, name or "name", value
        found = self._found(RESOLVE_S) and self._found(OTHERS_S, 2)
        if len(found) != 1:
            there = "; ".join(f"source_id={one.source_id()} on {one.hostname()}" for one in found[:5]) or "none"
            raise InvalidData(f"lsl:{query}: expected one LSL stream in this network, found {there}", field="source")
        self.layout = layout or self._said(found[0])
        self._inlet: Any = None
        self._to_monotonic_s = 0.0
        self._own_clock: bool | None = None

    def _found(self, wait_s: float, least: int = 1) -> list[Any]:
        """The streams that are there as soon as there are `least`, or when it waited so long."""
        return list(self._lsl.resolve_byprop(self._property, self._value, least, wait_s))

    def _said(self, found: Any) -> Layout:
        """The layout that a stream says, or as much as is known of it."""
        formats = {
            self._lsl.cf_float32: "float32", self._lsl.cf_double64: "float64", self._lsl.cf_int8: "float32",
            self._lsl.cf_int16: "float32", self._lsl.cf_int32: "float64",
        }  # fmt: skip
        if found.channel_format() not in formats:
            raise InvalidData(f"lsl:{self._query}: expected a stream of 8 to 32 bit integers or floats", field="source")
        inlet = self._lsl.StreamInlet(found, recover=False)
        try:
            described = inlet.info(RESOLVE_S).desc()
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError) as error:
            raise InvalidData(f"lsl:{self._query}: it says nothing of itself: {error}", field="source") from error
        if text := described.child_value(ELEMENT):
            try:
                return Layout.from_dict(json.loads(text))
            except ValueError as error:
                raise InvalidData(
                    f"lsl:{self._query}: {ELEMENT}: expected a layout: {error}", field="source"
                ) from error
        cells = found.channel_count()
        if cells > MOST_CELLS:
            expected = f"--frame with rows and cols for more than {MOST_CELLS} channels"
            raise InvalidData(f"lsl:{self._query}: expected {expected}, got {cells}", field="source")
        names = tuple(_labels(described, cells))
        unknown = Geometry(places="none", names=names, name="channels of an LSL stream")
        return Layout.from_dict(
            {"rows": 1, "cols": cells, "dtype": formats[found.channel_format()], "geometry": unknown.to_dict()}
        )

    def open(self) -> None:
        """Open the stream; `OSError` when it is not there."""
        found = self._found(AGAIN_S)
        if not found:
            raise OSError(f"lsl:{self._query} is not there")
        if (cells := found[0].channel_count()) != self.layout.cells:
            expected = f"{self.layout.cells} channels, one a cell"
            raise InvalidData(f"lsl:{self._query}: expected {expected}, got {cells}", field="source")
        self._inlet = self._lsl.StreamInlet(
            found[0], max_buflen=BUFFER_S, recover=False, processing_flags=self._lsl.proc_clocksync
        )
        try:
            self._inlet.open_stream(RESOLVE_S)
            self._inlet.time_correction(RESOLVE_S)  # the first one takes a while: samples wait meanwhile
        except (self._lsl.util.LostError, self._lsl.util.TimeoutError) as error:
            raise OSError(f"lsl:{self._query} does not answer: {error}") from error
        self._to_monotonic_s = time.monotonic() - self._lsl.local_clock()
        self._own_clock = None

    def read(self) -> list[Measured]:
        """Return the samples that came; `OSError` when the stream ended."""
        try:
            samples, times_s = self._inlet.pull_chunk(WAIT_S, MOST_SAMPLES, min_samples=1, as_numpy=True)
        except self._lsl.util.LostError as error:
            raise OSError(f"lsl:{self._query} ended") from error
        if not len(times_s):
            return []
        times_s = times_s + self._to_monotonic_s
        if self._own_clock is None:
            self._own_clock = bool(abs(times_s[0] - time.monotonic()) > OWN_CLOCK_S)
        out = []
        for sample, at_s in zip(samples, times_s, strict=True):
            cells, at_us = sample.reshape(self.layout.rows, self.layout.cols), round(at_s * 1e6)
            out.append(Measured(cells, device_us=at_us) if self._own_clock else Measured(cells, arrived_us=at_us))
        return out

    def close(self) -> None:
        """Close the stream."""
        self._inlet = None

    def told(self) -> str:
        """Return whether times are of another clock."""
        return "times are not of LSL's clock: their differences are kept" if self._own_clock else ""


def _labels(described: Any, cells: int) -> list[str]:
    """The names of channels, where all have one; else their numbers from 1."""
    channel, names = described.child("channels").child("channel"), list[str]()
    while not channel.empty() and len(names) < cells:
        names.append(channel.child_value("label"))
        channel = channel.next_sibling("channel")
    good = len(names) == cells and all(0 < len(name) <= 60 and name.isprintable() for name in names)
    return names if good else [str(number + 1) for number in range(cells)]
