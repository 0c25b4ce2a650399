"""What an address asks of a session's page: the part, the tab, thresholds, regions.

Nonsense in it becomes the default, and `problems` says what was expected and what came: pages show it, a report with
one is refused. `assets/core/address.mjs` writes the same names; the address carries the whole state of the page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from analytics.gait.stances import MERGE_S, MIN_CONTACT_S
from barograph.place import MOST_TOE_OUT_DEG, MOST_WIDTH_MM
from dashboard.reading.overview import AREA, COP_X, COP_Y, PEAK, TOTAL, Span
from dashboard.reading.print_fixes import Fix, read_fixes

TABS: Final = ("maps", "gait", "footprints", "jump", "balance", "regions", "data")
COLUMNS: Final = {"force": TOTAL, "peak": PEAK, "area": AREA, "y": COP_Y, "x": COP_X}
MEANS: Final = (("masks", "Masks"), ("pressure", "Pressure"), ("pti", "PTI"))  # of mean prints
CHOICES: Final = {
    "tab": TABS,
    "col": tuple(COLUMNS),
    "map": ("peak", "highest", "mean", "pti"),
    "curve": ("force", "peak", "area"),
    "ellipse": ("chi2", "exact"),
    "regions": ("foot", "thirds", "grid", "drawn"),
    "jump": ("cmj", "squat", "drop", "hops"),
    "means": tuple(name for name, _ in MEANS),
}


@dataclass(frozen=True)
class Bound:
    """Bounds of a number whatever the data are, and what it is without a query; None: what layout or data say."""

    expected: str
    least: float
    default: float | None
    open: bool = True
    most: float = math.inf

    def holds(self, value: float) -> bool:
        """Return whether a value lies within; the upper bounds are those of the data (`dashboard.limits_of_data`)."""
        low = value > self.least if self.open else value >= self.least
        return math.isfinite(value) and low and value <= self.most


SHORTEST_MS, PAUSE_MS = 1000 * MIN_CONTACT_S, 1000 * MERGE_S
NUMBERS: Final = {
    "on": Bound("a load above 0", 0.0, None),
    "off": Bound("a load above 0", 0.0, None),
    "shortest": Bound("ms above 0", 0.0, SHORTEST_MS),
    "pause": Bound("ms of 0 or more", 0.0, PAUSE_MS, open=False),
    "p0": Bound("a value of 0 or more", 0.0, None, open=False),
    "hz": Bound("Hz above 0", 0.0, None),
    "width": Bound(f"mm from 0 to {MOST_WIDTH_MM:g}", 0.0, None, open=False, most=MOST_WIDTH_MM),
    "toe": Bound(
        f"degrees from −{MOST_TOE_OUT_DEG:g} to {MOST_TOE_OUT_DEG:g}", -MOST_TOE_OUT_DEG, None, open=False,
        most=MOST_TOE_OUT_DEG,
    ),
    "open_from": Bound("seconds of 0 or more", 0.0, None, open=False),
    "open_to": Bound("seconds above 0", 0.0, None),
    "flight": Bound("N above 0", 0.0, None),
    "weight": Bound("N above 0", 0.0, None),
    "box": Bound("cm above 0", 0.0, None),
    "speed": Bound("km/h above 0, at most 60", 0.0, None, most=60.0),
    "leg": Bound("cm from 5 to 200", 5.0, None, open=False, most=200.0),
}  # fmt: skip
# A moment that rounding puts a little beyond the end is the end.
BEYOND_S: Final = 0.1
WHOLE_UP_TO_S: Final = 300.0
USUAL_PART_S: Final = 60.0
MOST_DRAWN: Final = 24
MOST_CORNERS: Final = 64
MOST_TEXT: Final = 40
MOST_FIELDS: Final = 100
BEST: Final = "best"
MEAN: Final = "mean"
MOST_TRIALS: Final = 999


@dataclass(frozen=True)
class Drawn:
    """A region that someone drew: the stream, a name, and (x, y) corners in cells from the picture's upper left."""

    stream: str
    name: str
    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class PartQuery:
    """What to show of a session; seconds count from its first frame."""

    start_s: float
    stop_s: float
    whole: bool
    tab: str | None = None
    col: str = "force"
    map: str = "peak"
    curve: str = "force"
    means: str = "masks"
    ellipse: str = "chi2"
    regions: str | None = None
    on: float | None = None
    off: float | None = None
    shortest: float = SHORTEST_MS
    pause: float = PAUSE_MS
    p0: float | None = None
    hz: float | None = None
    width: float | None = None
    toe: float | None = None
    open_from: float | None = None
    open_to: float | None = None
    jump: str | None = None
    flight: float | None = None
    weight: float | None = None
    box: float | None = None
    speed: float | None = None
    leg: float | None = None
    trial: str = BEST
    without: frozenset[int] = frozenset()
    balance: bool = False
    drawn: tuple[Drawn, ...] = ()
    fixes: tuple[Fix, ...] | None = None
    cell: tuple[str, int, int] | None = None
    problems: tuple[str, ...] = ()

    @property
    def length_s(self) -> float:
        """Seconds of the part."""
        return self.stop_s - self.start_s

    def span(self, whole: Span) -> Span:
        """Return the part in µs since 1970."""
        return Span(whole.first_us + round(self.start_s * 1e6), whole.first_us + round(self.stop_s * 1e6))


