"""Devices of a test day's stations hear when a trial begins and when it is over.

Only paired devices hear it, of streams that they feed here, and never a name. Which trials are under way is in the
archive. It is asked every `LOOK_EVERY_S`, by one indexed query, while a paired device feeds a stream; the ends of timed
trials follow from the day and the clock. A device that comes during a trial hears `record` too. Who does not hear it,
or does not know it, loses nothing: the times of a trial are the server's.

A station in setup takes the workout that a device which it follows chose.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from barograph.errors import NotFound, StorageAway
from barograph.frames import Stream
from barograph.store.ports import Archive
from barograph.store.test_day_held import hold
from barograph.store.test_day_told import Feeding, Told, adopted, over_us, under_way
from barograph.store.test_days import TestDay
from ingest.clock import now_us
from ingest.peers import Peer
from ingest.tokens import Tokens

log = logging.getLogger("barograph.ingest")

LOOK_EVERY_S = 0.5
Key: TypeAlias = tuple[Stream, str, str, int]  # stream, day, station, begin


class Telling:
    """Tells devices of trials; `run` is its only task."""

    def __init__(self, archive: Archive, tokens: Tokens) -> None:
        self._archive, self._tokens = archive, tokens
        self._days: dict[str, TestDay] = {}
        self._told: WeakKeyDictionary[Peer, dict[Key, Told]] = WeakKeyDictionary()

    async def run(self) -> None:
        """Look, and tell, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            fed = {peer: [one for one in peer.sessions if one in peer.devices] for peer in self._tokens.holders()}
            feeding = [
                Feeding(peer.devices[stream].uid, stream, peer.rooms.get(stream.workout_id, 0))
                for peer, streams in fed.items()
                for stream in streams
            ]
            try:
                await self._read(feeding)
                await self._adopt(feeding)
            except StorageAway as error:
                log.debug("which trials begin is not known: %s", error)
            moment_us = now_us()
            trials = [told for day in self._days.values() for told in under_way(day, moment_us)]
            for peer, streams in fed.items():
                heard = self._told.setdefault(peer, {})
                for event in news(streams, heard, trials, self._days, moment_us):
                    peer.outbox.push(event)

    async def _adopt(self, feeding: list[Feeding]) -> None:
        """Let stations take the workouts that their devices chose, if these are nobody's or an athlete's of the day."""
        for day in [day for day in self._days.values() if adopted(day, feeding) != day]:
            chosen = adopted(day, feeding).workouts - day.workouts
            mine = [one for one in feeding if one.stream.workout_id not in chosen or await self._may(day, one.stream)]
            if adopted(day, mine) == day:
                continue
            try:
                after = await self._archive.test_days.change(day.id, lambda seen, mine=mine: adopted(seen, mine))  # type: ignore[misc]
                for workout_id in after.workouts - day.workouts:
                    await hold(self._archive, day, workout_id, now_us())
            except NotFound:  # taken away meanwhile
                continue
            self._days[day.id] = after

    async def _may(self, day: TestDay, stream: Stream) -> bool:
        try:
            found = await self._archive.workout(stream.workout_id)
        except NotFound:
            return False
        return found.athlete_uid in day.athletes or not (found.athlete_uid or found.about.athlete)

    async def _read(self, feeding: list[Feeding]) -> None:
        """Take over the days with stations at these workouts and of these devices, of those that changed."""
        workouts, devices = {one.stream.workout_id for one in feeding}, {one.device for one in feeding}
        revisions = await self._archive.test_days.linked(workouts, devices) if feeding else {}
        days = {}
        for day_id, revision in revisions.items():
            known = self._days.get(day_id)
            try:
                days[day_id] = (
                    known
                    if known is not None and known.revision == revision
                    else await self._archive.test_days.one(day_id)
                )
            except NotFound:  # taken away meanwhile
                continue
        self._days = days


def news(
    streams: list[Stream], heard: dict[Key, Told], trials: list[Told], days: Mapping[str, TestDay], moment_us: int
) -> list[dict[str, Any]]:
    """Return what a connection that feeds these streams has not heard yet, and note in `heard` that it has."""
    now = {
        (stream, told.day, told.station, told.at_us): told
        for stream in streams
        for told in trials
        if told.concerns(stream)
    }
    events = []
    for key in [key for key in heard if key not in now]:
        told, day = heard.pop(key), days.get(key[1])
        if key[0] not in streams:  # it left before the trial was over
            continue
        stop_us = moment_us if day is None else over_us(day, told, moment_us)
        events.append({"type": "stop", **_names(key[0]), "trial": told.trial, "at_us": stop_us})
    for key, told in now.items():
        if key not in heard:
            heard[key] = told
            lasts = {} if told.duration_s is None else {"duration_s": told.duration_s}
            events.append({"type": "record", **_names(key[0]), "athlete": told.athlete, "trial": told.trial,
                           "at_us": told.at_us, **lasts})  # fmt: skip
    return events


def _names(stream: Stream) -> dict[str, str]:
    return {"workout_id": stream.workout_id, "stream": stream.stream}
