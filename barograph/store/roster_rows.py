"""What a row of a roster's table says of an athlete, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from barograph.errors import InvalidData
from barograph.store.roster import Age, Athlete, Consent, Involved, Kind, Measurement, text_key
from barograph.store.roster_cells import CLEAR, CONSENT, DAY_OF, INVOLVED, day_in, number_in, parted, restored, several
from barograph.times import day_of, day_us

SOURCE = "roster import"
_SIDES = {"l": "left", "r": "right", "left": "left", "right": "right", "both": "both"}
_SEXES = {"f": "F", "female": "F", "m": "M", "male": "M", "x": "X"}


def team_names_in(cells: Mapping[str, str]) -> list[str]:
    """Return the names of teams in a row."""
    cell = cells.get("teams", "").strip()
    return [] if cell == CLEAR else [name for name in parted(restored(cell)) if text_key(name)]


def changed_by(before: Athlete | None, cells: Mapping[str, str], teams: Mapping[str, str], now_us: int) -> Athlete:
    """Return an athlete after a row: the same one where the row says nothing new.

    `teams` are uids by `text_key`. An `ExceptionGroup` of `InvalidData` names all cells that cannot be taken.
    """
    row = _Row(before, {name: cell.replace("\r\n", "\n").strip() for name, cell in cells.items()})
    readers: tuple[Callable[[], dict[str, Any]], ...] = (
        row.texts, row.choices, row.born, row.age, lambda: row.teams(teams), row.aliases,
        row.involved, row.consents, *((lambda kind=kind: row.measured(kind, now_us)) for kind in DAY_OF),
    )  # fmt: skip
    said: dict[str, Any] = {}
    wrong: list[InvalidData] = []
    measurements: list[Measurement] = []
    for read in readers:
        try:
            found = read()
            measurements += found.pop("measurements", ())
            said |= found
        except InvalidData as error:
            wrong.append(error)
    try:
        known = before or Athlete(said.pop("name", None) or row.new_name(), short_id=row.text("id").casefold())
        after = replace(known, **said, measurements=(*known.measurements, *measurements))
    except InvalidData as error:
        wrong.append(error)
    if not wrong:
        return after
    raise ExceptionGroup("cells that cannot be taken", wrong)


class _Row:
    """The cells of one row, and the athlete before."""

    def __init__(self, before: Athlete | None, cells: Mapping[str, str]) -> None:
        self._before = before
        self._cells = {name: restored(cell) for name, cell in cells.items()}
        self._clear = {name for name, cell in cells.items() if cell == CLEAR}

    def text(self, name: str) -> str:
        """Return a cell, "" where it is to be taken away."""
        return "" if name in self._clear else self._cells.get(name, "")

    def new_name(self) -> str:
        raise InvalidData("expected a name for a new athlete, got nothing", field="name")

    def _given(self, name: str) -> bool:
        return bool(self._cells.get(name))

    def texts(self) -> dict[str, Any]:
        """Return texts that are not those that are stored."""
        if "name" in self._clear:
            raise InvalidData("expected a name, got nothing", field="name")
        stored = {name: getattr(self._before, name, "") for name in ("name", "sport", "shoe", "notes")}
        return {
            name: self.text(name) for name in stored if self._given(name) and self.text(name) != stored[name].strip()
        }

    def choices(self) -> dict[str, Any]:
        """Return sex and dominant side, also in words."""
        offered = {"sex": _SEXES, "dominant": _SIDES}
        return {
            name: words.get(self.text(name).casefold(), self.text(name))
            for name, words in offered.items()
            if self._given(name)
        }

    def born(self) -> dict[str, Any]:
        """Return the date of birth."""
        return {"born": day_in("born", self.text("born"), part=True)} if self._given("born") else {}

    def age(self) -> dict[str, Any]:
        """Return the age and its day."""
        if not self._given("age"):
            return {}
        if not self.text("age"):
            return {"age": None}
        day = day_in("age_day", self.text("age_day"))
        return {"age": Age(number_in("age", self.text("age")), day)}

    def teams(self, teams: Mapping[str, str]) -> dict[str, Any]:
        """Return uids of teams."""
        if not self._given("teams"):
            return {}
        names = [name for name in parted(self.text("teams")) if text_key(name)]
        uids = tuple(dict.fromkeys(teams[text_key(name)] for name in names))
        return {} if self._before and set(uids) == set(self._before.teams) else {"teams": uids}

    def aliases(self) -> dict[str, Any]:
        """Return other texts that stand for the athlete."""
        if not self._given("aliases"):
            return {}
        found = tuple(text for text in parted(self.text("aliases")) if text_key(text))
        stored = self._before.aliases if self._before else ()
        return {} if [one.strip() for one in found] == [one.strip() for one in stored] else {"aliases": found}

    def involved(self) -> dict[str, Any]:
        """Return involved sides; one of the same side, day and part is changed, others are added."""
        stored = list(self._before.involved if self._before else ())
        for one in several(self._cells, INVOLVED, lambda name: "involved" if name == "side" else f"involved_{name}"):
            side = _SIDES.get(one["side"].casefold(), one["side"])
            days = {name: day_in(f"involved_{name}", one[name]) for name in ("since", "until")}
            new = Involved(side, what=one["what"], **days)
            places = [i for i, old in enumerate(stored) if _place(old) == _place(new)]
            if not places:
                stored.append(new)
            elif stored[places[-1]] != new and new not in stored:
                stored[places[-1]] = new
        return {"involved": tuple(stored)}

    def consents(self) -> dict[str, Any]:
        """Return consents; those that are stored stay."""
        stored = list(self._before.consents if self._before else ())
        for one in several(self._cells, CONSENT, lambda name: "consent" if name == "what" else f"consent_{name}"):
            days = {name: day_in(f"consent_{name}", one[name]) for name in ("day", "until")}
            state: Any = one["state"].casefold() or "given"
            new = Consent(one["what"], state=state, by=one["by"], form=one["form"], **days)
            stored += [new] if new not in stored else []
        return {"consents": tuple(stored)}

    def measured(self, kind: Kind, now_us: int) -> dict[str, Any]:
        """Return a measurement that is not stored yet; without a day it is one of today, if the value is new."""
        if not self._given(kind) or not self.text(kind):
            return {}
        value, day = number_in(kind, self.text(kind)), day_in(DAY_OF[kind], self.text(DAY_OF[kind]))
        mine = [one for one in (self._before.measurements if self._before else ()) if one.kind == kind]
        known = [one for one in mine if day_of(one.t_us) == day] if day else mine[-1:]
        if any(abs(one.value - value) < 1e-9 for one in known):
            return {}
        return {"measurements": [Measurement(kind, value, day_us(day or day_of(now_us)), SOURCE)]}


def _place(one: Involved) -> tuple[str, str, str]:
    return one.side, one.since, text_key(one.what)
