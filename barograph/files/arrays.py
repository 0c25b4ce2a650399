"""Recordings as labelled arrays: time in UTC, y and x as the layout's axes have them."""

from __future__ import annotations

import json

import xarray as xr

from barograph.frames import Recording


def data_array(recording: Recording) -> xr.DataArray:
    """Return values (time, y, x) in the layout's unit; `attrs` has the unit, and the layout and lost frames as JSON.

    Frames are in the order in which they were recorded: where a clock was set back, times go back, and `sortby("time")`
    would mix two moments. `attrs["date"]` is "unknown" for a recording of a file without a date, whose times are a
    beginning that was assumed. xarray knows no time zones: times are UTC, as `datetime64[us]`.
    """
    layout = recording.layout
    length = "cell" if layout.pitch_mm is None else "mm"
    return xr.DataArray(
        recording.values(),
        dims=("time", "y", "x"),
        coords={
            "time": recording.times_us.astype("datetime64[us]"),
            "y": ("y", layout.y, {"units": length}),
            "x": ("x", layout.x, {"units": length}),
        },
        name="counts" if layout.unit == "raw" else "pressure",
        attrs={
            "units": "counts" if layout.unit == "raw" else layout.unit,
            "layout": json.dumps(layout.to_dict()),
            **({"missing_us": json.dumps(recording.missing_us.tolist())} if len(recording.missing_us) else {}),
            **({"date": "unknown"} if recording.provenance.get("date_unknown") else {}),
        },
    )
