"""What the address asks of the list of sessions; nonsense in it asks for all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import parse_qs, urlencode

from barograph.layout import KINDS
from barograph.search import MOST_TEXT, SORTS, Query, Sort

PAGE_SIZE = 50
DAY_US = 86_400_000_000
DAYS = {"7": "Last 7 days", "30": "Last 30 days", "90": "Last 90 days"}
MOST_FIELDS = 40


@dataclass(frozen=True)
class Asked:
    """A query, the days it goes back ("" for ever), and the page of the answer."""

    query: Query = field(default_factory=Query)
    days: str = ""
    page: int = 1

    def search(self, **changes: Any) -> str:
        """The address' search with something changed; a change of anything but the page begins at its first."""
        page = changes.pop("page", 1)
        days = changes.pop("days", self.days)
        query, usual = replace(self.query, **changes), Query()
        fields: dict[str, Any] = {
            name: value
            for name in ("text", "athlete", "kind", "tag", "layout", "sort")
            if (value := getattr(query, name)) != getattr(usual, name)
        }
        fields |= {"gaps": 1} if query.gaps else {}
        fields |= {} if query.descending else {"up": 1}
        fields |= {"days": days} if days else {}
        fields |= {"page": page} if page > 1 else {}
        return f"?{urlencode(fields)}" if fields else ""


def read(search: str, now_us: int) -> Asked:
    """What an address asks for."""
    try:
        given = {name: values[-1] for name, values in parse_qs(search.lstrip("?"), max_num_fields=MOST_FIELDS).items()}
    except ValueError:
        given = {}
    texts = {name: given.get(name, "")[:MOST_TEXT].replace("\0", "") for name in ("text", "athlete", "kind", "tag")}
    layout = given.get("layout", "") if given.get("layout") in KINDS else ""
    days = given.get("days", "") if given.get("days") in DAYS else ""
    sort = given.get("sort", "date")
    query = Query(
        **texts,
        layout=layout,
        since_us=now_us // DAY_US * DAY_US - int(days) * DAY_US if days else 0,
        gaps=given.get("gaps") == "1",
        sort=cast(Sort, sort) if sort in SORTS else "date",
        descending=given.get("up") != "1",
    )
    return Asked(query, days, _page(given.get("page", "")))


def _page(value: str) -> int:
    good = value.isascii() and value.isdecimal() and len(value) < 6 and int(value) > 0
    return min(int(value), 10_000) if good else 1
