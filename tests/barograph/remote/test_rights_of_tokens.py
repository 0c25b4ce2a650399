"""What a token may, through every method of a Lab: as much as its user, and what they may not see is not there."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from keyed import open_archive
from pymongo import MongoClient

import barograph
from analytics import sim
from analytics.frames.arrival import ArrivalStatistics
from barograph.access.secrets import TOKEN, hashed, new_secret
from barograph.errors import AccessDenied, InvalidData, NotFound
from barograph.frames import Stream
from barograph.lab import Lab
from barograph.loops import ask, running_loop
from barograph.servers.embedded import Servers
from barograph.store.accounts import Token, User
from barograph.store.imports import import_recording
from barograph.store.ports import About
from barograph.store.roster import Athlete

sys.path.append(str(Path(__file__).parent))

from standing import ingest_at

WALK = sim.walk(2.0, rows=16, cols=8)["left"]
NAME = "Ada Lovelace"
YEAR_US = 365 * 86_400_000_000


@dataclass
class Club:
    """Two teams with an athlete each, their workouts `hers` and `his`, and tokens by the role of their users."""

    url: str
    database: str
    address: str
    tokens: dict[str, str]
    keys: dict[str, str]

    def lab(self, who: str) -> Lab:
        return barograph.connect(self.address, token=self.tokens[who])


async def _found(url: str, database: str) -> tuple[dict[str, str], dict[str, str]]:
    archive, now_us = await open_archive(url, database, 20.0), time.time_ns() // 1000
    uids, teams = {}, {}
    for workout, name in (("hers", NAME), ("his", "Grace Hopper")):
        team = await archive.roster.add_team(f"team of {workout}", now_us=now_us)
        athlete = await archive.roster.add(Athlete(name, teams=(team.uid,)), now_us=now_us)
        source = {"file": f"{name}.asf", "header": {"Patient": name}}
        await import_recording(
            archive, Stream(workout, "left"), WALK, ArrivalStatistics(), now_us=now_us, source=source,
            about=About(athlete=name),
        )  # fmt: skip
        await archive.roster.assign([workout], athlete.uid)
        uids[workout], teams[workout] = athlete.uid, frozenset({team.uid})
    people: dict[str, dict[str, Any]] = {
        "scientist": {"teams": teams["hers"]}, "analyst": {"granted": teams["hers"]},
        "athlete": {"athlete": uids["hers"]}, "leaving": {"athlete": uids["hers"]},
    }  # fmt: skip
    tokens, keys = {}, {}
    for role, what in people.items():
        roles: Any = frozenset({"athlete" if role == "leaving" else role})
        user = User(email=f"{role}@lab.example", name=role, roles=roles, made_us=now_us, **what)
        await archive.accounts.add_user(user)
        tokens[role] = new_secret(TOKEN)
        key = Token(hash=hashed(tokens[role]), name="n", user=user.uid, made_us=now_us, until_us=now_us + YEAR_US)
        await archive.accounts.add_key(key)
        keys[role] = key.uid
    await archive.close()
    return tokens, keys


@pytest.fixture(scope="module")
def club(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Club]:
    database = f"test_{uuid.uuid4().hex[:16]}"
    with running_loop() as loop:
        tokens, keys = ask(loop, _found(servers.mongo_url, database))
    try:
        with ingest_at(servers.mongo_url, database, tmp_path_factory.mktemp("remote")) as address:
            yield Club(servers.mongo_url, database, address, tokens, keys)
    finally:
        with MongoClient[dict[str, object]](servers.mongo_url) as client:
            client.drop_database(database)


@pytest.mark.parametrize("who", ["scientist", "analyst", "athlete"])
def test_a_token_reads_what_its_user_may_with_the_numbers_of_here(club: Club, who: str) -> None:
    with club.lab(who) as lab, barograph.connect(club.url, database=club.database) as local:
        mine, here = lab.recording("hers", "left", with_stats=True), local.recording("hers", "left", with_stats=True)
        assert mine.equals(here)
        assert mine.gaps == here.gaps
        assert mine.stats is not None
        assert mine.stats.equals(here.stats)
        assert [part.equals(mine) for part in lab.chunks("hers", "left")] == [True]
        assert lab.workouts().index.tolist() == ["hers"]


@pytest.mark.parametrize("who", ["scientist", "analyst", "athlete"])
@pytest.mark.parametrize(
    "question",
    [
        lambda lab, name: lab.recording(name),
        lambda lab, name: list(lab.chunks(name)),
        lambda lab, name: lab.markers(name),
        lambda lab, name: lab.mark(name, "x"),
        lambda lab, name: lab.trials(name),
        lambda lab, name: lab.describe(name, kind="run"),
        lambda lab, name: lab.calibrate(name, scale=2.0),
    ],
    ids=["recording", "chunks", "markers", "mark", "trials", "describe", "calibrate"],
)
def test_what_a_token_may_not_see_is_not_there(club: Club, who: str, question: Callable[[Lab, str], Any]) -> None:
    with club.lab(who) as lab:
        said = []
        for name in ("his", "not"):
            with pytest.raises(NotFound) as raised:
                question(lab, name)
            said.append(str(raised.value).replace(repr(name), "it"))
        assert said[0] == said[1] == "no workout it is stored; there is hers"


def test_an_analyst_sees_no_name_and_no_file_of_it(club: Club) -> None:
    with club.lab("analyst") as lab:
        shown = (
            repr(lab.workouts().to_dict())
            + repr(lab.recording("hers", "left").provenance)
            + repr(lab.athletes().to_dict())
        )
        assert "Lovelace" not in shown
        assert "Hopper" not in shown
    with club.lab("scientist") as lab:
        assert lab.workouts().loc["hers", "athlete"] == NAME
        assert lab.recording("hers", "left").provenance["imported"][0]["header"] == {"Patient": NAME}


@pytest.mark.parametrize("who", ["analyst", "athlete"])
def test_who_may_not_write_is_told_so_and_nothing_is_written(club: Club, who: str) -> None:
    with club.lab(who) as lab, barograph.connect(club.url, database=club.database) as local:
        before = local.workouts()
        for question in (
            lambda: lab.import_recording(WALK, workout="new"),
            lambda: lab.import_recording(WALK, workout="hers", stream="again"),
            lambda: lab.describe("hers", kind="run"),
            lambda: lab.calibrate("hers", "left", scale=2.0),
        ):
            with pytest.raises(AccessDenied, match="this account may"):
                question()
        assert local.workouts().equals(before)


def test_a_scientist_writes_and_an_athlete_marks_what_is_theirs(club: Club) -> None:
    with club.lab("scientist") as lab, club.lab("athlete") as athlete:
        lab.describe("hers", kind="walk", tags=["lab"])
        lab.mark("hers", "turn", at=1)
        athlete.mark("hers", "tired", at=1.5)
        assert lab.import_recording(WALK, workout="hers", stream="tried").stored == len(WALK)
        assert lab.workouts().loc["hers", "tags"] == ["lab"]
        assert lab.markers("hers")["label"].tolist() == ["turn", "tired"]
        with pytest.raises(InvalidData, match="'his' cannot be used"):
            lab.import_recording(WALK, workout="his", stream="again")
        lab.calibrate("hers", "tried", scale=2.0)
    with running_loop() as loop:
        assert ask(loop, author(club, Stream("hers", "tried"))) == "scientist@lab.example"


async def author(club: Club, stream: Stream) -> str:
    """The address of whoever calibrated a stream."""
    archive = await open_archive(club.url, club.database, 20.0)
    user = await archive.accounts.user((await archive.stream_info(stream)).calibrated_by)
    await archive.close()
    return user.email


def test_a_token_that_is_revoked_opens_nothing_a_second_later(club: Club) -> None:
    async def revoke() -> None:
        archive = await open_archive(club.url, club.database, 20.0)
        await archive.accounts.revoke(club.keys["leaving"], time.time_ns() // 1000)
        await archive.close()

    with club.lab("leaving") as lab, running_loop() as loop:
        assert len(lab.recording("hers", "left")) == len(WALK)
        ask(loop, revoke())
        with pytest.raises(AccessDenied, match="this token opens nothing"):
            while True:
                lab.workouts()
        with pytest.raises(AccessDenied):
            lab.import_recording(WALK, workout="hers", stream="again")


@pytest.mark.parametrize("token", [TOKEN + "x" * 43, TOKEN + "x"])
def test_a_token_of_nobody_opens_nothing(club: Club, token: str) -> None:
    with pytest.raises(AccessDenied, match="token") as raised:
        barograph.connect(club.address, token=token)
    assert token not in str(raised.value)
