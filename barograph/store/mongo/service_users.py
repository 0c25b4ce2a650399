"""Users of MongoDB for the services: made, brought to what they should be, and looked at by `barograph doctor`.

An administrator makes them, as often as it likes and in several processes at the same moment: what is as it should be
is left alone, and what another process has just made is looked at as if it had always been there. Roles stand in the
database that they are for, users in `admin`, so that one mongod serves several databases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeAlias

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from barograph.errors import SettingsError, StorageAway
from barograph.store.mongo.driver import NAMESPACE_EXISTS, UNAUTHORIZED, answered, driver
from barograph.store.mongo.service_rights import (
    RIGHTS,
    SERVICES,
    VIEWS,
    Service,
    privileges,
    role_of,
)

ROLE_EXISTS, USER_EXISTS = 51002, 51003
Held: TypeAlias = frozenset[tuple[str, str]]  # collection, "" for the whole database, and what may be done there


def _user_of(url: str) -> tuple[str, str]:
    """Return user and password in an address of MongoDB, or `SettingsError`; neither is shown."""
    said = parse_uri(url, warn=False)
    if not said["username"] or not said["password"]:
        raise SettingsError("mongo_url: expected mongodb://user:password@host, got an address without user or password")
    return said["username"], said["password"]


class ServiceUsers:
    """Roles and users of a database, over an administrator's address."""

    def __init__(self, url: str, database: str, timeout_s: float) -> None:
        self._client: Any = driver(url, timeout_s, MongoClient)
        self._db, self._admin = self._client[database], self._client.admin
        self._database, self._timeout_s = database, timeout_s
        self._own = parse_uri(url, warn=False)["username"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def make(self, urls: Mapping[Service, str]) -> dict[Service, str]:
        """Make views, roles, and the users in the addresses of services; say of each what was done.

        `SettingsError` where this address may not do that, `StorageAway` where MongoDB does not answer.
        """
        users = {service: _user_of(url) for service, url in urls.items()}
        try:
            for name, (of, stages) in VIEWS.items():
                self._make_view(name, of, stages)
            with ThreadPoolExecutor(len(SERVICES)) as at_once:  # each step waits for the journal
                return dict(zip(urls, at_once.map(self._make, urls, urls.values(), users.values()), strict=True))
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            raise SettingsError(
                "mongo_url: expected the address of an administrator, who may make roles and users; this one may not"
            ) from error
        except PyMongoError as error:
            raise StorageAway(f"MongoDB did not answer while users were made: {error}") from error

    def renew_own(self, url: str) -> None:
        """Give the user of this administrator's address the password of another address of the same user.

        The connections that there are stay; whoever comes anew needs the new one.
        """
        name, password = _user_of(url)
        if name != self._own:
            raise SettingsError(f"--own-url-file: expected an address of the same user, {self._own}, got {name}")
        self._admin.command("updateUser", name, pwd=password)

    def _make_view(self, name: str, of: str, stages: list[dict[str, Any]]) -> None:
        found = list(self._db.list_collections(filter={"name": name}))
        if not found and self._made(self._db, "create", name, viewOn=of, pipeline=stages):
            return
        if not found or found[0]["options"].get("pipeline") != stages:
            self._db.command("collMod", name, viewOn=of, pipeline=stages)

    def _made(self, database: Any, *command: str, **more: Any) -> bool:
        """Make something that was not there; False where another process has, meanwhile."""
        try:
            database.command(*command, **more)
        except OperationFailure as error:
            if error.code not in (NAMESPACE_EXISTS, ROLE_EXISTS, USER_EXISTS):
                raise
            return False
        return True

    def _make(self, service: Service, url: str, user: tuple[str, str]) -> str:
        (name, password), right = user, self._make_role(service)
        mine = {"role": role_of(service), "db": self._database}
        known = self._user(name)
        if known is None:
            if self._made(self._admin, "createUser", name, pwd=password, roles=[mine]):
                return "made"
            known = self._user(name) or {"roles": []}
        roles = known["roles"]
        wanted = [one for one in roles if one["role"] == mine["role"] and one != mine] + [mine]
        if sorted(map(str, roles)) == sorted(map(str, wanted)) and self._opens(url):
            return "as it should be" if right else "corrected"
        self._admin.command("updateUser", name, pwd=password, roles=wanted)
        return "corrected"

    def _user(self, name: str) -> Mapping[str, Any] | None:
        found: list[Mapping[str, Any]] = self._admin.command("usersInfo", {"user": name, "db": "admin"})["users"]
        return found[0] if found else None

    def _make_role(self, service: Service) -> bool:
        """Bring a role to what it should be; True where it was so already."""
        role, wanted = role_of(service), privileges(service, self._database)
        held = self._role(service)
        if held is None:
            self._made(self._db, "createRole", role, privileges=wanted, roles=[])
        elif held != _held(wanted, self._database):
            self._db.command("updateRole", role, privileges=wanted, roles=[])
        return held == _held(wanted, self._database)

    def _opens(self, url: str) -> bool:
        """Whether MongoDB knows the user in an address by the password there."""
        with driver(url, self._timeout_s, MongoClient) as client:
            try:
                client.admin.command("ping")
            except OperationFailure:
                return False
        return True

    def _role(self, service: Service) -> Held | None:
        asked = {"role": role_of(service), "db": self._database}
        found = self._db.command("rolesInfo", asked, showPrivileges=True)["roles"]
        if not found:
            return None
        # What it inherits counts too: nobody but us gives it anything.
        return _held(found[0]["inheritedPrivileges"], self._database)

    def differences(self) -> dict[Service, str]:
        """Return of each service what its role and its users may too much or too little, "" where nothing is."""
        found = {service: compared(service, self._role(service), self._database) for service in SERVICES}
        for user in self._admin.command("usersInfo")["users"]:
            for service, said in found.items():
                if others := _others(user, service):
                    found[service] = f"{said}; " * bool(said) + f"too much: the user {user['user']} is {others} too"
        return found


def differences(url: str, database: str, timeout_s: float) -> dict[Service, str]:
    """Return of each service what it may too much or too little; `SettingsError` to one who may not look at roles."""
    try:
        with ServiceUsers(url, database, timeout_s) as users:
            return users.differences()
    except OperationFailure as error:
        if error.code != UNAUTHORIZED:
            raise
        raise SettingsError("mongo_url: expected the address of an administrator, who may look at roles") from error
    except PyMongoError as error:
        raise StorageAway(f"MongoDB did not answer while users were looked at: {error}") from error


def _others(user: Mapping[str, Any], service: Service) -> str:
    """What a user of a service is besides."""
    names = {one["role"] for one in user["roles"]}
    return ", ".join(sorted(names - {role_of(service)})) if role_of(service) in names else ""


def _held(found: Iterable[Mapping[str, Any]], database: str) -> Held:
    """What privileges allow, with what another database or the whole server is written before the collection."""
    held = set()
    for one in found:
        of = one["resource"]
        place = of["collection"] if of.get("db") == database else _elsewhere(of)
        held |= {(place, action) for action in one["actions"]}
    return frozenset(held)


def _elsewhere(resource: Mapping[str, Any]) -> str:
    if "db" in resource:
        return f"{resource['db'] or 'every database'}.{resource['collection'] or '*'}"
    return "the whole server"


def compared(service: Service, held: Held | None, database: str) -> str:
    """Return in words what a service may that it should not, and may not that it should; "" where nothing is."""
    if held is None:
        return f"the role {role_of(service)} is not there"
    wanted = _held(privileges(service, database), database)
    return "; ".join(
        f"too {word}: {_listed(some)}" for word, some in (("much", held - wanted), ("little", wanted - held)) if some
    )


def _listed(some: Iterable[tuple[str, str]]) -> str:
    named = sorted(f"{action} {place or 'of the database'}" for place, action in some)
    return ", ".join(named[:6]) + (f" and {len(named) - 6} more" if len(named) > 6 else "")


async def signed_in(database: Any) -> tuple[Service | None, Held]:
    """Return as which service this connection is signed in, and what it may; None for an owner, or without users."""
    said = await _status(database)
    roles = {(one["db"], one["role"]) for one in said["authenticatedUserRoles"]}
    mine = [service for service in RIGHTS if (database.name, role_of(service)) in roles]
    alone = len(mine) == 1 and all(role in map(role_of, SERVICES) for _, role in roles)
    return (mine[0] if alone else None), _held(said.get("authenticatedUserPrivileges", ()), database.name)


@answered
async def _status(database: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (await database.command("connectionStatus", showPrivileges=True))["authInfo"]
    return found
