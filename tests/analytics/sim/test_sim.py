"""The simulated athlete keeps what it promises: forces, events, shape, and the same cells for the same seed."""

from itertools import islice
from typing import Any

import numpy as np
import pytest

from analytics import frame_stats, sim
from barograph import Layout

CLEAN: dict[str, Any] = {"noise": 0.0, "variation": 0.0}


def stance_rows(kind: sim.Kind, side: str, **parameters: Any) -> np.ndarray:
    """Indices of the frames of the second stance."""
    start_us, stop_us = sim.stances(kind, 5.0, **parameters)[side][1]
    times_us = np.arange(500) * 10_000
    return np.flatnonzero((times_us > start_us) & (times_us < stop_us))


@pytest.mark.parametrize("side", ["left", "right"])
def test_walking_force_follows_the_known_curve(side: str) -> None:
    stats = frame_stats(sim.walk(5.0, **CLEAN)[side])
    start_us, stop_us = sim.stances("walk", 5.0, **CLEAN)[side][1]
    rows = stance_rows("walk", side, **CLEAN)
    phase = (rows * 10_000 - start_us) / (stop_us - start_us)
    expected = sim.force_bw("walk", phase) * 75.0 * sim.GRAVITY
    np.testing.assert_allclose(stats["total_force_n"].iloc[rows], expected, rtol=0.01, atol=10.0)
    assert expected.max() / (75.0 * sim.GRAVITY) == pytest.approx(1.1, abs=0.02)


def test_both_feet_carry_the_body_on_average() -> None:
    for kind in sim.KINDS:
        both = sum(frame_stats(foot)["total_force_n"].mean() for foot in sim.simulate(kind, 60.0).values())
        assert both / (75.0 * sim.GRAVITY) == pytest.approx(1.0, abs=0.06), kind


def test_load_comes_and_goes_with_the_known_events() -> None:
    for side, foot in sim.walk(10.0, seed=3).items():
        force = frame_stats(foot)["total_force_n"].to_numpy()
        down = np.zeros(len(foot), bool)
        for start_us, stop_us in foot.provenance["stances_us"]:
            down |= (foot.times_us > start_us) & (foot.times_us < stop_us)
            inside = (foot.times_us > start_us + 20_000) & (foot.times_us < stop_us - 20_000)
            assert (force[inside] > 20.0).all(), side
        assert (force[~down] == 0).all()
        assert 9 <= len(foot.provenance["stances_us"]) <= 10


def test_the_feet_step_in_turn_at_the_cadence() -> None:
    events = sim.stances("walk", 60.0, cadence=120, **CLEAN)
    strikes = np.sort(np.concatenate([events["left"][:, 0], events["right"][:, 0]]))
    np.testing.assert_allclose(np.diff(strikes), 500_000, atol=1)
    durations = np.diff(events["left"], axis=1)
    np.testing.assert_allclose(durations, 0.62e6, atol=1)


def test_a_runner_flies_and_a_walker_never_does() -> None:
    def airborne(kind: sim.Kind) -> np.ndarray:
        both = sum(frame_stats(foot)["total_force_n"].to_numpy() for foot in sim.simulate(kind, 10.0).values())
        return both[20:] == 0

    assert airborne("run").mean() > 0.2
    assert not airborne("walk").any()
    assert not airborne("stand").any()


