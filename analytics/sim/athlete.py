"""The simulated athlete: two insoles with known loads and known events, for tests, demo and benchmarks alike.

A stance rolls from the heel over the outer midfoot and the metatarsals to the hallux. The total force follows a known
curve (`force_bw`), its heel strikes and toe offs are known (`stances`), and all is seeded: the same parameters give
the same cells, however they are cut into blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analytics.base.arguments import checked
from analytics.sim.foot import LENGTH_MM, PARTS, WIDTH_MM, carrying, insole, patterns
from barograph.errors import InvalidData
from barograph.frames import DTYPES, Floats, Frames, Ints, Layout, Recording

Kind = Literal["walk", "run", "stand"]
KINDS: tuple[Kind, ...] = ("walk", "run", "stand")
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")
GRAVITY = 9.80665
START_US = 1_735_722_000_000_000  # 2025-01-01 09:00 UTC: a recording needs a time, a simulation has no clock
STEPS_PER_MIN = {"walk": 110.0, "run": 165.0, "stand": 60.0}
# Share of a stride that a foot is down. With `force_bw` both feet carry, on average, about one body weight.
DUTY = {"walk": 0.62, "run": 0.34}
FIRST_STRIKE_S = 0.1
KPA_PER_COUNT = 0.1
NOISE_FLOOR_KPA = 3.0
VARIED_STRIDES = 128
# An insole turned further leaves its matrix.
MOST_TURN_DEG = 10.0


@dataclass(frozen=True, kw_only=True)
class Athlete:
    """Who walks, and on what: the parameters of every simulation.

    `cadence` in steps a minute (None: usual for the kind). `asymmetry` 0.1 loads the right foot 10 % more than the
    left one (symmetry index 200·(R−L)/(R+L) = 10 %). `noise` is the relative SD of a loaded cell. `variation` scales
    the differences from stride to stride; 0 makes all alike. `progression_deg` turns the toes of both feet outwards
    against the columns of their matrices.
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

    def __post_init__(self) -> None:
        for name in ("mass_kg", "rate_hz", "rows", "cols"):
            if not 0 < getattr(self, name) < np.inf:
                raise InvalidData(f"{name}: expected a number above 0, got {getattr(self, name)!r}")
        if self.cadence is not None and not 0 < self.cadence < np.inf:
            raise InvalidData(f"cadence: expected steps a minute above 0, got {self.cadence!r}")
        if not -2 < self.asymmetry < 2:
            raise InvalidData(f"asymmetry: expected a number between -2 and 2, got {self.asymmetry!r}")
        # Beyond 3 a stride would begin in the one before it.
        for name in ("noise", "variation"):
            if not 0 <= getattr(self, name) <= 3:
                raise InvalidData(f"{name}: expected a number from 0 to 3, got {getattr(self, name)!r}")
        if not -MOST_TURN_DEG <= self.progression_deg <= MOST_TURN_DEG:
            raise InvalidData(
                f"progression_deg: expected {-MOST_TURN_DEG:g} to {MOST_TURN_DEG:g}, got {self.progression_deg!r}"
            )

    @property
    def weight_n(self) -> float:
        """Body weight."""
        return self.mass_kg * GRAVITY

    def layout(self, side: Literal["left", "right"]) -> Layout:
        """Return the layout of one insole: x from the inner edge, y from the heel, counts of 0.1 kPa."""
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
    def kpa_per_newton(self) -> NDArray[np.float32]:
        """(parts, cells) pressure of the cells for 1 N on each part."""
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

    def kpa(self, start: int, stop: int, noise: np.random.Generator) -> NDArray[np.float32]:
        """Return (n, cells) pressure of frames `start` … `stop` − 1, with noise where there is load."""
        # Part by part: a matrix product rounds otherwise for another number of frames.
        cells = np.zeros((stop - start, self.kpa_per_newton.shape[1]), np.float32)
        for newtons, pattern in zip(
            self.newtons(np.arange(start, stop)).astype(np.float32).T, self.kpa_per_newton, strict=True
        ):
            cells += newtons[:, None] * pattern
        cells *= 1.0 + np.float32(self.athlete.noise) * noise.standard_normal(cells.shape, np.float32)
        cells[cells < NOISE_FLOOR_KPA] = 0.0
        return cells

    def counts(self, start: int, stop: int, noise: np.random.Generator) -> Frames:
        """Return (n, rows, cols) uint16 frames `start` … `stop` − 1 in counts of 0.1 kPa."""
        cells = np.rint(self.kpa(start, stop, noise) * np.float32(1.0 / KPA_PER_COUNT))
        counts: Frames = np.minimum(cells, 65535.0).astype("<u2")
        return counts.reshape(-1, self.athlete.rows, self.athlete.cols)


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
    kind : "walk", "run" or "stand"
    duration_s : float
        Length; a frame lies at every multiple of 1/rate_hz below it.
    start_us : int
        Time of the first frame, µs since 1970, UTC.
    **parameters
        Fields of `Athlete`: mass_kg, cadence, asymmetry, rate_hz, rows, cols, noise, variation, seed,
        progression_deg.

    Returns
    -------
    dict of Recording, "left" and "right"; frames uint16 in counts of 0.1 kPa, cells outside the mask 0;
    `provenance["stances_us"]` lists [heel strike, toe off] of every stance that begins within the recording.

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
        frames = foot.counts(0, n, foot.rng(2))
        times_us = start_us + _times(np.arange(n), athlete)
        out[foot.side] = Recording(frames=frames, times_us=times_us, layout=athlete.layout(foot.side), provenance=about)
    return out


