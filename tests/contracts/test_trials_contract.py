"""Trials: made once, moved and judged with a record of each change, and erased with their workout."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from barograph import bounds, protocols
from barograph.errors import Gone, InvalidData, NotFound
from barograph.store import trial_rules, trials
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import Archive
from barograph.store.trials import NewTrial, Quality, Trial

T0 = 1_700_000_000_000_000
JUMP = protocols.named("cmj")
STANCE = protocols.named("single-leg-stance")
QUALITY = (Quality("flight_seen", True, "1 flight of 0.52 s"), Quality("device_healthy", None, "no gaps are known"))


def new(start_s: float = 0, stop_s: float = 6, protocol: protocols.Protocol = JUMP, **more: Any) -> NewTrial:
    return NewTrial(protocol, T0 + round(start_s * 1e6), T0 + round(stop_s * 1e6), **more)


async def test_a_trial_comes_back_with_its_protocol_as_it_was(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    assert await archive.trials.of("run") == []
    late = await archive.trials.add("run", new(10, 16, quality=QUALITY), now_us=T0 + 1, by="u1")
    early = await archive.trials.add("run", new(0, 6), now_us=T0 + 2)
    assert await archive.trials.of("run") == [early, late]
    assert (late.number, early.number) == (1, 2)
    assert (late.protocol, late.condition, late.side) == ("cmj", "hands on hips", "both")
    assert (late.made_us, late.made_by, late.quality) == (T0 + 1, "u1", QUALITY)
    assert protocols.Protocol.from_dict("cmj", late.held) == JUMP


async def test_the_same_trial_twice_is_one(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    made = [await archive.trials.add("run", new(), now_us=T0 + i) for i in range(2)]
    assert made[0] == made[1]
    assert len(await archive.trials.changes("run")) == 1


async def test_every_change_is_a_record_of_what_was_before(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    one = await archive.trials.add("run", new(quality=QUALITY), now_us=T0, by="u1")
    change = archive.trials.edit
    rejected = await change("run", 1, {"state": "rejected", "reason": "stepped off"}, now_us=T0 + 1, by="u2")
    assert (rejected.state, rejected.reason, rejected.counts) == ("rejected", "stepped off", False)
    assert (rejected.changed_us, rejected.changed_by, rejected.made_by) == (T0 + 1, "u2", "u1")
    assert await change("run", 1, {"state": "rejected"}, now_us=T0 + 2) == rejected
    accepted = await change("run", 1, {"state": "accepted"}, now_us=T0 + 3, by="u1")
    assert (accepted.state, accepted.reason, accepted.quality) == ("accepted", "", QUALITY)
    moved = await change("run", 1, {"stop_us": one.stop_us + 500_000}, now_us=T0 + 4)
    assert (moved.stop_us, moved.state, moved.quality) == (one.stop_us + 500_000, "accepted", ())
    kept = [(each.at_us - T0, each.by, dict(each.before)) for each in await archive.trials.changes("run")]
    quality = [{"criterion": each.criterion, "met": each.met, "found": each.found} for each in QUALITY]
    assert kept == [
        (0, "u1", {}),
        (1, "u2", {"state": "recorded", "reason": ""}),
        (3, "u1", {"state": "rejected", "reason": "stepped off"}),
        (4, "", {"stop_us": one.stop_us, "quality": quality}),
    ]


async def test_trials_of_one_step_share_no_frame_and_others_may(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    await archive.trials.add("run", new(0, 6, STANCE, side="left"), now_us=T0)
    await archive.trials.add("run", new(0, 6, STANCE, side="right"), now_us=T0)
    await archive.trials.add("run", new(0, 6), now_us=T0)
    with pytest.raises(InvalidData, match=r"expected a part without frames of trial 1 \(single-leg-stance, eyes open"):
        await archive.trials.add("run", new(6, 9, STANCE, side="left"), now_us=T0)
    await archive.trials.edit("run", 1, {"state": "rejected", "reason": "fell"}, now_us=T0)
    with pytest.raises(InvalidData, match="trial 1"):
        await archive.trials.add("run", new(3, 9, STANCE, side="left"), now_us=T0)
    with pytest.raises(InvalidData, match="trial 2"):
        await archive.trials.edit("run", 1, {"side": "right"}, now_us=T0)
    assert len(await archive.trials.of("run")) == 3


async def test_two_who_make_the_same_part_at_once_make_one(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    asked = [new(i / 10, 6 + i / 10) for i in range(6)]
    made = await asyncio.gather(*(archive.trials.add("run", one, now_us=T0) for one in asked), return_exceptions=True)
    assert sorted(type(one).__name__ for one in made) == ["InvalidData"] * 5 + ["Trial"]
    apart = [new(10 * i, 10 * i + 6) for i in range(1, 7)]
    await asyncio.gather(*(archive.trials.add("run", one, now_us=T0) for one in apart))
    assert sorted(one.number for one in await archive.trials.of("run")) == list(range(1, 8))


async def test_trials_go_with_their_workout_and_do_not_come_back_with_its_name(archive: Archive) -> None:
    await archive.note("run", now_us=T0)
    await archive.note("walk", now_us=T0)
    for name in ("run", "walk"):
        await archive.trials.add(name, new(), now_us=T0)
    await archive.delete("run")
    for work in (
        archive.trials.of("run"),
        archive.trials.changes("run"),
        archive.trials.add("run", new(), now_us=T0),
        archive.trials.edit("run", 1, {}, now_us=T0),
    ):
        with pytest.raises(Gone):
            await work
    await archive.note("run", now_us=T0, renew=True)
    assert await archive.trials.of("run") == []
    assert len(await archive.trials.of("walk")) == 1


async def test_what_is_not_there_is_said(archive: Archive) -> None:
    with pytest.raises(NotFound, match="no such workout"):
        await archive.trials.add("run", new(), now_us=T0)
    await archive.note("run", now_us=T0)
    with pytest.raises(NotFound, match="trial 1: no such trial is in this workout; it has 0"):
        await archive.trials.edit("run", 1, {"state": "accepted"}, now_us=T0)
    for bad in ({"$regex": "."}, None, 5):
        with pytest.raises(InvalidData, match="workout_id: expected a text"):
            await archive.trials.of(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"state": "good"}, "state: expected one of recorded, accepted, repeated, rejected, got 'good'"),
        ({"state": "rejected"}, "reason: expected 1 to 200 characters for a rejected trial, got none"),
        ({"reason": "x" * 201}, "reason: expected 0 to 200 characters"),
        ({"number": 5}, "trial: expected one of start_us, "),
        ({"start_us": T0 + 10**9}, "stop_us: expected .* or later"),
        ({"stop_us": T0 + 10**12}, "stop_us: expected at most 86400 s after start_us"),
        ({"start_us": 0.5}, "start_us: expected a whole number"),
        ({"condition": "barefoot"}, "condition: expected one of hands on hips, got 'barefoot'"),
        ({"side": "left"}, "side: expected one of both, got 'left'"),
        ({"quality": [{"criterion": "luck", "met": True}]}, "quality: expected .*one of weighing_stable"),
        ({"quality": [{"criterion": "flight_seen", "met": "yes"}]}, "quality: expected criterion, met and found"),
        ({"quality": [{"criterion": "flight_seen", "met": True}] * 2}, "quality: expected each criterion once"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(fields: dict[str, Any], message: str) -> None:
    archive = MemoryArchive()
    await archive.note("run", now_us=T0)
    one = await archive.trials.add("run", new(), now_us=T0)
    with pytest.raises(InvalidData, match=message):
        await archive.trials.edit("run", 1, fields, now_us=T0)
    assert await archive.trials.of("run") == [one]


async def test_trials_changes_and_protocols_of_a_workout_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in (("TRIALS", 3), ("CHANGES", 4), ("PROTOCOLS", 2)):
        monkeypatch.setattr(trial_rules, name, most)
    archive = MemoryArchive()
    await archive.note("run", now_us=T0)
    await archive.trials.add("run", new(), now_us=T0)
    await archive.trials.add("run", new(protocol=STANCE, side="left"), now_us=T0)
    with pytest.raises(InvalidData, match="at most 2 protocols in a workout"):
        await archive.trials.add("run", new(protocol=protocols.named("walk")), now_us=T0)
    await archive.trials.add("run", new(protocol=STANCE, side="right"), now_us=T0)
    with pytest.raises(InvalidData, match="at most 3 trials in a workout"):
        await archive.trials.add("run", new(10, 12), now_us=T0)
    await archive.trials.edit("run", 1, {"state": "accepted"}, now_us=T0)
    with pytest.raises(InvalidData, match="at most 4 changes of trials in a workout"):
        await archive.trials.edit("run", 1, {"state": "recorded"}, now_us=T0)


def test_the_fullest_workout_fits_a_document() -> None:
    held = {"title": "ü" * 100, "instructions": "ü" * bounds.NOTES, "conditions": ["ü" * 100], "sides": ["left"]}
    quality = tuple(Quality(name, None, "ü" * trials.FOUND) for name in protocols.CRITERIA)
    made = tuple(
        Trial(
            i + 1, "x", "ü" * 100, "left", i, i, "rejected", "ü" * bounds.REASON, quality, T0, "u" * 32, T0, "u" * 32,
            held,
        )
        for i in range(trials.TRIALS)
    )  # fmt: skip
    before = {"reason": "ü" * bounds.REASON, "state": "recorded"}
    changes = tuple(trials.TrialChange(i % 1000 + 1, T0 + i, "u" * 32, before) for i in range(trials.CHANGES))
    book = trial_rules.TrialBook(made, changes)
    assert trial_rules.PACKING.unpacked(trial_rules.PACKING.packed(book)) == book
