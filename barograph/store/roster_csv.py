"""The roster as one CSV table, out and in; one row per athlete, the columns of `barograph.store.roster_cells`.

Out: UTF-8 with a byte order mark, commas. In: UTF-8 with or without one, commas, semicolons or tabs. An empty cell
leaves what is stored as it is, `-` takes it away; a measurement, a consent and an involved side are added. A row whose
athlete or whose cells are not clear is named, and left out as a whole; the others come in.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from barograph import bounds
from barograph.errors import AccessDenied, FileFormatError, InvalidData, NotFound, Refused
from barograph.store.roster import Athlete, text_key
from barograph.store.roster_cells import CLEAR, COLUMNS, cells_of, column_of, day_in, restored
from barograph.store.roster_port import Roster
from barograph.store.roster_rows import changed_by, team_names_in
from barograph.store.roster_rules import check_athlete

MOST_BYTES = 32 << 20
KEPT = ("created_us", "changed_us", "revision")
_PLACES = {one.name: place for place, one in enumerate(COLUMNS)}
DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Problem:
    """A cell that cannot be taken: its line in the file, its column, and why."""

    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}" if self.column else f"line {self.line}: {self.reason}"


@dataclass(frozen=True)
class RosterChange:
    """A row that changes something: the athlete before (None: a new one) and after."""

    line: int
    before: Athlete | None
    after: Athlete

    @property
    def said(self) -> str:
        """What changes, in one line."""
        if self.before is None:
            return f"new athlete {self.after.name}"
        old, new = self.before, self.after
        names = [
            one.name
            for one in fields(Athlete)
            if one.name not in KEPT and getattr(old, one.name) != getattr(new, one.name)
        ]
        return f"{old.short_id} {old.name}: {', '.join(_said(name, old, new) for name in names)}"


def _said(name: str, old: Athlete, new: Athlete) -> str:
    before, after = getattr(old, name), getattr(new, name)
    if name in ("measurements", "consents", "involved"):
        added = [one for one in after if one not in before]
        texts = [f"{one.kind} {one.value:g}" if name == "measurements" else getattr(one, "what", "") for one in added]
        return f"{name} + {', '.join(filter(None, texts)) or len(added)}"
    if name in ("teams", "notes", "aliases", "age"):
        return name
    return f"{name} {before or 'nothing'} → {after or 'nothing'}"


@dataclass(frozen=True)
class RosterImport:
    """What a table changes, or changed: rows in their order, those that could not be taken, and new teams."""

    changes: tuple[RosterChange, ...] = ()
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    new_teams: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass
class _Sheet:
    """Rows of a file with the lines on which they begin, and heads that stand for nothing."""

    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


async def export_roster(roster: Roster, chosen: Callable[[Athlete], bool] = lambda one: True) -> bytes:
    """Return the roster as a file, or those of it who are chosen."""
    names = {team.uid: team.name for team in await roster.teams()}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([one.name for one in COLUMNS])
    writer.writerows(cells_of(one, names) for one in await roster.athletes() if chosen(one))
    return text.getvalue().encode("utf-8-sig")


async def import_roster(roster: Roster, data: bytes, *, now_us: int, dry_run: bool = False) -> RosterImport:
    """Take a file into the roster, and say what it changed; a dry run says what it would change.

    `FileFormatError` where it is no such table at all.
    """
    sheet = _read(data)
    teams = {text_key(team.name): team.uid for team in await roster.teams()}
    wanted = {text_key(name): name for _, cells in sheet.rows for name in team_names_in(cells)}
    new_names = [name for key, name in wanted.items() if key not in teams]
    # A team that does not exist yet is called by its name until a row that is taken needs it.
    places = {**teams, **{text_key(name): name for name in new_names}}
    planned = _plan(sheet, await roster.athletes(), places, now_us)
    needed = [name for name in new_names if any(name in change.after.teams for change in planned.changes)]
    planned = replace(planned, new_teams=tuple(needed))
    return planned if dry_run else await _apply(roster, planned, now_us)


async def _apply(roster: Roster, planned: RosterImport, now_us: int) -> RosterImport:
    made: dict[str, str] = {}
    done, problems = list[RosterChange](), list(planned.problems)
    for change in planned.changes:
        put = roster.add if change.before is None else roster.put
        try:
            for name in (each for each in change.after.teams if each in planned.new_teams and each not in made):
                made[name] = (await roster.add_team(name, now_us=now_us)).uid
            athlete = replace(change.after, teams=tuple(made.get(uid, uid) for uid in change.after.teams))
            done.append(replace(change, after=await put(athlete, now_us=now_us)))
        except (InvalidData, Refused, NotFound, AccessDenied) as error:
            problems.append(_problem(change.line, error))
    return replace(planned, changes=tuple(done), problems=_in_order(problems), new_teams=tuple(made))


def _plan(sheet: _Sheet, athletes: Sequence[Athlete], teams: Mapping[str, str], now_us: int) -> RosterImport:
    changes, problems, unchanged = list[RosterChange](), list(sheet.problems), 0
    taken: dict[str, int] = {}
    index, uids = _Index(athletes), frozenset(teams.values())
    for line, cells in sheet.rows:
        try:
            before = index.found(cells)
            _require_once(taken, line, before, cells)
            after = changed_by(before, cells, teams, now_us)
            check_athlete(after, uids.union(before.teams if before else ()), now_us)
        except ExceptionGroup as group:
            problems += [_problem(line, error) for error in group.exceptions]
        except InvalidData as error:
            problems.append(_problem(line, error))
        else:
            changes += [RosterChange(line, before, after)] if after != before else []
            unchanged += after == before
    return RosterImport(tuple(changes), unchanged, _in_order(problems), ignored=tuple(sheet.ignored))


def _require_once(taken: dict[str, int], line: int, before: Athlete | None, cells: Mapping[str, str]) -> None:
    short_id = text_key(cells.get("id"))
    who = before.uid if before else f"new {short_id or text_key(restored(cells.get('name', '').strip()))}"
    if who in taken:
        column = "id" if short_id else "name"
        reason = f"expected each athlete once, line {taken[who]} is the same; ids tell them apart"
        raise InvalidData(reason, field=column)
    taken[who] = line


class _Index:
    """Athletes by what a row may call them."""

    def __init__(self, athletes: Sequence[Athlete]) -> None:
        self._by_id = {text_key(one.short_id): one for one in athletes}
        self._by_key: dict[str, list[Athlete]] = {}
        for one in athletes:
            for key in one.keys:
                self._by_key.setdefault(key, []).append(one)

    def found(self, cells: Mapping[str, str]) -> Athlete | None:
        """Return the athlete that a row is about: by the id, else by the name; None for a new one."""
        if short_id := cells.get("id", "").strip():
            return self._of_id(short_id)
        found = self._by_key.get(text_key(restored(cells.get("name", "").strip())), [])
        if len(found) > 1:
            ids = ", ".join(one.short_id for one in found[:5])
            raise InvalidData(f"expected one athlete of this name, there are {ids}; give the id", field="name")
        born = cells.get("born", "").strip()
        if found and born and found[0].born:
            _require_same_birth(found[0], born)
        return found[0] if found else None

    def _of_id(self, short_id: str) -> Athlete | None:
        mine, merged = self._by_id.get(text_key(short_id)), self._by_key.get(text_key(short_id), [])
        if mine is None and merged and (len(merged) > 1 or merged[0].merged):
            raise InvalidData(
                f"expected the id of one athlete; {short_id} stands for {merged[0].short_id} now", field="id"
            )
        return mine


def _require_same_birth(athlete: Athlete, cell: str) -> None:
    born = day_in("born", cell, part=True) if cell != CLEAR else athlete.born
    if not (born.startswith(athlete.born) or athlete.born.startswith(born)):
        known = f"{athlete.born}, as {athlete.short_id} has it"
        raise InvalidData(f"expected {known}, got {born}; give the id of this athlete, or a new one", field="born")


def _problem(line: int, error: BaseException) -> Problem:
    column = getattr(error, "field", None) or ""
    reason = str(error)
    return Problem(line, column, reason.removeprefix(f"{column}: ") if column else reason)


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda one: (one.line, _PLACES.get(one.column, 0))))


def _read(data: bytes) -> _Sheet:
    if len(data) > MOST_BYTES:
        raise FileFormatError(f"roster: expected at most {MOST_BYTES >> 20} MiB, got {len(data) >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileFormatError(
            f"roster, line {line}: expected UTF-8, got the byte 0x{data[error.start]:02x}; save it as 'CSV UTF-8'"
        ) from error
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    sheet = _Sheet()
    rows = _rows(text, delimiter, sheet)
    _, heads = next(rows, (0, []))
    columns = [column_of(head) for head in heads]
    if "name" not in columns and "id" not in columns:
        raise FileFormatError(
            f"roster, line 1: expected a column 'name' or 'id', got {', '.join(heads)[:80] or 'nothing'}"
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise FileFormatError(f"roster, line 1: expected each column once, got {', '.join(twice)} twice")
    sheet.ignored = [head.strip() for head, column in zip(heads, columns, strict=True) if not column and head.strip()]
    for line, row in rows:
        if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
            sheet.problems.append(Problem(line, "", f"expected {len(columns)} cells as in the header, got {len(row)}"))
        elif len(sheet.rows) >= bounds.ATHLETES:
            raise FileFormatError(f"roster, line {line}: expected at most {bounds.ATHLETES} athletes")
        else:
            sheet.rows.append((line, {name: cell for name, cell in zip(columns, row, strict=False) if name}))
    return sheet


def _rows(text: str, delimiter: str, sheet: _Sheet) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with their first lines; where quotes are not closed, the rest is one problem."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            sheet.problems.append(
                Problem(line, "", f"expected quotes that are closed: {error}; what follows was not read")
            )
            return
        if any(cell.strip() for cell in row):
            yield line, row
