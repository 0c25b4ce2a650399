"""The trials of a Jump tab: which of them are shown and counted, their means, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from barograph.store.trials import Trial
from dashboard.drawing import words
from dashboard.drawing.markup import Term, column_term, copy, head, on_paper, row, say, section, table, tag
from dashboard.reading.context import Context
from dashboard.reading.jumps import Jumps, Sensors, trials_at
from dashboard.reading.part_query import BEST, MEAN
from dashboard.results.copied import copied
from dashboard.results.jump_change import Earlier

MOST_ROWS = 200
SIGNED = "_si_pct"
WHOLE = ("onset", "touchdown", "takeoff", "landing", "stopped")
BESIDE_US = 300_000
WEIGHTS = "in body weights, of the weight that the row was measured with."


@dataclass(frozen=True)
class Measured:
    """A column of the table of trials, and how it is shown."""

    name: str
    title: str
    unit: str
    factor: float = 1.0
    digits: int = 0

    @property
    def term(self) -> Term:
        """Its head with its definition."""
        if self.name in ("peak_bw", "landing_bw"):
            which = "peak_force_n" if self.name == "peak_bw" else "peak_landing_force_n"
            return Term(self.title, self.unit, ("max F / BW", f"Largest force {WEIGHTS}"), source=f"See {which}.")
        known = column_term(self.name)
        return Term(self.title, self.unit, known.about if known else (), source=known.source if known else "")

    def number(self, value: float, *, sign: bool = True) -> str:
        """Return a value as it is shown."""
        shown = value * self.factor
        signed = sign and self.name.endswith(SIGNED)
        return words.sign(shown, self.digits) if signed else words.number(shown, self.digits)


FLIGHT = Measured("height_flight_m", "Height, flight", "cm", 100.0, 1)
IMPULSE = Measured("height_m", "Height, impulse", "cm", 100.0, 1)
CONTACT = Measured("contact_s", "Contact", "ms", 1000.0)
RSI = Measured("rsi", "RSI", "m/s", 1.0, 2)
PEAK = Measured("peak_bw", "Peak force", "BW", 1.0, 2)
OF_JUMPS = (
    Measured("rsi_mod", "RSImod", "m/s", 1.0, 2), Measured("time_to_takeoff_s", "To take-off", "ms", 1000.0), PEAK,
    Measured("propulsion_si_pct", "Propulsion SI", "%", 1.0, 1), Measured("landing_si_pct", "Landing SI", "%", 1.0, 1),
    Measured("landing_bw", "Landing peak", "BW", 1.0, 1),
)  # fmt: skip
OF_REBOUNDS = (
    RSI, CONTACT, Measured("flight_s", "Flight", "ms", 1000.0), FLIGHT, PEAK,
    Measured("braking_si_pct", "Braking SI", "%", 1.0, 1), Measured("propulsion_si_pct", "Propulsion SI", "%", 1.0, 1),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Trials:
    """All jumps of a selection, and which of them the address shows."""

    context: Context
    sensors: Sensors
    jumps: Jumps
    stored: Sequence[Trial] = ()
    earlier: Earlier | None = None

    @cached_property
    def of_protocol(self) -> dict[int, Trial]:
        """The stored trial that each jump's take-off lies in, by the jump's number; of several the newest."""
        return trials_at(self.rows, self.stored)

    @property
    def rejected(self) -> dict[int, str]:
        """Why a jump was rejected while it was recorded, by its number."""
        return {number: one.reason for number, one in self.of_protocol.items() if not one.counts}

    @cached_property
    def rows(self) -> pd.DataFrame:
        """One row per jump, index from 1 on."""
        return self.jumps.table.set_axis(range(1, len(self.jumps.table) + 1))

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Jumps that means and the best are of: neither rejected nor left out, with a flight that nothing cuts."""
        left_out = self.rows.index.isin([*self.context.query.without, *self.rejected])
        return self.rows[~left_out & ~self.rows["cut"]]

    @property
    def columns(self) -> tuple[Measured, ...]:
        """The columns of the table, that which leads first."""
        if self.jumps.rebounds:
            return OF_REBOUNDS
        heights = (FLIGHT, IMPULSE) if self.sensors.insoles else (IMPULSE, FLIGHT)
        return (*heights, *OF_JUMPS)

    @property
    def lead(self) -> Measured:
        """The number by which a jump is the best."""
        return self.columns[0]

    @property
    def best(self) -> int | None:
        """The number of the best jump that counts."""
        known = self.counted[self.lead.name].dropna()
        return int(known.index[int(np.argmax(known.to_numpy()))]) if len(known) else None

    @property
    def chosen(self) -> int | None:
        """The number of the jump that is shown; None for the mean."""
        wanted = self.context.query.trial
        if wanted == MEAN and len(self.counted):
            return None
        if wanted not in (BEST, MEAN) and int(wanted) in self.rows.index:
            return int(wanted)
        return self.best or 1

    def value(self, name: str) -> float:
        """Return a number of the jump that is shown, or the mean."""
        if name not in self.rows:
            return np.nan
        column = self.counted[name] if self.chosen is None else self.rows.loc[[self.chosen], name]
        return float(column.mean())

    def spread(self, name: str) -> float:
        """Return the SD of what the mean is of; NaN of one jump."""
        return float(self.counted[name].std()) if self.chosen is None and name in self.rows else np.nan

    def flag(self, name: str) -> str:
        """Return what these jumps are beside earlier sessions of the athlete; "" where nobody knows whose they are."""
        if self.earlier is None or name not in self.counted:
            return ""
        return self.earlier.flag(name, self.counted[name].to_numpy(np.float64))

    def step_ms(self) -> float:
        """Return the time between two rows."""
        return 1000.0 / float(self.rows.attrs["sampling_hz"])


