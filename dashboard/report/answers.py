"""A report as an HTTP answer: the document, or a page that says why there is none."""

from __future__ import annotations

from collections.abc import Awaitable

from quart import Response

from barograph.errors import InvalidData, NotFound, StorageAway
from dashboard.drawing.markup import say, tag
from dashboard.page.answers import STATUS
from dashboard.report.document import document

HTML = "text/html; charset=utf-8"


async def page(made: Awaitable[str]) -> Response:
    """Return the document, or a page that says why there is none: whoever opens a report is a person."""
    try:
        return Response(await made, content_type=HTML)
    except (NotFound, InvalidData, StorageAway) as error:
        why = tag("p", say(str(error)), class_="warning")
        back = tag("p", tag("a", "All sessions", href="/"))
        html = document("No report", tag("h1", "There is no report here") + why + back)
        status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
        return Response(html, status=status, content_type=HTML)
