"""The roster in MongoDB: athletes, teams, and whose workouts are.

A workout has in `athlete_key` what its text is compared by, and in `athlete_uid` whose it is; both are written with the
text, in one step. Where there is a key without a uid, a person is asked. So nothing is kept of a proposal, and a
workout that is erased takes its text with it.

An athlete who was merged into another leaves a document with `into`, and no name. While the merge is under way it has
`pending` too, and whoever comes across it ends it. Before, the athlete who stays gets a claim in `absorbing`; who has
one is merged into nobody, so that of two that go into each other at once at most one does.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from typing import Any

from pymongo import ASCENDING, ReturnDocument
from pymongo.errors import DuplicateKeyError

from barograph import bounds
from barograph.bounds import check_count
from barograph.errors import BarographError, NotFound, StorageAway
from barograph.store.documents import Document
from barograph.store.merging import folded
from barograph.store.mongo import roster_list
from barograph.store.mongo.driver import Index, aggregated, answered
from barograph.store.mongo.edits import remeasured
from barograph.store.mongo.seal_keys import destroy
from barograph.store.mongo.service_rights import ATHLETES
from barograph.store.mongo.short_ids import next_short_id
from barograph.store.mongo.test_days import MongoTestDays
from barograph.store.roster import CHANGE_TRIES, LONG, Athlete, Proposal, Team, changed_meanwhile, text_key
from barograph.store.roster_list import RosterEntry, SessionNamed, SessionsOf
from barograph.store.roster_rules import (
    PROPOSALS,
    WORKOUTS_NAMED,
    athlete_document,
    athlete_of,
    check_athlete,
    in_order,
    no_athlete,
    proposal_uid,
    require_no_workouts,
    require_said,
    short_id_taken,
    team_document,
    team_of,
    team_taken,
    with_alias,
)
from barograph.store.scope import EVERYTHING, Scope
from barograph.store.sealing import PLAIN, Owner, Sealing
from barograph.texts import require_text, texts_checked

NOBODYS: Document = {"athlete_uid": {"$exists": False}, "erased_us": {"$exists": False}}
STALE_US = 60_000_000  # a claim of this age was left behind by a crash
LIVE: Document = {"into": {"$exists": False}}
INDEXES: tuple[Index, ...] = (
    ("athletes", [("keys", ASCENDING)], {}),
    ("athletes", [("short_id", ASCENDING)], {"unique": True}),
    ("athletes", [("merged", ASCENDING)], {"sparse": True}),
    ("teams", [("key", ASCENDING)], {"unique": True}),
    ("workouts", [("athlete_uid", ASCENDING)], {"sparse": True}),
    ("workouts", [("athlete_key", ASCENDING)], {"sparse": True}),
)


@texts_checked
class MongoRoster:
    """The roster port over MongoDB."""

    def __init__(self, database: Any, sealing: Sealing = PLAIN) -> None:
        self._db = database
        self._people, self.names = database.athletes, True  # whether names may be read, and records changed
        self._sealing = sealing
        self.test_days = MongoTestDays(database, sealing)

    def without_names(self) -> None:
        """Read athletes as a service does that may not read names: short ids stand for them."""
        self._people, self.names = self._db[ATHLETES], False

    @answered
    async def add_team(self, name: str, *, now_us: int, notes: str = "") -> Team:
        """Make a team."""
        team = Team(uuid.uuid4().hex, name, notes, now_us)
        check_count("team", "teams", await self._db.teams.estimated_document_count(), bounds.TEAMS)
        try:
            await self._db.teams.insert_one(team_document(team))
        except DuplicateKeyError as error:
            raise team_taken(name) from error
        return team

    @answered
    async def put_team(self, team: Team) -> Team:
        """Replace what is said of a team."""
        said = {name: value for name, value in team_document(team).items() if name not in ("_id", "created_us")}
        try:
            document = await self._db.teams.find_one_and_update(
                {"_id": team.uid}, {"$set": said}, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError as error:
            raise team_taken(team.name) from error
        if document is None:
            raise NotFound(f"team: no team {team.uid[:40]} is stored")
        return team_of(document)

    @answered
    async def remove_team(self, uid: str) -> None:
        """Take a team away, and from its athletes."""
        if not (await self._db.teams.delete_one({"_id": {"$eq": uid}})).deleted_count:
            raise NotFound(f"team: no team {uid[:40]} is stored")
        await self._db.athletes.update_many({"teams": uid}, {"$pull": {"teams": uid}, "$inc": {"revision": 1}})

    @answered
    async def teams(self) -> list[Team]:
        """Return all teams in the order of their names."""
        return [team_of(one) for one in await self._db.teams.find().sort("key", ASCENDING).to_list(None)]

    @answered
    async def add(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Keep a new athlete."""
        await self._check(athlete, athlete.teams[:0], now_us)
        check_count("athlete", "athletes", await self._db.athletes.count_documents(LIVE), bounds.ATHLETES)
        given: Document = {"merged": (), "created_us": now_us, "changed_us": now_us, "revision": 1}
        made = replace(athlete, uid=uuid.uuid4().hex, **given)
        while True:
            one = made if made.short_id else replace(made, short_id=await next_short_id(self._db))
            try:
                await self._db.athletes.insert_one(athlete_document(one, self._sealing))
            except DuplicateKeyError as error:
                if made.short_id:
                    raise short_id_taken(made.short_id) from error
            else:
                return one

    async def _check(self, athlete: Athlete, known: Sequence[str], now_us: int) -> None:
        there = await self._db.teams.find({"_id": {"$in": list(athlete.teams)}}, {"_id": 1}).to_list(None)
        check_athlete(athlete, {*known, *(one["_id"] for one in there)}, now_us)

    @answered
    async def put(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Replace an athlete's record, where it is the revision that was read."""
        known = await self._athlete(athlete.uid)
        await self._check(athlete, known.teams, now_us)
        changed = await self._replace(athlete, athlete, now_us) if known.uid == athlete.uid else None
        if changed is None:
            raise changed_meanwhile(athlete)
        return changed

    async def _replace(self, known: Athlete, athlete: Athlete, now_us: int) -> Athlete | None:
        """The record as it is stored now; None where it is not the one that was read."""
        where = {"_id": known.uid, "revision": known.revision, **LIVE}
        if (found := await self._db.athletes.find_one(where)) is None:
            return None
        before = self._read(found)
        fixed: Document = {"created_us": before.created_us, "revision": known.revision + 1}
        changed = replace(athlete, short_id=athlete.short_id or before.short_id, changed_us=now_us, **fixed)
        said = athlete_document(changed, self._sealing)
        unsaid = {one.name: "" for one in fields(Athlete) if one.name != "uid" and one.name not in said}
        await remeasured(self._db, before, changed)
        try:
            written = await self._db.athletes.update_one(where, {"$set": said, "$unset": unsaid})
        except DuplicateKeyError as error:
            raise short_id_taken(changed.short_id) from error
        await remeasured(self._db, before, changed)
        return changed if written.matched_count else None

    async def _document(self, uid: str, seen: frozenset[str] = frozenset()) -> Document:
        """The document that a uid stands for; a merge that was interrupted is ended on the way."""
        document: Document | None = await self._people.find_one({"_id": {"$eq": uid}})
        if document is None:
            raise no_athlete(uid)
        if "into" not in document:
            return document
        if uid in seen:  # two were being merged into each other at the same moment: neither is
            if self.names:
                await self._unmark(document)
            return document
        if document.get("pending") and self.names:
            try:
                await self._finish(document, document["at_us"], seen | {uid})
            except NotFound:  # the record that it was to go into was erased
                await self._unmark(document)
                return document
        return await self._document(document["into"], seen | {uid})

    async def _athlete(self, uid: str) -> Athlete:
        return self._read(await self._document(uid))

    def _read(self, document: Document) -> Athlete:
        return athlete_of(document, self._sealing)

    def _key(self, text: str | None) -> str:
        """What stands in documents for a text that is compared."""
        return self._sealing.digest(text_key(text))

    @answered
    async def remove(self, uid: str) -> None:
        """Take away an athlete to whom no workout belongs."""
        athlete = await self._athlete(uid)
        require_no_workouts(athlete, await self._db.workouts.count_documents({"athlete_uid": {"$in": [*athlete.uids]}}))
        await self.test_days.forget(athlete.uids)
        await self._db.athletes.delete_many({"_id": {"$in": list(athlete.uids)}})
        await destroy(self._db, [Owner("athlete", one) for one in athlete.uids])

    @answered
    async def athlete(self, uid: str) -> Athlete:
        """Return one athlete, also by a uid that was merged into it."""
        return await self._athlete(uid)

    @answered
    async def athletes(self, scope: Scope | None = None, *, brief: bool = False) -> list[Athlete]:
        """Return all athletes, or those that may be seen, in the order of their names."""
        scope = scope or EVERYTHING
        await self._end_merges()
        mine = list(scope.athletes)
        where = {} if scope.everything else {"$or": [{"_id": {"$in": mine}}, {"merged": {"$in": mine}}]}
        fields = dict.fromkeys(LONG, 0) if brief else None
        found = [self._read(one) for one in await self._people.find({**where, **LIVE}, fields).to_list(None)]
        return in_order(found if scope.names else [one.without_name() for one in found])

    @answered
    async def entries(self, teams: Collection[str] | None = None) -> list[RosterEntry]:
        """Return what a list shows of all athletes, or of those of any of these teams."""
        await self._end_merges()
        where = {} if teams is None else {"teams": {"$in": list(teams)}}
        return await roster_list.entries(self._people, {**where, **LIVE}, self._sealing)

    @answered
    async def tested(self, uids: Collection[str] | None = None) -> dict[str, SessionsOf]:
        """Return how often and when athletes were tested."""
        return await roster_list.tested(self._db, uids)

    @answered
    async def sessions(self, uids: Collection[str] | None = None) -> dict[str, list[SessionNamed]]:
        """Return uid and kind of every session of athletes."""
        return await roster_list.sessions(self._db, uids)

    async def _end_merges(self) -> None:
        for pending in await self._db.athletes.find({"pending": True}).to_list(None) if self.names else ():
            await self._document(pending["_id"])

    @answered
    async def match(self, text: str) -> list[Athlete]:
        """Return the athletes that a text may be."""
        key = self._key(text)
        found = await self._people.find({"keys": key, **LIVE}).to_list(None) if key else []
        return in_order([self._read(one) for one in found])

    async def owner_of(self, said: str | None) -> str:
        """Return the uid of the one athlete that a text is, else ""."""
        key = self._key(said)
        found = await self._people.find({"keys": key, **LIVE}, {"_id": 1}).to_list(2) if key else []
        return str(found[0]["_id"]) if len(found) == 1 else ""

    @answered
    async def merge(self, kept: str, other: str, *, now_us: int) -> Athlete:
        """Make two records of one person one."""
        gone = await self._athlete(other)  # first: this ends a merge that was interrupted
        into = await self._athlete(kept)
        if other in into.merged:
            return into
        folded(into, gone, now_us)  # refuses before anything is written
        claim = {"id": uuid.uuid4().hex, "uid": gone.uid, "at_us": now_us}
        await self._db.athletes.update_one({"_id": into.uid, **LIVE}, {"$push": {"absorbing": claim}})
        stale = {"absorbing": {"at_us": {"$lt": now_us - STALE_US}}}
        await self._db.athletes.update_one({"_id": gone.uid}, {"$pull": stale})
        marked = await self._db.athletes.find_one_and_update(
            {"_id": gone.uid, "revision": gone.revision, "absorbing.0": {"$exists": False}, **LIVE},
            {"$set": {"into": into.uid, "pending": True, "at_us": now_us}},
            return_document=ReturnDocument.AFTER,
        )
        claimed = {"_id": into.uid, "absorbing.id": claim["id"], **LIVE}
        if marked is None or await self._db.athletes.find_one(claimed, {"_id": 1}) is None:
            if marked is not None:
                await self._unmark(marked)
            await self._db.athletes.update_one({"_id": into.uid}, {"$pull": {"absorbing": {"id": claim["id"]}}})
            raise changed_meanwhile(gone if marked is None else into)
        return await self._finish(marked, now_us, frozenset({gone.uid}))

    async def _unmark(self, marked: Document) -> None:
        where = {"_id": marked["_id"], "into": marked["into"], "pending": True}
        await self._db.athletes.update_one(where, {"$unset": {"into": "", "pending": "", "at_us": ""}})

    async def _finish(self, marked: Document, now_us: int, seen: frozenset[str]) -> Athlete:
        """End a merge: the record, then the workouts, then the other's name; each may be done again."""
        other = self._read(marked)
        for _ in range(CHANGE_TRIES):
            kept = self._read(await self._document(marked["into"], seen))
            if kept.uid == other.uid:  # two were being merged into each other, and this one stayed
                return kept
            try:
                both = folded(kept, other, int(now_us))
            except BarographError:
                await self._unmark(marked)
                raise
            done = kept if both is kept else await self._replace(kept, both, int(now_us))
            if done is not None:
                break
        else:
            raise StorageAway(
                f"{other.short_id}: others changed the record that it goes into {CHANGE_TRIES} times over"
            )
        await self._move(other, done.uid)
        tombstone = {name: marked[name] for name in ("_id", "into", "short_id", "at_us")}
        await self._db.athletes.replace_one({"_id": other.uid, "pending": True}, tombstone)
        await self._move(other, done.uid)  # those that came while it had a name
        await self._db.athletes.update_one({"_id": done.uid}, {"$pull": {"absorbing": {"uid": other.uid}}})
        return done

    async def _move(self, gone: Athlete, uid: str) -> None:
        """Give an athlete the workouts of another, and who signs in as that one."""
        mine = {"$in": list(gone.uids)}
        await self._db.workouts.update_many({"athlete_uid": mine}, {"$set": {"athlete_uid": uid}})
        for people in (self._db.users, self._db.invitations, self._db.erasures):
            await people.update_many({"athlete": mine}, {"$set": {"athlete": uid}})
        await self.test_days.move(gone.uids, uid)

    @answered
    async def proposals(self, *, dismissed: bool = False) -> list[Proposal]:
        """Return texts that wait for a person, or those that were dismissed."""
        await self._look_up_old()
        keys = [one["_id"] for one in await self._db.dismissals.find({}, {"_id": 1}).to_list(None)]
        stages: list[Document] = [
            {"$match": {"athlete_key": {"$exists": True, "$in" if dismissed else "$nin": keys}, **NOBODYS}},
            {"$sort": {"created_us": -1, "_id": -1}},
            {"$group": {"_id": "$athlete_key", **_GROUPED}},
            {"$sort": {"last_us": -1, "newest": -1}},
            {"$limit": PROPOSALS},
            {"$set": {"names": {"$slice": ["$names", WORKOUTS_NAMED]}}},
        ]
        found = await aggregated(self._db.workouts, stages)
        candidates = await self._candidates([one["_id"] for one in found])
        return [
            Proposal(
                proposal_uid(one["_id"]), self._said(one), int(one["count"]), tuple(one["names"]), int(one["first_us"]),
                int(one["last_us"]), tuple(candidates.get(one["_id"], ())), dismissed,
            )
            for one in found
        ]  # fmt: skip

    def _said(self, group: Document) -> str:
        """The text of a group of workouts, as the newest of them has it."""
        owner = Owner("workout", group.get("uid") or "")
        return str(self._sealing.open("workouts", owner, {"athlete": group["text"]})["athlete"])

    async def _look_up_old(self) -> None:
        """Match texts that a program of version 0.1 stored beside this one: it writes no keys."""
        old = {"athlete": {"$type": "string", "$regex": r"\S"}, "athlete_key": {"$exists": False}, **NOBODYS}
        for text in await self._db.workouts.distinct("athlete", old):
            owner = await self.owner_of(text)
            belongs = {"athlete_key": self._key(text)} | ({"athlete_uid": owner} if owner else {})
            await self._db.workouts.update_many({**old, "athlete": {"$eq": text}}, {"$set": belongs})

    async def _candidates(self, keys: Sequence[str]) -> dict[str, list[str]]:
        where = {"keys": {"$in": list(keys)}, **LIVE}
        candidates: dict[str, list[str]] = {}
        found = await self._db.athletes.find(where, {"keys": 1, "name": 1, "short_id": 1}).to_list(None)
        keys_of = {one["_id"]: one["keys"] for one in found}
        for athlete in in_order([self._read(one) for one in found]):
            for key in keys_of[athlete.uid]:
                candidates.setdefault(key, []).append(athlete.uid)
        return candidates

    @answered
    async def confirm(self, text: str, uid: str, *, now_us: int) -> int:
        """Give the waiting workouts of a text to an athlete."""
        for _ in range(CHANGE_TRIES):
            known = await self._athlete(uid)
            athlete = with_alias(known, text)
            if athlete is known or await self._replace(known, athlete, now_us):
                break
        else:
            raise changed_meanwhile(known)
        await self._db.dismissals.delete_one({"_id": self._key(text)})
        waiting = {"athlete_key": self._key(text), **NOBODYS}
        return int((await self._db.workouts.update_many(waiting, {"$set": {"athlete_uid": known.uid}})).modified_count)

    @answered
    async def dismiss(self, text: str, *, now_us: int) -> None:
        """Ask no more about a text."""
        require_said(text)
        await self._db.dismissals.update_one({"_id": self._key(text)}, {"$set": {"at_us": now_us}}, upsert=True)

    @answered
    async def assign(self, workout_ids: Sequence[str], uid: str) -> int:
        """Say whose workouts these are."""
        names = [require_text("workout_id", name) for name in workout_ids]
        there = {"_id": {"$in": names}, "erased_us": {"$exists": False}}
        owner = (await self._athlete(uid)).uid if uid else ""
        said = {"$set": {"athlete_uid": owner}} if owner else {"$unset": {"athlete_uid": ""}}
        return int((await self._db.workouts.update_many(there, said)).matched_count)


_GROUPED: Document = {
    "text": {"$first": "$athlete"}, "count": {"$sum": 1}, "names": {"$push": "$_id"}, "newest": {"$first": "$_id"},
    "uid": {"$first": "$uid"}, "first_us": {"$last": "$created_us"}, "last_us": {"$first": "$created_us"},
}  # fmt: skip