def read(search: str, length_s: float) -> PartQuery:
    """Return the wish of an address, for a session of so many seconds."""
    problems: list[str] = []
    fields = fields_of(search, problems)
    given = {name: values[-1] for name, values in fields.items()}
    start, stop = _part(given, length_s, problems)
    texts = {name: value for name, known in CHOICES.items() if (value := choice(name, known, given, problems))}
    numbers = {name: _bounded(name, given.get(name), problems) for name in NUMBERS}
    return PartQuery(
        start_s=start,
        stop_s=stop,
        whole=stop - start >= length_s,
        trial=_trial(given.get("trial", ""), problems),
        without=_without(given.get("without", ""), problems),
        balance=given.get("balance") == "1",
        drawn=_drawn(fields.get("draw", []), problems),
        fixes=read_fixes(given.get("fix", ""), problems),
        cell=_cell(given.get("cell", ""), problems),
        **texts,  # type: ignore[arg-type]
        **numbers,  # type: ignore[arg-type]
        problems=tuple(problems),
    )


def fields_of(search: str, problems: list[str], most: int = MOST_FIELDS) -> dict[str, list[str]]:
    """Return the fields of an address with all their values; none, and a problem more, where there are too many."""
    try:
        return parse_qs(search.lstrip("?"), max_num_fields=most)
    except ValueError:
        problems.append(f"address: expected at most {most} fields, got more; none of them is used")
        return {}


def last_fields(search: str, problems: list[str], most: int = MOST_FIELDS) -> dict[str, str]:
    """Return the fields of an address; of one that is there more than once, the last value."""
    return {name: values[-1] for name, values in fields_of(search, problems, most).items()}


def choice(name: str, known: tuple[str, ...], given: Mapping[str, str], problems: list[str]) -> str | None:
    """Return the value of a field that has a choice; None where it is not given, or is none of them, which is said."""
    value = given.get(name)
    if value is None or value in known:
        return value
    problems.append(f"{name}: expected one of {', '.join(known)}, got {value[:MOST_TEXT]!r}")
    return None


def _bounded(name: str, text: str | None, problems: list[str]) -> float | None:
    bound = NUMBERS[name]
    if not text:
        return bound.default
    value = finite(text)
    if value is None or not bound.holds(value):
        problems.append(f"{name}: expected {bound.expected}, got {text[:MOST_TEXT]!r}")
        return bound.default
    return value


def _trial(text: str, problems: list[str]) -> str:
    """`best`, `mean`, or the number of a jump from 1 on."""
    if text in ("", BEST, MEAN) or _is_trial(text):
        return text or BEST
    problems.append(f"trial: expected best, mean or a number from 1 on, got {text[:MOST_TEXT]!r}")
    return BEST


def _without(text: str, problems: list[str]) -> frozenset[int]:
    """Return the numbers of jumps that are left out, as `2,4`."""
    parts = [part for part in text.split(",") if part]
    if not all(map(_is_trial, parts)):
        problems.append(f"without: expected numbers of jumps from 1 on, as 2,4, got {text[:MOST_TEXT]!r}")
        return frozenset()
    return frozenset(map(int, parts))


def _is_trial(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(MOST_TRIALS)) and int(text) >= 1


def usual_part(length_s: float) -> tuple[float, float]:
    """Return what is selected before anyone selects: all of a short session, else a minute in its middle."""
    if length_s <= WHOLE_UP_TO_S:
        return 0.0, length_s
    middle = math.floor(length_s / 2 / USUAL_PART_S) * USUAL_PART_S
    return middle, middle + USUAL_PART_S


def _part(given: dict[str, str], length_s: float, problems: list[str]) -> tuple[float, float]:
    texts = [given.get("from", ""), given.get("to", "")]
    if not any(texts):
        return usual_part(length_s)
    start, stop = finite(texts[0] or "0"), finite(texts[1] or repr(length_s))
    if start is None or stop is None or not 0 <= start < stop or start >= length_s or stop > length_s + BEYOND_S:
        problems.append(
            f"from, to: expected seconds, 0 ≤ from < to ≤ {length_s:.3f}, got from {texts[0][:MOST_TEXT]!r}, "
            f"to {texts[1][:MOST_TEXT]!r}"
        )
    if start is None or stop is None:
        return usual_part(length_s)
    start, stop = max(start, 0.0), min(stop, length_s)
    return (start, stop) if start < stop else usual_part(length_s)


def finite(text: str) -> float | None:
    """Return the finite number that a text is, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _cell(text: str, problems: list[str]) -> tuple[str, int, int] | None:
    """`left:12:5` is row 12, column 5 of the left."""
    if not text:
        return None
    stream, _, place = text.rpartition(":")
    stream, _, row = stream.rpartition(":")
    if not stream or not (row.isascii() and row.isdigit() and place.isascii() and place.isdigit()):
        problems.append(f"cell: expected stream:row:column, got {text[:MOST_TEXT]!r}")
        return None
    return stream, int(row[:5]), int(place[:5])


def _drawn(found: list[str], problems: list[str]) -> tuple[Drawn, ...]:
    """`draw=left|Heel|1,2 3,4 5,6`, once a region."""
    if len(found) > MOST_DRAWN:
        problems.append(f"draw: expected at most {MOST_DRAWN} regions, got {len(found)}; the first are used")
    regions = [_region(text) for text in found[:MOST_DRAWN]]
    for text, region in zip(found, regions, strict=False):
        if region is None:
            problems.append(
                f"draw: expected stream|name|x,y x,y x,y with three corners or more, got {text[:MOST_TEXT]!r}"
            )
    return tuple(region for region in regions if region is not None)


def _region(text: str) -> Drawn | None:
    parts = text.split("|")
    if len(parts) != 3:
        return None
    corners = [tuple(finite(one) for one in pair.split(",")) for pair in parts[2].split()]
    known = tuple((x, y) for x, y in (c for c in corners if len(c) == 2) if x is not None and y is not None)
    return Drawn(parts[0], parts[1][:MOST_TEXT], known[:MOST_CORNERS]) if len(known) >= 3 else None
