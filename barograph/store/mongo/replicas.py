"""A replica set: made of one mongod that was started with `--replSet`, given further members, and a new version."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

from barograph.errors import SettingsError, StorageAway
from barograph.store.mongo.driver import UNAUTHORIZED

NOT_YET = 94  # mongod's code where it was started with --replSet and is of no set
NAME = "barograph"
CONFIRMED = 7  # from this version on mongod wants to hear that it is meant
LOOK_S = 0.25
Tell = Callable[[str], None]


class Replicas:
    """A replica set by an administrator's address, which need not answer yet; every wait ends after `patience_s`."""

    def __init__(self, url: str, timeout_s: float, patience_s: float) -> None:
        said = parse_uri(url, warn=False)
        self._options = {key: value for key, value in said["options"].items() if key.lower() != "replicaset"}
        self._options |= {"timeoutMS": int(timeout_s * 1000), "directConnection": True}
        for name in ("username", "password"):
            if said[name]:
                self._options[name] = said[name]
        self._name = str(said["options"].get("replicaSet") or said["options"].get("replicaset") or NAME)
        self._deadline_s = time.monotonic() + patience_s

    def make(self, hosts: Sequence[str], tell: Tell) -> None:
        """Make a set of the first host unless it is of one, and add the others, one after the other.

        Each is followed until it has all that is stored. `SettingsError` where this address may not do that,
        `StorageAway` where no answer comes in time.
        """
        first = hosts[0]
        try:
            self._initiated(first, tell)
            for host in hosts[1:]:
                self._added(first, host, tell)
            for host in hosts:
                self._followed(first, host)
        except OperationFailure as error:
            if error.code != UNAUTHORIZED:
                raise
            raise SettingsError(
                "mongo_url: expected the address of an administrator, who may change the replica set; this one may not"
            ) from error

    def commit_version(self, hosts: Sequence[str], tell: Tell) -> None:
        """Let MongoDB use what its new version stores, where all members run it; there is no way back then."""
        first = hosts[0]
        states = self._states(first) or {}
        versions = {host: self._asked(host, {"buildInfo": 1})["version"] for host in states}
        series = {".".join(version.split(".")[:2]) for version in versions.values()}
        if len(series) != 1:
            raise SettingsError(f"replicas: expected all members to run one version, got {versions}; update the others")
        (new,) = series
        asked = {"getParameter": 1, "featureCompatibilityVersion": 1}
        old = self._asked(first, asked)["featureCompatibilityVersion"]["version"]
        if old == new:
            tell(f"{new}: is in use already")
            return
        primary = next(host for host, state in states.items() if state == "PRIMARY")
        sure = {"confirm": True} if int(new.split(".")[0]) >= CONFIRMED else {}
        self._asked(primary, {"setFeatureCompatibilityVersion": new, **sure})
        tell(f"{new}: is in use now, in the place of {old}")

    def _initiated(self, host: str, tell: Tell) -> None:
        if self._states(host) is None:
            members = [{"_id": 0, "host": host}]
            self._asked(host, {"replSetInitiate": {"_id": self._name, "members": members}})
            tell(f"{host}: a replica set of its own now, {self._name}")
        self._until(host, lambda states: "PRIMARY" in states.values(), "a primary")

    def _added(self, first: str, host: str, tell: Tell) -> None:
        states = self._states(first) or {}
        if host in states:
            tell(f"{host}: is a member already")
            return
        primary = next(one for one, state in states.items() if state == "PRIMARY")
        now = self._asked(primary, {"replSetGetConfig": 1})["config"]
        now["version"] += 1
        now["members"].append({"_id": max(one["_id"] for one in now["members"]) + 1, "host": host})
        self._asked(primary, {"replSetReconfig": now})
        self._followed(first, host)
        tell(f"{host}: a member now, and has all that is stored")

    def _followed(self, first: str, host: str) -> None:
        """Wait until a member has all that is stored."""
        done = ("PRIMARY", "SECONDARY")
        self._until(first, lambda states: states.get(host) in done, f"{host} to have all that is stored")

    def _until(self, host: str, true: Callable[[dict[str, str]], bool], what: str) -> None:
        while not true(self._states(host) or {}):
            if time.monotonic() > self._deadline_s:
                raise StorageAway(f"{host}: waited for {what} in vain; members are now {self._states(host)}")
            time.sleep(LOOK_S)

    def _states(self, host: str) -> dict[str, str] | None:
        """What each member does, by host; None where there is no set yet."""
        try:
            return {one["name"]: one["stateStr"] for one in self._asked(host, {"replSetGetStatus": 1})["members"]}
        except OperationFailure as error:
            if error.code != NOT_YET:
                raise
            return None

    def _asked(self, host: str, command: dict[str, Any]) -> dict[str, Any]:
        """What a member answers, asked again while it does not."""
        while True:
            try:
                with MongoClient[dict[str, Any]](host, **self._options) as client:
                    return client.admin.command(command)
            except OperationFailure:
                raise
            except PyMongoError as error:
                if time.monotonic() > self._deadline_s:
                    raise StorageAway(f"{host}: no answer: {error}") from error
                time.sleep(LOOK_S)
