"""`barograph athlete erase` and `receipts`, and `sessions delete`: what is left of what goes is a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeAlias

import click
from rich.console import Console
from rich.progress import Progress as Bar
from rich.table import Table

from barograph import settings
from barograph.cli.athletes import found
from barograph.cli.sessions import ask, print_table
from barograph.cli.storage_urls import reached
from barograph.errors import NotFound
from barograph.files.encoding import PartFile
from barograph.settings import Settings
from barograph.store.audit import Event, now_us
from barograph.store.departing import Progress, depart
from barograph.store.departures import Departure
from barograph.store.erasing import erase
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import open_archive
from barograph.store.receipts import COUNTED, Receipt, moment
from barograph.store.redis import RedisLive
from barograph.store.roster import Athlete
from barograph.texts import plural

Work: TypeAlias = Callable[[MongoArchive, RedisLive | None], Awaitable[list[Receipt]]]
WAITING = (
    "Said to be of this name, and nobody's: {n}, which {stay}. Say whose they are first, with "
    "`barograph athlete proposals`."
)


def count_athlete(data_dir: Path | None, who: str) -> None:
    """Print what would go with an athlete."""
    athlete, counts = ask(data_dir, lambda archive, _: _counted(archive, who))
    _tell(athlete, counts)
    click.echo("Nothing was erased.")


def erase_athlete(data_dir: Path | None, who: str, *, sure: bool, output: Path | None) -> None:
    """Erase an athlete after a question, with a progress bar; print the receipt, and write it to a file."""
    athlete, counts = ask(data_dir, lambda archive, _: _counted(archive, who))
    if not sure:
        _tell(athlete, counts)
        click.confirm(f"Erase {athlete.short_id} with all of this for ever?", abort=True)

    async def work(archive: MongoArchive, live: RedisLive | None) -> list[Receipt]:
        said = Event(verb="erase", kind="athlete", uid=athlete.uid, athlete=athlete.uid)
        await archive.audit.write(said, now_us())
        one = await archive.departures.begin(athlete.uid, now_us())
        return await _departed(archive, live, [one])

    for receipt in _working(data_dir, work):
        show(receipt, output)


def erase_session(data_dir: Path | None, workout_id: str, *, sure: bool, output: Path | None) -> None:
    """Erase a session after a question; say its receipt, and write it to a file."""

    async def frames(archive: MongoArchive, _: Settings) -> int:
        return (await archive.workout(workout_id)).frames

    count = ask(data_dir, frames)
    if not sure:
        click.confirm(f"Erase {workout_id} with {plural(count, 'frame')} for ever?", abort=True)

    async def work(archive: MongoArchive, live: RedisLive | None) -> list[Receipt]:
        workout = await archive.workout(workout_id)
        said = Event(verb="erase", kind="workout", uid=workout.uid, athlete=workout.athlete_uid)
        await archive.audit.write(said, now_us())
        await erase(archive, live, workout_id)
        receipt = await archive.receipts.of_session(workout.uid)
        return [] if receipt is None else [receipt]

    done = _working(data_dir, work)
    click.echo(f"{workout_id}: erased, {plural(count, 'frame')}")
    for receipt in done:
        show(receipt, output)


def go_on_erasing(data_dir: Path | None, output: Path | None) -> None:
    """Go on with what was interrupted."""
    done = _working(data_dir, _go_on)
    for receipt in done:
        show(receipt, output if len(done) == 1 else None)
    if not done:
        click.echo("No erasure was interrupted.")
    elif len(done) > 1 and output is not None:
        click.echo(
            f"{output}: not written, as there are {len(done)}; barograph athlete receipts NUMBER -o FILE does it"
        )


def list_receipts(data_dir: Path | None) -> None:
    """Print a table of receipts."""

    async def work(archive: MongoArchive, _: Settings) -> list[Receipt]:
        return await archive.receipts.newest()

    table = Table("receipt", "of", "when", "sessions", "frames", "master key")
    for one in ask(data_dir, work):
        sessions, frames = (f"{int(one.counts.get(name, 0)):,}" for name in ("sessions", "frames"))
        table.add_row(one.uid, one.what, moment(one.done_us), sessions, frames, one.master_key)
    print_table(table)


def show_receipt(data_dir: Path | None, number: str, output: Path | None) -> None:
    """Print one receipt, and write it to a file."""

    async def work(archive: MongoArchive, _: Settings) -> Receipt:
        return await archive.receipts.one(number)

    show(ask(data_dir, work), output)


def show(receipt: Receipt, output: Path | None) -> None:
    """Print a receipt; with `output` it is written there as JSON too."""
    click.echo("\n".join(receipt.lines()))
    if output is not None:
        try:
            with PartFile(output) as file:
                file.write(receipt.to_json().encode())
        except OSError as error:
            raise click.ClickException(f"{output}: {error.strerror or error}") from error
        click.echo(f"{output}: the same as JSON")


async def _counted(archive: MongoArchive, who: str) -> tuple[Athlete, Mapping[str, int]]:
    try:
        athlete = await found(archive.roster, who)
    except NotFound as error:
        if await archive.departures.waiting(now_us()):
            raise NotFound(f"{error}. An erasure was interrupted: `barograph athlete erase` goes on with it") from error
        raise
    return athlete, await archive.departures.counts(athlete.uid)


def _tell(athlete: Athlete, counts: Mapping[str, int]) -> None:
    click.echo(f"{athlete.short_id}, {athlete.name}:")
    for name, title in COUNTED.items():
        if n := counts.get(name, 0):
            click.echo(f"  {title}: {n:,}")
    if counts["waiting"]:
        n = counts["waiting"]
        click.echo(WAITING.format(n=plural(n, "session"), stay="stays" if n == 1 else "stay"))


async def _go_on(archive: MongoArchive, live: RedisLive | None) -> list[Receipt]:
    """Do all erasures that have not ended, and return their receipts."""
    return await _departed(archive, live, await archive.departures.waiting(now_us() + 1))


async def _departed(archive: MongoArchive, live: RedisLive | None, noted: Sequence[Departure]) -> list[Receipt]:
    with _bar() as progress:
        done = [await depart(archive, live, one, progress) for one in noted]
    return [one for one in done if one is not None]


@contextmanager
def _bar() -> Iterator[Progress]:
    console = Console(stderr=True)
    with Bar(console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("sessions", total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def _working(data_dir: Path | None, work: Work) -> list[Receipt]:
    """Return what some work on archive and feed answers."""
    chosen = settings.load(data_dir=data_dir)

    async def worked(urls: tuple[str, str | None]) -> list[Receipt]:
        async with opened(chosen, urls) as (archive, live):
            return await work(archive, live)

    with reached(chosen) as urls:
        return asyncio.run(worked(urls))


@asynccontextmanager
async def opened(
    chosen: Settings, urls: tuple[str, str | None]
) -> AsyncIterator[tuple[MongoArchive, RedisLive | None]]:
    """Provide the archive and, where it is known, the live feed; whichever ingest sweeps empties one that is not."""
    archive = await open_archive(chosen, urls[0])
    live = None
    try:
        live = await RedisLive.connect(urls[1], sealing=archive.sealing) if urls[1] else None
        yield archive, live
    finally:
        await archive.close()
        if live is not None:
            await live.close()
