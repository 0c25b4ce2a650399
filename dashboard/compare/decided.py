"""What "Is it a change?" decides: each measure of A and B beside the noise of tests, and where their curves differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analytics import change, spm
from analytics.sessions.change import FEWEST_TESTS, own_error
from analytics.sessions.spm import FEWEST_CURVES
from dashboard.compare.groups import FootCurves, Group, span
from dashboard.drawing import words
from dashboard.drawing.units import Units
from dashboard.reading.lab_noise import NOBODY, LabNoise
from dashboard.reading.more_measures import BOTH, OF
from dashboard.reading.session_measures import Entry, Metric, metrics, sensors
from dashboard.reading.sides import SIDES
from dashboard.reading.turned import Turned, turned

FIRST_GROUPS = ("Steps", "Symmetry", "Sway", *(group for group, _ in OF.values()))
SHOWN = ("max_total_force_n", "max_raw_sum", "max_peak_kpa", "max_peak_n", "max_raw_peak", "impulse_ns",
         "average_loading_rate_n_s", "contact_s", "swing_s", "step_s", "stride_s", "duty_pct", "double_support_pct",
         "cadence_spm", "si:max_total_force_n", "si:max_peak_kpa", "si:impulse_ns", "si:contact_s",
         "jump:height_m", "jump:height_flight_m", "jump:rsi_mod", "jump:rsi", "jump:contact_s", "jump:peak_bw",
         "jump:propulsion_si_pct", "jump:landing_si_pct", "walk:step_length_mm", "walk:step_width_mm",
         "walk:progression_deg", "walk:speed_m_s", "print:foot_length_mm", "print:cpei_pct", "print:arch_index",
         "run:flight_s", "run:peak_bw", "run:valr_bw_s", "run:k_vert_kn_m", "run:k_leg_kn_m", "run:strike_index_pct",
         "leg:single_leg_s", "leg:n_touch_downs", "leg:path_mm", "seat:ppi_kpa", "seat:cov_pct")  # fmt: skip


@dataclass(frozen=True, eq=False)
class Row:
    """One measure of one sensor, in the viewer's unit; `found` is its row of `analytics.change`."""

    metric: Metric
    where: str
    how: Turned
    found: pd.Series


@dataclass(frozen=True, eq=False)
class Noise:
    """Whose sessions the typical error is of, None where nobody's are enough, and that in words; `lab` knows SWCs."""

    of: Group | LabNoise | None
    said: str
    lab: LabNoise = NOBODY

    @property
    def about_swc(self) -> str:
        """Say where the SWC is from."""
        return f"SWC: {self.lab.said}." if self.lab.known else "The SWC needs the spread of a team."


def noise_of(a: Group, b: Group, lab: LabNoise = NOBODY, wanted: str = "own") -> Noise:
    """Return the lab's noise where it is wanted, or the athlete's own sessions are too few and it is known.

    Else the baseline is the earlier of both groups that has three sessions, so that swapping decides nothing anew. Why
    it is the athlete's own: docs/decisions/0077-noise-is-that-of-the-athletes-own-sessions.md.
    """
    order = sorted((a, b), key=lambda one: one.entries[0].first_us)
    enough = next((one for one in order if len(one.members) >= FEWEST_TESTS), None)
    if lab.known and (wanted == "lab" or enough is None):
        return Noise(lab, f"TE is that of {lab.said}.", lab)
    if enough is None:
        few = f"A has {len(a.members)}, B {len(b.members)}"
        return Noise(None, f"Not known: a baseline needs {FEWEST_TESTS} sessions of A or of B; {few}.", lab)
    n = words.plural(len(enough.members), "session")
    said = f"TE is that of {enough.which.upper()}, the athlete’s own baseline: {n}, {span(enough.entries)}."
    return Noise(enough, said, lab)


def choices(a: Group, b: Group) -> list[tuple[str, str]]:
    """Return for which sensors there is a table: each foot and both, or all there is."""
    there = {where for one in (*a.entries, *b.entries) for _, where in one.values}
    feet = [(side, side.capitalize()) for side in SIDES if side in there]
    return [*feet, ("both", "Both")] if len(feet) == 2 else [("both", "Both")]


