"""Who may say what over `/ws` and Socket.IO: role by message by resource, each cell written out here.

`+` is done, `-` is refused in the words for a session that never was, `x` is refused, `n` lacks a join that was taken.
A message without a row, and a row without a message, fail.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import product
from typing import Any, get_args

import numpy as np
import pytest
from labs import ELSEWHERE, HERE, Lab
from quart.testing import WebsocketResponseError

from barograph import codec
from barograph.access.secrets import SHARE, TOKEN, hashed, new_secret
from barograph.store.accounts import Change, Token, User
from barograph.store.ports import About
from barograph.store.roster import Athlete
from ingest.messages import EVENTS, ClientMessage

LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint16"}
MATRIX = [[1, 2], [3, 4]]
YEAR_US = 365 * 86_400_000_000
CAST = (
    "owner", "machine", "device", "another stream's", "revoked", "expired", "another device's",
    "admin", "admin with a reason", "scientist", "another team's", "analyst", "athlete", "another athlete",
    "share link", "nobody",
)  # fmt: skip
# What each says of the workout `w`, of athlete Ada of team Track, after a join of its own (which may be refused).
# cast:              own mac dev oth rev exp ano | adm rea sci oth ana ath ano | sha nob
ROWS: dict[str, str] = {
    "join_session":        "+" "+" "+" "x" "x" "x" "x" "-" "+" "+" "-" "+" "+" "-" "x" "x",
    "join_session, epoch": "+" "+" "+" "x" "x" "x" "x" "-" "x" "x" "-" "x" "x" "-" "x" "x",
    "pressure_frame":      "+" "+" "+" "n" "n" "n" "n" "n" "x" "x" "n" "x" "x" "n" "n" "n",
    "frames":              "+" "+" "+" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n",
    "frames, packed":      "+" "+" "+" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n",
    "gap":                 "+" "+" "+" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n" "n",
    "marker":              "+" "+" "+" "n" "n" "n" "n" "n" "x" "+" "n" "x" "+" "n" "n" "n",
    "status":              "+" "+" "+" "n" "n" "n" "n" "n" "x" "x" "n" "x" "x" "n" "n" "n",
    "ping":                "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+" "+",
    "leave_session":       "+" "+" "+" "n" "n" "n" "n" "n" "+" "+" "n" "+" "+" "n" "n" "n",
}  # fmt: skip
# Who hears of a frame that another device sends: of the stream "left", and of "right".
HEARS = {
    "owner": "++", "machine": "--", "device": "+-", "admin with a reason": "++", "scientist": "++", "analyst": "++",
    "athlete": "++",
}  # fmt: skip


class Cast(Lab):
    """The lab with somebody of every role, by the token that each brings, and a workout of an athlete."""

    async def set_up(self) -> None:
        now_us, roster = time.time_ns() // 1000, self.archive.roster
        team, far = [await roster.add_team(name, now_us=now_us) for name in ("Track", "Field")]
        ada, ben = [
            await roster.add(Athlete(name, teams=(one.uid,)), now_us=now_us)
            for name, one in (("Ada Longname", team), ("Ben Elsewhere", far))
        ]
        self.tokens: dict[str, str | None] = {"owner": self.owner, "machine": None, "nobody": None}
        self.tokens["share link"] = new_secret(SHARE)
        self.device_token, self.insole = await self.pair("Insole 7", ("left",))
        self.tokens["device"] = self.device_token
        for name, kind in (("another stream's", "another stream"), ("revoked", "revoked"), ("expired", "expired")):
            self.tokens[name] = await self.bad(kind)
        self.tokens["another device's"], _ = await self.pair("Insole 8", ("left",))
        await self._add("admin", "admin")
        self.tokens["admin with a reason"] = self.tokens["admin"]
        await self._add("scientist", "scientist", teams=frozenset({team.uid}))
        await self._add("another team's", "scientist", teams=frozenset({far.uid}))
        await self._add("analyst", "analyst", granted=frozenset({team.uid}))
        await self._add("athlete", "athlete", athlete=ada.uid)
        await self._add("another athlete", "athlete", athlete=ben.uid)
        for name in ("w", *(f"w-{who}-{row}" for who in CAST for row in ROWS)):
            await self.archive.note(name, now_us=now_us, about=About("Ada Longname"))

    async def _add(self, name: str, role: Any, **more: Any) -> None:
        user = User(email=f"{name.replace(' ', '').replace(chr(39), '')}@lab.example", name=name,
                    roles=frozenset({role}), made_us=1, **more)  # fmt: skip
        await self.archive.accounts.add_user(user)
        secret = new_secret(TOKEN)
        await self.archive.accounts.add_key(
            Token(hash=hashed(secret), name="program", user=user.uid, made_us=1, until_us=YEAR_US * 60)
        )
        self.tokens[name] = secret

    def joining(self, who: str, **more: Any) -> dict[str, Any]:
        """What somebody's join says: stream, token, and whatever else goes with it."""
        said: dict[str, Any] = {"stream": "left", **more}
        if (token := self.tokens[who]) is not None:
            said["token"] = token
        if who == "another device's":
            said["device"] = self.insole.uid  # it says that it is the other one
        if who == "admin with a reason":
            said["reason"] = "a complaint of the athlete"
        return said


