"""What vendors print beside frames, by title: which measure of ours is the same, or why none is.

A title is as the file prints it. `ours` is a column of `analytics.frame_stats`, or a measure of
`analytics.sessions.vendor_measures`. Rules are tried from top to bottom.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from barograph.frames import KPA_PER_UNIT, Layout

LBF_N = 4.4482216152605  # exact, NIST SP 811
FRAME = "frame"


@dataclass(frozen=True)
class Rule:
    """A title of some formats: our measure, how many of the vendor's units one of ours is, and why both may differ.

    `factor` 0 means one over the kPa of the recording's unit. `over` is what one value is of. Without `ours`, `why`
    says why nothing is compared.
    """

    formats: str
    title: str
    ours: str = ""
    unit: str = ""
    why: str = ""
    factor: float = 1.0
    over: str = FRAME
    offset: float = 0.0
    _known: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", re.compile(self.title + r"\Z"))

    def fits(self, form: str, title: str) -> bool:
        """Return whether a result of a format is meant."""
        return re.match(rf"(?:{self.formats})\Z", form) is not None and self._known.match(title) is not None

    def factor_of(self, layout: Layout) -> float:
        """Return the vendor's units in one of ours."""
        return self.factor or 1.0 / KPA_PER_UNIT[layout.unit]


_LOADED = "Both are of the cells above the threshold of the file."
_ROUNDED = "The vendor computes with what the sensor counted, and prints cells that are rounded."
_CELLS = "The vendor counts places in cells from the upper left corner."
_SOLE = "The vendor has none below 50 N; here the least force is the layout's."
_MOTION = "It is no measure of pressure."
_STEP = "It is of one step, and the file does not say which frames are of it."
_PLATE = "It is of one foot or zone, and the plate is under both feet."

RULES = (
    Rule("xsensor", r"Average Pressure.*", "mean_loaded_kpa", "", f"{_LOADED} {_ROUNDED}", 0.0),
    Rule("xsensor", r"Minimum Pressure.*", "min_loaded_kpa", "", _LOADED, 0.0),
    Rule("xsensor", r"Peak Pressure.*", "peak_kpa", "", "Both are the highest cell.", 0.0),
    Rule("xsensor", r"Std Dev\.", "sd_loaded_kpa", "", f"{_LOADED} {_ROUNDED}", 0.0),
    Rule("xsensor", r"Contact Area \(cm.*\)", "contact_area_cm2", "cm²", _LOADED),
    Rule("xsensor", r"Contact %", "contact_pct", "%", _LOADED),
    Rule("xsensor", r"Total Area \(cm.*\)", "sensor_area_cm2", "cm²", "The area of all cells that exist."),
    Rule("xsensor(-wide)?", r"Est\. Load \(N\)", "total_force_n", "N", _ROUNDED),
    Rule("xsensor(-wide)?", r"Est\. Load \(lbf\)", "total_force_n", "lbf", _ROUNDED, 1.0 / LBF_N),
    Rule("xsensor", r"COP Row", "cop_row", "cells", f"{_CELLS} The middle of the first is 0.5."),
    Rule("xsensor", r"COP Column", "cop_col", "cells", f"{_CELLS} The middle of the first is 0.5."),
    Rule("xsensor-wide", r"COP Row", "cop_row", "cells", f"{_CELLS} The middle of the first is 1.", offset=0.5),
    Rule("xsensor-wide", r"COP Column", "cop_col", "cells", f"{_CELLS} The middle of the first is 1.", offset=0.5),
    Rule("xsensor", r"(Stance|Stride|Swing|Support|Impulse).*", why=_STEP),
    Rule("novel-emed", r"Force", "total_force_n", "N", "The vendor prints two decimals."),
    Rule("novel-emed", r"Force of rows", "row_force_n", "N", "The vendor prints two decimals.", over="row"),
    Rule("novel-emed", r"Force of columns", "col_force_n", "N", "The vendor prints two decimals.", over="column"),
    Rule("novel-pliance", r"force\[N\]", "total_force_n", "N", "Cells are printed rounded to 0.001 kPa."),
    Rule("novel-pliance", r"x\[cm\]", "cop_x_opposite_cm", "cm", "The vendor counts from the opposite corner."),
    Rule("novel-pliance", r"y\[cm\]", "cop_y_opposite_cm", "cm", "The vendor counts from the opposite corner."),
    Rule("novel-.*", r"MPP", "cell_peak_kpa", "", "The largest value of each cell.", 0.0, "cell"),
    Rule("novel-.*", r"MVP", why="It is no mean of the frames of the file, and the file does not say what it is."),
    Rule("novel-loadsol", r"\w+-[LR]", "total_force_n", "N", "The vendor's total is the sum of the areas."),
    Rule("tekscan-ascii", r"Raw Sum", "raw_sum", "counts", "Both add the counts of all cells."),
    Rule("gaitpdb", r"total (left|right)", "total_force_n", "N", "The total is the sum of eight sensors."),
    Rule("moticon-opengo", r"(left|right) total force\[N\]", "total_force_n", "N", "The vendor prints whole newtons."),
    Rule("moticon-opengo", r"(left|right) center of pressure X\[.*\]", "cop_y_rel", "of the length", _SOLE),
    Rule("moticon-opengo", r"(left|right) center of pressure Y\[.*\]", "cop_medial_rel", "of the width",
         f"{_SOLE} The vendor's Y is positive to the medial side of both feet."),
    Rule("moticon-opengo", r"(left|right) steps\[\]", "contact_s", "s",
         "Ours begins and ends with a force of the foot, the vendor's by rules of its own.", over="step"),
    Rule("mapped", r".*", "total_force_n", "N", "The file does not say which cells its force is of."),
    Rule("zebris-fdm", r"Center of force", "cop_zebris", "cells", "The vendor rounds to whole cells, from 1.",
         over="frame and axis"),
    Rule("zebris-fdm", r"Butterfly\.force,N", "total_force_n", "N",
         "The vendor's cells are smaller than it prints: 8.46591 mm are taken."),
    Rule("zebris-fdm", r"Butterfly\.[xy],mm", why="The file does not say from where it counts."),
    Rule("zebris-fdm", r"Position,m", why="It is the way of the belt."),
    Rule("zebris-fdm", r".*,N", why=_PLATE),
    Rule(".*", r".*(acc|gyro|angular).*", why=_MOTION),
    Rule(".*", r".*(Acc|Gyro).*", why=_MOTION),
)  # fmt: skip
UNKNOWN = Rule(".*", ".*", why="The file does not say how it is computed.")


def rule_of(form: str, title: str) -> Rule:
    """Return what is known of a title in a format; a rule without a measure of ours where nothing is."""
    return next((rule for rule in RULES if rule.fits(form, title)), UNKNOWN)
