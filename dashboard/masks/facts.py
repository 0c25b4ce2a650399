"""What the page of masks is told: the cells, the masks that hold, what they carry, and for what they can be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analytics.base.foot_axis import FootAxis, Line
from analytics.columns import definition
from analytics.regions.found_parts import HEEL_TO, MIDFOOT_TO
from analytics.regions.presets import FOUND
from analytics.regions.step_cells import Labels, StepCells, mask_means, measure_names
from barograph.frames import Floats, Layout
from barograph.store.corrections import AUTOMATIC
from barograph.store.records import Workout
from dashboard.drawing import titles, words
from dashboard.drawing.cell_picture import cell_picture
from dashboard.masks.subject import Subject

DIGITS = {"ever_loaded_cm2": 1, "load_share_pct": 1, "pti_mean_kpa_s": 1}
TOE_SHARE = 1.04  # of the length: so far the axis is drawn


def facts(subject: Subject, workout: Workout, above: float, first_us: int) -> dict[str, Any]:
    """Return all of it as JSON values; `above` is p0, `first_us` the session's first frame."""
    layout, kind = subject.layout, "foot" if subject.info.layout and subject.info.layout.kind == "insole" else "prints"
    area = layout.area_cm2
    return {
        "stream": subject.info.stream.stream, "side": subject.side, "mark": subject.mark,
        "title": f"Masks of the {subject.side} foot", "about": about(workout), "said": _said(subject),
        "ground": ground(subject), "sensor": sensor(layout), "unit": layout.cell_unit,
        "loaded": subject.loaded.ravel().astype(int).tolist(), "peak": _numbers(subject.peak),
        "area_cm2": None if area is None else np.round(area, 4).ravel().tolist(),
        "names": [titles.region(name) for name in FOUND],
        "found": None if subject.found is None else subject.found.ravel().tolist(), "why": subject.why,
        "labels": subject.labels.ravel().tolist(),
        "version": AUTOMATIC if subject.held is None else subject.held.number,
        "axis": None if subject.axis is None else axis(subject.axis, layout),
        "measures": [_measure(name) for name in measure_names(subject.steps[0].cells.layout)],
        "before": _rows([(one.cells, one.own) for one in subject.steps], above),
        "scopes": scopes(subject, workout, kind), "since_us": first_us, "mass_kg": workout.about.mass_kg,
        "all": not subject.mark, "grounds": [{"mark": mark, "title": title} for mark, title in subject.grounds],
    }  # fmt: skip


def about(workout: Workout) -> str:
    """Return whose session it is, and its name."""
    return ", ".join(filter(None, [workout.about.athlete, workout.workout_id]))


def _said(subject: Subject) -> str:
    pitch = subject.layout.pitch_mm
    cells = f", {pitch[0]:.3g} mm cells" if pitch and pitch[0] == pitch[1] else ""
    return f"{subject.side.capitalize()}, {subject.said}{cells}"


def ground(subject: Subject) -> dict[str, Any]:
    """Return the grid that the masks are of, as it is kept."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(subject.ground).items()}


def sensor(layout: Layout) -> dict[str, Any]:
    """Return where the cells are drawn: of a grid by their size, else by their outlines."""
    drawn = cell_picture(layout)
    return {
        "rows": layout.rows, "cols": layout.cols, "pitch": None if drawn else list(layout.pitch_mm or (1.0, 1.0)),
        "valid": layout.valid.ravel().astype(int).tolist(), "picture": drawn.to_dict() if drawn else None,
    }  # fmt: skip


def axis(found: FootAxis, layout: Layout) -> dict[str, Any]:
    """Return the foot's axis and the borders of heel and midfoot across it, as places in the picture."""
    heel, d, outward = found.heel, found.d, found.outward
    start = found.begin_mm - float(heel @ d)
    reach = [float((found.t - heel @ outward).min()) - 20.0, float((found.t - heel @ outward).max()) + 20.0]

    def at(share: float, across: float) -> Any:
        return heel + d * (start + share * found.length_mm) + outward * across

    across = [{"share": round(100 * share), "ends": _places([at(share, end) for end in reach], layout)}
              for share in (HEEL_TO, MIDFOOT_TO)]  # fmt: skip
    low, high = _places([heel, at(TOE_SHARE, 0.0)], layout)
    return {"heel": low, "toe": high, "across": across}