class Talk:
    """A connection by either door: says an event, and tells what became of it."""

    def __init__(self, link: Any, door: str, workout: str) -> None:
        self.link, self.door, self.workout = link, door, workout

    async def tell(self, event: str, **fields: Any) -> None:
        await self.link.say(event, **{"workout_id": self.workout, **fields})

    async def say(self, event: str, **fields: Any) -> dict[str, Any]:
        await self.tell(event, **fields)
        return await self.link.hear()

    async def send(self, head: dict[str, Any], data: bytes) -> dict[str, Any]:
        if self.door == "ws":
            await self.link.socket.send(codec.encode({"type": "frames", "workout_id": self.workout, **head}, data))
        else:
            await self.tell("frames", **head, data=base64.b64encode(data).decode())
        return await self.link.hear()


@asynccontextmanager
async def talk(lab: Cast, door: str, workout: str = "w") -> AsyncIterator[Talk]:
    if door == "ws":
        async with lab.socket() as socket:
            yield Talk(socket, door, workout)
        return
    tab = await lab.polling()
    await tab.post("40")
    assert (await tab.packet()).startswith("40")
    yield Talk(tab, door, workout)
    await tab.post("1")


def batch(seq: int, *, packed: bool) -> tuple[dict[str, Any], bytes]:
    data = np.arange(4, dtype="<u2").tobytes()
    head = {"stream": "left", "epoch": "e-1", "seq": seq, "n": 1, "t0_us": time.time_ns() // 1000, "dt_us": 1}
    return head | {"encoding": "zstd" if packed else "raw"}, codec.compress(data) if packed else data


async def said(one: Talk, lab: Cast, who: str, row: str) -> dict[str, Any]:
    """What the server says of a message of this row, after a join that fits it."""
    event, _, how = row.partition(", ")
    if event == "ping":
        return await one.say("ping", t1_us=1)
    numbered = how == "epoch" or event in ("frames", "gap")
    more = {"epoch": "e-1", "layout": LAYOUT} if numbered else {}
    joined = await one.say("join_session", **lab.joining(who, **more))
    if event == "join_session":
        return joined
    if event == "frames":
        return await one.send(*batch(0, packed=how == "packed"))
    fields: dict[str, dict[str, Any]] = {
        "pressure_frame": {"stream": "left", "matrix": MATRIX},
        "gap": {"stream": "left", "epoch": "e-1", "seq": 0, "n": 1, "reason": "full"},
        "marker": {"label": "lap"}, "status": {"stream": "left", "battery_pct": 7}, "leave_session": {},
    }  # fmt: skip
    if event not in ("marker", "status"):
        return await one.say(event, **fields[event])
    await one.tell(event, **fields[event])  # which are not answered when they are taken
    return await one.say("ping", t1_us=1)


def cell(answer: dict[str, Any]) -> str:
    if answer["type"] != "error":
        return "+"
    if answer["code"] == "not_joined":
        return "n"
    assert answer["code"] == "forbidden", answer
    return "-" if "no such workout is stored" in answer["message"] else "x"


@pytest.fixture
async def lab(tmp_path: Any) -> Any:
    made = Cast(tmp_path, HERE)
    async with made.app.test_app():
        await made.set_up()
        yield made


def test_every_message_has_a_row() -> None:
    assert {row.partition(",")[0] for row in ROWS} == set(EVENTS)
    assert len(get_args(ClientMessage)) == len(EVENTS)


@pytest.mark.parametrize("door", ["ws", "socket.io"])
async def test_every_message_of_everybody_is_answered_as_it_is_written(tmp_path: Any, door: str) -> None:
    got = dict.fromkeys(ROWS, "")
    for cast in (CAST[:-1], CAST[-1:]):
        # Where devices need no token nobody who brings none is nobody.
        lab = Cast(tmp_path, HERE, **({} if "machine" in cast else {"device_tokens": "required"}))
        async with lab.app.test_app():
            await lab.set_up()
            for who, row in product(cast, ROWS):
                async with talk(lab, door, f"w-{who}-{row}") as one:
                    got[row] += cell(await said(one, lab, who, row))
    assert got == ROWS


@pytest.mark.parametrize("door", ["ws", "socket.io"])
async def test_frames_are_heard_by_those_who_may_read_them(lab: Cast, door: str) -> None:
    got = {}
    for who in HEARS:
        got[who] = ""
        for stream in ("left", "right"):
            async with talk(lab, door) as one, talk(lab, "ws") as feeder:
                assert (await one.say("join_session", **lab.joining(who)))["type"] == "session_joined"
                await feeder.say("join_session", stream=stream, token=lab.owner)
                assert (await feeder.say("pressure_frame", stream=stream, matrix=MATRIX))["type"] == "frame_processed"
                heard = await one.say("ping", t1_us=1)
                got[who] += "+" if heard["type"] == "frame_processed" else "-"
    assert got == HEARS


async def test_who_only_looks_on_makes_nothing_and_says_nothing_of_a_workout(lab: Cast) -> None:
    before = await lab.archive.workout("w")
    for who in ("scientist", "analyst", "athlete", "admin with a reason"):
        async with talk(lab, "ws") as one:
            told = await one.say("join_session", **lab.joining(who, kind="mine", athlete="Eve", tags=["mine"]))
            assert told["type"] == "session_joined"
            never = {**lab.joining(who), "workout_id": "never"}
            assert "no such workout" in (await one.say("join_session", **never))["message"]
    after = await lab.archive.workout("w")
    assert (after.about, after.streams) == (before.about, before.streams)
    assert await lab.archive.uids(["never"]) == {}


@pytest.mark.parametrize("change", ["revoked", "another team"])
async def test_who_looks_on_is_shown_out_within_three_seconds(lab: Cast, change: str) -> None:
    async with talk(lab, "ws") as one:
        await one.say("join_session", **lab.joining("scientist"))
        (user,) = [each for each in await lab.archive.accounts.users() if each.name == "scientist"]
        asked_s = time.monotonic()
        if change == "revoked":
            await lab.archive.accounts.revoke_all(user.uid, time.time_ns() // 1000, kinds=("token",))
            with pytest.raises(Exception, match="4403"):
                await one.link.hear("never")
        else:
            await lab.archive.accounts.change_user(user.uid, Change(teams=frozenset()), time.time_ns() // 1000)
            told = await one.link.hear("error")
            assert (told["code"], told["workout_id"]) == ("forbidden", "w")
        assert time.monotonic() - asked_s < 3.0


@pytest.mark.parametrize("token", ["bgo_x", "bgo_" + "x" * 90, "bgt_" + "x" * 43, SHARE + "x" * 43])
async def test_a_token_of_nobody_opens_no_door(lab: Cast, token: str) -> None:
    with pytest.raises(WebsocketResponseError):
        async with lab.socket(token):
            pass
    assert (await lab.polling(token))["error"]["code"] == "forbidden"
    assert (await lab.ask("GET", "/api/workouts", token)).status_code == 403
    tab = await lab.polling()
    await tab.post("40" + json.dumps({"token": token}))
    assert json.loads((await tab.packet())[2:])["data"]["code"] == "forbidden"


async def test_the_tokens_of_people_are_not_taken_from_a_network_without_tls(tmp_path: Any) -> None:
    lab = Cast(tmp_path, ELSEWHERE)
    async with lab.app.test_app():
        await lab.set_up()
        for who in ("owner", "scientist"):
            async with talk(lab, "ws") as one:
                assert (await one.say("join_session", **lab.joining(who)))["code"] == "forbidden"
            assert (await lab.ask("GET", "/api/workouts", lab.tokens[who])).status_code == 403
