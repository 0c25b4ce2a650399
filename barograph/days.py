"""Days as people write them: 2026-05-14, or a part of one."""

from __future__ import annotations

import re
from datetime import date

from barograph import bounds
from barograph.errors import InvalidData

YEARS = (1850, 2200)
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)


def check_day(field: str, day: object, *, part: bool = False) -> str:
    """Return a day such as `2026-05-14` or "", with `part` also `2026-05` and `2026`; else `InvalidData`."""
    text = bounds.check_text(field, day, bounds.DAY)
    said = "a day as 2026-05-14" + (", or 2026-05, or 2026" if part else "")
    found = _DAY.fullmatch(text)
    if text and (found is None or (found[3] is None and not part) or not _calendar(*found.groups())):
        raise InvalidData(f"{field}: expected {said}, got {text!r}", field=field)
    return text


def _calendar(year: str, month: str | None, day: str | None) -> bool:
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return False
    return YEARS[0] <= int(year) <= YEARS[1]
