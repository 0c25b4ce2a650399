"""The commands under `barograph record`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.session_commands import data_dir

day = click.option("--day", default="", metavar="ID", help="The test day, by its id or its beginning; else the newest.")


@click.group()
def record() -> None:
    """Run test days: a queue of athletes, protocols in order, and stations at which trials are done.

    The state is in the archive, and the same as on the page Record: what is begun here goes on there. A countdown and a
    timed trial end by themselves. Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory.

    \b
    Examples:  barograph record new "Jumps" --athlete a-0001 --athlete a-0002 --protocol cmj --station A
               barograph record link A run-42
               barograph record next A
               barograph record start A
               barograph record stop A
               barograph record judge A accept
               barograph record show
    """


@record.command("list")
@needs("describe", "athlete")
@data_dir
def list_command(data_dir: Path | None) -> None:
    """List test days, the newest first: who waits, who is done, and what was recorded."""
    from barograph.cli.record import list_days

    list_days(data_dir)


@record.command()
@needs("describe", "athlete")
@click.argument("title")
@click.option("--athlete", "athletes", multiple=True, help="Name, short id or alias; several in their order.")
@click.option("--protocol", "protocols", multiple=True, help="Name (barograph protocols list); several in their order.")
@click.option("--station", "stations", multiple=True, help="What a place with devices is called; several.")
@click.option("--by-test", is_flag=True, help="Do each test with all athletes, then the next; else athlete by athlete.")
@data_dir
def new(
    title: str,
    athletes: tuple[str, ...],
    protocols: tuple[str, ...],
    stations: tuple[str, ...],
    by_test: bool,
    data_dir: Path | None,
) -> None:
    """Make a test day.

    \b
    Example:  barograph record new "Jumps" --athlete a-0001 --protocol cmj --protocol drop-jump --station A
    """
    from barograph.cli.record import make_day

    make_day(data_dir, title, athletes, protocols, stations, "test" if by_test else "athlete")


@record.command()
@needs("describe", "athlete")
@day
@data_dir
def show(day: str, data_dir: Path | None) -> None:
    """Show a test day as it stands: stations, queue with what is still to do, and what was recorded."""
    from barograph.cli.record import show_day

    show_day(data_dir, day)


@record.command()
@needs("describe", "athlete")
@click.argument("station")
@click.argument("workout", default="")
@click.option("--stream", "streams", multiple=True, help="Only these streams of the session; several.")
@day
@data_dir
def link(station: str, workout: str, streams: tuple[str, ...], day: str, data_dir: Path | None) -> None:
    """Say into which session the devices of a station send; without one it has none.

    \b
    Example:  barograph record link A run-42 --stream left --stream right
    """
    from barograph.cli.record import give

    give(data_dir, day, station, "station_link", workout_id=workout, devices=list(streams))


@record.command("next")
@needs("describe", "athlete")
@click.argument("station")
@day
@data_dir
def next_command(station: str, day: str, data_dir: Path | None) -> None:
    """Choose whose trial is next at a station, by the order of the day; who may not be recorded is left out."""
    from barograph.cli.record import give

    give(data_dir, day, station, "next")


@record.command()
@needs("describe", "athlete")
@click.argument("station")
@click.option("--flagged", default="", help="Which check was not met; it stays with the trial.")
@day
@data_dir
def start(station: str, flagged: str, day: str, data_dir: Path | None) -> None:
    """Begin the countdown of the trial that is chosen at a station."""
    from barograph.cli.record import give

    give(data_dir, day, station, "start", flagged=flagged)


@record.command()
@needs("describe", "athlete")
@click.argument("station")
@day
@data_dir
def stop(station: str, day: str, data_dir: Path | None) -> None:
    """End the trial that runs at a station; in a countdown, go back."""
    from barograph.cli.record import give

    give(data_dir, day, station, "stop")


@record.command("over")
@needs("describe", "athlete")
@click.argument("station")
@day
@data_dir
def start_over(station: str, day: str, data_dir: Path | None) -> None:
    """Begin anew at a station; what ran is kept as a rejected trial."""
    from barograph.cli.record import give

    give(data_dir, day, station, "start_over")


@record.command()
@needs("describe", "athlete")
@click.argument("station")
@click.argument("decision", type=click.Choice(["accept", "repeat", "reject"]))
@click.option("--reason", default="", help="Why; a rejected trial needs one.")
@day
@data_dir
def judge(station: str, decision: str, reason: str, day: str, data_dir: Path | None) -> None:
    """Judge the trial that has ended at a station, and choose what comes next; repeat accepts and asks for one more.

    \b
    Example:  barograph record judge A reject --reason "stepped off"
    """
    from barograph.cli.record import give

    give(data_dir, day, station, "judge", decision=decision, reason=reason)