def trials_table(trials: Trials) -> str:
    """Return one row per jump, their mean and their coefficient of variation."""
    columns = trials.columns
    heads = ("#", "State", *(one.term.markup() for one in columns))
    shown = trials.rows.head(MOST_ROWS)
    body = [_row(trials, int(str(number)), one) for number, one in shown.iterrows()]
    more = f", first {MOST_ROWS}" if len(trials.rows) > MOST_ROWS else ""
    acts = "" if on_paper() else "; a row moves the cursor and shows its jump"
    note = f"{words.plural(len(trials.rows), 'jump')} in the selection{more}{acts}"
    text = copy(copied(trials.context, trials.rows.drop(columns=["peak_bw", "landing_bw"])))
    rows = [*body, *_summary(trials, columns)]
    return section(head("Trials", text, note=note), table(heads, rows, label="Trials", texts=2), kind="jump-trials")


def _row(trials: Trials, number: int, one: pd.Series) -> str:
    out = number in trials.context.query.without or number in trials.rejected
    pale = out or bool(one["cut"])
    mark = tag("span", "best", class_="jump-best") if number == trials.best else ""
    cells = [f"{number} {mark}", _state(trials, number, one, out=out)]
    for i, column in enumerate(trials.columns):
        shown = _cell(column, one)
        cells.append(tag("s" if out else "b", shown) if not i and shown != "–" else shown)
    at = int(one["takeoff"].value // 1000)
    kinds = f"seeks{' cut' if pale else ''}{' jump-shown' if number == trials.chosen else ''}"
    first, last = _whole(one)
    return row(cells, 2, class_=kinds, data_set=f"trial={number}", data_seek_us=at, data_trial=number,
               data_from_us=first, data_to_us=last)  # fmt: skip


def _whole(one: pd.Series) -> tuple[int, int]:
    """When a jump begins and ends, µs, with some time on both sides, as far as it is known."""
    known = [one[name] for name in WHOLE if name in one and pd.notna(one[name])]
    first, last = (int(moment.value // 1000) for moment in (min(known), max(known)))
    return first - BESIDE_US, last + BESIDE_US


def _cell(column: Measured, one: pd.Series) -> str:
    value = float(one[column.name]) if column.name in one else np.nan
    mark = ""
    if column is IMPULSE and one["inconsistent"]:
        mark = " " + tag("span", "△", class_="jump-mark", title="Differs from the height by flight by more than 5 cm")
    return column.number(value) + mark


def _state(trials: Trials, number: int, one: pd.Series, *, out: bool) -> str:
    if number in trials.rejected:
        return say(f"rejected: {trials.rejected[number]}".removesuffix(": "))
    others = trials.context.query.without ^ {number}
    query = f"without={','.join(map(str, sorted(others)))}"
    button = tag("button", "take in" if out else "leave out", type="button", class_="button", data_set=query,
                 aria_label=f"{'Take in' if out else 'Leave out'} jump {number}")  # fmt: skip
    return f"{say(state_of(one, out=out))} {tag('span', button, class_='buttons')}"


def state_of(one: pd.Series, *, out: bool = False) -> str:
    """Return what is to be known of a jump, in words."""
    reasons = {
        "cut": "the record ends in flight", "unquiet": "not still before: no weight", "short_weigh": "weighed shortly",
    }  # fmt: skip
    said = [text for name, text in reasons.items() if one[name]]
    return "; ".join(["left out"] * out + said) or "counted"


def _summary(trials: Trials, columns: Sequence[Measured]) -> list[str]:
    counted = trials.counted
    means, cvs = [], []
    for one in columns:
        known = counted[one.name].dropna() if one.name in counted else pd.Series(dtype=float)
        mean, sd = (float(known.mean()), float(known.std())) if len(known) else (np.nan, np.nan)
        said = f" {tag('span', f'± {one.number(sd, sign=False)}', class_='muted')}" if np.isfinite(sd) else ""
        means.append(one.number(mean) + said)
        valid = np.isfinite(sd) and mean > 0 and not one.name.endswith(SIGNED)
        cvs.append(words.number(100.0 * sd / mean, 1) if valid else "–")
    cv = Term("CV", "%", ("100 · SD / mean", "Coefficient of variation over the jumps that count; of an index none."))
    return [row([f"Mean ± SD of {len(counted)}", "", *means], 2, class_="jump-mean"), row([cv.markup(), "", *cvs], 2)]
