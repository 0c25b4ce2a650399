"""The spectrum of sway: a known oscillation is found with its power, and gaps divide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analytics import spectrum
from barograph.errors import InvalidData


def track(seconds: float = 60.0, hz: float = 100.0, at_hz: float = 0.5, mm: float = 4.0) -> pd.DataFrame:
    """A sine along x, twice as fast and half as far along y."""
    t = np.arange(round(seconds * hz)) / hz
    index = pd.DatetimeIndex((t * 1e6).round().astype(np.int64).astype("M8[us]"), tz="UTC", name="time")
    x, y = mm * np.sin(2 * np.pi * at_hz * t), mm / 2 * np.sin(4 * np.pi * at_hz * t)
    return pd.DataFrame({"cop_x_mm": x, "cop_y_mm": y}, index=index)


def test_an_oscillation_is_found_with_its_power() -> None:
    found = spectrum(track())
    for name, at, mm in (("power_cop_x_mm2_hz", 0.5, 4.0), ("power_cop_y_mm2_hz", 1.0, 2.0)):
        assert found[name].idxmax() == pytest.approx(at)
        # The power of a sine is half the square of its amplitude.
        assert np.trapezoid(found[name], found.index) == pytest.approx(mm**2 / 2, rel=0.01)
    assert found.attrs["n"] == 6000


def test_only_the_longest_run_counts() -> None:
    table = track()
    table.loc[table.index[1000:1010], ["cop_x_mm", "cop_y_mm"]] = np.nan
    assert spectrum(table).attrs["n"] == 4990
    late = table.index[:3000].append(table.index[3000:] + pd.Timedelta(seconds=2))
    assert spectrum(track().set_index(late)).attrs["n"] == 3000


def test_a_stream_without_a_pitch_has_cells() -> None:
    table = track().rename(columns={"cop_x_mm": "cop_x_cell", "cop_y_mm": "cop_y_cell"})
    found = spectrum(table)
    assert list(found) == ["power_cop_x_cell2_hz", "power_cop_y_cell2_hz"]
    assert found.attrs["units"]["power_cop_x_cell2_hz"] == "cells²/Hz"


@pytest.mark.parametrize("n", [0, 1, 31])
def test_too_few_rows_have_no_spectrum(n: int) -> None:
    assert len(spectrum(track().iloc[:n])) == 0


def test_a_window_without_length_is_refused() -> None:
    with pytest.raises(InvalidData, match="segment_s"):
        spectrum(track(), segment_s=0.0)