def rows_of(a: Group, b: Group, units: Units, foot: str, noise: Noise) -> list[Row]:
    """Return every measure that both have, of one foot and of the whole body, or of all sensors."""
    both = [*a.entries, *b.entries]
    made = []
    for one in _chosen(both):
        how = turned(one, both, units)
        for where in sensors(both, one.name):
            if foot == "both" or where in (foot, BOTH):
                of_lab = noise.lab.of(one, where, how, units)
                made.append(_row(one, where, how, (a, b), noise.of, of_lab))
    return [row for row in made if row is not None]


def _chosen(entries: Sequence[Entry]) -> list[Metric]:
    """Measures of steps, symmetry, sway and what else was done; of the frames where there are no steps and no sway."""
    known = metrics(entries)
    first = [one for one in known if one.group in FIRST_GROUPS and (one.group == "Sway" or one.name in SHOWN)]
    order = {name: i for i, name in enumerate(SHOWN)}
    chosen = sorted(first, key=lambda one: order.get(one.name, len(order)))
    moved = any(one.group in ("Steps", "Sway") for one in chosen)
    return chosen if moved else [*chosen, *(one for one in known if one.group == "Frames, mean")]


def _row(
    metric: Metric,
    where: str,
    how: Turned,
    groups: tuple[Group, Group],
    source: Group | LabNoise | None,
    of_lab: tuple[float, float, float],
) -> Row | None:
    n = len(groups[0].members)
    values = [one.values.get((metric.name, where)) for group in groups for one in group.entries]
    means = np.array(
        [value[0] * factor if value else np.nan for value, factor in zip(values, how.factors, strict=True)]
    )
    tables = [pd.DataFrame({"value": part}, dtype=np.float64) for part in (means[:n], means[n:])]
    if any(table["value"].isna().all() for table in tables):
        return None
    known = own_error(tables[groups.index(source)] if isinstance(source, Group) else tables[0][:0])
    known["swc"] = of_lab[2]
    if isinstance(source, LabNoise):
        known[["te", "te_n"]] = of_lab[:2]
    return Row(metric, where, how, change(tables[0], tables[1], known).iloc[0])


def counted(rows: Sequence[Row]) -> Counter[str]:
    """Count what the rows are."""
    return Counter(str(row.found["change"]) for row in rows)


@dataclass(frozen=True, eq=False)
class Tested:
    """Curves of a sensor with their SPM{t}, or why there is none."""

    curves: FootCurves
    found: pd.DataFrame | None
    why: str = ""

    @property
    def hopeless(self) -> bool:
        """Whether there are so few relabellings that no difference, however large, passes the threshold."""
        if self.found is None or not self.found.attrs["n_permutations"]:
            return False
        about = self.found.attrs
        alike = 2 if about["n_a"] == about["n_b"] else 1  # with labels exchanged as a whole, |t| is the same
        return bool(alike / about["n_permutations"] > about["alpha"])

    @property
    def clusters(self) -> list[dict[str, float]]:
        """Where the curves differ."""
        return [] if self.found is None else self.found.attrs["clusters"]


def tested(curves: FootCurves, unit: str) -> Tested:
    """Return SPM{t} of B − A."""
    n = len(curves.a), len(curves.b)
    if min(n) < FEWEST_CURVES:
        return Tested(curves, None, f"SPM needs {FEWEST_CURVES} {unit} a side; A has {n[0]}, B {n[1]}")
    found = spm(curves.a, curves.b)
    if found.attrs["t_star"] is None:
        return Tested(curves, None, "the curves do not vary at any point, so there is no chance to test them by")
    return Tested(curves, found)


def p_text(p: float) -> str:
    """Write a probability: p 0.004, p < 0.001, and nothing of one that is not known."""
    if not np.isfinite(p):
        return ""
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def range_text(cluster: dict[str, float]) -> str:
    """Write where a cluster lies: 15–30 %."""
    start, stop = (words.number(cluster[end]) for end in ("start", "stop"))
    return f"{start}–{stop} %" if start != stop else f"{start} %"
