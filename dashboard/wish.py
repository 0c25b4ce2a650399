"""What an address asks of a session's page: the part, the tab, thresholds, regions. Nonsense in it becomes the default.

`assets/address.mjs` writes the same names; the address carries the whole state of the page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from dashboard.overview import AREA, COP_X, COP_Y, PEAK, TOTAL, Span

TABS: Final = ("maps", "gait", "balance", "regions", "data")
COLUMNS: Final = {"force": TOTAL, "peak": PEAK, "area": AREA, "y": COP_Y, "x": COP_X}
CHOICES: Final = {
    "tab": TABS,
    "col": tuple(COLUMNS),
    "map": ("peak", "highest", "mean", "pti"),
    "curve": ("force", "peak", "area"),
    "ellipse": ("chi2", "exact"),
    "regions": ("foot", "thirds", "grid", "drawn"),
}
# name: (lowest, highest, default); None: what the layout says
NUMBERS: Final[dict[str, tuple[float, float, float | None]]] = {
    "on": (0.1, 10_000.0, None),
    "off": (0.1, 10_000.0, None),
    "shortest": (10.0, 10_000.0, 200.0),
    "p0": (0.0, 1_000.0, None),
    "hz": (0.5, 100.0, 10.0),
}
WHOLE_UP_TO_S: Final = 300.0
USUAL_PART_S: Final = 60.0
MOST_DRAWN: Final = 24
MOST_CORNERS: Final = 64
MOST_TEXT: Final = 40
MOST_FIELDS: Final = 100


@dataclass(frozen=True)
class Drawn:
    """A region that someone drew: the stream, a name, and (x, y) corners in cells from the picture's upper left."""

    stream: str
    name: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Wish:
    """What to show of a session; seconds count from its first frame."""

    start_s: float
    stop_s: float
    whole: bool
    tab: str | None = None
    col: str = "force"
    map: str = "peak"
    curve: str = "force"
    ellipse: str = "chi2"
    regions: str | None = None
    on: float | None = None
    off: float | None = None
    shortest: float = 200.0
    p0: float | None = None
    hz: float = 10.0
    drawn: tuple[Drawn, ...] = ()
    cell: tuple[str, int, int] | None = None

    @property
    def length_s(self) -> float:
        """Seconds of the part."""
        return self.stop_s - self.start_s

    def span(self, whole: Span) -> Span:
        """The part in µs since 1970."""
        return Span(whole.first_us + round(self.start_s * 1e6), whole.first_us + round(self.stop_s * 1e6))


def read(search: str, length_s: float) -> Wish:
    """The wish of an address, for a session of so many seconds."""
    fields = _fields(search)
    given = {name: values[-1] for name, values in fields.items()}
    start, stop = _part(given, length_s)
    texts = {name: value for name, known in CHOICES.items() if (value := given.get(name)) in known}
    numbers = {name: _number(given.get(name), *limits) for name, limits in NUMBERS.items()}
    return Wish(
        start_s=start,
        stop_s=stop,
        whole=stop - start >= length_s,
        drawn=_drawn(fields.get("draw", [])),
        cell=_cell(given.get("cell", "")),
        **texts,  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
    )


def _fields(search: str) -> dict[str, list[str]]:
    try:
        return parse_qs(search.lstrip("?"), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}


def usual_part(length_s: float) -> tuple[float, float]:
    """What is selected before anyone selects: all of a short session, else a minute in its middle."""
    if length_s <= WHOLE_UP_TO_S:
        return 0.0, length_s
    middle = math.floor(length_s / 2 / USUAL_PART_S) * USUAL_PART_S
    return middle, middle + USUAL_PART_S


def _part(given: dict[str, str], length_s: float) -> tuple[float, float]:
    start = _number(given.get("from"), 0.0, length_s, None)
    stop = _number(given.get("to"), 0.0, length_s, None)
    return (start, stop) if start is not None and stop is not None and start < stop else usual_part(length_s)


def _number(text: str | None, low: float, high: float, default: float | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return default
    return min(max(value, low), high) if math.isfinite(value) else default


def _cell(text: str) -> tuple[str, int, int] | None:
    """`left:12:5` is row 12, column 5 of the left."""
    stream, _, place = text.rpartition(":")
    stream, _, row = stream.rpartition(":")
    if not stream or not (row.isascii() and row.isdigit() and place.isascii() and place.isdigit()):
        return None
    return stream, int(row[:5]), int(place[:5])


def _drawn(found: list[str]) -> tuple[Drawn, ...]:
    """`draw=left|Heel|1,2 3,4 5,6`, once a region."""
    return tuple(region for text in found[:MOST_DRAWN] if (region := _region(text)) is not None)


def _region(text: str) -> Drawn | None:
    parts = text.split("|")
    if len(parts) != 3:
        return None
    corners = [tuple(_number(one, -1e4, 1e4, None) for one in pair.split(",")) for pair in parts[2].split()]
    known = tuple((x, y) for x, y in (c for c in corners if len(c) == 2) if x is not None and y is not None)
    return Drawn(parts[0], parts[1][:MOST_TEXT], known[:MOST_CORNERS]) if len(known) >= 3 else None
