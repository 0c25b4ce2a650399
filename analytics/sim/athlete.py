"""The simulated athlete: two insoles with known loads and known events, for tests, demo and benchmarks alike.

A stance rolls from the heel over the outer midfoot and the metatarsals to the hallux. The total force follows a known
curve (`force_bw`), its heel strikes and toe offs are known (`stances`), and all is seeded: the same parameters give
the same cells, however they are cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.base.arguments import checked
from analytics.sim import jump as jumping
from analytics.sim.foot import LENGTH_MM, PARTS, WIDTH_MM, carrying, insole, patterns
from analytics.sim.readings import NOISE_FLOOR_KPA, NOISE_FLOOR_N, Readings, dead_of, residual_of
from analytics.sim.sensor import areas_mm2, as_counts, layout_of, per_newton
from barograph.errors import InvalidData
from barograph.frames import Floats, Frames, Ints, Layout, Recording

Kind = Literal["walk", "run", "stand", "jump", "drop"]
KINDS: tuple[Kind, ...] = ("walk", "run", "stand", "jump", "drop")
STEPPING = ("walk", "run")
JUMPING = ("jump", "drop")
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
GRAVITY = jumping.GRAVITY
START_US = 1_735_722_000_000_000  # 2025-01-01 09:00 UTC: a recording needs a time, a simulation has no clock
STEPS_PER_MIN = {"walk": 110.0, "run": 165.0, "stand": 60.0, "jump": 60.0, "drop": 60.0}
# Share of a stride that a foot is down. With `force_bw` both feet carry, on average, about one body weight.
DUTY = {"walk": 0.62, "run": 0.34}
FIRST_STRIKE_S = 0.1
KPA_PER_COUNT = 0.1
VARIED_STRIDES = 128
# An insole turned further leaves its matrix.
MOST_TURN_DEG = 10.0
# Beyond 3 of variation a stride would begin in the one before it.
BOUNDS = {
    "noise": (0.0, 3.0), "variation": (0.0, 3.0), "progression_deg": (-MOST_TURN_DEG, MOST_TURN_DEG),
    "hysteresis": (0.0, 1.0), "drift_per_min": (-1.0, 1.0), "dead_cells": (0, 100_000), "residual_kpa": (0.0, 100.0),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Athlete:
    """Who walks, and on what: the parameters of every simulation.

    `cadence` in steps a minute (None: usual for the kind). `asymmetry` 0.1 loads the right foot 10 % more than the
    left one (symmetry index 200·(R−L)/(R+L) = 10 %). `noise` is the relative SD of a loaded cell. `variation` scales
    the differences from stride to stride; 0 makes all alike. `progression_deg` turns the toes of both feet outwards
    against the columns of their matrices, or the y of their geometries.

    `geometry` is the name of the sensor (`barograph geometry list`), or {side: Layout}; None for insoles of `rows` by
    `cols`. Of places that it does not know in mm, some are assumed, which no layout gets (`analytics.sim.sensor`).
    `hysteresis` is by how much an unloading cell reads too high, as a part of its pressure; `drift_per_min` by how much
    readings grow in a minute. `dead_cells` of each foot read 0. `residual_kpa` is the mean load that a shoe leaves on
    cells without a foot's (`analytics.sim.readings`).
    """

    mass_kg: float = 75.0
    cadence: float | None = None
    asymmetry: float = 0.0
    rate_hz: float = 100.0
    rows: int = 60
    cols: int = 21
    noise: float = 0.03
    variation: float = 1.0
    seed: int = 0
    progression_deg: float = 5.0
    geometry: str | Mapping[str, Layout] | None = None
    hysteresis: float = 0.0
    drift_per_min: float = 0.0
    dead_cells: int = 0
    residual_kpa: float = 0.0

    def __post_init__(self) -> None:
        for name in ("mass_kg", "rate_hz", "rows", "cols"):
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidData(f"{name}: expected a number above 0, got {getattr(self, name)!r}")
        if self.cadence is not None and not 0 < self.cadence < np.inf:
            raise InvalidData(f"cadence: expected steps a minute above 0, got {self.cadence!r}")
        if not -2 < self.asymmetry < 2:
            raise InvalidData(f"asymmetry: expected a number between -2 and 2, got {self.asymmetry!r}")
        for name, (least, most) in BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise InvalidData(f"{name}: expected {least:g} to {most:g}, got {getattr(self, name)!r}", field=name)

    @property
    def weight_n(self) -> float:
        """Body weight."""
        return self.mass_kg * GRAVITY

    def layout(self, side: Literal["left", "right"]) -> Layout:
        """Return the layout of one sensor in counts of 0.1 kPa, or of 0.1 N where its cells have forces.

        Without a `geometry`, x is from the inner edge and y from the heel.
        """
        if isinstance(self.geometry, str):
            return layout_of(self.geometry, side)
        if self.geometry is not None:
            return as_counts(self.geometry[side], side)
        cells = insole(self.rows, self.cols, self.progression_deg)
        mask = cells if side == "right" else cells[:, ::-1]
        return Layout(
            rows=self.rows,
            cols=self.cols,
            dtype="uint16",
            unit="kPa",
            scale=KPA_PER_COUNT,
            pitch_mm=(WIDTH_MM / self.cols, LENGTH_MM / self.rows),
            mask=tuple(mask.ravel().astype(int).tolist()),
            x_axis="right" if side == "right" else "left",
            y_axis="up",
            kind="insole",
            side=side,
        )


def force_bw(kind: Kind, phase: Floats) -> Floats:
    """Return the total force of one foot in body weights at phases (n,) of a stance, 0 … 1.

    Walking: two humps of 1.1 and 0.77 between them; running: 2.35 after an impact peak of 1.67; standing: one half.
    """
    angle = np.pi * phase
    if kind == "walk":
        return np.asarray(1.17 * np.sin(angle) + 0.40 * np.sin(3.0 * angle))
    if kind == "run":
        return np.asarray(2.35 * np.sin(angle) + 1.3 * np.sin(angle) * np.exp(-(((phase - 0.14) / 0.05) ** 2)))
    return np.full_like(phase, 0.5)


@dataclass(frozen=True)
class Foot:
    """One foot of a moving athlete: everything about it is a function of the frame's number."""

    kind: Kind
    side: Literal["left", "right"]
    athlete: Athlete

    @property
    def stride_s(self) -> float:
        """Mean time from heel strike to heel strike."""
        return 120.0 / (self.athlete.cadence or STEPS_PER_MIN[self.kind])

    @property
    def load(self) -> float:
        """What asymmetry makes of this foot's force."""
        return 1.0 + (0.5 if self.side == "right" else -0.5) * self.athlete.asymmetry

    def rng(self, purpose: int) -> np.random.Generator:
        """Make random numbers of this foot, apart for each purpose."""
        return np.random.default_rng([self.athlete.seed, SIDES.index(self.side), purpose])

    @cached_property
    def varied(self) -> Floats:
        """(strides, 3 + parts) standard normal numbers that make strides differ, used round and round."""
        numbers = self.rng(0).standard_normal((VARIED_STRIDES, 3 + len(PARTS)))
        return np.asarray(np.clip(numbers, -2.5, 2.5) * self.athlete.variation)

    @cached_property
    def layout(self) -> Layout:
        """The layout of its sensor."""
        return self.athlete.layout(self.side)

    @cached_property
    def per_newton(self) -> NDArray[np.float32]:
        """(parts, cells) pressure in kPa, or force in N, of the cells for 1 N on each part."""
        if self.athlete.geometry is not None:
            gains = 1.0 + 0.05 * np.clip(self.rng(1).standard_normal(self.layout.cells), -2.5, 2.5)
            return per_newton(self.layout, gains, self.athlete.progression_deg).astype(np.float32)
        rows, cols = self.athlete.rows, self.athlete.cols
        texture = 1.0 + 0.05 * np.clip(self.rng(1).standard_normal((rows, cols)), -2.5, 2.5)
        shares = patterns(rows, cols, texture, self.athlete.progression_deg)
        shares = shares if self.side == "right" else shares[:, :, ::-1]
        cell_cm2 = LENGTH_MM * WIDTH_MM / (rows * cols) / 100.0
        return (shares.reshape(len(PARTS), -1) / (0.1 * cell_cm2)).astype(np.float32)

    def stance(self, stride: Ints) -> tuple[Floats, Floats]:
        """Return heel strike and toe off (s) of strides (m,), counted from 0."""
        late, longer = self.varied[stride % VARIED_STRIDES, :2].T
        first = FIRST_STRIKE_S + (0.5 * self.stride_s if self.side == "right" else 0.0)
        strike = first + self.stride_s * (stride + 0.006 * late)
        return strike, strike + self.stride_s * DUTY[self.kind] * (1.0 + 0.008 * longer)

    def newtons(self, number: Ints) -> Floats:
        """Return (n, parts) force on each part of the sole in frames (n,)."""
        t = number / self.athlete.rate_hz
        if self.kind in JUMPING:
            return self._jumping(t)
        return self._standing(t) if self.kind == "stand" else self._moving(t)

    def _moving(self, t: Floats) -> Floats:
        # A strike can be early by 1.5 % of a stride: the next stride is looked at from 5 % before its mean time.
        late = t - FIRST_STRIKE_S - (0.5 * self.stride_s if self.side == "right" else 0.0)
        stride = np.floor(late / self.stride_s + 0.05).astype(np.int64)
        strike, off = self.stance(stride)
        phase = (t - strike) / (off - strike)
        down = (phase > 0.0) & (phase < 1.0) & (stride >= 0)
        out = np.zeros((len(t), len(PARTS)))
        varied = self.varied[stride[down] % VARIED_STRIDES]
        parts = carrying(phase[down]) * (1.0 + 0.1 * varied[:, 3:])
        force = force_bw(self.kind, phase[down]) * (1.0 + 0.012 * varied[:, 2])
        out[down] = parts * (self.load * self.athlete.weight_n * force / parts.sum(axis=1))[:, None]
        return out

    def _jumping(self, t: Floats) -> Floats:
        number = np.floor(t / jumping.CYCLE_S).astype(np.int64)
        stronger, share = _jumps_differ(self.athlete)[number % VARIED_STRIDES].T
        tau, parts = t - number * jumping.CYCLE_S, jumping.parts_of(self.kind, stronger)
        force = 0.5 * self.athlete.weight_n * self.load * jumping.force_bw(self.kind, tau, parts)
        force = force * (1.0 + (share if self.side == "right" else -share))
        toes = jumping.on_toes(tau, parts)[:, None]
        front = np.array([part.share if part.along > 0.55 else 0.0 for part in PARTS])
        standing = self._standing(t)
        shares = (1.0 - toes) * standing / standing.sum(axis=1, keepdims=True) + toes * front / front.sum()
        return np.asarray(shares * force[:, None])

    def _standing(self, t: Floats) -> Floats:
        forward, outward, share = self._sway(t)
        across = np.array([part.across for part in PARTS]) - 0.5
        along = np.array([part.along for part in PARTS]) - 0.4
        parts = np.array([part.standing for part in PARTS]) * np.exp(
            np.outer(forward, along) + np.outer(outward, across)
        )
        force = 0.5 * self.athlete.weight_n * self.load * (1.0 + share)
        return np.asarray(parts * (force / parts.sum(axis=1))[:, None])

    def _sway(self, t: Floats) -> Floats:
        """(3, n) sway forward, outward, and of load between the feet: sums of incommensurate slow waves."""
        # Both feet share these numbers: what one foot takes over, the other gives.
        rng = np.random.default_rng([self.athlete.seed, 2])
        hz = 0.07 * 1.618 ** np.arange(6) * rng.uniform(0.9, 1.1, (3, 6))
        size = np.array([[0.35], [0.25], [0.02]]) / np.sqrt(np.arange(1, 7))
        waves = np.sin(2 * np.pi * hz[:, :, None] * t + rng.uniform(0, 2 * np.pi, (3, 6, 1)))
        sway = np.einsum("ij,ijn->in", size, waves)
        sway[1:] *= 1.0 if self.side == "right" else -1.0
        return np.asarray(sway)

    def readings(self) -> Readings:
        """Return what its sensor makes of pressures, to be asked for frames in order."""
        layout, force = self.layout, self.layout.quantity == "force"
        factors = areas_mm2(layout) / 1000.0 if force else np.ones(layout.cells)
        residual = residual_of(self.athlete, self.rng(3), factors * layout.valid.ravel())
        dead = dead_of(self.athlete, self.rng(4), layout.valid.ravel())
        return Readings(self.athlete, self.rng(2), residual, dead, NOISE_FLOOR_N if force else NOISE_FLOOR_KPA)

    def cells(self, start: int, stop: int, readings: Readings) -> NDArray[np.float32]:
        """Return (n, cells) kPa or N of frames `start` … `stop` − 1 as its sensor reads them."""
        # Part by part: a matrix product rounds otherwise for another number of frames.
        cells = np.zeros((stop - start, self.per_newton.shape[1]), np.float32)
        for newtons, pattern in zip(
            self.newtons(np.arange(start, stop)).astype(np.float32).T, self.per_newton, strict=True
        ):
            cells += newtons[:, None] * pattern
        return readings.of(cells, start)

    def counts(self, start: int, stop: int, readings: Readings) -> Frames:
        """Return (n, rows, cols) uint16 frames `start` … `stop` − 1 in counts of 0.1 kPa or 0.1 N."""
        cells = np.rint(self.cells(start, stop, readings) * np.float32(1.0 / KPA_PER_COUNT))
        counts: Frames = np.minimum(cells, 65535.0).astype("<u2")
        return counts.reshape(-1, self.layout.rows, self.layout.cols)


