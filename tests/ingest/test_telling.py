"""Devices of a test day's station hear when a trial begins and when it is over, and nobody else does."""

import asyncio
import json
from dataclasses import replace

import msgspec
import pytest
from click import UsageError
from labs import FRAME, lab_of
from served import serving

from barograph.access.secrets import DEVICE
from barograph.cli.sending import require_told, simulated
from barograph.frames import Stream
from barograph.store.ports import About
from barograph.store.roster import Athlete
from barograph.store.test_day_commands import command_of
from barograph.store.test_day_rules import Situation, done
from barograph.store.test_day_told import Feeding, adopted, under_way
from barograph.store.test_days import DayProtocol, Station, TestDay
from ingest.clock import now_us
from ingest.device import sender
from ingest.device.answers import Record, Stop
from ingest.device.trials import Trials
from ingest.events import ServerEvent
from ingest.telling import LOOK_EVERY_S, news

T0, S = 1_790_000_000_000_000, 1_000_000
HOP = DayProtocol("hop", {"title": "Hop", "instructions": "Hop.", "countdown_s": 3.0, "duration_s": 5.0})
LEFT, RIGHT, OTHER = (Stream(*one) for one in (("w", "left"), ("w", "right"), ("v", "left")))


def asked(day: TestDay, at_s: float, name: str, **more) -> TestDay:
    return done(day, command_of({"command": name, "station": "A", **more}), Situation(T0 + round(at_s * S)))


def heard_of(day: TestDay, heard: dict, at_s: float, *streams: Stream) -> list[tuple]:
    moment_us = T0 + round(at_s * S)
    told = news(list(streams), heard, under_way(day, moment_us), {day.id: day}, moment_us)
    return [(one["type"], one["stream"], one["trial"], (one["at_us"] - T0) / S) for one in told]


def test_what_is_told_follows_from_the_day_and_the_clock():
    station = Station("A", ("left",), "w", athlete="ada")
    day, heard = TestDay("d" * 14, "Monday", T0, protocols=(HOP,), stations=(station,)), {}
    assert heard_of(day, heard, 0, LEFT, RIGHT, OTHER) == []
    day = asked(day, 10, "start")
    assert heard_of(day, heard, 10.2, LEFT, RIGHT, OTHER) == [("record", "left", 1, 13)], "of its stream, ahead of time"
    assert heard_of(day, heard, 14, LEFT, RIGHT, OTHER) == [], "once"
    assert heard_of(day, {}, 14, LEFT) == [("record", "left", 1, 13)], "who comes later hears it then"
    assert heard_of(day, dict(heard), 14) == [], "who left hears nothing"
    assert heard_of(day, heard, 18.3, LEFT) == [("stop", "left", 1, 18)], "a timed trial, of which nothing was written"
    day = asked(day, 19, "judge", decision="repeat")
    day = asked(day, 20, "start")
    assert heard_of(day, heard, 20, LEFT) == [("record", "left", 2, 23)]
    day = asked(day, 21, "stop")
    assert heard_of(day, heard, 21.4, LEFT) == [("stop", "left", 2, 21)], "its countdown was stopped"
    day = asked(day, 22, "start")
    assert heard_of(day, heard, 22, LEFT) == [("record", "left", 2, 25)], "it is that trial still"
    day = asked(day, 26, "start_over")
    day = asked(day, 26.1, "start")
    assert heard_of(day, heard, 26.2, LEFT) == [("stop", "left", 2, 26), ("record", "left", 3, 29.1)]
    assert [(one["type"]) for one in news([LEFT], heard, [], {}, T0)] == ["stop"], "the day was taken away"


