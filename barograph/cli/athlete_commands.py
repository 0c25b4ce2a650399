"""The commands under `barograph athlete`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph.access.needs import needs
from barograph.bounds import SEXES, SIDES, WITHIN
from barograph.cli.file_options import receipt_file
from barograph.cli.numbers import Real, Whole

data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)
ANSWERS = ("given", "declined", "withdrawn")
_OPTIONS = {
    "mass_kg": "Mass, measured today or on the day of --on.", "height_cm": "Height.",
    "leg_left_cm": "Length of the left leg.", "leg_right_cm": "Length of the right leg.",
}  # fmt: skip


def _number(name: str, text: str) -> Any:
    number = Real(*WITHIN[name], min_open=True, max_open=True)
    return click.option(f"--{name.replace('_', '-')}", name, type=number, help=text)


def described(command: Any) -> Any:
    """Give a command the options that say something of an athlete."""
    options = [
        click.option("--sex", type=click.Choice(SEXES), help="F, M or X; empty takes it away."),
        click.option("--born", help="Date of birth: 2002-05-14, 2002-05 or 2002; empty takes it away."),
        _number("age", "Years, where nobody knows the date of birth."),
        click.option("--dominant", type=click.Choice([*SIDES, ""]), help="Dominant side; empty takes it away."),
        click.option("--involved", type=click.Choice(SIDES), help="Side that is injured or was operated on."),
        click.option("--what", help="What of the involved side: knee."),
        click.option("--since", help="Since which day it is involved."),
        click.option("--until", help="Until which day, where that is over."),
        *(_number(kind, text) for kind, text in _OPTIONS.items()),
        click.option("--on", help="Day of these measurements, of the age and of the consent, as 2026-05-14 (today)."),
        click.option("--sport", help="Sport, for comparison with others of it: 'rowing'; empty takes it away."),
        click.option("--shoe", help="Size of the shoe: 'EU 40'; empty takes it away."),
        click.option("--team", "teams", multiple=True, help="A team to belong to; made if it is new. May be repeated."),
        click.option("--notes", help="Anything; replaces the notes that are there."),
        click.option("--consent", help="What the athlete was asked: 'record and keep'."),
        click.option("--answer", type=click.Choice(ANSWERS), help="What was answered (given)."),
        click.option("--consent-until", help="The last day on which the consent holds."),
        click.option("--by", help="Who wrote the consent down."),
        click.option("--form", help="The sheet that was signed."),
        data_dir,
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def athlete() -> None:
    """List, add, change, merge and erase athletes; say whose a name from a device is.

    An athlete is named by the short id (a-0012), the name, or another text that stands for one. Uses
    BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while.

    \b
    Examples:  barograph athlete add "Athlete 12" --sex F --born 2002-05-14 --mass-kg 68.4 --team Sprint
               barograph athlete edit a-0012 --mass-kg 67.9 --on 2026-11-12
               barograph athlete proposals
               barograph athlete export -o roster.csv
    """


@athlete.command("list")
@needs("read", "athlete")
@click.option("--team", help="Only the athletes of this team.")
@data_dir
def list_command(team: str | None, data_dir: Path | None) -> None:
    """List all athletes, in the order of their names."""
    from barograph.cli.athletes import list_athletes

    list_athletes(data_dir, team)


@athlete.command()
@needs("read", "athlete")
@click.argument("who")
@data_dir
def show(who: str, data_dir: Path | None) -> None:
    """Show one athlete: what is known, every measurement, consent, and the newest sessions."""
    from barograph.cli.athletes import show_athlete

    show_athlete(data_dir, who)


@athlete.command()
@needs("describe", "athlete")
@click.argument("name")
@click.option("--id", "short_id", help="A code of your own for the short id (default: the next, as a-0012).")
@described
def add(name: str, short_id: str | None, data_dir: Path | None, **said: Any) -> None:
    """Add an athlete.

    Devices that say this name from now on record for this athlete. What they said before waits in `proposals`.

    \b
    Example:  barograph athlete add "Athlete 12" --sex F --age 24 --mass-kg 68.4 --height-cm 172
                  --consent "record and keep" --consent-until 2027-06-30 --by "A. Example"
    """
    from barograph.cli.athletes import add_athlete

    add_athlete(data_dir, name, short_id, said)


@athlete.command()
@needs("describe", "athlete")
@click.argument("who")
@click.option("--name", help="Another name.")
@click.option("--id", "short_id", help="Another short id.")
@click.option("--leave", "left", multiple=True, help="A team to leave. May be repeated.")
@click.option("--alias", "aliases", multiple=True, help="Another text that devices say for this athlete.")
@click.option("--session", "sessions", multiple=True, help="A session that is this athlete's. May be repeated.")
@described
def edit(who: str, data_dir: Path | None, **said: Any) -> None:
    """Change what is known of an athlete; a mass, a height or a leg is added to those of before.

    \b
    Examples:  barograph athlete edit a-0012 --mass-kg 67.9 --on 2026-11-12
               barograph athlete edit a-0012 --involved left --what knee --since 2026-05-14
               barograph athlete edit a-0012 --consent video --answer withdrawn
               barograph athlete edit a-0012 --session run-42
    """
    from barograph.cli.athletes import edit_athlete

    edit_athlete(data_dir, who, said)


@athlete.command()
@needs("describe", "athlete")
@click.argument("kept")
@click.argument("other")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_dir
def merge(kept: str, other: str, yes: bool, data_dir: Path | None) -> None:
    """Make two records of one person one: KEPT stays, OTHER goes into it.

    Sessions, measurements, teams and consents go over. Where both say something else (sex, date of birth, dominant
    side, sport, shoe), KEPT is right and the other is written into the notes. Devices that say OTHER's name or id
    record for KEPT. There is no way back.

    \b
    Example:  barograph athlete merge a-0012 a-0031
    """
    from barograph.cli.athletes import merge_athletes

    merge_athletes(data_dir, kept, other, yes)


@athlete.command("import")
@needs("describe", "athlete")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@data_dir
@click.pass_context
def import_(context: click.Context, file: Path, dry_run: bool, data_dir: Path | None) -> None:
    """Take a CSV table into the roster: one row per athlete, UTF-8, commas or semicolons.

    Columns are those of `export`; only `name` or `id` is needed. An empty cell leaves what is stored, - takes it
    away. Lines that cannot be taken are named with column and reason, the others come in; it ends with 1 then.
    docs/athletes.md has the columns.

    \b
    Example:  barograph athlete import roster.csv --dry-run
    """
    from barograph.cli.athletes import import_file

    context.exit(0 if import_file(data_dir, file, dry_run) else 1)


@athlete.command()
@needs("export", "athlete")
@click.argument("who", required=False)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@data_dir
def export(who: str | None, output: Path, data_dir: Path | None) -> None:
    """Write the roster to a CSV table; or all of one athlete, to take along, to a ZIP.

    The table has one row per athlete, and importing it changes nothing. The ZIP has every session with all frames as
    Parquet, trials, markers and tables as CSV; the record with measurements, consents and goals; shares, and who
    received what. `barograph import FILE.zip` reads it again.

    \b
    Examples:  barograph athlete export -o roster.csv
               barograph athlete export a-0012 -o a-0012.zip
    """
    if who is None:
        from barograph.cli.athletes import export_file

        export_file(data_dir, output)
    else:
        from barograph.cli.taking_along import export_athlete

        export_athlete(data_dir, who, output)


@athlete.command()
@needs("erase", "athlete")
@click.argument("who", required=False)
@click.option("--dry-run", is_flag=True, help="Say what would go, and erase nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@receipt_file
@data_dir
def erase(who: str | None, dry_run: bool, yes: bool, output: Path | None, data_dir: Path | None) -> None:
    """Erase an athlete for ever: all sessions, the record, sign-in, links and keys; there is no way back.

    Devices that still send hear `gone`, pages that show it close. The master key is replaced
    (BAROGRAPH_ROTATE_AFTER_ERASING), so that older copies of the database cannot be read: copy its file anew, and make
    a backup. Interrupted, running servers go on with it, and so does this command, also without WHO. The receipt says
    what went and what could not be reached, and not of whom; docs/security.md has more.

    \b
    Examples:  barograph athlete erase a-0012 --dry-run
               barograph athlete erase a-0012 --yes -o receipt.json
               barograph athlete erase
    """
    from barograph.cli.erasing import count_athlete, erase_athlete, go_on_erasing

    if who is None:
        if dry_run or yes:
            raise click.UsageError(
                "say who: barograph athlete erase WHO; without, it goes on with what was interrupted"
            )
        go_on_erasing(data_dir, output)
    elif dry_run:
        count_athlete(data_dir, who)
    else:
        erase_athlete(data_dir, who, sure=yes, output=output)


@athlete.command()
@needs("erase", "athlete")
@click.argument("number", required=False)
@receipt_file
@data_dir
def receipts(number: str | None, output: Path | None, data_dir: Path | None) -> None:
    """List receipts of erasures, of athletes and of sessions, or show the one of NUMBER. They name nobody.

    \b
    Examples:  barograph athlete receipts
               barograph athlete receipts 3f0c… -o receipt.json
    """
    from barograph.cli.erasing import list_receipts, show_receipt

    if number is not None:
        show_receipt(data_dir, number, output)
    elif output is not None:
        raise click.UsageError("say which: barograph athlete receipts NUMBER -o FILE")
    else:
        list_receipts(data_dir)


@athlete.command()
@needs("read", "athlete")
@click.option("--confirm", metavar="TEXT", help="This text is the athlete of --as.")
@click.option("--as", "who", metavar="WHO", help="The athlete that --confirm is about.")
@click.option(
    "--new", metavar="TEXT", help="This text is an athlete who is not in the roster yet: add one of that name."
)
@click.option("--dismiss", metavar="TEXT", help="This text is nobody: ask no more.")
@click.option("--dismissed", is_flag=True, help="List the texts that were dismissed.")
@click.option("--limit", type=Whole(1, 1000), default=50, show_default=True, help="How many, newest first.")
@data_dir
def proposals(data_dir: Path | None, limit: int, dismissed: bool, **said: str | None) -> None:
    """List names that devices said and that are no athlete's, or several's; and say whose they are.

    A confirmed text gives its sessions to the athlete, and whoever says it from now on records for that athlete.

    \b
    Examples:  barograph athlete proposals
               barograph athlete proposals --confirm "A 12" --as a-0012
               barograph athlete proposals --new "Athlete 40"
               barograph athlete proposals --dismiss test
    """
    from barograph.cli.athletes import decide_proposal, list_proposals

    asked = [name for name in ("confirm", "new", "dismiss") if said[name] is not None]
    if len(asked) > 1 or (said["confirm"] is None) != (said["who"] is None):
        raise click.UsageError("give one of --confirm TEXT --as WHO, --new TEXT, --dismiss TEXT")
    if asked:
        decide_proposal(data_dir, asked[0], said[asked[0]] or "", said["who"])
    else:
        list_proposals(data_dir, dismissed, limit)
