"""Workouts in MongoDB: what is said of them, finding them, and erasing them for good.

A workout that is erased leaves a document with its name and nothing that was said of it. Where that stands nothing is
made under the name, but by a person (`renew`), whose workout has another `uid`, and everything of it carries that as
`u`: so what was still on its way when the older one was erased belongs to nobody, and is swept.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from bson.datetime_ms import DatetimeMS
from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph import bounds
from barograph.bounds import check_count
from barograph.errors import Gone, NotFound, StorageAway
from barograph.frames import Stream, check_new_name
from barograph.store.documents import Document, about_fields, marker_of, of_tag, rejected_of, tag_of, workout_of
from barograph.store.mongo.driver import aggregated, answered, between
from barograph.store.mongo.edits import ALIVE
from barograph.store.mongo.erasing import MongoErasing, tagged, workout_owner
from barograph.store.mongo.roster import MongoRoster
from barograph.store.records import UNSAID, About, Marker, Rejected, StreamInfo, Workout
from barograph.store.roster import text_key
from barograph.store.scope import EVERYTHING, Scope
from barograph.store.sealing import NAMES, PLAIN, Owner, Sealing
from barograph.store.search import KnownValues, Query, known_values_of, matching, pipeline
from barograph.texts import texts_checked

SAY_TRIES = 5
LOOKED_AT = ("uid", "athlete", "kind", "tags")
MOST_NAMED = 100_000  # names that fit into one question of 16 MiB


@texts_checked
class MongoWorkouts(MongoErasing):
    """The part of the catalogue port that is about workouts."""

    def __init__(self, client: Any, database: str, sealing: Sealing = PLAIN) -> None:
        super().__init__(client[database])
        self._client = client
        self._sealing = sealing
        self.roster = MongoRoster(self._db, sealing)

    @answered
    async def reject(self, stream: Stream, e: int, rejected: Rejected) -> None:
        """Keep what was refused for good; the collection is bounded, and the oldest go first."""
        workout = await self._there(stream.workout_id)
        document = {"w": stream.workout_id, "e": e, **asdict(rejected), **tagged(workout)}
        await self._db.rejected.insert_one(self._sealing.seal("rejected", workout_owner(workout), document))

    @answered
    async def rejected(self, workout_id: str) -> list[Rejected]:
        """Return what is kept of what was refused, oldest first."""
        workout = await self._db.workouts.find_one({"_id": workout_id}) or {}
        mine = {"w": workout_id, **of_tag(tag_of(workout))}
        found = await self._db.rejected.find(mine).sort("$natural", ASCENDING).to_list(None)
        return [rejected_of(self._sealing.open("rejected", workout_owner(workout), document)) for document in found]

    async def _say(self, workout_id: str, now_us: int, update: Document, *, renew: bool = False) -> Document:
        """The workout's document, made if it is new, or made anew by a person after it was erased; else `Gone`."""
        check_new_name("workout_id", workout_id)
        if renew:
            await self._renew(workout_id, now_us)
        ways = await self._with_owner(update["$set"].get("athlete"), update)
        for _ in range(SAY_TRIES):
            if known := await self._alive(workout_id):
                known = await self.with_uid(known)
            made = known or {"uid": uuid.uuid4().hex}
            with contextlib.suppress(DuplicateKeyError):  # it was erased, or another process has just made it
                if document := await self._said(workout_id, made, ways, None if known else now_us):
                    return document
        raise StorageAway(f"{workout_id}: others made this workout at the same moment {SAY_TRIES} times over")

    async def _fetch_keys(self, owners: Iterable[Owner], *, new: bool = False) -> None:
        """Have keys at hand before they are needed, so that nothing waits for MongoDB where it would hold up others."""
        if self.seal_keys is not None:
            await self.seal_keys.fetch(owners, new=new)

    async def _said(
        self, workout_id: str, workout: Document, ways: Sequence[tuple[Document, Document]], made_us: int | None
    ) -> Document | None:
        """Write to the workout of this uid in the first of the ways that fits, or make it by the last one."""
        mine = {"_id": workout_id, "uid": workout["uid"], **ALIVE}
        await self._fetch_keys([workout_owner(workout)], new=True)
        for where, change in ways:
            new = made_us is not None and change is ways[-1][1]
            document: Document | None = await self._db.workouts.find_one_and_update(
                {**mine, **where},
                {**({"$setOnInsert": {"created_us": made_us}} if new else {}), **self._sealed(workout, change)},
                upsert=new,
                return_document=ReturnDocument.AFTER,
            )
            if document is not None:
                return document
        return None

    def _sealed(self, workout: Document, change: Document) -> Document:
        return {**change, "$set": self._sealing.seal("workouts", workout_owner(workout), change["$set"])}

    async def _with_owner(self, athlete: str | None, update: Document) -> list[tuple[Document, Document]]:
        """What to write where, in order: whose a workout is changes with its text, in one step, and else stays."""
        if athlete is None and "athlete" not in update.get("$unset", {}):
            return [({}, update)]
        await self._fetch_keys([NAMES], new=True)
        key, owner = self._sealing.digest(text_key(athlete)), await self.roster.owner_of(athlete)
        belongs = {"athlete_key": key, "athlete_uid": owner}
        said = {**update["$set"], **{name: value for name, value in belongs.items() if value}}
        unsaid = {**update.get("$unset", {}), **{name: "" for name, value in belongs.items() if not value}}
        stored, other = ({"$eq": key}, {"$ne": key}) if key else ({"$exists": False}, {"$exists": True})
        return [({"athlete_key": stored}, update), ({"athlete_key": other}, {**update, "$set": said, "$unset": unsaid})]

    async def _renew(self, workout_id: str, now_us: int) -> None:
        fresh = {"_id": workout_id, "created_us": now_us, "uid": uuid.uuid4().hex, "again": True}
        await self._db.workouts.replace_one({"_id": workout_id, "erased_us": {"$exists": True}}, fresh)

    async def _alive(self, workout_id: str) -> Document:
        """The document of a workout, empty where there is none; `Gone` where it was erased."""
        document: Document = await self._db.workouts.find_one({"_id": workout_id}) or {}
        if "erased_us" in document:
            raise Gone(f"{workout_id}: this workout was erased")
        return document

    async def _there(self, workout_id: str) -> Document:
        """The document of a workout with its uid, or `NotFound`; `Gone` where it was erased."""
        document = await self._alive(workout_id)
        if not document:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return await self.with_uid(document)

    async def _require_new(self, workout: Document, epoch: str) -> None:
        """Raise `Gone` for an epoch of an erased workout: its device has frames of that one."""
        if workout.get("again") and await self._db.erased.find_one({"w": workout["_id"], "epochs": epoch}, {"_id": 1}):
            raise Gone(f"{workout['_id']}: the workout that this epoch belongs to was erased")

    @answered
    async def note(
        self, workout_id: str, *, now_us: int, about: About = UNSAID, left: bool | None = None, renew: bool = False
    ) -> Workout:
        """Make the workout if it is new, add what is said of it, and say whether it was left."""
        said: Document = {"$set": about_fields(about)}
        if left:
            said["$set"]["left_us"] = now_us
        elif left is not None:
            said["$unset"] = {"left_us": ""}
        return (await self._with_streams([await self._say(workout_id, now_us, said, renew=renew)]))[0]

    @answered
    async def describe(self, workout_id: str, about: About) -> Workout:
        """Replace all that is said of a workout, or `NotFound`."""
        workout = await self._db.workouts.find_one({"_id": workout_id, **ALIVE})
        if workout is None:
            raise NotFound(f"{workout_id}: no such workout is stored")
        workout, said = await self.with_uid(workout), about_fields(about)
        mine = {"_id": workout_id, "uid": workout["uid"], **ALIVE}
        unsaid = {name: "" for name in vars(about) if name not in said}
        for where, change in await self._with_owner(about.athlete, {"$set": said, "$unset": unsaid}):
            sealed = self._sealed(workout, change)
            if (await self._db.workouts.update_one({**mine, **where}, sealed)).matched_count:
                break
        return await self.workout(workout_id)

    async def _with_streams(self, documents: Sequence[Document]) -> list[Workout]:
        known = {document["_id"]: await self.with_uid(document) for document in documents}
        await self._fetch_keys(map(workout_owner, known.values()))
        infos: dict[str, list[StreamInfo]] = {name: [] for name in known}
        lately = await self._written_lately(list(infos))
        streams = await self._db.streams.find({"w": {"$in": list(infos)}}).to_list(None)
        mine = [document for document in streams if document.get("u") == tag_of(known[document["w"]])]
        for info in await self._exact(mine, lately):
            infos[info.stream.workout_id].append(info)
        return [
            workout_of(self._sealing.open("workouts", workout_owner(document), document), infos[name])
            for name, document in known.items()
        ]

    @answered
    async def workouts(self, *, limit: int = 100, skip: int = 0, scope: Scope = EVERYTHING) -> list[Workout]:
        """Return the newest first, of those that may be seen."""
        seen = self._db.workouts.find({**ALIVE, **scope.condition()})
        newest = seen.sort([("created_us", DESCENDING), ("_id", DESCENDING)]).skip(skip)
        found = await self._with_streams(await newest.limit(limit).to_list(None)) if limit > 0 else []
        return [scope.shown(one) for one in found]

    @answered
    async def search(self, query: Query, *, limit: int = 100, skip: int = 0) -> tuple[list[Workout], int]:
        """Return the sessions that match, in the order asked for, and how many there are in all."""
        first, *stages = pipeline(query)
        heads = [first]
        by_name, names = query.looks_at_names and query.sort == "athlete", list[str]()
        if query.looks_at_names and not by_name:  # streams are looked up of those alone whose names match
            names = await self._named(heads, query)
            heads.append({"$match": {"_id": {"$in": names}}})
        if by_name or len(names) > MOST_NAMED:
            matching = await self._named([first, *stages], query)
            order, count = matching[skip : skip + max(1, limit)], len(matching)
        else:
            narrowed = stages[:-1] if stages[-2]["$match"] else []
            counted = await aggregated(self._db.workouts, [*heads, *narrowed, {"$count": "n"}])
            page = [*heads, *stages, {"$skip": skip}, {"$limit": max(1, limit)}, {"$project": {"_id": 1}}]
            order = [item["_id"] for item in await aggregated(self._db.workouts, page)]
            count = int(counted[0]["n"]) if counted else 0
        there = await self._db.workouts.find({"_id": {"$in": order}, **ALIVE}).to_list(None)
        documents = {item["_id"]: item for item in there}
        sessions = await self._with_streams([documents[name] for name in order if name in documents])
        return [(query.scope or EVERYTHING).shown(one) for one in sessions], count

    async def _named(self, stages: Sequence[Document], query: Query) -> list[str]:
        """The ids of those whose names match, in the order of the stages, or by name."""
        found = await aggregated(self._db.workouts, [*stages, {"$project": dict.fromkeys(LOOKED_AT, 1)}])
        await self._fetch_keys(map(workout_owner, found))
        return await asyncio.to_thread(self._matching, found, query)

    def _matching(self, found: Sequence[Document], query: Query) -> list[str]:
        """The ids of those that match, in order, now that their names may be looked at."""
        return matching((self._sealing.open("workouts", workout_owner(one), one) for one in found), query)

    @answered
    async def known_values(self, scope: Scope = EVERYTHING) -> KnownValues:
        """Return athletes, kinds and tags of all sessions that may be seen."""
        kinds, tags = [await self._db.workouts.distinct(name, scope.condition()) for name in ("kind", "tags")]
        return known_values_of(await self._athletes_said(scope) if scope.names else (), kinds, tags)

    async def _athletes_said(self, scope: Scope) -> list[str]:
        """What was said as the athlete, each stored form once."""
        said = {"$match": {**scope.condition(), "athlete": {"$exists": True}}}
        groups = await aggregated(self._db.workouts, [said, {"$group": {"_id": "$athlete", "uid": {"$first": "$uid"}}}])
        await self._fetch_keys(map(workout_owner, groups))
        return [
            self._sealing.open("workouts", workout_owner(one), {"athlete": one["_id"]})["athlete"] for one in groups
        ]

    @answered
    async def workout(self, workout_id: str) -> Workout:
        """Return one workout, or `NotFound`."""
        document = await self._db.workouts.find_one({"_id": workout_id, **ALIVE})
        if document is None:
            raise NotFound(f"{workout_id}: no such workout is stored")
        return (await self._with_streams([document]))[0]

    @answered
    async def uids(self, workout_ids: Collection[str]) -> dict[str, str]:
        """Return the `uid` of each of these that is stored."""
        asked = {"_id": {"$in": [one for one in workout_ids if isinstance(one, str)]}, "erased_us": {"$exists": False}}
        found = await self._db.workouts.find(asked, {"uid": 1}).to_list(None)
        return {one["_id"]: (await self.with_uid(one))["uid"] for one in found}

    @answered
    async def add_marker(self, workout_id: str, marker: Marker) -> None:
        """Keep an annotation; the same one twice is one."""
        workout = await self._there(workout_id)
        place = {"w": workout_id, "t_us": marker.t_us, "label": self._sealing.digest(marker.label)}
        there = await self._db.markers.count_documents(
            between({"w": workout_id}, "t_us", None, None), limit=bounds.MARKERS
        )
        if there >= bounds.MARKERS and await self._db.markers.find_one({"_id": place}, {"_id": 1}) is None:
            check_count("label", "markers in a workout", there, bounds.MARKERS)
        said = {"t": DatetimeMS(marker.t_us // 1000), "label": marker.label, **tagged(workout)}
        said = self._sealing.seal("markers", workout_owner(workout), said)
        await self._db.markers.update_one({"_id": place}, {"$set": said}, upsert=True)
        still = await self._db.workouts.find_one({"_id": workout_id}) or {}
        if "erased_us" in still or still.get("uid") != workout.get("uid"):
            await self._db.markers.delete_one({"_id": place, **of_tag(tag_of(workout))})
            raise Gone(f"{workout_id}: this workout was erased")

    @answered
    async def markers(self, workout_id: str) -> list[Marker]:
        """Return annotations in order of time."""
        workout = await self._db.workouts.find_one({"_id": workout_id}) or {}
        mine = between({"w": workout_id}, "t_us", None, None) | of_tag(tag_of(workout))
        found = await self._db.markers.find(mine).to_list(None)
        opened = [marker_of(self._sealing.open("markers", workout_owner(workout), document)) for document in found]
        return sorted(opened, key=lambda one: (one.t_us, one.label))
