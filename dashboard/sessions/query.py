"""What the address asks of the list of sessions; nonsense in it asks for all of them, and is said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import urlencode

from barograph.layout import KINDS
from barograph.store.search import MOST_TEXT, SORTS, Query, Sort
from dashboard.page.hidden import hide, shown_in
from dashboard.reading.part_query import choice, last_fields

PAGE_SIZE = 50
DAY_US = 86_400_000_000
DAYS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
MOST_FIELDS = 40
MOST_PAGES = 10_000
HIDDEN = ("text", "athlete")  # names are in no address


@dataclass(frozen=True)
class ListQuery:
    """A query, the days it goes back ("" for ever), the page of the answer, and what an address wrongly asked for."""

    query: Query = field(default_factory=Query)
    days: str = ""
    page: int = 1
    problems: tuple[str, ...] = ()

    def search(self, **changes: Any) -> str:
        """Return the address' search with something changed; a change of anything but the page begins at its first."""
        page = changes.pop("page", 1)
        days = changes.pop("days", self.days)
        query, usual = replace(self.query, **changes), Query()
        fields: dict[str, Any] = {
            name: value
            for name in ("text", "athlete", "kind", "tag", "layout", "sort")
            if (value := getattr(query, name)) != getattr(usual, name)
        }
        fields |= {name: hide(str(fields[name])) for name in HIDDEN if name in fields}
        fields |= {"gaps": 1} if query.gaps else {}
        fields |= {} if query.descending else {"up": 1}
        fields |= {"days": days} if days else {}
        fields |= {"page": page} if page > 1 else {}
        return f"?{urlencode(fields)}" if fields else ""


def read(search: str, now_us: int) -> ListQuery:
    """Return what an address asks for."""
    problems: list[str] = []
    given = last_fields(search, problems, MOST_FIELDS)
    kind, tag = (given.get(name, "")[:MOST_TEXT].replace("\0", "") for name in ("kind", "tag"))
    text, athlete = (shown_in(name, given, problems) for name in HIDDEN)
    layout = choice("layout", ("", *KINDS), given, problems) or ""
    days = choice("days", ("", *DAYS), given, problems) or ""
    sort = choice("sort", SORTS, given, problems) or "date"
    query = Query(
        text=text,
        athlete=athlete,
        kind=kind,
        tag=tag,
        layout=layout,
        since_us=now_us // DAY_US * DAY_US - int(days) * DAY_US if days else 0,
        gaps=given.get("gaps") == "1",
        sort=cast(Sort, sort),
        descending=given.get("up") != "1",
    )
    return ListQuery(query, days, _page(given.get("page", ""), problems), tuple(problems))


def _page(value: str, problems: list[str]) -> int:
    if value.isascii() and value.isdecimal() and len(value) < 6 and 0 < int(value) <= MOST_PAGES:
        return int(value)
    if value:
        problems.append(f"page: expected a whole number from 1 to {MOST_PAGES}, got {value[:MOST_TEXT]!r}")
    return 1