def _places(points: Sequence[Floats], layout: Layout) -> list[list[float]]:
    """Points in mm, x to the right and y to the front, as places in the picture."""
    both = np.array(points)
    drawn = cell_picture(layout)
    if drawn is not None:
        return np.round(drawn.place(both[:, 0], both[:, 1]), 2).tolist()  # type: ignore[no-any-return]
    high = layout.rows * (layout.pitch_mm or (1.0, 1.0))[1]
    return np.round(np.column_stack([both[:, 0], high - both[:, 1]]), 2).tolist()  # type: ignore[no-any-return]


def divided(layout: Layout, labels: Labels | None, found: FootAxis | None, why: str) -> dict[str, Any]:
    """Return masks along an axis that was drawn, or why there are none."""
    return {
        "labels": None if labels is None else labels.ravel().tolist(), "why": why,
        "axis": None if found is None else axis(found, layout),
    }  # fmt: skip


def line_of(points: Sequence[Sequence[float]], layout: Layout) -> Line:
    """Return two places in the picture in mm, x to the right and y to the front: what `_places` undoes."""
    both = np.array(points, np.float64)
    drawn = cell_picture(layout)
    if drawn is not None:
        both = drawn.axes(both)
    else:
        both[:, 1] = layout.rows * (layout.pitch_mm or (1.0, 1.0))[1] - both[:, 1]
    (ax, ay), (bx, by) = both.tolist()
    return (ax, ay), (bx, by)


def _measure(name: str) -> dict[str, Any]:
    known = definition(name)
    return {"name": name, "title": known.title, "unit": known.unit, "digits": DIGITS.get(name, 0),
            "about": [known.formula, known.meaning, known.source]}  # fmt: skip


def rows(subject: Subject, labels: Labels, above: float) -> Mapping[str, list[float | None]]:
    """Return what masks carry in the mean of the steps, by the numbers of the masks; None for what is not known."""
    return _rows([(one.cells, one.turned(labels)) for one in subject.steps], above)


def _rows(steps: Sequence[tuple[StepCells, Labels]], above: float) -> Mapping[str, list[float | None]]:
    names = measure_names(steps[0][0].layout) if steps else ()
    return {str(number): _row(row, names) for number, row in mask_means(steps, above).iterrows()}


def _row(row: pd.Series, names: Sequence[str]) -> list[float | None]:
    values = [float(row[f"mean_{name}"]) for name in names]
    return [round(value, 4) if np.isfinite(value) else None for value in values]


def _numbers(values: Floats) -> list[float | None]:
    return [round(float(value), 2) if np.isfinite(value) else None for value in np.ravel(values)]


def scopes(subject: Subject, workout: Workout, kind: str) -> list[dict[str, str]]:
    """Return for what masks can be kept, and why not for the others."""
    one = bool(subject.mark)
    what = f"{subject.side} prints" if kind == "prints" else f"{subject.side} steps"
    only_one = "the drawing is of one print" if one else ""
    only_all = "" if one else "choose a print above the drawing"
    nobody = "the session has no athlete" if not workout.athlete_uid else ""
    first = [{"name": "print", "title": "this print only", "note": "", "why": only_all}] if kind == "prints" else []
    who = workout.about.athlete or "the athlete"
    return [
        *first,
        {"name": "session", "title": f"all {what} of this session", "note": words.number(subject.n), "why": only_one},
        {"name": "athlete", "title": f"{who}, {subject.side} foot, from this session on", "note": "",
         "why": only_one or nobody},
    ]  # fmt: skip
