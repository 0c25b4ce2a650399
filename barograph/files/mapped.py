"""Text files that no reader knows, read as a map says (`barograph.files.mapping`): in parts, each line checked."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import FileFormatError
from barograph.files import bounds, doubts
from barograph.files.given import NOTHING, Given
from barograph.files.mapping import SEPARATORS, TIME_UNITS, Column, FileMap
from barograph.files.parts import FileRecording
from barograph.files.vendors.matrices import Exactness, in_parts
from barograph.files.vendors.soles import MOST_RESULTS
from barograph.files.vendors.text import FileLines
from barograph.frames import Floats, Layout
from barograph.times import dated

BRACKETS = re.compile(r"[\[\](){}]")
MOST_NUMBER = 10**7  # of a frame
MOST_NAMED = 20  # columns that are left out
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Frame:
    """One frame of a file: the line it begins on, its time as it is written, its (rows, cols) cells."""

    line: int
    time: str | None
    cells: Floats
    force: float | None = None
    number: int | None = None


def opened(path: Path, said: FileMap, given: Given = NOTHING) -> FileRecording:
    """Return the recording of a file, whose frames stay there; rate, unit and pitch that the map lacks may be given.

    A line that is not as the map says raises `FileFormatError` with file, line, column and expectation.
    """
    asked: dict[str, Any] = {} if said.rate_hz or said.time is not None else {"rate_hz": given.rate_hz}
    asked |= {} if said.unit != "raw" or given.unit is None else {"unit": given.unit}
    said = replace(said, **asked)
    exact, seen = Exactness(), Seen()
    for number, frame in enumerate(frames_of(path, said)):
        exact.add(frame.cells)
        seen.take(frame, _time_us(path, said, frame, number))
        bounds.check(path, "frames", bounds.MOST_FRAMES, len(seen.times))
    if not seen.times:
        raise FileFormatError(f"{path}: expected frames as the map says, got none")
    fields: dict[str, Any] = {"dtype": exact.dtype, "unit": said.unit, "pitch_mm": given.pitch_mm}
    made = Layout(rows=said.rows, cols=said.cols, **fields)
    return FileRecording(
        path,
        made,
        np.array(seen.times, np.int64),
        lambda: in_parts(made, (frame.cells for frame in frames_of(path, said)), exact.stored),
        provenance={
            "format": "mapped",
            "file": path.name,
            "map": {name: value for name, value in asdict(said).items() if value not in (None, ())},
            "assumed": "; ".join(_assumed(path, said, seen)),
            **doubts.told(seen.doubts()),
            **seen.vendor(said),
            **given.used(*asked, "pitch_mm"),
        },
    )


def _assumed(path: Path, said: FileMap, seen: Seen) -> list[str]:
    """What is said of a date that is not there, and of columns that are left out."""
    left = left_out(path, said)
    more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
    found = [] if dated(seen.times[0]) else [f"{doubts.FROM_1970}: the file has no date"]
    return [*found, *([f"columns left out: {', '.join(left[:MOST_NAMED])}{more}"] if left else [])]


@dataclass
class Seen:
    """Times, lines and further columns of the frames that were read."""

    times: array[int] = field(default_factory=lambda: array("q"))
    lines: array[int] = field(default_factory=lambda: array("q"))
    forces: list[float | None] = field(default_factory=list)
    numbers: array[int] = field(default_factory=lambda: array("q"))

    def take(self, frame: Frame, time_us: int) -> None:
        """Keep what is said of a frame."""
        self.times.append(time_us)
        self.lines.append(frame.line)
        if frame.number is not None:
            self.numbers.append(frame.number)
        if len(self.forces) < MOST_RESULTS:
            self.forces.append(frame.force)

    def vendor(self, said: FileMap) -> dict[str, Any]:
        """Return the forces that the file has, as a provenance keeps them."""
        if said.force is None:
            return {}
        n = len(self.times)
        kept = {"vendor_kept": f"results of the first {MOST_RESULTS} of {n} frames", "frames": n}
        return {"vendor": {str(said.force): self.forces}, **(kept if n > MOST_RESULTS else {})}

    def doubts(self) -> list[str]:
        """Return what is odd about times and numbers, with the line of the first place."""
        steps = np.diff(np.array(self.times, np.int64))
        ahead = steps[steps > 0]
        usual = int(np.median(ahead)) if len(ahead) else 0
        back, late = np.flatnonzero(steps < 0), np.flatnonzero(2 * steps > 3 * usual)
        found = [f"line {self.lines[i + 1]}: time steps back by {-steps[i] / 1e6:g} s: a gap, both parts are kept"
                 for i in back[: doubts.MOST].tolist()]  # fmt: skip
        if n := int((steps == 0).sum()):
            at = self.lines[int(np.flatnonzero(steps == 0)[0]) + 1]
            found.append(f"frames with the time of the frame before: {n}, the first in line {at}")
        if len(late) and usual:
            longest = late[int(steps[late].argmax())]
            where = f"the longest of {steps[longest] / 1e6:g} s before line {self.lines[int(longest) + 1]}"
            found.append(f"{len(late)} pauses are longer than 1.5 steps of {usual / 1e6:g} s, {where}")
        return [*found, *doubts.between(self.numbers, "frames")] if len(self.numbers) == len(self.times) else found


def left_out(path: Path, said: FileMap) -> list[str]:
    """Return the columns of a file of frames that have no meaning: names, or numbers from 1."""
    if said.form != "frames":
        return []
    with FileLines(path) as lines:
        names = titles(lines, said)
        width = len(names)
        while not width and not lines.at_end():
            width = len(words_of(lines.whole, said)) if lines.next("a frame").strip() else 0
        used = {
            *_cells_of(lines, said, names),
            *(_place(lines, one, names) for one in (said.time, said.force, said.frame)),
        }
    return [names[i] if names and names[i] else f"column {i + 1}" for i in range(width) if i not in used]


def titles(lines: FileLines, said: FileMap) -> list[str]:
    """Return the names of columns from the lines of the header, which are read; none without them."""
    names: list[str] = []
    for number in range(1, said.header_lines + 1):
        text = lines.next("a line of the header")
        if number == (said.names_line or said.header_lines):
            names = [name.strip() for name in words_of(text, said)]
    return names


def frames_of(path: Path, said: FileMap) -> Iterator[Frame]:
    """Yield the frames of a file, one after the other."""
    with FileLines(path) as lines:
        names = titles(lines, said)
        read = {"frames": _lines_of_frames, "text": _lines_of_text, "blocks": _blocks, "long": _long}[said.form]
        yield from read(lines, said, names)


def _lines_of_frames(lines: FileLines, said: FileMap, names: Sequence[str]) -> Iterator[Frame]:
    width, places = None, _cells_of(lines, said, names)
    time, force, number = (_place(lines, one, names) for one in (said.time, said.force, said.frame))
    last = max(places[-1], *(place for place in (time, force, number, 0) if place is not None))
    begin, n = places[0], len(places)
    run, whole = places == range(begin, begin + n), replace(said, counted_from=0)
    while not lines.at_end():
        text = lines.next("a frame")
        if not text.strip():
            continue
        words = words_of(lines.whole, said)
        width = len(words) if width is None else width
        if len(words) != width or len(words) <= last:
            expected = f"{max(width, last + 1)} columns, {n} of them cells from column {begin + 1}"
            raise lines.error(expected, f"{len(words)} columns")
        if run:
            cells = _numbers(lines, said, words[begin : begin + n], begin)
        else:
            cells = np.concatenate([_numbers(lines, said, [words[i]], i) for i in places])
        yield Frame(
            lines.number,
            None if time is None else words[time],
            cells.reshape(said.rows, said.cols),
            None if force is None else _maybe(float(_numbers(lines, said, [words[force]], force)[0])),
            None if number is None else _index(lines, whole, words[number], number, MOST_NUMBER),
        )


def _maybe(value: float) -> float | None:
    return None if np.isnan(value) else value


def _cells_of(lines: FileLines, said: FileMap, names: Sequence[str]) -> Sequence[int]:
    """The places of the cells from 0, in their order."""
    if said.columns:
        return [_place(lines, one, names) for one in said.columns]
    first = _place(lines, said.first, names)
    return range(first, first + said.rows * said.cols)


def _lines_of_text(lines: FileLines, said: FileMap, names: Sequence[str]) -> Iterator[Frame]:
    place, time = _place(lines, said.first, names), _place(lines, said.time, names)
    while not lines.at_end():
        if not lines.next("a frame").strip():
            continue
        words = words_of(lines.whole, said)
        if len(words) <= max(place, time or 0):
            raise lines.error(f"{max(place, time or 0) + 1} columns", f"{len(words)}")
        inside = [word for word in re.split(r"[,;\s]+", BRACKETS.sub(" ", words[place])) if word]
        if len(inside) != said.rows * said.cols:
            raise lines.error(f"column {place + 1}: {said.rows} x {said.cols} values", f"{len(inside)} values")
        cells = _numbers(lines, said, inside, place, step=0)
        yield Frame(lines.number, None if time is None else words[time], cells.reshape(said.rows, said.cols))


def _blocks(lines: FileLines, said: FileMap, _names: Sequence[str]) -> Iterator[Frame]:
    while not lines.at_end():
        if not lines.next("a row of cells").strip():
            continue
        start, rows = lines.number, []
        for row in range(said.rows):
            text = lines.whole if row == 0 else lines.next(f"row {row + 1} of {said.rows} of the frame of line {start}")
            words = words_of(text, said)
            if len(words) != said.cols:
                raise lines.error(f"row {row + 1} of {said.rows}: {said.cols} values", f"{len(words)} values")
            rows.append(_numbers(lines, said, words, 0))
        yield Frame(start, None, np.stack(rows))


def _long(lines: FileLines, said: FileMap, names: Sequence[str]) -> Iterator[Frame]:
    """A line a cell: a frame ends where its number or its time changes, else where a cell comes again."""
    places = [_place(lines, column, names) for column in (said.row, said.col, said.value)]
    of_frame, time = _place(lines, said.frame, names), _place(lines, said.time, names)
    key, start, seen, cells = None, 0, np.zeros((said.rows, said.cols), bool), np.full((said.rows, said.cols), np.nan)
    when: str | None = None
    while not lines.at_end():
        if not lines.next("a cell").strip():
            continue
        words = words_of(lines.whole, said)
        if len(words) <= max(place for place in (*places, of_frame, time) if place is not None):
            raise lines.error(f"{len(names) or 'more'} columns", f"{len(words)}")
        row, col = (_index(lines, said, words[places[i]], places[i], (said.rows, said.cols)[i]) for i in (0, 1))
        mine = words[of_frame] if of_frame is not None else (words[time] if time is not None else None)
        if seen.any() and (mine != key or (key is None and seen[row, col])):
            yield Frame(start, when, cells)
            seen, cells = np.zeros_like(seen), np.full_like(cells, np.nan)
        if seen[row, col]:
            raise lines.error("each cell of a frame once", f"row {words[places[0]]}, column {words[places[1]]} again")
        if not seen.any():
            key, start, when = mine, lines.number, None if time is None else words[time]
        seen[row, col], cells[row, col] = True, _numbers(lines, said, [words[places[2]]], places[2])[0]
    if seen.any():
        yield Frame(start, when, cells)


def words_of(text: str, said: FileMap) -> list[str]:
    """Return the columns of a line, quotes taken off."""
    sign = SEPARATORS[said.separator]
    if sign is None:
        return text.split()
    return next(csv.reader([text], delimiter=sign), []) if '"' in text else text.split(sign)


def _place(lines: FileLines, column: Column | None, names: Sequence[str]) -> Any:
    """The place of a column from 0, by its number or its name."""
    if column is None:
        return None
    if isinstance(column, int):
        return column - 1
    if names.count(column) != 1:
        if not names:
            raise FileFormatError(f"{lines.path}: expected lines of titles, as the map names a column {column!r}")
        got = "several of that name" if column in names else ", ".join(names)[:200]
        raise lines.error(f"a column {column!r}", got)
    return names.index(column)


def _numbers(lines: FileLines, said: FileMap, words: Sequence[str], first: int, step: int = 1) -> Floats:
    if said.decimal == ",":
        words = [word.replace(",", ".") for word in words]
    try:
        found = np.array(words, np.float64)
        if np.isfinite(found).all():
            return found
    except ValueError:
        pass  # a word that is no number: each is looked at
    missing = {one.lower() for one in said.missing}
    return np.array([_number(lines, word.strip(), first + step * i, missing) for i, word in enumerate(words)])


def _number(lines: FileLines, word: str, place: int, missing: set[str]) -> float:
    if word.lower() in missing:
        return np.nan
    try:
        value = float(word)
    except ValueError:
        value = np.inf
    if not np.isfinite(value):
        raise lines.error(f"column {place + 1}: a number, or one of {', '.join(map(repr, sorted(missing)))}", word)
    return value


def _index(lines: FileLines, said: FileMap, word: str, place: int, most: int) -> int:
    index = int(word) - said.counted_from if re.match(r"\s*\d{1,7}\s*\Z", word) else -1
    if not 0 <= index < most:
        last = most - 1 + said.counted_from
        raise lines.error(f"column {place + 1}: a whole number from {said.counted_from} to {last}", word)
    return index


def _time_us(path: Path, said: FileMap, frame: Frame, number: int) -> int:
    if frame.time is None:
        if said.rate_hz is None:
            raise FileFormatError(f"{path}: the map names no column of the time: expected rate_hz in it")
        return round(number * 1e6 / said.rate_hz)
    text = frame.time.strip()
    try:
        if said.time_unit == "iso":
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return (moment - EPOCH) // timedelta(microseconds=1)
        return round(Decimal(text.replace(",", ".") if said.decimal == "," else text) * TIME_UNITS[said.time_unit])
    except (ValueError, InvalidOperation, OverflowError):
        unit = "a date and time (ISO 8601)" if said.time_unit == "iso" else f"a time in {said.time_unit}"
        raise FileFormatError(f"{path}, line {frame.line}: expected {unit}, got {text[:40]!r}") from None
