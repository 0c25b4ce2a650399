"""Curves from loads: the power law that reads right at two, and the curve that is nearest to many points."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import scipy

from barograph.curve import Curve
from barograph.errors import InvalidData
from barograph.fits.found import GRAVITY, Fit, checked_kg, newtons_of, readings, rms_pct, stretch
from barograph.frames import Floats, Recording

POWERS = (0.05, 20.0)

FORMS = ("line", "quadratic", "cubic", "power")


def through_points(form: str, x: Floats, y: Floats) -> Fit:
    """Find the curve of a form that is nearest to measured points, by least squares.

    Parameters
    ----------
    form : {"line", "quadratic", "cubic", "power"}
        What the curve is.
    x, y : (n,) array
        Stored values, and what was on the sensor, as of a bench with a known pressure; of a "power" above 0.

    Returns
    -------
    Fit with `curve`, which holds until the largest x, scale 1 and offset 0. `residual_pct` is the root mean square of
    what is left, in % of the largest y.

    Raises
    ------
    InvalidData
        When there are fewer points than numbers of the curve, or the nearest one turns before the largest x.
    """
    x, y = np.asarray(x, np.float64).ravel(), np.asarray(y, np.float64).ravel()
    if form not in FORMS:
        raise InvalidData(f"curve: expected one of {', '.join(FORMS)}, got {form[:40]!r}", field="curve")
    least = 2 if form == "power" else FORMS.index(form) + 2
    if len(x) != len(y) or len(np.unique(x)) < least or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InvalidData(f"points: expected {least} or more of different x, got {len(x)} and {len(y)}", field="points")
    if form == "power":
        curve = _power_through(x, y)
    else:
        found = np.polynomial.Polynomial.fit(x, y, FORMS.index(form) + 1).convert().coef
        curve = Curve(kind="polynomial", numbers=(tuple(found.tolist()),), until=float(x.max()))
    left = curve.of(x[:, None])[:, 0] - y
    return Fit(
        method=f"{form} through points",
        changes={"curve": curve, "scale": 1.0, "offset": 0.0},
        residual_pct=rms_pct(left / np.abs(y).max()),
        loaded_cells=1,
    )


def _power_through(x: Floats, y: Floats) -> Curve:
    """The nearest power law, from where logarithms put it."""
    if not ((x > 0).all() and (y > 0).all()):
        raise InvalidData("points: expected values above 0 for a power law", field="points")
    power, log = np.polyfit(np.log(x), np.log(y), 1)
    made, _ = scipy.optimize.curve_fit(
        lambda at, a, b: a * at**b, x, y, p0=(float(np.exp(log)), float(power)), maxfev=10_000
    )
    return Curve(kind="power", numbers=((float(made[0]), float(made[1])),), until=float(x.max()))


class _Counts(NamedTuple):
    """How much area, as newtons at 1 kPa, has each stored value times factor, `bare` of it without load."""

    x: Floats
    bare: Floats
    weight: Floats

    def sum_of(self, power: float) -> float:
        """The load that a = 1 would read."""
        return float(self.weight @ np.maximum(self.x**power - self.bare**power, 0.0))


def two_points(first: Recording, first_kg: float, second: Recording, second_kg: float) -> Fit:
    """Find the power law a·x^b that weighs two known masses right.

    Parameters
    ----------
    first, second : Recording
        Frames of each load on the same sensor; factors of cells and tare of the layout are kept.
    first_kg, second_kg : float
        What was on it, kg.

    Returns
    -------
    Fit with `curve`, `unit` kPa (N of cells that have forces), scale 1 and offset 0: Σ hₙ · area · a · n^b is the load
    at both, hₙ being the histogram of stored values. `residual_pct` is how far the frames lie from their masses.

    Raises
    ------
    InvalidData
        Without frames, load or areas of cells, or where no power law has both loads.

    Notes
    -----
    Tekscan's two-point calibration. Brimacombe et al. (2009, J Biomech Eng 131) found it ten times closer than a line.
    """
    parts = [stretch(one, "two_point") for one in (first, second)]
    if parts[0].layout != parts[1].layout:
        raise InvalidData("two_point: expected two recordings of one sensor, got two layouts", field="two_point")
    newtons = np.array([checked_kg(first_kg), checked_kg(second_kg)]) * GRAVITY
    counts = [_counts(one) for one in parts]

    def apart(power: float) -> float:
        low, high = (one.sum_of(power) for one in counts)
        return float(np.log(high / low) - np.log(newtons[1] / newtons[0]))

    if not all(one.sum_of(1.0) > 0.0 for one in counts):
        raise InvalidData("two_point: expected a load in both times, got none in one", field="two_point")
    at_ends = [apart(power) for power in POWERS]
    if not at_ends[0] * at_ends[1] < 0.0:
        sums = " and ".join(f"{one.sum_of(1.0):.6g}" for one in counts)
        expected = f"stored sums that grow with {newtons[0]:.6g} and {newtons[1]:.6g} N as a power between {POWERS}"
        raise InvalidData(f"two_point: expected {expected}, got {sums}", field="two_point")
    power = float(scipy.optimize.brentq(apart, *POWERS, xtol=1e-14))
    curve = Curve(kind="power", numbers=((float(newtons[0] / counts[0].sum_of(power)), power),))
    unit = parts[0].layout.unit if parts[0].layout.quantity == "force" else "kPa"
    layout = replace(parts[0].layout, unit=unit, curve=curve, scale=1.0, offset=0.0)
    made = [replace(one, layout=layout, stats=None) for one in parts]
    forces = [(readings(one) * newtons_of(layout)).sum(axis=(1, 2)) for one in made]
    return Fit(
        method="two points",
        changes={"unit": unit, "curve": curve, "scale": 1.0, "offset": 0.0},
        residual_pct=rms_pct(np.concatenate([force / load - 1.0 for force, load in zip(forces, newtons, strict=True)])),
        loaded_cells=min(int(np.median((readings(one) > 0.0).sum(axis=(1, 2)))) for one in made),
    )


def _counts(recording: Recording) -> _Counts:
    layout = recording.layout
    unit = layout.unit if layout.quantity == "force" else "kPa"
    weight = newtons_of(replace(layout, unit=unit)) / len(recording)
    x = np.maximum(np.where(layout.valid, np.nan_to_num(recording.frames.astype(np.float64)), 0.0), 0.0)
    x *= layout.factors
    spread = np.broadcast_to(weight, x.shape).ravel()
    if layout.tare is not None:
        bare = np.array(layout.tare).reshape(layout.rows, layout.cols) * layout.factors
        return _Counts(x.ravel(), np.broadcast_to(np.where(layout.valid, bare, 0.0), x.shape).ravel(), spread)
    values, which = np.unique(x, return_inverse=True)
    return _Counts(values, np.zeros(len(values)), np.asarray(np.bincount(which.ravel(), spread), np.float64))
