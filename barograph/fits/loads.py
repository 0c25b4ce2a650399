"""A calibration by one load: a known mass, a person who stands, or one who steps on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from barograph.errors import InvalidData
from barograph.fits.found import GRAVITY, Fit, checked_kg, newtons_of, readings, rms_pct, stretch
from barograph.frames import Floats, Recording

STEP_SHARE = 0.5  # of the largest force: below it a foot steps on or off


def known_mass(loaded: Recording, mass_kg: float) -> Fit:
    """Find the scale at which a recording of a known mass weighs that mass.

    Parameters
    ----------
    loaded : Recording
        Frames in which all of the mass is on the sensor. Its factors, curve and tare stay.
    mass_kg : float
        The mass, kg.

    Returns
    -------
    Fit with `scale`, `offset` and `unit` (kPa of a stream in counts, else its own): the median frame weighs
    `mass_kg` · 9.80665 N. `loaded_cells` is the median number of cells above 0; a calibration that rests on few of them
    holds for few of them. `residual_pct` is how far the frames lie from the mass.

    Raises
    ------
    InvalidData
        Without frames, load or areas of cells.

    Notes
    -----
    Tekscan's one-point calibration: kPa a count = kg · 9.80665 / (raw sum · area).
    """
    return _by([stretch(loaded, "mass_kg")], mass_kg, "known mass")[0]


def step(loaded: Recording, mass_kg: float) -> Fit:
    """Find the scale by a person of known mass who steps on with one foot and stands on it.

    As `known_mass`, from the frames above half of the largest force: those before and after are of the step itself.
    """
    found = stretch(loaded, "step")
    force = _forces(found)
    return _by([found[np.flatnonzero(force >= STEP_SHARE * force.max())]], mass_kg, "step")[0]


def body_weight(standing: Sequence[Recording], mass_kg: float) -> list[Fit]:
    """Find the one factor by which the sensors under a standing person weigh that person.

    Parameters
    ----------
    standing : sequence of Recording
        One recording a sensor, left and right for insoles, of the same frames (`Lab.aligned` makes them so).
    mass_kg : float
        The person's mass with what is worn, kg.

    Returns
    -------
    One Fit a sensor, in order. The factor m · g / median(L + R) is one for all of them: how the load is shared between
    them stays as it was measured. `residual_pct` is of the sum.

    Raises
    ------
    InvalidData
        Without frames, load or areas of cells, or when sensors have different numbers of frames.
    """
    if not standing or len({len(one) for one in standing}) != 1:
        got = ", ".join(str(len(one)) for one in standing) or "none"
        raise InvalidData(f"standing: expected recordings of the same frames, got {got} frames", field="standing")
    return _by([stretch(one, "standing") for one in standing], mass_kg, "body weight")


def _forces(recording: Recording) -> Floats:
    """(n,) force of each frame in N, or in what a kPa a count would give."""
    return np.asarray((readings(recording) * newtons_of(recording.layout)).sum(axis=(1, 2)))


def _by(recordings: Sequence[Recording], mass_kg: float, method: str) -> list[Fit]:
    newtons = checked_kg(mass_kg) * GRAVITY
    force = np.sum([_forces(one) for one in recordings], axis=0)
    middle = float(np.median(force))
    if not middle > 0.0:
        raise InvalidData(f"mass_kg: expected a load in that time, got a median of {middle:g}", field="mass_kg")
    factor = newtons / middle
    left = rms_pct(force * factor / newtons - 1.0)
    return [
        Fit(
            method=method,
            changes={
                "unit": one.layout.unit if one.layout.calibrated else "kPa",
                "scale": one.layout.scale * factor,
                "offset": one.layout.offset * factor,
            },
            residual_pct=left,
            loaded_cells=int(np.median((readings(one) > 0.0).sum(axis=(1, 2)))),
        )
        for one in recordings
    ]
