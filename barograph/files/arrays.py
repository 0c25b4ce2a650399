"""Recordings as labelled arrays: time in UTC, y and x as the layout's axes have them."""

from __future__ import annotations

import json

import xarray as xr

from barograph.frames import Recording


def data_array(recording: Recording) -> xr.DataArray:
    """Values (time, y, x) in the layout's unit; `attrs` has the unit and the layout as JSON.

    xarray knows no time zones: times are UTC, as `datetime64[us]`.
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
        attrs={"units": "counts" if layout.unit == "raw" else layout.unit, "layout": json.dumps(layout.to_dict())},
    )
