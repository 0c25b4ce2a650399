"""How a calibration is made of what was recorded: an even load, a known mass, two of them, a person who stands.

    fit = equilibration(recording)      # every cell under one pressure
    lab.calibrate("run-42", "left", **fit.changes)

Each function takes recordings as they are stored and gives the fields of a layout that change, with how far what was
recorded is from what it should read then. Nothing is stored here.
"""

from barograph.fits.curves import FORMS, through_points, two_points
from barograph.fits.even import equilibration
from barograph.fits.found import GRAVITY, Fit
from barograph.fits.loads import body_weight, known_mass, step
from barograph.fits.zero import Loaded, unloaded_above

__all__ = [
    "FORMS", "GRAVITY", "Fit", "Loaded", "body_weight", "equilibration", "known_mass", "step", "through_points",
    "two_points", "unloaded_above",
]  # fmt: skip