def test_a_station_in_setup_takes_the_workout_that_its_device_chose_last():
    stations = (Station("A", ("left",), "w", athlete="ada", linked_us=T0), Station("B", ("left",), "u"))
    day = TestDay("d" * 14, "Monday", T0, protocols=(HOP,), stations=stations)

    def at(day: TestDay, *feeding: Feeding) -> list[str]:
        return [one.workout_id for one in adopted(day, feeding).stations]

    later = Feeding("insole", OTHER, T0 + S)
    assert at(day, later) == ["w", "u"], "no station follows it yet"
    day = adopted(day, [Feeding("insole", LEFT, T0 - S), Feeding("other", RIGHT, T0 - S)])
    assert [one.follows for one in day.stations] == [("insole",), ()]
    assert adopted(day, [Feeding("insole", LEFT, T0 - S)]) is day
    assert at(day, later) == ["v", "u"]
    assert at(day, replace(later, since_us=T0 - 1)) == ["w", "u"], "it was linked by hand later"
    assert at(day, replace(later, stream=Stream("v", "heel"))) == ["w", "u"], "another stream"
    assert at(day, replace(later, stream=Stream("u", "left"))) == ["w", "u"], "another station has it"
    assert at(adopted(day, [later]), Feeding("insole", LEFT, T0 - S)) == ["v", "u"], "an older connection"
    assert at(asked(day, 2, "start"), later) == ["w", "u"], "not while a trial runs"
    linked = asked(day, 3, "station_link", workout_id="x", devices=["left"])
    assert (linked.station("A").follows, at(linked, replace(later, since_us=T0 + 9 * S))) == ((), ["x", "u"])


async def test_a_station_follows_a_paired_device_into_its_next_workout_but_not_into_another_athletes(tmp_path):
    async with lab_of(tmp_path) as lab:
        token, _ = await lab.pair()
        day_id, _ = await day_of(lab.archive)
        await lab.archive.note("bens", now_us=T0, about=About("Ben"))

        async def station(wanted) -> Station:
            async with asyncio.timeout(20):
                while not wanted(one := (await lab.archive.test_days.one(day_id)).station("A")):
                    await asyncio.sleep(0.02)
            return one

        async with lab.socket(token) as first:
            await joined(first, "w")
            assert (await station(lambda one: one.follows)).workout_id == "w"
        async with lab.socket(token) as second, lab.socket(token) as others:
            await joined(second, "next")
            assert len((await station(lambda one: one.workout_id == "next")).follows) == 1
            await joined(others, "bens")
            await asyncio.sleep(2 * LOOK_EVERY_S)  # nothing shows that it was looked at
            assert (await station(lambda one: True)).workout_id == "next"
        assert "held" in (await lab.archive.workout("next")).about.tags


async def joined(socket, workout_id: str) -> bool:
    await socket.say("join_session", workout_id=workout_id, stream="left", epoch=workout_id)
    return bool(await socket.hear("session_joined"))


async def day_of(archive) -> tuple[str, str]:
    """A day with a station at `w`, and its athlete."""
    ada = await archive.roster.add(Athlete("Ada Longname"), now_us=T0)
    day = await archive.test_days.add("Monday", now_us=T0)
    for name, more in (
        ("add_athletes", {"athletes": [ada.uid]}), ("choose_protocols", {"protocols": ["walk"]}),
        ("station_add", {"station": "A"}), ("station_link", {"station": "A", "workout_id": "w", "devices": ["left"]}),
        ("next", {"station": "A"}),
    ):  # fmt: skip
        await do(archive, day.id, name, **more)
    return day.id, ada.uid


async def do(archive, day_id: str, name: str, **more) -> None:
    command = command_of({"command": name, **more})
    await archive.test_days.change(day_id, lambda day: done(day, command, Situation(now_us())))


