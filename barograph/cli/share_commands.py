"""The commands under `barograph share`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from barograph.access.needs import needs
from barograph.cli.account_commands import data_dir
from barograph.cli.numbers import Whole

VIEWS = ("athlete", "feedback", "live", "session")
MOST_DAYS = 90


@click.group()
def share() -> None:
    """Make, list and revoke share links: to look at one session, or at what a team records now.

    A link changes nothing and shows nothing else. It is shown once, when it is made, and ends on its day, when it is
    revoked, or with the secret key.

    \b
    Examples:  barograph share create run-42 --name "For the coach" --days 7
               barograph share create --team Volleyball --name "Hall 2" --days 30
               barograph share list
               barograph share revoke 3f2a91c07b
    """


@share.command()
@needs("share")
@click.argument("workout", default="")
@click.option("--team", default="", help="Instead of a session: the wall of a team, what its athletes do now.")
@click.option("--view", type=click.Choice(VIEWS), default="session", show_default=True, help="The page it leads to.")
@click.option("--name", default="", help="What the link is for, as it is listed.")
@click.option("--days", type=Whole(1, MOST_DAYS), default=7, show_default=True, help="How long it opens.")
@click.option("--names", is_flag=True, help="Say athletes' names.")
@click.option("--raw", is_flag=True, help="Raw frames may be taken out.")
@data_dir
def create(data_dir: Path | None, **given: Any) -> None:
    """Print a link to WORKOUT, or to the wall of a team, once; only its hash is kept.

    \b
    Example:  barograph share create run-42 --view live --days 1
    """
    from barograph.cli.sharing import create_share

    create_share(data_dir, **given)


@share.command("list")
@needs("administer", "share")
@click.option("--all", "every", is_flag=True, help="Those that are over, too.")
@data_dir
def list_shares(data_dir: Path | None, *, every: bool) -> None:
    """List share links, without their secrets; times in UTC."""
    from barograph.cli.sharing import list_shares

    list_shares(data_dir, every=every)


@share.command()
@needs("administer", "share")
@click.argument("link")
@data_dir
def revoke(link: str, data_dir: Path | None) -> None:
    """Revoke a link, by its id or the first 6 characters of it: what it opened goes dark within 3 seconds."""
    from barograph.cli.sharing import revoke_share

    revoke_share(data_dir, link)
