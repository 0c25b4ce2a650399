"""The commands under `barograph trials`."""

from __future__ import annotations

from pathlib import Path

import click

from barograph.access.needs import needs
from barograph.cli.numbers import SECONDS
from barograph.cli.session_commands import data_dir

STATES = ("recorded", "accepted", "repeated", "rejected")  # as barograph.store.trials has them


@click.group()
def trials() -> None:
    """List, make and judge trials: parts of a session that belong to a test.

    Uses BAROGRAPH_MONGO_URL, else the servers that run on the data directory, else starts them for the while.

    \b
    Examples:  barograph trials add run-42 cmj --from 12.5 --to 18.5
               barograph trials judge run-42 1 rejected --reason "stepped off"
               barograph trials list run-42
    """


@trials.command("list")
@needs("read")
@click.argument("workout")
@click.option("--changes", is_flag=True, help="List every change of them instead, the oldest first.")
@data_dir
def list_command(workout: str, changes: bool, data_dir: Path | None) -> None:
    """List the trials of a session in order of time, rejected ones too; seconds after its first frame."""
    from barograph.cli.trials import list_changes, list_trials

    (list_changes if changes else list_trials)(data_dir, workout)


@trials.command()
@needs("describe")
@click.argument("workout")
@click.argument("protocol")
@click.option("--from", "start", type=SECONDS, required=True, help="First moment, in seconds after the first frame.")
@click.option("--to", "stop", type=SECONDS, required=True, help="Last moment, in seconds after the first frame.")
@click.option("--condition", help="One of the protocol's; may be left out where it has one alone.")
@click.option("--side", type=click.Choice(["left", "right", "both"]), help="One of the protocol's, likewise.")
@data_dir
def add(
    workout: str,
    protocol: str,
    start: float,
    stop: float,
    condition: str | None,
    side: str | None,
    data_dir: Path | None,
) -> None:
    """Make a trial of a part of a session, by a protocol of `barograph protocols list`; the same one twice is one.

    Trials of one protocol, condition and side share no frame.

    \b
    Example:  barograph trials add run-42 single-leg-stance --from 10 --to 30 --side left
    """
    from barograph.cli.trials import add_trial

    add_trial(data_dir, workout, protocol, (start, stop), {"condition": condition, "side": side})


@trials.command()
@needs("describe")
@click.argument("workout")
@click.argument("number", type=click.IntRange(1))
@click.argument("state", type=click.Choice(STATES))
@click.option("--reason", default="", help="Why; a rejected trial needs one.")
@data_dir
def judge(workout: str, number: int, state: str, reason: str, data_dir: Path | None) -> None:
    """Say of a trial that it is recorded, accepted, repeated, or rejected. It stays, and the change is kept.

    \b
    Example:  barograph trials judge run-42 1 rejected --reason "stepped off"
    """
    from barograph.cli.trials import judge_trial

    judge_trial(data_dir, workout, number, state, reason)
