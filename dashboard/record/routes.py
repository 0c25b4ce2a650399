"""What the pages of Record ask: test days, commands, and news of a day as soon as there are any.

Answers have the server's clock in `now_us`: a page tells moments by that. Where a phase does not allow a command the
answer is 409 with a sentence; 503 says that nobody knows whether it was done, and the same key may be sent again.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph import protocols
from barograph.access.needs import needs
from barograph.access.test_day_desk import TestDayDesk, listed
from barograph.errors import InvalidData, Refused, StorageAway
from barograph.settings import Settings
from barograph.store.ports import Archive
from barograph.store.test_days import TestDay
from dashboard.page.answers import json_text
from dashboard.page.typed_callbacks import decoded

NOT_NOW, AWAY = 409, 503
NEWS_S, LOOK_S = 10.0, 0.4  # how long a question for news waits, and how often it looks what others wrote
AWAY_SAID = "The archive does not answer. Nothing is lost: send it again with the same key."


class News:
    """Wakes who waits for news of a day when this process changed it."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()

    async def tell(self) -> None:
        """Say that a day changed."""
        async with self._changed:
            self._changed.notify_all()

    async def wait(self, most_s: float) -> None:
        """Wait until something changed, or for some time."""
        try:
            async with asyncio.timeout(most_s), self._changed:
                await self._changed.wait()
        except TimeoutError:
            return


def desk_of(settings: Settings, archive: Archive, stored: Archive) -> TestDayDesk:
    """Return the desk of test days for the pages; `archive` is guarded, `stored` is not."""
    data_dir = settings.data_dir
    return TestDayDesk(archive, stored, lambda name: protocols.named(name, data_dir), held_s=settings.held_s)


def register(app: Quart, desk: TestDayDesk) -> None:
    """Add the routes to an application."""
    news = News()

    @app.get("/record/days")
    @needs("describe", "athlete")
    async def test_days() -> ResponseTypes:
        return _answer({"days": [listed(one) for one in await desk.archive.test_days.newest()]})

    @app.post("/record/days")
    @needs("describe", "athlete")
    async def make_test_day() -> ResponseTypes:
        said = decoded("test_day", await request.get_json(silent=True), dict[str, Any])
        title = said.get("title")
        if not isinstance(title, str):
            raise InvalidData("title: expected a text", field="title")
        return _answer(await desk.viewed(await desk.add(title)), 201)

    @app.get("/record/days/<day_id>")
    @needs("describe", "athlete")
    async def test_day(day_id: str) -> ResponseTypes:
        since = request.args.get("since", "")
        if since:
            await _newer(desk, news, day_id, _revision(since))
        return _answer(await desk.view(day_id))

    @app.post("/record/days/<day_id>/do")
    @needs("describe", "athlete")
    async def do_at_test_day(day_id: str) -> ResponseTypes:
        try:
            day = await desk.do(day_id, await request.get_json(silent=True))
        except Refused as error:
            return _refused(error)
        except StorageAway:
            return _answer({"message": AWAY_SAID, "code": "storage_away", "field": None}, AWAY)
        await news.tell()
        return _answer(await desk.viewed(day))

    @app.delete("/record/days/<day_id>")
    @needs("describe", "athlete")
    async def remove_test_day(day_id: str) -> ResponseTypes:
        try:
            await desk.remove(day_id)
        except Refused as error:
            return _refused(error)
        await news.tell()
        return Response(status=204)


async def _newer(desk: TestDayDesk, news: News, day_id: str, revision: int) -> None:
    """Wait until a day is newer than a revision, something of it is due, or the time of a question is over."""
    until_s = time.monotonic() + NEWS_S
    while (left_s := until_s - time.monotonic()) > 0:
        day = await desk.archive.test_days.one(day_id)
        due_s = _due_s(day, desk.now_us())
        if day.revision > revision or due_s <= 0:
            return
        await news.wait(min(left_s, LOOK_S, due_s))


def _due_s(day: TestDay, now_us: int) -> float:
    """Seconds until a phase of a day changes by itself, or a trial is to be made."""
    moments = [one.go_us for one in day.stations if one.phase == "countdown"]
    moments += [day.due_us] if day.due_us else []
    return (min(moments) - now_us) / 1e6 if moments else NEWS_S


def _revision(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise InvalidData(f"since: expected the revision of a day, got {text[:20]!r}", field="since")
    return int(text)


def _refused(error: Refused) -> Response:
    return _answer({"message": str(error), "code": error.code, "field": error.field}, NOT_NOW)


def _answer(said: dict[str, Any], status: int = 200) -> Response:
    return Response(json_text(said), status=status, content_type="application/json")
