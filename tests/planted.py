"""What a person leaves behind in every place that there is, and what of it to look for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from redis import Redis

from barograph import protocols
from barograph.codec import compress
from barograph.frames import Block, Layout, Stream
from barograph.geometry import Geometry
from barograph.servers.embedded import Servers
from barograph.store.account_records import (
    AskingDevice,
    Device,
    Invitation,
    Pairing,
    Seen,
    Session,
    StoredShare,
    Token,
    User,
)
from barograph.store.calibration_records import Made, new_record
from barograph.store.erasure_requests import ErasureRequest
from barograph.store.goals import Goal
from barograph.store.mongo.archive import MongoArchive
from barograph.store.passkeys import Challenge, Passkey
from barograph.store.ports import About, FinalPart, Marker, Rejected
from barograph.store.records import Unstored
from barograph.store.redis import RedisLive
from barograph.store.rollups import refresh
from barograph.store.roster import Athlete, Consent, Involved, Measurement, text_key
from barograph.store.summaries import Summary
from barograph.store.test_days import DayEntry
from barograph.store.trials import NewTrial, Quality

T0 = 1_700_000_000_000_000
RUN = Stream("run", "left")
LAYOUT = Layout(rows=8, cols=4, dtype="float32")
CELLS = Geometry(places="none", name="planted geometry", source="planted catalogue", confidence="planted confidence")
TOLD = replace(LAYOUT, geometry=CELLS)  # as a device says it
FRAMES = np.random.default_rng(11).random((20, 8, 4)).astype("<f4")
STATS = np.random.default_rng(12).random((20, 1)).astype("<f4")
MASS = 61.40625
ATHLETE = Athlete(
    "Planted Name", sex="F", born="1991-02-03", dominant="left", sport="planted sport", shoe="planted shoe",
    notes="planted notes",
    aliases=("Planted Alias",), involved=(Involved("left", what="planted injury"),),
    consents=(Consent("planted consent", "2026-01-02", by="planted witness", form="planted form"),),
    goals=(Goal("force", "left", "usual", 105, 115, "2026-01-02", by="planted trainer"),),
    measurements=(Measurement("mass_kg", MASS, T0, "planted scale"),),
)  # fmt: skip
TEXTS = (
    "Planted Name", "Planted Alias", "Planted Stranger", "Planted Nobody", "1991-02-03", "planted shoe",
    "planted sport", "planted notes", "planted injury", "planted consent", "planted witness", "planted form",
    "planted scale", "planted trainer",
    "planted marker", "planted origin", "planted refusal", "planted geometry", "planted catalogue",
    "planted confidence", "planted gap",
)  # fmt: skip
NEEDLES = {
    **{text: text.encode() for text in TEXTS},
    **{f"key of {text}": text_key(text).encode() for text in TEXTS[:4]},
    "a mass": np.float64(MASS).tobytes(),
    "a matrix": FRAMES[7].tobytes(),
    "statistics": STATS.T.tobytes(),
    "the largest total as text": np.float64(STATS.max()).tobytes(),
    "a map": FRAMES.max(axis=0).tobytes(),
    "a final series": b"planted digests",
    "refused bytes": b"planted bytes",
    "a summary": b"planted numbers",
}


async def plant(archive: MongoArchive, live: RedisLive) -> Athlete:
    """Store what a person leaves behind, in every place that there is."""
    athlete = await archive.roster.add(ATHLETE, now_us=T0)
    for name, said in (("run", "Planted Name"), ("walk", "Planted Stranger"), ("sit", "Planted Nobody")):
        await archive.note(name, now_us=T0, about=About(said, "gait", MASS, ("tag",)))
    await archive.open(RUN, epoch="one", numbered=True, now_us=T0)
    await archive.fix_layout(RUN, TOLD, ("total",), 1)
    await archive.settle(RUN, 0, [Unstored(100_000, 2, "planted gap")], lease="")
    record = new_record(TOLD, TOLD, Made("known mass", "planted source"), "", T0)
    await archive.calibrate(RUN, TOLD, ("total",), now_us=T0, record=record)
    await archive.append([(RUN, Block(0, 0, T0 + 10_000 * np.arange(20), T0, FRAMES, STATS))])
    await refresh(archive, RUN, now_us=time.time_ns() // 1000 + 1_000_000, grace_s=0.0)
    await archive.add_marker("run", Marker(T0, "planted marker"))
    await archive.reject(RUN, 0, Rejected("left", 90, 1, "bad_field", "planted refusal", T0, b"planted bytes"))
    await archive.add_final(RUN, "series", FinalPart(0, 1, b"planted digests", b"planted bytes"))
    await archive.keep_origin(RUN, 0, '{"file": "planted origin"}')
    run = await archive.workout("run")
    await archive.summaries.take(run, "worker", 30.0)
    table = Summary("run", run.uid, "session", "of", "1", T0, rows=b"planted numbers")
    await archive.summaries.keep(run, [table], "worker")
    found = (Quality("flight_seen", True, "planted finding"),)
    trial = NewTrial(protocols.named("cmj"), T0, T0 + 1, state="rejected", reason="planted trial", quality=found)
    await archive.trials.add("run", trial, now_us=T0)
    day = await archive.test_days.add("planted day", now_us=T0)
    await archive.test_days.change(day.id, lambda one: replace(one, queue=(DayEntry(athlete.uid, 1),)))
    await archive.roster.confirm("Planted Stranger", athlete.uid, now_us=T0)
    await archive.roster.dismiss("Planted Nobody", now_us=T0)
    await live.publish([(RUN, b"header of planted marker" + FRAMES.tobytes())])
    return athlete


# What stands in accounts. An address is found by its hash too, where that has no key.
PEOPLE_TEXTS = (
    "planted.login@lab.example", "Planted Person", "planted password", "planted.invited@lab.example", "Planted Guest",
    "planted agent", "planted address", "planted token", "planted link", "planted query", "planted insole",
    "planted description", "planted firmware", "planted asking", "planted passkey", "planted challenge",
    "planted answer",
)  # fmt: skip
PEOPLE = {
    **{text: text.encode() for text in PEOPLE_TEXTS},
    "hash of an address": hashlib.sha256(PEOPLE_TEXTS[0].encode()).hexdigest().encode(),
}


async def plant_people(archive: MongoArchive, athlete: str, workout: str) -> User:
    """Store what a person leaves behind in accounts: a sign-in and all that is of it, a link, a device that asks."""
    accounts, until_us = archive.accounts, 4 * T0
    user = User(email=PEOPLE_TEXTS[0], name="Planted Person", password_hash="planted password", athlete=athlete,
                roles=frozenset({"athlete"}), made_us=T0)  # fmt: skip
    await accounts.add_user(user)
    of: dict[str, Any] = {"user": user.uid, "made_us": T0, "until_us": until_us}
    await accounts.add_key(Session(hash="session", agent="planted agent", address="planted address", **of))
    await accounts.add_key(Token(hash="token", name="planted token", **of))
    await accounts.add_key(
        StoredShare(hash="link", name="planted link", query="planted query", view="live", workout=workout, **of)
    )
    device = Device(hash="device", name="planted insole", streams=frozenset({"left"}), firmware="planted firmware",
                    made_us=T0, until_us=until_us)  # fmt: skip
    await accounts.add_key(device)
    await accounts.see_device(device.uid, Seen(description="planted description"), T0)
    invited = Invitation(hash="invited", email="planted.invited@lab.example", name="Planted Guest", athlete=athlete,
                         made_us=T0, until_us=until_us)  # fmt: skip
    await accounts.add_invitation(invited)
    await accounts.add_pairing(Pairing(hash="code", made_us=T0, until_us=until_us))
    await accounts.ask_pairing("code", AskingDevice(name="planted asking"), "claim", T0)
    await accounts.add_passkey(
        Passkey(user=user.uid, name="planted passkey", credential="c", public_key="p", made_us=T0)
    )
    asked = Challenge(hash="asked", purpose="account", said="planted challenge", of=user.uid, until_us=until_us)
    await accounts.add_challenge(asked)
    request = await accounts.ask_erasure(ErasureRequest(athlete=athlete, by=user.uid, made_us=T0))
    await accounts.answer_erasure(request.uid, "declined", now_us=T0, answer="planted answer")
    await accounts.count_attempts([f"account:{hashlib.sha256(user.email.encode()).hexdigest()}"], T0, until_us)
    return user


def everything(servers: Servers, database: str) -> Iterator[bytes]:
    """Yield every document and every entry as its bytes."""
    with MongoClient[RawBSONDocument](servers.mongo_url, document_class=RawBSONDocument) as client:
        for name in client[database].list_collection_names(filter={"name": {"$not": {"$regex": "^system"}}}):
            yield from (document.raw for document in client[database][name].find())
    with Redis.from_url(servers.redis_url) as client:
        for key in client.scan_iter():
            yield from (value for _, fields in client.xrange(key) for value in fields.values())


def found(servers: Servers, database: str, needles: Mapping[str, bytes] = NEEDLES) -> set[str]:
    """Return what of the planted is to be read."""
    packed = {**needles, "a packed block": compress(FRAMES.tobytes())}
    return {what for stored in everything(servers, database) for what, needle in packed.items() if needle in stored}
