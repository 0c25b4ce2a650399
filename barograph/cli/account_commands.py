"""The commands under `barograph user` and `barograph token`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from barograph.access.needs import needs
from barograph.cli.numbers import Whole

ROLES = ("admin", "scientist", "analyst", "athlete")
MOST_DAYS = 366

data_dir = click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), help="Where the embedded servers keep their data."
)


def _person(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what a user is to a command."""
    for option in (
        click.option("--athlete", default="", help="The athlete that they are, by short id, as a-0012."),
        click.option("--granted", multiple=True, metavar="TEAM", help="A team that they analyse; may be repeated."),
        click.option("--team", "teams", multiple=True, help="A team that they lead; may be repeated."),
        click.option(
            "--role", "roles", multiple=True, type=click.Choice(ROLES), help="What they are; may be repeated."
        ),
        click.option("--name", default="", help="How they are called."),
    ):
        command = option(command)
    return command


@click.group()
def user() -> None:
    """Add, invite, disable, enable and list the people who sign in.

    Whoever may read the data directory may do this, with or without an account: it is the way back in, too. The first
    user has all roles. Passwords are asked for without echo, or read from the first line of standard input; they are
    never arguments, which other users of a machine can see.

    \b
    admin      manages people and devices, erases; reads with a stated reason
    scientist  records, reads and describes the athletes of their teams
    analyst    reads granted teams, without names
    athlete    reads and shares what is their own

    \b
    Examples:  barograph user add a.example@lab.example --name "A. Example"
               barograph user invite b.sample@lab.example --role scientist --team Volleyball
               barograph user disable b.sample@lab.example
               barograph user list
    """


@user.command()
@needs("administer", "user")
@click.argument("email")
@_person
@data_dir
def add(email: str, data_dir: Path | None, **person: Any) -> None:
    """Add somebody who signs in with EMAIL and a password of 12 characters or more.

    \b
    Examples:  barograph user add a.example@lab.example --role scientist --team Sprint
               barograph user add a.example@lab.example --role admin < password.txt
    """
    from barograph.cli.accounts import add_user

    add_user(data_dir, email, person)


@user.command()
@needs("administer", "user")
@click.argument("email", default="")
@_person
@data_dir
def invite(email: str, data_dir: Path | None, **person: Any) -> None:
    """Print a link that makes one user, once, within 72 hours; hand it over yourself.

    Without EMAIL whoever opens it gives their own address.

    \b
    Example:  barograph user invite --role athlete --athlete a-0012
    """
    from barograph.cli.accounts import invite_user

    invite_user(data_dir, email, person)


@user.command()
@needs("administer", "user")
@click.argument("email")
@data_dir
def disable(email: str, data_dir: Path | None) -> None:
    """Let somebody in no more: their sessions and tokens end within seconds, what they did stays.

    The last admin stays.
    """
    from barograph.cli.accounts import disable_user

    disable_user(data_dir, email)


@user.command()
@needs("administer", "user")
@click.argument("email")
@data_dir
def enable(email: str, data_dir: Path | None) -> None:
    """Let somebody in again who was disabled, by their password; tokens that ended stay ended."""
    from barograph.cli.accounts import enable_user

    enable_user(data_dir, email)


@user.command()
@needs("administer", "user")
@click.argument("email")
@data_dir
def password(email: str, data_dir: Path | None) -> None:
    """Give somebody another password, and end their sessions; asked for, or read, as with add."""
    from barograph.cli.accounts import change_password

    change_password(data_dir, email)


@user.command("list")
@needs("administer", "user")
@data_dir
def list_users(data_dir: Path | None) -> None:
    """List users, and invitations that nobody has accepted yet; times in UTC."""
    from barograph.cli.accounts import list_users

    list_users(data_dir)


@click.group()
def token() -> None:
    """Make, list and revoke the tokens by which programs come in, as notebooks that read over HTTP.

    A token may what its user may, but not manage people. It is shown once, when it is made. Where there are no users,
    the owner's programs read with `barograph token owner`.

    \b
    Examples:  barograph token create a.example@lab.example --name notebook --days 90
               barograph token list
               barograph token revoke 3f2a91c07b
    """


@token.command()
@needs("administer", "token")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for, as it is listed.")
@click.option("--days", type=Whole(1, MOST_DAYS), default=90, show_default=True, help="How long it is good.")
@data_dir
def create(email: str, name: str, days: int, data_dir: Path | None) -> None:
    """Print a token of a user, once; only its hash is kept.

    \b
    Example:  barograph token create a.example@lab.example --name notebook > token.txt
    """
    from barograph.cli.accounts import create_token

    create_token(data_dir, email, name, days)


@token.command()
@needs("administer", "token")
@data_dir
def owner(data_dir: Path | None) -> None:
    """Print a token of the owner, who may do everything: good for a day, at this machine's ingest, or over TLS.

    Whoever may read the data directory is the owner, so nothing is stored, and nothing can be revoked but by another
    key. For programs that last, and for others, make a token of a user.

    \b
    Example:  (umask 077; printf 'Authorization: Bearer %s\n' "$(barograph token owner)" > owner.txt)
              curl -H @owner.txt http://127.0.0.1:5001/api/workouts
    """
    from barograph.cli.accounts import print_owner_token

    print_owner_token(data_dir)


@token.command("list")
@needs("administer", "token")
@click.option("--user", "email", default="", help="Only those of this address.")
@data_dir
def list_tokens(email: str, data_dir: Path | None) -> None:
    """List tokens of users and of devices, without their secrets; times in UTC."""
    from barograph.cli.accounts import list_tokens

    list_tokens(data_dir, email)


@token.command()
@needs("administer", "token")
@click.argument("token")
@data_dir
def revoke(token: str, data_dir: Path | None) -> None:
    """Revoke a token, of a user or of a device, by its id or the first 6 characters of it; it acts within seconds."""
    from barograph.cli.accounts import revoke_token

    revoke_token(data_dir, token)
