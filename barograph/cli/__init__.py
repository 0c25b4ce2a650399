"""The command `barograph`: the composition root, and the one module that may import every room.

Each command imports what it needs when it runs, so that `--help` answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph import __version__, settings
from barograph.access.needs import needs
from barograph.cli.account_commands import token, user
from barograph.cli.archive_commands import archive
from barograph.cli.athlete_commands import athlete
from barograph.cli.audit_commands import audit
from barograph.cli.backup_commands import backup, migrate, restore
from barograph.cli.calibrate_command import calibrate
from barograph.cli.commands import Commands
from barograph.cli.examples_command import examples
from barograph.cli.export_command import export
from barograph.cli.file_options import file_options
from barograph.cli.geometry_commands import geometry
from barograph.cli.keys_commands import keys
from barograph.cli.lsl_command import lsl
from barograph.cli.mask_commands import masks
from barograph.cli.norm_commands import norms
from barograph.cli.numbers import PORT, PORT_OF_A_SERVER, SECONDS, Whole
from barograph.cli.protocol_commands import protocols
from barograph.cli.record_commands import record
from barograph.cli.replicas_command import replicas
from barograph.cli.retention_commands import retention
from barograph.cli.send_command import send
from barograph.cli.session_commands import data_dir, sessions
from barograph.cli.share_commands import share
from barograph.cli.summaries_command import summaries
from barograph.cli.trial_commands import trials
from barograph.cli.unit_options import unit_options
from barograph.cli.users_command import users
from barograph.settings import Settings


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="barograph")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input does.")
@click.option(
    "--socket", "inherited", type=Whole(0, 1 << 20), multiple=True, hidden=True, help="File descriptor to serve on."
)
@click.pass_context
def app(context: click.Context, with_parent: bool, inherited: tuple[int, ...]) -> None:
    """Record pressure matrices without loss, watch them live, and get them back.

    \b
    See it work:        barograph demo
    A lab on a laptop:  barograph up
    Send a recording:   barograph send walk.asf --workout run-42 --stream left
    Get it back:        barograph export run-42 --stream left --format npz -o left.npz

    Settings come from the environment (BAROGRAPH_…) or from the file barograph.env; the README lists them.
    """
    context.obj = inherited
    if with_parent:
        from barograph.cli.processes import end_with_parent

        end_with_parent()


port = click.option("--port", type=PORT, help="Port of the dashboard (8050); 0: any free one.")
ingest_port = click.option("--ingest-port", type=PORT, help="Port of the ingest (5001); 0: any.")
lan = click.option(
    "--lan", "lan_host", is_flag=False, flag_value="", metavar="[ADDRESS]",
    help="Listen on this machine's address in its network too: for devices with a token, and for shared links.",
)  # fmt: skip
no_browser = click.option("--no-browser", is_flag=True, help="Do not open a browser.")


@app.command()
@needs("administer", "system")
@no_browser
@port
@ingest_port
@click.option("--geometry", metavar="NAME", help="Sensor of the athlete, as pedar-x (barograph geometry list).")
@click.option(
    "--movement",
    type=click.Choice(("walk", "run", "stand", "jump", "drop")),
    default="walk",
    show_default=True,
    help="What the athlete does.",
)
@data_dir
def demo(geometry: str | None, movement: str, **options: Any) -> None:
    """Run everything, with a simulated athlete on two insoles.

    Starts MongoDB, Redis, ingest, dashboard and athlete, prints the address to open, and ends all of it on Ctrl-C.
    What was recorded stays in the data directory.

    \b
    Examples:  barograph demo --data-dir /tmp/try --port 8051 --ingest-port 5002
               barograph demo --geometry moticon-opengo-7
               barograph demo --movement jump
    """
    from barograph import geometries

    athlete = [f"sim:{movement}"]
    if geometry is not None:
        athlete += ["--geometry", geometries.named(geometry, "left").name]  # a name that there is not is refused now
    _supervise(athlete=athlete, **options)


@app.command()
@needs("administer", "system")
@no_browser
@port
@ingest_port
@lan
@data_dir
def up(**options: Any) -> None:
    """Run everything without the athlete: a lab on one machine.

    With --lan others in the network reach two things, and the command says at which addresses: devices that bring a
    token may send, and shared links open. With BAROGRAPH_TLS_CERT and BAROGRAPH_TLS_KEY all of it is encrypted, and
    people may sign in there.

    \b
    Examples:  barograph up
               barograph up --lan
               barograph send walk.asf --workout run-42 --stream left     (in another shell)
    """
    _supervise(athlete=None, **options)


def _supervise(
    *,
    athlete: list[str] | None,
    no_browser: bool,
    port: int | None,
    ingest_port: int | None,
    data_dir: Path | None,
    lan_host: str | None = None,
) -> None:
    from barograph.cli.open_to_others import chosen_address
    from barograph.cli.supervisor import supervise

    lan_host = chosen_address() if lan_host == "" else lan_host
    chosen = settings.load(dashboard_port=port, ingest_port=ingest_port, data_dir=data_dir, lan_host=lan_host)
    supervise(chosen, athlete=athlete, browser=not no_browser)


@app.command()
@needs("administer", "system")
@click.option("--port", type=PORT, help="Port to listen on (5001).")
@data_dir
@click.pass_obj
def ingest(inherited: tuple[int, ...], port: int | None, data_dir: Path | None) -> None:
    """Run the ingest alone: one process, for a cluster or for compose.

    Uses BAROGRAPH_MONGO_URL and BAROGRAPH_REDIS_URL, else the servers that run on the data directory.
    """
    _serve("ingest", settings.load(ingest_port=port, data_dir=data_dir), inherited)


@app.command()
@needs("administer", "system")
@click.option("--port", type=PORT, help="Port to listen on (8050).")
@data_dir
@click.pass_obj
def dashboard(inherited: tuple[int, ...], port: int | None, data_dir: Path | None) -> None:
    """Run the dashboard alone: one process, for a cluster or for compose.

    Uses BAROGRAPH_MONGO_URL and BAROGRAPH_REDIS_URL, else the servers that run on the data directory.
    `barograph link` prints the address to open.
    """
    _serve("dashboard", settings.load(dashboard_port=port, data_dir=data_dir), inherited)


def _serve(door: Any, chosen: Settings, inherited: tuple[int, ...]) -> None:
    from barograph.cli.serving import serve

    serve(door, chosen, inherited)


@app.command()
@needs("administer", "session")
@click.option("--port", type=PORT_OF_A_SERVER, help="Port of the dashboard, if it runs elsewhere.")
@data_dir
def link(port: int | None, data_dir: Path | None) -> None:
    """Print a fresh address of the dashboard: it opens once, within ten minutes."""
    from barograph.access.principals import Access
    from barograph.cli.addresses import noted_address

    chosen = settings.load(dashboard_port=port, data_dir=data_dir)
    address = (None if port else noted_address(chosen)) or chosen.address(chosen.dashboard_port)
    click.echo(Access(chosen, "dashboard").new_link(f"http://{address}"))


app.add_command(send)
app.add_command(lsl)


@app.command("map")
@needs("known")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Where the map goes (default: it is printed).")
def map_(file: Path, output: Path | None) -> None:
    """Write a first map of a text FILE that no reader knows: what its lines and columns are.

    Fill in what stands behind a #, which nobody can see in the file, and give the map to the import; it fits every
    file of the same kind.

    \b
    Examples:  barograph map mat.csv -o mat.toml
               barograph import mat.csv --workout run-42 --map mat.toml
    """
    from barograph.files.map_draft import draft
    from barograph.files.mapping import written

    made, unknown = draft(file)
    text = written(made, unknown)
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, "utf-8")
    lacking = f"; fill in {', '.join(unknown)}" if unknown else ""
    click.echo(f"{output} written{lacking}", err=True)


@app.command("import")
@needs("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--workout", help="The workout that the frames belong to; made if it is new.")
@click.option("--stream", help="Name of the stream (default: the side that the file names, else the file's name).")
@click.option("--athlete", help="Who was measured.")
@file_options
@data_dir
def import_(
    files: tuple[Path, ...],
    workout: str | None,
    stream: str | None,
    athlete: str | None,
    start: str | None,
    data_dir: Path | None,
    **said: Any,
) -> None:
    """Store files of any known format, in bulk.

    The same file again adds nothing, and an interrupted import goes on where it stopped. A damaged file is named, with
    the line and what was expected there, and nothing of it is stored; the others are. A ZIP of `barograph athlete
    export` is imported by itself, without --workout: it has an athlete with all sessions.

    \b
    Examples:  barograph import walk.csv --workout run-42 --athlete A12
               barograph import left.asf --workout run-42 --stream left
               barograph import walk.npz --workout run-42 --rate 100 --pitch 5
               barograph import a-0012.zip
    """
    from barograph.store import athlete_file

    if len(files) == 1 and athlete_file.recognises(files[0]):
        if workout or stream or athlete or start or any(said.values()):
            raise click.UsageError("this file says itself whose and what its sessions are: give no other option")
        from barograph.cli.taking_along import import_athlete

        import_athlete(data_dir, files[0])
        return
    if workout is None:
        raise click.UsageError("Missing option '--workout'.")
    from barograph.cli.importing import import_files
    from barograph.files.given import given
    from barograph.store.records import About

    import_files(settings.load(data_dir=data_dir), files, workout, stream, About(athlete=athlete), start, given(**said))


app.add_command(export)


@app.command()
@needs("read")
@click.argument("workout")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@click.option("--from", "start", type=SECONDS, help="Begin here, in seconds after the first frame.")
@click.option("--to", "stop", type=SECONDS, help="End here, in seconds after the first frame.")
@click.option("--against", metavar="OTHER", help="Compare the session with this one: it is A, the other is B.")
@click.option("--against-from", type=SECONDS, help="Begin the other one here, in seconds after its first frame.")
@click.option("--against-to", type=SECONDS, help="End the other one here, in seconds after its first frame.")
@click.option("--balance", is_flag=True, help="Show balance also of a stretch that is not quiet standing.")
@unit_options
@data_dir
def report(
    workout: str, output: Path, data_dir: Path | None, against: str | None, balance: bool, force: str, pressure: str,
    **part: float | None,
) -> None:  # fmt: skip
    """Write the report of a session, or of two compared: one HTML file with pictures, tables and definitions.

    Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while. Of a
    session longer than five minutes it tells a minute from the middle, unless --from and --to say otherwise.

    \b
    Example:  barograph report run-42 -o run-42.html
              barograph report run-41 --against run-42 -o before-and-after.html
    """
    from barograph.cli.reporting import write_comparison, write_report

    units = {"force": force, "pressure": pressure}
    if against is None:
        if part["against_from"] is not None or part["against_to"] is not None:
            raise click.UsageError("--against-from and --against-to need --against: they are of the other session.")
        asked = {"from": part["start"], "to": part["stop"], "balance": 1.0 if balance else None}
        write_report(settings.load(data_dir=data_dir), workout, output, asked, units)
    else:
        spans = ((part["start"], part["stop"]), (part["against_from"], part["against_to"]))
        write_comparison(settings.load(data_dir=data_dir), (workout, against), output, spans, units)


@app.command()
@needs("describe")
@click.argument("workout")
@data_dir
def rebuild(workout: str, data_dir: Path | None) -> None:
    """Make the overview of a workout again from its frames.

    Nothing is lost by it: frames are never touched, and the rows of each second are computed from them alone.

    \b
    Example:  barograph rebuild run-42
    """
    from barograph.cli.rebuilding import rebuild_workout

    rebuild_workout(settings.load(data_dir=data_dir), workout)


app.add_command(summaries)
app.add_command(backup)
app.add_command(restore)
app.add_command(migrate)
app.add_command(calibrate)


app.add_command(examples)


@app.command()
@needs("known")
@data_dir
@click.pass_context
def doctor(context: click.Context, data_dir: Path | None) -> None:
    """Look at settings, versions, servers, rights, clock, disks, ports and permissions, and say what to do.

    Writes nothing, and ends with 1 when something is wrong.

    Example: barograph doctor
    """
    from barograph.cli.doctor import examine

    context.exit(0 if examine(data_dir) else 1)


app.add_command(users)
app.add_command(replicas)
GROUPS = (
    geometry, norms, protocols, record, trials, masks, sessions, athlete, user, token, share, audit, keys, retention,
    archive,
)  # fmt: skip
app.commands.update({group.name or "": group for group in GROUPS})


def main() -> None:
    """Run the command."""
    app(prog_name="barograph")