def _jumps_differ(athlete: Athlete) -> Floats:
    """(jumps, 2) by how much each jump is stronger, and its right foot has more, used round and round."""
    numbers = np.random.default_rng([athlete.seed, 3]).standard_normal((VARIED_STRIDES, 2))
    return np.asarray(np.clip(numbers, -2.5, 2.5) * athlete.variation * [0.015, 0.01])


def walk(duration_s: float = 10.0, *, start_us: int = START_US, **parameters: Any) -> dict[str, Recording]:
    """Simulate a walk: recordings "left" and "right" of `duration_s`; `parameters` are those of `Athlete`."""
    return simulate("walk", duration_s, start_us=start_us, **parameters)


def run(duration_s: float = 10.0, *, start_us: int = START_US, **parameters: Any) -> dict[str, Recording]:
    """Simulate a run, with flight phases; otherwise as `walk`."""
    return simulate("run", duration_s, start_us=start_us, **parameters)


def stand(duration_s: float = 10.0, *, start_us: int = START_US, **parameters: Any) -> dict[str, Recording]:
    """Simulate quiet standing with sway; otherwise as `walk`."""
    return simulate("stand", duration_s, start_us=start_us, **parameters)


def simulate(
    kind: Kind, duration_s: float = 10.0, *, start_us: int = START_US, **parameters: Any
) -> dict[str, Recording]:
    """Simulate one kind of movement as two recordings.

    Parameters
    ----------
    kind : "walk", "run", "stand", "jump" or "drop"
        Jumps are countermovement jumps, one every 10 s; a drop jump is one from a box of 30 cm.
    duration_s : float
        Length; a frame lies at every multiple of 1/rate_hz below it.
    start_us : int
        Time of the first frame, µs since 1970, UTC.
    **parameters
        Fields of `Athlete`: mass_kg, cadence, asymmetry, rate_hz, rows, cols, noise, variation, seed,
        progression_deg, geometry, hysteresis, drift_per_min, dead_cells, residual_kpa.

    Returns
    -------
    dict of Recording, "left" and "right"; frames uint16 in counts of 0.1 kPa or 0.1 N, cells outside the mask 0;
    `provenance["stances_us"]` lists [heel strike, toe off] of every stance that begins within the recording;
    `provenance["jumps_us"]` has [onset or touch-down, take-off, landing] of every jump that takes off within it.

    Raises
    ------
    ValueError
        For an unknown kind or a parameter out of range.
    """
    athlete = Athlete(**parameters)
    n = int(np.ceil(duration_s * athlete.rate_hz - 1e-9))
    events = stances(kind, duration_s, **parameters)
    out: dict[str, Recording] = {}
    for foot in _feet(kind, athlete):
        about = {"source": f"sim:{kind}", "seed": athlete.seed, "mass_kg": athlete.mass_kg}
        about["stances_us"] = (events[foot.side] + start_us).tolist()
        if kind in JUMPING:
            about["jumps_us"] = (jumps(kind, duration_s, **parameters) + start_us).tolist()
        frames = foot.counts(0, n, foot.readings())
        times_us = start_us + _times(np.arange(n), athlete)
        out[foot.side] = Recording(frames=frames, times_us=times_us, layout=foot.layout, provenance=about)
    return out


