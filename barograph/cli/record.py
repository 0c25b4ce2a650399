"""What the commands under `barograph record` print and change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.table import Table

from barograph import protocols
from barograph.access.acting import ITSELF, acting
from barograph.access.test_day_desk import TestDayDesk
from barograph.cli.athletes import found
from barograph.cli.sessions import ask, print_table
from barograph.errors import InvalidData, NotFound
from barograph.settings import Settings
from barograph.store.mongo.archive import MongoArchive
from barograph.store.test_days import TestDay
from barograph.texts import plural

T = TypeVar("T")
Work = Callable[[TestDayDesk], Awaitable[T]]


def at_desk(data_dir: Path | None, work: Work[T]) -> T:
    """Return what some work at the desk of the archive answers, for the owner of this machine."""

    async def done(archive: MongoArchive, chosen: Settings) -> T:
        desk = TestDayDesk(archive, archive, lambda name: protocols.named(name, chosen.data_dir), held_s=chosen.held_s)
        with acting(ITSELF):
            return await work(desk)

    return ask(data_dir, done)


async def day_of(desk: TestDayDesk, begins: str) -> str:
    """Return the id of the one day that begins so, or of the newest; `NotFound` or `InvalidData` otherwise."""
    matching = [one.id for one in await desk.archive.test_days.newest() if one.id.startswith(begins)]
    if not matching:
        raise NotFound(f"day: no test day {begins[:40]!r} is stored; barograph record list shows which are")
    if begins and len(matching) > 1:
        raise InvalidData(f"day: expected one test day, {begins[:40]!r} is {', '.join(matching[:10])}", field="day")
    return matching[0]


def list_days(data_dir: Path | None) -> None:
    """Print one row per test day."""

    async def work(desk: TestDayDesk) -> list[TestDay]:
        return await desk.archive.test_days.newest()

    table = Table("day", "title", "made, UTC", "waiting", "done", "left", "recorded", "protocols")
    for one in at_desk(data_dir, work):
        counts = [str(sum(each.state == state for each in one.queue)) for state in ("waiting", "done", "left")]
        chosen = ", ".join(each.name for each in one.protocols if not each.dropped)
        table.add_row(one.id, one.title, _when(one.made_us), *counts, str(one.recorded), chosen)
    print_table(table)


def make_day(
    data_dir: Path | None,
    title: str,
    athletes: Sequence[str],
    chosen: Sequence[str],
    stations: Sequence[str],
    order: str,
) -> None:
    """Make a test day with athletes, protocols and stations."""

    async def work(desk: TestDayDesk) -> TestDay:
        people = [(await found(desk.archive.roster, who)).uid for who in athletes]
        for name in chosen:
            desk.known(name)
        day = await desk.add(title)
        for command in (
            {"command": "add_athletes", "athletes": people},
            {"command": "choose_protocols", "protocols": list(chosen)},
            {"command": "arrange", "order": order},
            *({"command": "station_add", "station": name} for name in stations),
        ):
            day = await desk.do(day.id, command)
        return day

    made = at_desk(data_dir, work)
    queued, stations = plural(len(made.queue), "athlete"), plural(len(made.stations), "station")
    click.echo(f"test day {made.id}: {made.title}, {queued}, {stations}")


def give(data_dir: Path | None, begins: str, station: str, command: str, **takes: Any) -> None:
    """Give a command to a station, and print how it stands then."""

    async def work(desk: TestDayDesk) -> dict[str, Any]:
        day_id = await day_of(desk, begins)
        return await desk.viewed(await desk.do(day_id, {"command": command, "station": station, **takes}))

    shown = at_desk(data_dir, work)
    click.echo(next(_station(shown, one) for one in shown["stations"] if one["name"] == station))


def show_day(data_dir: Path | None, begins: str) -> None:
    """Print stations, queue and what was recorded."""

    async def work(desk: TestDayDesk) -> dict[str, Any]:
        return await desk.view(await day_of(desk, begins))

    shown = at_desk(data_dir, work)
    click.echo(f"{shown['id']}: {shown['title']}")
    for one in shown["stations"]:
        click.echo(_station(shown, one))
    table = Table("athlete", "name", "state", "accepted of wanted", "")
    for one in shown["queue"]:
        steps = ", ".join(f"{_step(shown, each)} {each['accepted']}/{each['wanted']}"
                          for each in shown["progress"][one["athlete"]])  # fmt: skip
        who = shown["people"].get(one["athlete"], {})
        table.add_row(who.get("short_id", ""), who.get("name", ""), one["state"], steps, who.get("locked", ""))
    print_table(table)
    recorded = Table("part", "athlete", "protocol", "condition", "side", "from, UTC", "s", "state", "trial", "reason")
    for one in shown["parts"]:
        trial = f"{one['workout_id']} {one['trial']}" if one["trial"] else one["wrong"]
        lasts = f"{(one['stop_us'] - one['start_us']) / 1e6:.3f}"
        recorded.add_row(
            str(one["part"]), _name(shown, one["athlete"]), one["protocol"], one["condition"], one["side"],
            _when(one["start_us"]), lasts, one["state"], trial, one["reason"],
        )  # fmt: skip
    print_table(recorded)


def _station(shown: dict[str, Any], one: dict[str, Any]) -> str:
    who = one["athlete"]
    chosen = f"{_name(shown, who)}, {_step(shown, one)}" if who else "nobody is chosen"
    into = f", session {one['workout_id']}" if one["workout_id"] else ", no device"
    return f"station {one['name']}: {one['phase']}{' (paused)' if one['paused'] else ''}, {chosen}{into}"


def _step(shown: dict[str, Any], one: dict[str, Any]) -> str:
    name = shown["protocols"][one["protocol"]]["name"]
    return " ".join(part for part in (name, one["condition"], one["side"]) if part)


def _name(shown: dict[str, Any], uid: str) -> str:
    return str(shown["people"].get(uid, {}).get("short_id", ""))


def _when(t_us: int) -> str:
    return f"{datetime.fromtimestamp(t_us / 1e6, UTC):%Y-%m-%d %H:%M:%S}"