@pytest.mark.parametrize("door", ["ws", "socketio"])
async def test_a_paired_device_hears_of_a_trial_and_a_viewer_and_a_device_without_a_token_do_not(tmp_path, door):
    async with lab_of(tmp_path) as lab, lab.socket(lab.owner) as viewer, lab.socket() as unknown:
        token, _ = await lab.pair()
        day_id, athlete = await day_of(lab.archive)
        device = lab.socket() if door == "ws" else None
        link = await device.__aenter__() if device else await lab.polling()
        if device is None:
            await link.post("40{}")
            await link.packet()
        await viewer.say("join_session")
        await unknown.say("join_session", stream="right")
        await link.say("join_session", stream="left", token=token)
        for each in (link, unknown):
            await each.say("pressure_frame", **FRAME | ({} if each is link else {"stream": "right"}))
            await each.hear("frame_processed")
        await do(lab.archive, day_id, "start", station="A")
        begun = await link.hear("record")
        await do(lab.archive, day_id, "stop", station="A")
        over = await link.hear("stop")
        for event in (begun, over):
            msgspec.convert(event, ServerEvent)
        assert (begun["workout_id"], begun["stream"], begun["athlete"], begun["trial"]) == ("w", "left", athlete, 1)
        assert over["trial"] == 1
        assert "Ada" not in json.dumps([begun, over])
        for other in (viewer, unknown):
            await other.say("ping", t1_us=1)
            async with asyncio.timeout(20):
                while (event := await other.hear())["type"] != "pong":
                    assert event["type"] not in ("record", "stop")
        if device:
            await device.__aexit__(None, None, None)


def test_a_device_takes_frames_between_record_and_stop_and_on_after_a_cut_where_it_is_told_again():
    lines = []
    trials = Trials("left", lines.append, alone=True)
    begins = Record(stream="left", trial=2, at_us=T0, duration_s=5.0)
    assert not trials.wanted(0)
    trials.heard(begins)
    trials.heard(Stop(stream="left", trial=1, at_us=T0))
    assert trials.wanted(1), "an older one ended"
    trials.joined(10)
    trials.heard(begins)
    assert trials.wanted(20), "it was said again after the cut"
    trials.joined(30)
    assert (trials.wanted(31.9), trials.wanted(32), trials.wanted(33)) == (True, False, False), "nothing was said again"
    trials.heard(begins)
    trials.heard(Stop(stream="left", trial=2, at_us=T0 + 5 * S))
    assert not trials.wanted(34)
    assert lines[0] == "left: trial 2 begins at 14:13:20 UTC and lasts 5 s"
    assert lines[-1] == "left: trial 2 was over at 14:13:25 UTC"
    assert Trials("left", lines.append).wanted(0), "who does not ask for it sends all"


async def test_the_sender_says_what_it_was_told_and_sends_in_between_alone(lab_server):
    archive, url, token = lab_server
    day_id, _ = await day_of(archive)
    lines, shown = [], []
    sources = simulated("walk", "left", None)
    for wrong, of in ((sources, None), (sources, "bgo_x"), ([], DEVICE)):
        with pytest.raises(UsageError, match="--when-told"):
            require_told(wrong, of)
    require_told(sources, token)
    given = {"url": url, "workout_id": "w", "token": token, "on_told": lines.append, "on_progress": shown.append}
    sending = asyncio.create_task(sender.send(sources, when_told=True, **given))
    async with asyncio.timeout(30):
        while not any(at.connections for at in shown):
            await asyncio.sleep(0.02)
        await do(archive, day_id, "start", station="A")
        while not lines:
            await asyncio.sleep(0.02)
        before = shown[-1].spooled
        while shown[-1].acked < 10:
            await asyncio.sleep(0.02)
        await do(archive, day_id, "stop", station="A")
        while len(lines) < 2:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)  # what was on its way into the spool
        after = shown[-1].spooled
        await asyncio.sleep(0.2)
    assert before < 10, "nothing before it was told"
    assert shown[-1].spooled == after, "nothing after it was over"
    assert ["begins" in lines[0], "was over" in lines[1], len(lines)] == [True, True, 2]
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


@pytest.fixture
async def lab_server(memory_archive, memory_live, tmp_path):
    async with lab_of(tmp_path / "lab") as lab:
        token, device = await lab.pair()
    await memory_archive.accounts.add_key(device)
    async with serving(memory_archive, memory_live, tmp_path) as running:
        yield memory_archive, running.ws_url, token