@checked
def stances(kind: Kind, duration_s: float, **parameters: Any) -> dict[str, Ints]:
    """Return heel strikes and toe offs, {side: (m, 2) µs from the first frame}, of stances that begin in `duration_s`.

    The last may end after it; who stands or jumps has none.
    """
    out = {}
    for foot in _feet(kind, Athlete(**parameters)):
        strides = np.arange(0 if kind not in STEPPING else int(duration_s / foot.stride_s) + 2)
        events = np.stack(foot.stance(strides), axis=1) if len(strides) else np.zeros((0, 2))
        out[str(foot.side)] = np.rint(events[events[:, 0] < duration_s] * 1e6).astype(np.int64)
    return out


@checked
def jumps(kind: Kind, duration_s: float, **parameters: Any) -> Ints:
    """Return (m, 3) µs from the first frame: onset, of a drop jump touch-down, take-off and landing of each jump.

    Those that take off within `duration_s`; g·t²/8 of the flight's time t is the height.
    """
    if kind not in JUMPING:
        raise InvalidData(f"kind: expected one of {', '.join(JUMPING)}, got {kind!r}", field="kind")
    n = int(duration_s // jumping.CYCLE_S) + 1
    stronger = _jumps_differ(Athlete(**parameters))[np.arange(n) % VARIED_STRIDES, 0]
    found = jumping.events_us(kind, jumping.parts_of(kind, stronger))
    return found[found[:, 1] < duration_s * 1e6]


def layouts(**parameters: Any) -> dict[str, Layout]:
    """Return layouts of the streams "left" and "right"."""
    athlete = Athlete(**parameters)
    return {side: athlete.layout(side) for side in SIDES}


def stream(
    kind: Kind, block_frames: int = 10, *, sides: Sequence[str] = SIDES, **parameters: Any
) -> Iterator[tuple[str, Ints, Frames]]:
    """Go on for ever: (stream name, times in µs from the first frame, frames), left and right in turn.

    The frames are those of `simulate`, cut into blocks of `block_frames`; of some `sides` alone they are the same.
    """
    athlete = Athlete(**parameters)
    feet = [(foot, foot.readings()) for foot in _feet(kind, athlete) if foot.side in sides]
    start = 0
    while True:
        for foot, readings in feet:
            numbers = np.arange(start, start + block_frames)
            yield foot.side, _times(numbers, athlete), foot.counts(start, start + block_frames, readings)
        start += block_frames


def _feet(kind: Kind, athlete: Athlete) -> list[Foot]:
    if kind not in KINDS:
        raise InvalidData(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    return [Foot(kind, side, athlete) for side in SIDES]


def _times(numbers: Ints, athlete: Athlete) -> Ints:
    times_us: Ints = np.rint(numbers * (1e6 / athlete.rate_hz)).astype(np.int64)
    return times_us
