"""Names of people and teams for pages: records keep ids."""

from __future__ import annotations

from collections.abc import Collection

from barograph.errors import NotFound
from barograph.store.accounts import Accounts
from barograph.store.ports import Archive

OWNER = "This machine’s owner"


async def people_names(accounts: Accounts) -> dict[str, str]:
    """Return the name of each user by uid; "" is the owner of this machine."""
    return {"": OWNER, **{user.uid: user.name or user.email for user in await accounts.users()}}


async def author(accounts: Accounts, uid: str) -> str:
    """Return who did something."""
    if not uid:
        return OWNER
    try:
        user = await accounts.user(uid)
    except NotFound:
        return "Somebody of this lab"
    return user.name or user.email


async def team_names(archive: Archive, uids: Collection[str]) -> list[str]:
    """Return the names of teams, in order; a team that is gone has none."""
    if not uids:
        return []
    return sorted(team.name for team in await archive.roster.teams() if team.uid in uids)
