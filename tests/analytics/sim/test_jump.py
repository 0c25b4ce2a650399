"""The simulated jumper: its impulses are whole, and what is measured of it is what it was made with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analytics import drop_jumps, frame_stats, jumps, sim
from analytics.sim import jump
from barograph.errors import InvalidData

SMALL: dict[str, Any] = {"rows": 20, "cols": 8, "noise": 0.0}


def force_of(kind: str, hz: float = 2000.0, stronger: float = 0.0) -> tuple[np.ndarray, jump.Parts]:
    parts = jump.parts_of(kind, np.array([stronger]))
    return jump.force_bw(kind, np.arange(round(jump.CYCLE_S * hz)) / hz, parts), parts


@pytest.mark.parametrize("kind", ["jump", "drop"])
@pytest.mark.parametrize("stronger", [-0.03, 0.0, 0.03])
def test_who_lands_rests_at_the_end_as_at_the_begin(kind: str, stronger: float) -> None:
    force, _ = force_of(kind, stronger=stronger)
    # Impulse above body weight; the drop from the box brings some of its own way, and no velocity.
    assert np.sum(force - 1.0) / 2000.0 == pytest.approx(0.0, abs=2e-3)
    assert force.min() >= 0.0
    assert force[0] == force[-1] == 1.0


def test_the_velocity_at_take_off_is_that_of_the_impulse_and_of_the_flight() -> None:
    force, parts = force_of("jump")
    takeoff = round(float(parts.takeoff[0]) * 2000)
    v = jump.GRAVITY * np.sum(force[:takeoff] - 1.0) / 2000.0
    assert v == pytest.approx(float(parts.v[0]), abs=2e-3)
    assert float(parts.landing[0] - parts.takeoff[0]) == pytest.approx(2 * v / jump.GRAVITY, abs=1e-3)


def test_the_fall_from_the_box_is_30_cm() -> None:
    force, parts = force_of("drop")
    down = round(float(parts.touchdown[0]) * 2000)
    v = np.cumsum(jump.GRAVITY * (force[:down] - 1.0)) / 2000.0
    assert -np.sum(v) / 2000.0 == pytest.approx(jump.BOX_M, abs=2e-3)


@pytest.mark.parametrize(("kind", "find"), [("jump", jumps), ("drop", drop_jumps)])
def test_what_is_measured_is_what_it_was_made_with(kind: sim.Kind, find: Any) -> None:
    feet = sim.simulate(kind, 22.0, rate_hz=500.0, **SMALL)
    found = find(*(frame_stats(feet[side]) for side in sim.SIDES))
    true = np.array(feet["left"].provenance["jumps_us"])
    np.testing.assert_array_equal(true, sim.jumps(kind, 22.0, rate_hz=500.0, **SMALL) + sim.START_US)
    assert len(found) == len(true) == 2
    for name, column in (("takeoff", 1), ("landing", 2)):
        np.testing.assert_allclose(found[name].astype("int64"), true[:, column], atol=8_000)
    height = jump.GRAVITY * (np.diff(true[:, 1:], axis=1)[:, 0] / 1e6) ** 2 / 8
    np.testing.assert_allclose(found["height_flight_m"], height, atol=0.008)
    if kind == "jump":
        np.testing.assert_allclose(found["height_m"], height, atol=0.02)
    else:
        np.testing.assert_allclose(found["contact_s"], jump.CONTACT_S, atol=0.008)
    assert not found[["cut", "coarse", "short_weigh", "unquiet"]].to_numpy().any()


def test_asymmetry_is_the_symmetry_index_of_the_impulses() -> None:
    feet = sim.simulate("jump", 8.0, asymmetry=0.1, variation=0.0, **SMALL)
    row = jumps(*(frame_stats(feet[side]) for side in sim.SIDES)).iloc[0]
    assert row["propulsion_si_pct"] == pytest.approx(10.0, abs=0.5)
    assert row["landing_si_pct"] == pytest.approx(10.0, abs=0.5)


def test_who_walks_does_not_jump() -> None:
    with pytest.raises(InvalidData, match="kind: expected one of jump, drop, got 'walk'"):
        sim.jumps("walk", 10.0)
    assert "jumps_us" not in sim.walk(1.0)["left"].provenance
