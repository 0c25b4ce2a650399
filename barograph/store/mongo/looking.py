"""A look at a database that changes nothing: whether it is there, its version, and what may be done in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from barograph.store.documents import Document
from barograph.store.mongo.migrations import MIGRATIONS, require_known

OF_MONGODB = {"admin", "config", "local"}


@dataclass(frozen=True)
class Looked:
    """What a database is: whether anything is in it, its version and the one to which it will be brought.

    `others` are the names of other databases that this account sees, `writes` is False where it may read only.
    """

    there: bool
    version: int
    newest: int
    others: tuple[str, ...]
    writes: bool


async def look(database: Any) -> Looked:
    """Return what a database is; `SettingsError` of a newer program's."""
    names = set(await database.client.list_database_names()) - OF_MONGODB
    version = await require_known(database)
    writes = await _may_write(database)
    return Looked(database.name in names, version, len(MIGRATIONS), tuple(sorted(names - {database.name})), writes)


async def _may_write(database: Any) -> bool:
    """Whether the account may insert into the database; where nobody signs in, everybody may."""
    status = (await database.command({"connectionStatus": 1, "showPrivileges": True}))["authInfo"]
    if not status["authenticatedUsers"]:
        return True
    return any("insert" in one["actions"] for one in _of(database.name, status["authenticatedUserPrivileges"]))


def _of(name: str, privileges: Iterable[Document]) -> Iterable[Document]:
    for one in privileges:
        resource = one["resource"]
        if resource.get("anyResource") or resource.get("db") in ("", name):
            yield one
