"""Tables of events that go into files: steps of what walks, jumps of what jumps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from analytics import frame_stats, jumps, sim
from analytics.sessions.export_tables import ExportTables
from barograph.frames import Recording

SMALL: dict[str, Any] = {"rows": 12, "cols": 6}


def events(recordings: Mapping[str, Recording]) -> dict[str, tuple[list[str], list[list[Any]]]]:
    signals = {
        name: (
            one.layout,
            one.times_us,
            {"total_force_n": frame_stats(one)["total_force_n"].to_numpy()},
            np.zeros((0, 2)),
        )
        for name, one in recordings.items()
    }
    found = ExportTables().events(signals, sim.START_US)
    return {name: (list(columns), [list(row) for row in rows]) for name, columns, rows in found}


def test_jumps_of_two_insoles_have_a_table_whose_moments_are_seconds() -> None:
    feet = sim.simulate("jump", 16.0, **SMALL)
    feet = {side: one[:1510] for side, one in feet.items()}  # in the second flight
    columns, rows = events(feet)["jumps"]
    found = jumps(*(frame_stats(feet[side]) for side in sim.SIDES))
    assert len(rows) == len(found) == 2
    at = {name: [row[i] for row in rows] for i, name in enumerate(columns)}
    assert at["takeoff_s"][0] == pytest.approx((found["takeoff"].iloc[0].value / 1000 - sim.START_US) / 1e6)
    assert at["height_m"] == pytest.approx(found["height_m"].tolist())
    assert at["cut"] == [False, True]
    assert np.isnan(at["landing_s"][1])
    assert {"propulsion_left_ns", "propulsion_si_pct", "onset_s"} <= set(columns)


def test_a_drop_jump_has_a_table_of_its_own_and_a_plate_no_sides() -> None:
    feet = sim.simulate("drop", 9.0, **SMALL)
    assert {"jumps", "drop_jumps"} <= set(events(feet))
    plate = replace(feet["left"], layout=replace(feet["left"].layout, kind="plate", side=None))
    columns, _ = events({"main": plate})["drop_jumps"]
    assert not [name for name in columns if "left" in name]


def test_who_walks_has_steps_alone_and_counts_have_no_jumps() -> None:
    assert list(events(sim.walk(5.0, **SMALL))) == ["steps", "gait"]
    raw = {s: replace(r, layout=replace(r.layout, unit="raw")) for s, r in sim.simulate("jump", 7.0, **SMALL).items()}
    signals = {s: (r.layout, r.times_us, {"raw_sum": frame_stats(r)["raw_sum"].to_numpy()}, np.zeros((0, 2)))
               for s, r in raw.items()}  # fmt: skip
    assert "jumps" not in [name for name, _, _ in ExportTables().events(signals, sim.START_US)]
