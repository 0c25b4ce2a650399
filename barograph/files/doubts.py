"""What a reader knows to be missing from a file that it could read: told in the recording's provenance as `doubts`.

Whoever imports a file says it, with what the reader `assumed`: `remarks` gives both as sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from barograph import geometries
from barograph.frames import Layout

# A recording of these formats that was cut between two frames is a whole file of fewer frames.
UNCOUNTED = "no frame is missing at the end: the file does not say how many it has"
FROM_1970 = "times count from 1970"
MOST = 20
MOST_BEFORE = 4  # files of which one was made of the other
MOST_LETTERS = 300


def told(doubts: Sequence[str]) -> dict[str, Any]:
    """Return the entry for a provenance; none without a doubt."""
    more = [f"and {len(doubts) - MOST} more places"] if len(doubts) > MOST else []
    return {"doubts": [*doubts[:MOST], *more]} if doubts else {}


def remarks(names: Sequence[str], provenances: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what is doubtful or was assumed in the recordings of a file, each once, with the streams that it is of.

    That times count from 1970 is left out: an import gives such a file a date, or says that it has none. A file of ours
    may hold what was said of the one it was made of; what has another form than readers write is passed over.
    """
    found: dict[str, list[str]] = {}
    for name, provenance in zip(names, provenances, strict=True):
        for text in (text for one in _origins(provenance) for text in _of(one)):
            found.setdefault(text[:MOST_LETTERS], []).append(name)
    return [f"{', '.join(dict.fromkeys(of))}: {text}" for text, of in list(found.items())[: 2 * MOST]]


def unplaced(names: Sequence[str], layouts: Iterable[Layout]) -> list[str]:
    """Return which sensors have one row of cells and no places, and the geometries that have as many cells."""
    found: dict[str, list[str]] = {}
    for name, layout in zip(names, layouts, strict=True):
        if not nowhere(layout):
            continue
        fitting = geometries.fitting(layout.cells)
        which = f", as in {', '.join(fitting)}; --geometry says which it is" if fitting else "; --geometry takes a CSV"
        found.setdefault(f"{layout.cells} cells in a row whose places are not known{which}", []).append(name)
    return [f"{', '.join(of)}: {text}" for text, of in found.items()]


def nowhere(layout: Layout) -> bool:
    """Return whether a sensor is one row of cells of which nobody said where they lie, nor which sensor it is."""
    told = layout.geometry is not None and (layout.placed or layout.geometry.name)
    return min(layout.rows, layout.cols) == 1 < layout.cells and layout.pitch_mm is None and not told


def other_geometries(names: Sequence[str], given: Iterable[Layout], stored: Iterable[Layout | None]) -> list[str]:
    """Return of which streams a file has another geometry than is stored of them; that of the stream stays."""
    return [
        f"{name}: the file's geometry, {_called(one)}, is not that of the stored stream, {_called(kept)}, which stays"
        for name, one, kept in zip(names, given, stored, strict=True)
        if kept is not None and one.geometry is not None and one.geometry != kept.geometry
    ]


def _called(layout: Layout) -> str:
    if layout.geometry is None:
        return "none"
    return layout.geometry.name or f"one of {layout.cells} cells"


def _origins(provenance: Any, files: int = MOST_BEFORE) -> Iterator[Mapping[str, Any]]:
    """A provenance, and those of the files before it."""
    if isinstance(provenance, Mapping) and files:
        yield provenance
        yield from _origins(provenance.get("origin"), files - 1)
        imported = provenance.get("imported")
        for one in imported[:MOST] if isinstance(imported, list | tuple) else ():
            yield from _origins(one, files - 1)


def _of(provenance: Mapping[str, Any]) -> Iterator[str]:
    doubts, assumed = provenance.get("doubts"), provenance.get("assumed")
    listed = doubts[: MOST + 1] if isinstance(doubts, list | tuple) else ()
    yield from (text for text in listed if isinstance(text, str) and text)
    parts = assumed.split("; ") if isinstance(assumed, str) else []
    if taken := "; ".join(part for part in parts if not part.startswith(FROM_1970)):
        yield f"assumed: {taken}"


def between(numbers: Sequence[int], what: str) -> list[str]:
    """Return where numbers that rise by one step leave some out; the step is the most frequent one."""
    steps = Counter(after - before for before, after in pairwise(numbers))
    usual = min(steps, key=lambda step: (-steps[step], step), default=1)
    return [
        f"{what} {before + usual} to {after - 1} are not in the file"
        for before, after in pairwise(numbers)
        if after - before > usual
    ]


def before_first(time: Decimal, step: Decimal) -> list[str]:
    """Return frames before the first: a part was exported, or the beginning was lost."""
    return [f"frames before {time} s are not in the file"] if time > step * Decimal("1.5") else []


def after_last(time: Decimal, step: Decimal, whole: Decimal) -> list[str]:
    """Return frames after the last one, of a recording that is known to be longer than a frame more."""
    return (
        [f"frames after {time} s, up to {whole} s, are not in the file"] if whole - time > step * Decimal("1.5") else []
    )
