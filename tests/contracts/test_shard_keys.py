"""What a sharded cluster needs: questions that name their workouts, and the commands of the documentation."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from targeted import Untargeted, names_workouts

from barograph.frames import Stream
from barograph.servers.embedded import Servers
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.rows import SHARD_KEYS, row

TEXT = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("key", "where", "targeted"),
    [
        ("m.w", {"m.w": "walk", "m.s": "left"}, True),
        ("w", {"w": {"$in": ["walk", "run"]}, "epochs.lease": "a"}, True),
        ("_id.w", row(Stream("walk", "left"), 7), True),  # as mongos takes it from a whole id
        ("_id.w", {"_id": {"$gte": {"w": "walk"}, "$lte": {"w": "walk"}}}, False),
        ("_id.w", {"_id.s": "left", "m": {"$exists": True}}, False),
        ("w", {"epochs.lease": "a"}, False),
        ("w", {"w": {"$ne": "walk"}}, False),
    ],
)
def test_a_condition_names_workouts_by_the_key_or_by_a_whole_id(key: str, where: dict, targeted: bool) -> None:
    assert names_workouts(where, key) is targeted


def test_a_question_that_names_no_workout_is_found(servers: Servers, database: str) -> None:
    listening = Untargeted()
    with MongoClient[dict[str, Any]](servers.mongo_url, event_listeners=[listening]) as client:
        db = client[database]
        db.streams.find_one({"epochs.lease": "a"})
        db.rollups.delete_many({"since": {"$lt": 7}})
        db.rollups.update_one({"_id.w": "walk"}, {"$set": {"m": "x"}})
        lookup = {"from": "streams", "localField": "u", "foreignField": "u", "as": "s"}
        list(db.workouts.aggregate([{"$lookup": lookup}]))
        list(db.workouts.find({"kind": "Walk"}))
    assert listening.found == [
        "find in streams where {'epochs.lease': 'a'}",
        "delete in rollups where {'since': {'$lt': 7}}",
        "$lookup in streams by u",
    ]
    assert listening.targeted == 1


def keys_in(commands: str) -> dict[str, dict[str, str]]:
    return {name: json.loads(key) for name, key in re.findall(commands, TEXT)}


def test_the_documented_commands_name_these_keys_and_their_indexes_can_be_made(
    servers: Servers, database: str, mongo_archive: MongoArchive
) -> None:
    sharded = keys_in(r'sh\.shardCollection\("barograph\.(\w+)", (.+?)\)')
    indexed = keys_in(r"db\.(\w+)\.createIndex\((.+?)\)")
    assert sharded == indexed == {name: {key: "hashed"} for name, key in SHARD_KEYS.items()}
    with MongoClient[dict[str, Any]](servers.mongo_url) as client:
        for name, key in indexed.items():
            client[database][name].create_index(list(key.items()))
