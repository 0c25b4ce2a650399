"""What a map makes of the first part of a text: its columns, the frames, and what is odd, for whoever fills it in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from barograph.errors import FileFormatError, InvalidData
from barograph.files.given import NOTHING, Given
from barograph.files.map_draft import draft
from barograph.files.mapped import opened, titles, words_of
from barograph.files.mapping import MOST_COLUMNS, FileMap, written
from barograph.files.vendors.text import FileLines
from barograph.frames import KPA_PER_UNIT, Floats, Recording

ROWS = 5  # lines of the table that are shown
MOST_SHOWN = 400  # columns whose values are shown
MOST_POINTS = 600  # of the curve
MOST_WORDS = 5


def look(path: Path, asked: Mapping[str, Any] | None = None, given: Given = NOTHING) -> dict[str, Any]:
    """Return a map, by default a draft, with the table that it is of and what comes of it.

    `map` and its TOML, `unknown` entries with why, `names` of the columns, the first `lines` of data with their
    numbers, `result` (frames, curve, picture, sum against the force), or the `error` of the first line that does not
    fit, and `words` in cells that are no numbers. A text without any table raises `FileFormatError`, a wrong map
    `InvalidData`.
    """
    made, unknown = draft(path) if asked is None else (FileMap.from_dict(asked), {})
    found: dict[str, Any] = {"map": entries(made), "unknown": unknown, "toml": written(made, unknown)}
    try:
        found |= _table(path, made)
        timed = made.rate_hz is not None or made.time is not None
        found["result"] = _result(opened(path, made, given if timed else replace(given, rate_hz=1.0)).whole(), made)
    except FileFormatError as error:
        found["error"] = str(error).replace(f"{path}: ", "").replace(f"{path}, ", "")
        found["words"] = _words(path, made)
    return found


def entries(made: FileMap) -> dict[str, Any]:
    """Return a map as the values of its TOML, which `FileMap.from_dict` takes."""
    flat = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(made).items()}
    cells = {name: flat.pop(name) for name in ("first", "columns", "row", "col", "value", "frame")}
    cells["from"] = flat.pop("counted_from")
    time, unit, force = flat.pop("time"), flat.pop("time_unit"), flat.pop("force")
    tables = {"cells": cells, "time": {"column": time, "unit": unit}, "force": {"column": force}}
    known = {name: {k: v for k, v in table.items() if v not in (None, [])} for name, table in tables.items()}
    return {name: value for name, value in flat.items() if value is not None} | known


def _table(path: Path, made: FileMap) -> dict[str, Any]:
    """Names of the columns, and the first lines of data with their numbers; the whole width is counted."""
    with FileLines(path) as lines:
        names = titles(lines, made)
        shown: list[dict[str, Any]] = []
        while len(shown) < ROWS and not lines.at_end():
            if lines.next("a line").strip():
                shown.append({"line": lines.number, "words": words_of(lines.whole, made)})
    width = max((len(one["words"]) for one in shown), default=len(names))
    if width > MOST_COLUMNS:
        raise FileFormatError(f"{path}: expected at most {MOST_COLUMNS} columns, got {width}")
    for one in shown:
        one["words"] = [word[:40] for word in one["words"][:MOST_SHOWN]]
    return {"names": [name[:60] for name in names], "width": width, "lines": shown}


def _result(recording: Recording, made: FileMap) -> dict[str, Any]:
    """How many frames, the curve of their sum, the frame with the largest one, and the force beside it."""
    cells = recording.values()
    sums = np.nansum(cells, axis=(1, 2))
    seconds = (recording.times_us - recording.times_us[0]) / 1e6
    step = max(1, len(sums) // MOST_POINTS)
    top = int(sums.argmax())
    largest = float(np.nanmax(cells)) if np.isfinite(cells).any() else 0.0
    return {
        "frames": len(recording),
        "seconds": float(seconds[-1]),
        "curve": [seconds[::step].tolist(), sums[::step].tolist()],
        "picture": [[None if np.isnan(v) else v for v in row] for row in cells[top].tolist()],
        "top": top,
        "largest": largest,
        "doubts": list(recording.provenance.get("doubts", ())),
        **({"force": force} if (force := _force(recording, sums, made)) else {}),
    }


def _force(recording: Recording, sums: Floats, made: FileMap) -> dict[str, Any] | None:
    """How far the sum of the cells follows the force column, in % of its largest value, and the area that fits best.

    The area of a cell in cm² follows from the sum in kPa; without a unit of pressure there is none.
    """
    values = recording.provenance.get("vendor", {}).get(str(made.force), ())
    printed = np.array([np.nan if value is None else value for value in values])
    both = np.isfinite(printed) & np.isfinite(sums[: len(printed)])
    theirs, ours = printed[both], sums[: len(printed)][both]
    if len(theirs) < 2 or not (ours @ ours) or not np.abs(theirs).max():
        return None
    factor = float(theirs @ ours / (ours @ ours))
    off = float(np.abs(theirs - factor * ours).max() / np.abs(theirs).max() * 100)
    area = factor * 10 / KPA_PER_UNIT[made.unit] if made.unit != "raw" and factor > 0 else None
    return {"column": str(made.force), "off_pct": off, "area_cm2": area}


def _words(path: Path, made: FileMap) -> list[dict[str, Any]]:
    """Words that stand in cells and are no numbers, with the line of the first of each; most frequent first."""
    if made.form != "frames":
        return []
    found, first = Counter[str](), dict[str, int]()
    with FileLines(path) as lines:
        try:
            names = titles(lines, made)
        except (FileFormatError, InvalidData):
            return []
        begin = names.index(str(made.first)) if str(made.first) in names else 0
        known = {word.lower() for word in made.missing}
        while not lines.at_end():
            for word in words_of(lines.next("a line") and lines.whole, made)[begin:]:
                text = word.strip()
                if text.lower() not in known and not _is_number(text, made.decimal):
                    found[text[:40]] += 1
                    first.setdefault(text[:40], lines.number)
    return [{"word": word, "n": n, "line": first[word]} for word, n in found.most_common(MOST_WORDS)]


def _is_number(text: str, decimal: str) -> bool:
    try:
        float(text.replace(",", ".") if decimal == "," else text)
    except ValueError:
        return False
    return True
