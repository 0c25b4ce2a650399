"""Reports of test days by address: /report/team/<team> and /report/athlete/<athlete>, of `day` or the newest.

`format` is `html`, `csv` or `xlsx`. Sessions, athletes and teams are those that whoever asks may see.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from datetime import date
from urllib.parse import quote

from quart import Quart, Response, request
from quart.typing import ResponseTypes

from barograph.access.needs import needs
from barograph.days import check_day
from barograph.errors import InvalidData, NotFound
from barograph.files.workbook import MEDIA_TYPE
from dashboard.athletes import day_files, day_report, own_report
from dashboard.athletes.day_report import Day
from dashboard.drawing.markup import say, tag
from dashboard.reading.sources import Sources
from dashboard.reading.trial_rows import newest_day, rows_before, sessions_on
from dashboard.report.answers import page
from dashboard.results.day_numbers import done_tests
from dashboard.routes import day_report_path

FORMATS = ("html", "csv", "xlsx")
Render = Callable[..., str]


def register(app: Quart, sources: Sources) -> None:
    """Add the routes to an application; the archive is guarded."""

    @app.get("/report/team/<team>")
    @needs("read", "athlete")
    async def show_team(team: str) -> ResponseTypes:
        return await _answer(of_team(sources, team, request.args.get("day", "")), day_report.report)

    @app.get("/report/athlete/<athlete_uid>")
    @needs("read", "athlete")
    async def show_athlete(athlete_uid: str) -> ResponseTypes:
        return await _answer(of_athlete(sources, athlete_uid, request.args.get("day", "")), own_report.report)


async def _answer(found: Awaitable[Day], render: Render) -> ResponseTypes:
    chosen = request.args.get("format", "html")
    if chosen == "html":
        return await page(_document(found, render))
    if chosen not in FORMATS:
        return await page(_refused(found, chosen))
    try:
        day = await found
    except (NotFound, InvalidData) as error:
        return await page(_raised(error))
    name = quote(f"{day.title} {day.day}.{chosen}", safe="")
    kept = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
    if chosen == "csv":
        made = await asyncio.to_thread(day_files.as_csv, day)
        return Response(made, content_type="text/csv; charset=utf-8", headers=kept)
    return Response(await asyncio.to_thread(day_files.as_workbook, day), content_type=MEDIA_TYPE, headers=kept)


async def _document(found: Awaitable[Day], render: Render) -> str:
    day = await found
    return await asyncio.to_thread(render, day, now_us=time.time_ns() // 1000)


async def _refused(found: Awaitable[Day], chosen: str) -> str:
    await found
    raise InvalidData(f"format: expected one of {', '.join(FORMATS)}, got {chosen[:40]!r}", field="format")


async def _raised(error: Exception) -> str:
    raise error


async def of_team(sources: Sources, uid: str, day: str = "") -> Day:
    """Return a test day of the athletes of a team who may be seen; `NotFound` for another team."""
    teams = {one.uid: one for one in await sources.archive.roster.teams()}
    if uid not in teams:
        raise NotFound(f"{uid[:40]}: no such team")
    mine = {one.uid for one in await sources.archive.roster.athletes() if uid in one.teams}
    return await _day(sources, teams[uid].name, day, mine, "", day_report_path(team=uid))


async def of_athlete(sources: Sources, uid: str, day: str = "") -> Day:
    """Return a test day of one athlete who may be seen, else `NotFound`."""
    athlete = await sources.archive.roster.athlete(uid)
    return await _day(sources, athlete.name, day, None, athlete.uid, day_report_path(athlete=athlete.uid))


async def _day(
    sources: Sources, title: str, day: str, athletes: Collection[str] | None, uid: str, address: str
) -> Day:  # fmt: skip
    archive = sources.archive
    when = date.fromisoformat(check_day("day", day)) if day else await newest_day(archive, athletes, uid)
    if when is None:
        raise NotFound(f"{title}: no session has a trial, so there is no test day to report")
    tested = await sessions_on(sources.parts, when, athletes, uid)
    if not tested:
        raise NotFound(f"{title}: no session of {when} has a trial")
    before = [await rows_before(archive, one) for one in tested]
    tests = [each for one, earlier in zip(tested, before, strict=True) for each in done_tests(one, earlier.rows)]
    waiting = sum(one.waiting for one in before)
    return Day(title, when, tuple(tests), tuple(tested), _links(address, when), waiting)


def _links(address: str, when: date) -> str:
    links = (tag("a", say(f"{kind.upper()}"), href=f"{address}?day={when}&format={kind}") for kind in FORMATS[1:])
    return tag("p", "Take along: ", " · ".join(links), class_="no-print")
