"""Listens to what a client asks of MongoDB, and keeps each question that would go to every shard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from barograph.store.mongo.rows import SHARD_KEYS

READS = {"find": "filter", "count": "query", "distinct": "query", "findAndModify": "query"}
WRITES = {"update": "updates", "delete": "deletes"}
# Questions about all sessions, each with when it is asked. (collection, command, fields of its condition)
OF_ALL = {
    ("streams", "update", "layout v"),  # opened as the owner: statistics of an earlier version are outdated
    ("streams", "find", "layout v"),  # opened with rights to read: is there nothing to be made?
    ("streams", "find", "renew"),  # a process begins, and once an hour: which of those are to be made anew?
    ("rollups", "aggregate", "since"),  # a process begins, and once an hour: marks that nobody said of their day
    ("streams", "aggregate", "first_us"),  # the list of all athletes: when were they tested?
    ("streams", "find", ""),  # bringing what an early version stored to this one, once
    ("streams", "find", "o"),  # likewise, and sealing what an earlier version stored, a command: all streams
    ("frames", "find", ""),  # opened without a key: is anything sealed?
}


class Untargeted(CommandListener):
    """The questions to sharded collections that name no workout, but for those of `OF_ALL`."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.targeted = 0

    def started(self, event: CommandStartedEvent) -> None:
        """Look at what is asked; the driver would keep to itself what goes wrong here."""
        try:
            self._asked(event.command_name, event.command)
        except Exception as error:  # noqa: BLE001
            self.found.append(f"{event.command_name}: {error!r}")

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Answers do not matter."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Answers do not matter."""

    def _asked(self, name: str, command: Mapping[str, Any]) -> None:
        collection = command.get(name)
        if name == "aggregate":
            self._aggregate(str(collection), command["pipeline"])
        elif not isinstance(collection, str) or collection not in SHARD_KEYS:
            return
        elif name in READS:
            self._look(collection, name, command.get(READS[name]) or {})
        elif name in WRITES:
            for one in command[WRITES[name]]:
                self._look(collection, name, one["q"])
        elif name == "insert":
            for one in command["documents"]:
                self._look(collection, name, one)

    def _aggregate(self, collection: str, stages: list[Mapping[str, Any]]) -> None:
        if collection in SHARD_KEYS:
            self._look(collection, "aggregate", stages[0].get("$match", {}) if stages else {})
        for lookup in (stage["$lookup"] for stage in stages if "$lookup" in stage):
            if (key := SHARD_KEYS.get(lookup["from"])) and lookup.get("foreignField") != key:
                self.found.append(f"$lookup in {lookup['from']} by {lookup.get('foreignField')}")

    def _look(self, collection: str, command: str, where: Mapping[str, Any]) -> None:
        if names_workouts(where, SHARD_KEYS[collection]):
            self.targeted += 1
        elif (collection, command, " ".join(sorted(where))) not in OF_ALL:
            self.found.append(f"{command} in {collection} where {dict(where)}")


def names_workouts(where: Mapping[str, Any], key: str) -> bool:
    """Return whether a condition says, or a document has, one value of a key or several.

    As mongos finds it: by the dotted name, or in a whole document that its first part is compared with.
    """
    head, _, tail = key.partition(".")
    whole = where.get(head)
    if tail and isinstance(whole, Mapping) and not any(name.startswith("$") for name in whole):
        return isinstance(whole.get(tail), str)
    value = where.get(key)
    if isinstance(value, Mapping):
        return "$eq" in value or isinstance(value.get("$in"), list)
    return isinstance(value, str)