@checked
def stances(kind: Kind, duration_s: float, **parameters: Any) -> dict[str, Ints]:
    """Return heel strikes and toe offs, {side: (m, 2) µs from the first frame}, of stances that begin in `duration_s`.

    The last may end after it; standing has none.
    """
    out = {}
    for foot in _feet(kind, Athlete(**parameters)):
        strides = np.arange(0 if kind == "stand" else int(duration_s / foot.stride_s) + 2)
        events = np.stack(foot.stance(strides), axis=1) if len(strides) else np.zeros((0, 2))
        out[str(foot.side)] = np.rint(events[events[:, 0] < duration_s] * 1e6).astype(np.int64)
    return out


def layouts(**parameters: Any) -> dict[str, Layout]:
    """Return layouts of the streams "left" and "right"."""
    athlete = Athlete(**parameters)
    return {side: athlete.layout(side) for side in SIDES}


def stream(kind: Kind, block_frames: int = 10, **parameters: Any) -> Iterator[tuple[str, Ints, Frames]]:
    """Go on for ever: (stream name, times in µs from the first frame, frames), left and right in turn.

    The frames are those of `simulate`, cut into blocks of `block_frames`.
    """
    athlete = Athlete(**parameters)
    feet = [(foot, foot.rng(2)) for foot in _feet(kind, athlete)]
    start = 0
    while True:
        for foot, noise in feet:
            numbers = np.arange(start, start + block_frames)
            yield foot.side, _times(numbers, athlete), foot.counts(start, start + block_frames, noise)
        start += block_frames


def gait_frames(
    n: int,
    rows: int = 32,
    cols: int = 16,
    dtype: Literal["uint8", "uint16", "float32", "float64"] = "uint16",
    seed: int = 0,
) -> Frames:
    """Make (n, rows, cols) frames of a left foot that walks at 100 Hz, for benchmarks; cells outside the insole are 0.

    uint16 in counts of 0.1 kPa, uint8 in counts of 4 kPa, floats in kPa.
    """
    foot = Foot("walk", "left", Athlete(rows=rows, cols=cols, seed=seed))
    first = int(FIRST_STRIKE_S * foot.athlete.rate_hz) + 1
    cells: Frames = foot.kpa(first, first + n, foot.rng(2)).reshape(n, rows, cols)
    if dtype in ("uint8", "uint16"):
        counts = np.rint(cells / np.float32(KPA_PER_COUNT if dtype == "uint16" else 4.0))
        cells = np.minimum(counts, np.iinfo(dtype).max)
    return cells.astype(DTYPES[dtype])


def gaussian(
    path_mm: Floats,
    layout: Layout | None = None,
    *,
    sd_mm: float = 12.0,
    force_n: float = 500.0,
    rate_hz: float = 100.0,
    start_us: int = START_US,
) -> Recording:
    """Press a round Gaussian along `path_mm` (n, 2): its centre of pressure and its force are known.

    Both hold to rounding while the path keeps 7 `sd_mm` from the edges and `sd_mm` is at least 1.5 pitches. By
    default on a plate of 60 × 60 cells of 5 mm, float64 kPa.
    """
    layout = layout or Layout(rows=60, cols=60, unit="kPa", pitch_mm=(5.0, 5.0), kind="plate")
    x, y = (np.exp(-0.5 * ((at - path_mm[:, [i]]) / sd_mm) ** 2) for i, at in enumerate((layout.x, layout.y)))
    # force in N = 0.1 · kPa · cm² = kPa · mm² / 1000
    peak_kpa = 1000.0 * force_n / (2.0 * np.pi * sd_mm**2)
    times_us = start_us + np.rint(np.arange(len(path_mm)) * 1e6 / rate_hz).astype(np.int64)
    return Recording(frames=peak_kpa * y[:, :, None] * x[:, None, :], times_us=times_us, layout=layout)


def _feet(kind: Kind, athlete: Athlete) -> list[Foot]:
    if kind not in KINDS:
        raise InvalidData(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    return [Foot(kind, side, athlete) for side in SIDES]


def _times(numbers: Ints, athlete: Athlete) -> Ints:
    times_us: Ints = np.rint(numbers * (1e6 / athlete.rate_hz)).astype(np.int64)
    return times_us
