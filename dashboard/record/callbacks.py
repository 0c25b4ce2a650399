"""The pages under /record: the list of test days, and one of them; what they show comes from routes beside this."""

from __future__ import annotations

import re
from typing import Any

from barograph.access.needs import needs
from dashboard.page import notices
from dashboard.page.typed_callbacks import Callbacks
from dashboard.page.visitors import may
from dashboard.reading.sources import Sources
from dashboard.record import page

ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")


@needs("read")
async def show(_sources: Sources, rest: str, _search: str) -> Any:
    """Build the list of test days, or the page of one; or say that whoever asks may not record."""
    if not may("describe", "athlete"):
        return page.only_watching()
    if not rest:
        return page.days()
    return page.day(rest) if ID.match(rest) else notices.nowhere()


def register(_app: Callbacks, _sources: Sources) -> None:
    """Add nothing: what these pages change, they ask of routes."""