def test_a_step_rolls_from_the_heel_over_the_outer_edge_to_the_hallux() -> None:
    for side, foot in sim.walk(5.0, **CLEAN).items():
        stats = frame_stats(foot).iloc[stance_rows("walk", side, **CLEAN)].dropna()
        along = stats["cop_y_mm"].to_numpy()
        assert along[0] < 0.15 * sim.LENGTH_MM
        assert along[-1] > 0.8 * sim.LENGTH_MM
        assert (np.diff(along) > -0.5).all()
        across = stats["cop_x_mm"].to_numpy()
        # From the foot's own axis, which goes outwards: over the outer edge, and then to the hallux.
        across = across - (along - 0.5 * sim.LENGTH_MM) * np.tan(np.radians(sim.Athlete().progression_deg))
        assert across[len(across) // 3] > 0.55 * sim.WIDTH_MM
        assert across[-1] < 0.35 * sim.WIDTH_MM


def test_a_progression_angle_turns_the_toes_of_both_feet_outwards_and_leaves_the_force() -> None:
    straight, out = (sim.walk(3.0, progression_deg=turn, **CLEAN) for turn in (0.0, 8.0))
    for side in sim.SIDES:
        ahead, turned = (frame_stats(one[side]) for one in (straight, out))
        np.testing.assert_allclose(turned["total_force_n"], ahead["total_force_n"], rtol=0.02, atol=1.0)
        moved = (turned["cop_x_mm"] - ahead["cop_x_mm"]).dropna()
        rear, front = (ahead["cop_y_mm"].loc[moved.index] / sim.LENGTH_MM).pipe(lambda y: (y < 0.2, y > 0.8))
        # x grows from the inner edge: the heel goes in, the toes go out, by some 0.3 of the length times sin 8°.
        assert -20 < moved[rear].mean() < -8
        assert 8 < moved[front].mean() < 20
    assert sim.Athlete().progression_deg > 0
    with pytest.raises(ValueError, match=r"progression_deg: expected -10 to 10, got 25"):
        sim.walk(1.0, progression_deg=25.0)


def test_a_left_foot_is_the_mirror_of_a_right_one() -> None:
    layouts = sim.layouts()
    np.testing.assert_array_equal(layouts["left"].valid, layouts["right"].valid[:, ::-1])
    feet = sim.walk(5.0, **CLEAN)
    # The inner edge is where the big toe is: right of the picture for a left foot.
    push_off = stance_rows("walk", "left", **CLEAN)[-8]
    assert frame_stats(feet["left"])["load_right_pct"].iloc[push_off] > 60
    push_off = stance_rows("walk", "right", **CLEAN)[-8]
    assert frame_stats(feet["right"])["load_left_pct"].iloc[push_off] > 60


def test_an_insole_has_missing_corners_and_nothing_presses_there() -> None:
    foot = sim.walk(3.0)["right"]
    valid = foot.layout.valid
    assert (foot.layout.rows, foot.layout.cols) == (60, 21)
    assert 900 < valid.sum() < 1000
    assert not valid[[0, 0, -1, -1], [0, -1, 0, -1]].any()
    assert (foot.frames[:, ~valid] == 0).all()
    assert foot.frames.max() > 1000


def test_asymmetry_is_the_symmetry_index() -> None:
    # At 120 steps a minute both feet are sampled at the same phases.
    feet = sim.walk(60.0, asymmetry=0.1, cadence=120, **CLEAN)
    left, right = (frame_stats(feet[side])["total_force_n"].max() for side in ("left", "right"))
    assert 200 * (right - left) / (right + left) == pytest.approx(10.0, abs=0.1)


def test_the_force_scales_with_the_mass() -> None:
    light, heavy = (frame_stats(sim.stand(1.0, mass_kg=mass)["left"])["total_force_n"].mean() for mass in (50, 100))
    assert heavy / light == pytest.approx(2.0, rel=0.03)


def test_a_standing_athlete_sways_a_little_and_stays() -> None:
    stats = frame_stats(sim.stand(30.0)["left"])
    assert 1.0 < stats["cop_y_mm"].std() < 20.0
    assert 0.2 < stats["cop_x_mm"].std() < 10.0
    assert stats["total_force_n"].min() > 200


@pytest.mark.parametrize("kind", sim.KINDS)
def test_a_stream_is_the_recording_however_it_is_cut(kind: sim.Kind) -> None:
    recordings = sim.simulate(kind, 1.0, seed=5, start_us=0)
    for size in (1, 7, 10):
        rows: dict[str, list[Any]] = {"left": [], "right": []}
        for name, times_us, frames in islice(sim.stream(kind, size, seed=5), 2 * (100 // size + 1)):
            rows[name].append((times_us, frames))
        for name, blocks in rows.items():
            np.testing.assert_array_equal(np.concatenate([b[1] for b in blocks])[:100], recordings[name].frames)
            np.testing.assert_array_equal(np.concatenate([b[0] for b in blocks])[:100], recordings[name].times_us)


def test_the_same_seed_gives_the_same_walk_and_another_seed_another() -> None:
    first, again, other = (sim.walk(2.0, seed=seed)["left"].frames for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_even_the_most_varied_strides_do_not_run_into_each_other() -> None:
    for kind in ("walk", "run"):
        for events in sim.stances(kind, 120.0, variation=3.0, seed=4).values():
            assert (np.diff(events.ravel()) > 0).all()
    assert (sim.walk(5.0, variation=3.0)["left"].frames < 60_000).all()


def test_rate_and_size_are_free() -> None:
    foot = sim.walk(2.0, rate_hz=31.25, rows=32, cols=16)["left"]
    assert foot.frames.shape == (63, 32, 16)
    assert set(np.diff(foot.times_us).tolist()) == {32_000}
    assert frame_stats(foot)["total_force_n"].max() == pytest.approx(1.1 * 75 * sim.GRAVITY, rel=0.05)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
def test_benchmark_frames_have_the_dtype_and_show_steps(dtype: Any) -> None:
    frames = sim.gait_frames(200, dtype=dtype)
    assert frames.shape == (200, 32, 16)
    assert frames.dtype == np.dtype(dtype)
    loaded = (frames > 0).any(axis=(1, 2)).mean()
    assert 0.5 < loaded < 0.75


def test_a_gaussian_on_a_known_path_is_followed_by_the_centre_of_pressure() -> None:
    angle = np.linspace(0, 2 * np.pi, 50)
    path = np.column_stack([150 + 40 * np.cos(angle), 140 + 30 * np.sin(angle)])
    stats = frame_stats(sim.gaussian(path, force_n=700.0))
    np.testing.assert_allclose(stats[["cop_x_mm", "cop_y_mm"]], path, atol=1e-7)
    np.testing.assert_allclose(stats["total_force_n"], 700.0, rtol=1e-9)
    turned = Layout(rows=60, cols=60, unit="kPa", pitch_mm=(5, 5), x_axis="left", y_axis="up")
    np.testing.assert_allclose(frame_stats(sim.gaussian(path, turned))[["cop_x_mm", "cop_y_mm"]], path, atol=1e-7)


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"mass_kg": 0}, "mass_kg"),
        ({"rate_hz": -1}, "rate_hz"),
        ({"cadence": 0}, "cadence"),
        ({"asymmetry": 2}, "asym"),
    ],
)
def test_impossible_parameters_are_refused_by_name(parameters: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        sim.walk(1.0, **parameters)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of walk, run, stand, jump, drop, got 'swim'"):
        sim.simulate("swim", 1.0)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["mass_kg", "rate_hz", "rows", "cadence", "asymmetry", "noise", "progression_deg"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -100.0])
def test_a_parameter_of_the_athlete_that_is_no_number_is_refused_with_its_name(name: str, bad: float) -> None:
    with pytest.raises(ValueError, match=f"{name}: expected"):
        sim.walk(1.0, **{name: bad})
