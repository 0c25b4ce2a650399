"""Cells of the roster as a CSV table: how what is known of an athlete is written, and read again.

A text that a spreadsheet would take for a formula gets an apostrophe before it, which is taken away again when it is
read. Lists are separated by ` | `; a `|` or `\\` of a text has a `\\` before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from barograph.cells import FORMULAS
from barograph.days import check_day
from barograph.errors import InvalidData
from barograph.store.roster import KINDS, Athlete, Kind
from barograph.times import day_of

_FORMULA = re.compile(rf"'*\s*[{re.escape(FORMULAS)}]")
_NEUTRAL = re.compile(rf"'+\s*[{re.escape(FORMULAS)}]")
_DOTTED_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?", re.ASCII)
CLEAR = "-"


@dataclass(frozen=True)
class Column:
    """A column of the table: its head, what else it may be called, and what stands there."""

    name: str
    meaning: str
    others: tuple[str, ...] = ()


_MEASURED = {"mass_kg": "mass", "height_cm": "height", "leg_left_cm": "leg_left", "leg_right_cm": "leg_right"}
DAY_OF: dict[Kind, str] = {kind: f"{_MEASURED[kind]}_day" for kind in KINDS}
COLUMNS: tuple[Column, ...] = (
    Column("id", "short id, `a-0012` or a code of your own; empty: found by the name, or given", ("short_id",)),
    Column("name", "the athlete's name, or a code that stands for it", ("athlete",)),
    Column("sex", "`F`, `M`, `X` or empty", ("gender",)),
    Column("born", "birth: `2002-05-14`, `14.05.2002`, `2002-05` or `2002`", ("dob", "date_of_birth", "birthday")),
    Column("age", "years, where the date of birth is not known"),
    Column("age_day", "the day on which that age held"),
    Column("dominant", "dominant side: `left`, `right` or `both`", ("dominant_side",)),
    Column("involved", "involved side: `left`, `right` or `both`; several with ` | ` between them", ("involved_side",)),
    Column("involved_what", "what of it: `knee`"),
    Column("involved_since", "since which day"),
    Column("involved_until", "until which day, where it is over"),
    Column("mass_kg", "the newest mass", ("mass", "weight", "weight_kg")),
    Column("mass_day", "the day of that measurement; empty: the day of the import"),
    Column("height_cm", "the newest height", ("height",)),
    Column("height_day", "its day"),
    Column("leg_left_cm", "the newest length of the left leg"),
    Column("leg_left_day", "its day"),
    Column("leg_right_cm", "the newest length of the right leg"),
    Column("leg_right_day", "its day"),
    Column("sport", "sport: `rowing`", ("discipline",)),
    Column("shoe", "size of the shoe: `EU 40`"),
    Column("teams", "names of teams with ` | ` between them; new ones are made", ("team",)),
    Column("aliases", "other texts that devices say for this athlete"),
    Column("notes", "anything, also on several lines"),
    Column("consent", "what the athlete was asked: `record and keep`; several with ` | ` between them"),
    Column("consent_state", "`given` (or empty), `declined` or `withdrawn`"),
    Column("consent_day", "the day on which that was said"),
    Column("consent_until", "the last day on which it holds"),
    Column("consent_by", "who wrote it down"),
    Column("consent_form", "the sheet that was signed"),
)  # fmt: skip
INVOLVED = ("side", "what", "since", "until")
CONSENT = ("what", "state", "day", "until", "by", "form")


def column_of(head: str) -> str:
    """Return the name of the column that a head stands for, "" where there is none."""
    wanted = re.sub(r"[\s_()]+", "_", head.strip().casefold()).strip("_")
    return next((one.name for one in COLUMNS if wanted in (one.name, *one.others)), "")


def neutral(text: str) -> str:
    """Return a text that no spreadsheet runs."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(cell: str) -> str:
    """Return the text that `neutral` was given."""
    return cell[1:] if _NEUTRAL.match(cell) else cell


def joined(texts: Sequence[str]) -> str:
    """Return a list as one cell; "" where nothing stands in it."""
    return " | ".join(re.sub(r"([\\|])", r"\\\1", text) for text in texts) if any(texts) else ""


def parted(cell: str) -> list[str]:
    """Return the list in a cell."""
    if not cell.strip():
        return []
    parts = re.findall(r"((?:\\.|[^\\|]|\\$)*)(?:\||$)", cell, re.DOTALL)
    return [
        re.sub(r"\\(.)", r"\1", part.strip(), flags=re.DOTALL) for part in (parts[:-1] if len(parts) > 1 else parts)
    ]


def day_in(column: str, cell: str, *, part: bool = False) -> str:
    """Return the day in a cell, also one with dots as in 14.05.2002; else `InvalidData`."""
    if found := _DOTTED_DAY.fullmatch(cell):
        cell = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    return check_day(column, cell, part=part)


def number_in(column: str, cell: str) -> float:
    """Return the number in a cell, with a decimal point or comma; else `InvalidData`."""
    if not _NUMBER.fullmatch(cell):
        raise InvalidData(f"{column}: expected a number as 68.4, got {cell[:40]!r}", field=column)
    return float(cell.replace(",", "."))


def cells_of(athlete: Athlete, team_names: Mapping[str, str]) -> list[str]:
    """Return the row of an athlete, in the order of `COLUMNS`."""
    row = {
        "id": athlete.short_id, "name": athlete.name, "sex": athlete.sex, "born": athlete.born,
        "dominant": athlete.dominant, "sport": athlete.sport, "shoe": athlete.shoe, "notes": athlete.notes,
        "teams": joined([team_names[uid] for uid in athlete.teams if uid in team_names]),
        "aliases": joined(athlete.aliases),
    }  # fmt: skip
    if athlete.age is not None:
        row |= {"age": f"{athlete.age.years:.12g}", "age_day": athlete.age.day}
    for kind, day in DAY_OF.items():
        if (newest := athlete.latest(kind)) is not None:
            row |= {kind: f"{newest.value:.12g}", day: day_of(newest.t_us)}
    row["involved"] = joined([one.side for one in athlete.involved])
    row |= {f"involved_{name}": joined([getattr(one, name) for one in athlete.involved]) for name in INVOLVED[1:]}
    row["consent"] = joined([one.what for one in athlete.consents])
    row |= {f"consent_{name}": joined([getattr(one, name) for one in athlete.consents]) for name in CONSENT[1:]}
    return [neutral(row.get(one.name, "")) for one in COLUMNS]


def several(cells: Mapping[str, str], names: Sequence[str], heads: Callable[[str], str]) -> list[dict[str, str]]:
    """Return one dictionary for each entry of lists that stand side by side; a shorter list is filled with ""."""
    lists = {name: parted(cells.get(heads(name), "")) for name in names}
    first, count = names[0], len(lists[names[0]])
    for name, values in lists.items():
        if len(values) > count:
            column = heads(name)
            raise InvalidData(
                f"{column}: expected at most {count} as in {heads(first)}, got {len(values)}", field=column
            )
    return [{name: values[i] if i < len(values) else "" for name, values in lists.items()} for i in range(count)]
