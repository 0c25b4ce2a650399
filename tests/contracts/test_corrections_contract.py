"""Masks and corrected prints: kept as versions, withdrawn and brought back, reaching an athlete, erased with theirs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from analytics import sim
from barograph.errors import CodecError, Gone, InvalidData, NotFound
from barograph.frames import Layout
from barograph.store import correction_rules, corrections
from barograph.store.correcting import add_mask, copy_masks, sensor_of
from barograph.store.corrections import MaskVersion, NewMask, PrintFix, fixes_of, mask_of, prints_of
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import About, Archive, Stream
from barograph.store.roster import Athlete, Measurement
from barograph.store.summaries import basis

T0 = 1_700_000_000_000_000
PLATE = Layout(rows=4, cols=3, dtype="uint8", pitch_mm=(5.0, 5.0), kind="plate")
INSOLE = Layout(rows=4, cols=3, dtype="uint8", pitch_mm=(5.0, 5.0), kind="insole", side="right", mask=(0, *[1] * 11))
FOOT = {"places": "foot", "rows": 2, "cols": 3, "pitch_mm": [5, 5], "x_mm": -7.5, "y_mm": 0, "length_mm": 250}
CELLS = {"places": "cells", "rows": 4, "cols": 3}
OF_FOOT = {"stream": "plate", "side": "right", "scope": "session", "ground": FOOT, "labels": [9, 10, 0, 1, 2, 3],
           "reason": "by palpation"}  # fmt: skip
OF_INSOLE = {"stream": "sole", "side": "right", "scope": "session", "ground": CELLS,
             "labels": [0, 10, 9, 4, 5, 6, 7, 8, 3, 1, 1, 2], "reason": "by palpation"}  # fmt: skip
FIXES = fixes_of([{"stream": "plate", "do": "side", "mark": "5:1:2", "side": "left"}])


async def session(archive: Archive, name: str = "run", athlete: str | None = None, begun_us: int = T0) -> None:
    """A workout with a plate and an insole, begun at a moment."""
    await archive.note(name, now_us=begun_us, about=About(athlete))
    for stream, layout in (("plate", PLATE), ("sole", INSOLE)):
        at = Stream(name, stream)
        await archive.open(at, epoch="a", numbered=True, now_us=begun_us)
        await archive.fix_layout(at, layout, (), 1)


async def edits(archive: Archive, name: str) -> int:
    return (await archive.workout(name)).edits


async def test_masks_come_back_as_versions_and_the_newest_that_stands_holds(archive: Archive) -> None:
    await session(archive)
    assert await archive.corrections.of("run") == corrections.Corrections()
    first = await add_mask(archive, "run", OF_FOOT, now_us=T0)
    again = await add_mask(archive, "run", OF_FOOT, now_us=T0 + 1)
    assert (first, first.number, first.made_us, first.n_cells) == (again, 2, T0, 5)
    one = await add_mask(archive, "run", OF_FOOT | {"scope": "print", "mark": "5:1:2", "ground": CELLS,
                                                    "labels": [1] * 12}, now_us=T0 + 2)  # fmt: skip
    back = await add_mask(archive, "run", OF_FOOT | {"ground": None, "labels": []}, now_us=T0 + 3)
    left = await add_mask(archive, "run", OF_FOOT | {"side": "left"}, now_us=T0 + 4)
    found = await archive.corrections.of("run")
    assert found.masks == (first, one, back, left)
    assert (found.next_mask, back.automatic, back.name) == (6, True, "masks version 4 (automatic again)")
    sensor = sensor_of(PLATE)
    assert found.mask("plate", "right", sensor, lambda mark: mark == "5:1:2") == back
    taken = await archive.corrections.withdraw_mask("run", 4, now_us=T0 + 5, by="u1")
    assert (taken.withdrawn_us, taken.withdrawn_by) == (T0 + 5, "u1")
    found = await archive.corrections.of("run")
    assert found.mask("plate", "right", sensor, lambda mark: mark == "5:1:2") == one
    assert found.mask("plate", "right", sensor) == first
    assert found.mask("plate", "right", sensor_of(INSOLE)) is None
    assert found.mask("plate", None, sensor) is None
    brought = await archive.corrections.withdraw_mask("run", 4, withdrawn=False, now_us=T0 + 6)
    assert brought == back
    assert [mask_of(each.to_dict()) for each in found.masks] == list(found.masks)


async def test_corrected_prints_come_back_as_versions(archive: Archive) -> None:
    await session(archive)
    first = await archive.corrections.add_prints("run", FIXES, "seen", now_us=T0, by="u1")
    assert (await archive.corrections.add_prints("run", FIXES, now_us=T0 + 1)) == first
    none = await archive.corrections.add_prints("run", (), now_us=T0 + 2)
    found = await archive.corrections.of("run")
    assert (found.prints, found.fixed, none.number) == ((first, none), none, 2)
    assert (await archive.corrections.withdraw_prints("run", 2, now_us=T0 + 3)).withdrawn_us == T0 + 3
    assert (await archive.corrections.of("run")).fixed == first
    assert first.fixes[0].said() == {"do": "side", "mark": "5:1:2", "side": "left"}
    assert [prints_of(each.to_dict()) for each in found.prints] == list(found.prints)
    await archive.corrections.withdraw_prints("run", 1, now_us=T0 + 4)
    assert (await archive.corrections.of("run")).fixed is None


async def test_every_edit_changes_what_kept_tables_are_compared_by(archive: Archive) -> None:
    await session(archive)
    known = [basis(await archive.workout("run"))]
    await add_mask(archive, "run", OF_FOOT, now_us=T0)
    known.append(basis(await archive.workout("run")))
    await add_mask(archive, "run", OF_FOOT, now_us=T0)
    assert basis(await archive.workout("run")) == known[-1]
    await archive.corrections.withdraw_mask("run", 2, now_us=T0)
    known.append(basis(await archive.workout("run")))
    await archive.corrections.add_prints("run", FIXES, now_us=T0)
    known.append(basis(await archive.workout("run")))
    assert len(set(known)) == 4


async def test_a_measured_leg_changes_what_tables_of_its_athletes_sessions_are_compared_by(archive: Archive) -> None:
    ada = await archive.roster.add(Athlete("Ada"), now_us=T0)
    for name, athlete in (("run", "Ada"), ("hers", "Bea")):
        await session(archive, name, athlete)
    known = {name: basis(await archive.workout(name)) for name in ("run", "hers")}
    heavier = replace(ada, measurements=(Measurement("mass_kg", 71.0, T0),))
    ada = await archive.roster.put(heavier, now_us=T0)
    assert basis(await archive.workout("run")) == known["run"], "a session has its own mass"
    leg = Measurement("leg_left_cm", 90.0, T0)
    ada = await archive.roster.put(replace(ada, measurements=(*ada.measurements, leg)), now_us=T0)
    measured = basis(await archive.workout("run"))
    assert measured != known["run"]
    await archive.roster.put(replace(ada, sport="rowing"), now_us=T0)
    assert basis(await archive.workout("run")) == measured
    assert basis(await archive.workout("hers")) == known["hers"]
    other = await archive.roster.add(Athlete("A. Da", measurements=(Measurement("height_cm", 170.0, T0),)), now_us=T0)
    await archive.roster.merge(ada.uid, other.uid, now_us=T0)
    assert basis(await archive.workout("run")) != measured


async def test_masks_of_an_athlete_hold_for_sessions_from_a_moment_on(archive: Archive) -> None:
    ada = await archive.roster.add(Athlete("Ada"), now_us=T0)
    for name, at in (("old", T0), ("run", T0 + 10), ("new", T0 + 20)):
        await session(archive, name, "Ada", at)
    await session(archive, "hers", "Bea", T0 + 20)
    assert (await archive.workout("new")).athlete_uid == ada.uid
    before = {name: await edits(archive, name) for name in ("old", "new", "hers")}
    made = await add_mask(archive, "run", OF_FOOT | {"scope": "athlete", "since_us": T0 + 5}, now_us=T0 + 30)
    sensor = sensor_of(PLATE)
    found = (await archive.corrections.of("new")).mask("other", "right", sensor)
    assert found is not None
    assert (found.workout_id, found.number, found.labels) == ("run", made.number, made.labels)
    for name in ("old", "hers"):
        assert (await archive.corrections.of(name)).mask("plate", "right", sensor) is None
    assert (await archive.corrections.of("run")).mask("plate", "right", sensor) == made
    assert await edits(archive, "new") > before["new"]
    assert await edits(archive, "hers") == before["hers"]
    own = await add_mask(archive, "new", OF_FOOT | {"labels": [1, 1, 1, 2, 2, 2]}, now_us=T0 + 31)
    assert (await archive.corrections.of("new")).mask("plate", "right", sensor) == own
    seen = await edits(archive, "new")
    await archive.delete("run")
    assert (await archive.corrections.of("new")).of_athlete == ()
    assert await edits(archive, "new") > seen


async def test_masks_are_copied_between_sessions_of_an_athlete(archive: Archive) -> None:
    await archive.roster.add(Athlete("Ada"), now_us=T0)
    for name in ("run", "next"):
        await session(archive, name, "Ada")
    await session(archive, "hers", "Bea")
    for said in (OF_FOOT, OF_INSOLE, OF_FOOT | {"labels": [1, 2, 0, 3, 4, 5]}):
        await add_mask(archive, "run", said, now_us=T0)
    made = await copy_masks(archive, "next", "run", now_us=T0 + 1)
    assert [(one.stream, one.labels[:3], one.copied_from) for one in made] == [
        ("plate", bytes([1, 2, 0]), "run"), ("sole", bytes([0, 10, 9]), "run"),
    ]  # fmt: skip
    assert [one.number for one in await copy_masks(archive, "next", "run", 2, now_us=T0 + 1)] == [4]
    for source, target, message in (
        ("run", "hers", "from: expected a session of the same athlete, got run"),
        ("next", "next", "from: expected another session"),
        ("run", "next", "from: expected a version 9 of masks by hand"),
    ):
        number = 9 if (source, target) == ("run", "next") else None
        with pytest.raises(InvalidData, match=message):
            await copy_masks(archive, target, source, number, now_us=T0)
    await archive.note("coarse", now_us=T0, about=About("Ada"))
    at = Stream("coarse", "plate")
    await archive.open(at, epoch="a", numbered=True, now_us=T0)
    await archive.fix_layout(at, Layout(rows=4, cols=3, dtype="uint8", pitch_mm=(8, 8), kind="plate"), (), 1)
    with pytest.raises(
        InvalidData, match=r"from: expected the same kind of sensor .* \(plate, 5 × 5 mm\), got plate, 8"
    ):
        await copy_masks(archive, "coarse", "run", 2, now_us=T0)


async def test_corrections_go_with_their_workout_and_do_not_come_back_with_its_name(archive: Archive) -> None:
    for name in ("run", "walk"):
        await session(archive, name)
        await add_mask(archive, name, OF_FOOT, now_us=T0)
        await archive.corrections.add_prints(name, FIXES, now_us=T0)
    await archive.delete("run")
    port = archive.corrections
    new = NewMask(stream="plate", side="left", scope="session", reason="x", sensor="x")
    for work in (
        port.of("run"), port.add_mask("run", new, now_us=T0), port.withdraw_mask("run", 2, now_us=T0),
        port.add_prints("run", FIXES, now_us=T0), port.withdraw_prints("run", 1, now_us=T0),
    ):  # fmt: skip
        with pytest.raises(Gone):
            await work
    await archive.note("run", now_us=T0, renew=True)
    assert await port.of("run") == corrections.Corrections()
    assert len((await port.of("walk")).masks) == 1
    with pytest.raises(NotFound, match="no such workout"):
        await port.of("nothing")
    for work in (port.withdraw_mask("walk", 3, now_us=T0), port.withdraw_prints("walk", 3, now_us=T0)):
        with pytest.raises(NotFound, match=r"3: no such version is in this workout; it has 1"):
            await work


async def test_all_who_correct_at_once_are_kept(archive: Archive) -> None:
    await session(archive)
    asked = [OF_FOOT | {"labels": [1 + i, 0, 0, 0, 0, 0]} for i in range(6)]
    made = await asyncio.gather(*(add_mask(archive, "run", one, now_us=T0) for one in asked))
    assert sorted(one.number for one in made) == [2, 3, 4, 5, 6, 7]
    assert len((await archive.corrections.of("run")).masks) == 6


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (OF_FOOT | {"side": "both"}, "side: expected one of left, right"),
        (OF_FOOT | {"scope": "all"}, "scope: expected one of print, session, athlete"),
        (OF_FOOT | {"scope": "print"}, "mark: expected the mark of a print, got ''"),
        (OF_FOOT | {"mark": "1:2:3"}, "mark: expected none, as the mask is for all prints"),
        (OF_FOOT | {"scope": "print", "mark": "1:2"}, "mark: expected µs:row:column"),
        (OF_FOOT | {"reason": ""}, "reason: expected 1 to 200 characters"),
        (OF_FOOT | {"reason": None}, "reason: expected a text, got None"),
        (OF_FOOT | {"labels": [1]}, "labels: expected 6 numbers, got 1"),
        (OF_FOOT | {"labels": [11, 0, 0, 0, 0, 0]}, "labels: expected whole numbers from 0 to 10"),
        (OF_FOOT | {"labels": [0] * 6}, "labels: expected numbers from 0 to 10, one or more above 0"),
        (OF_FOOT | {"ground": None}, "ground: expected the grid that the labels are of"),
        (OF_FOOT | {"ground": FOOT | {"rows": 1 << 20}}, "rows: expected at most 65536 cells"),
        (OF_FOOT | {"ground": FOOT | {"pitch_mm": None}}, "pitch_mm: expected the size of a cell"),
        (OF_FOOT | {"ground": FOOT | {"length_mm": 0}}, "length_mm: expected a number above 0"),
        (OF_FOOT | {"ground": CELLS, "labels": [1] * 12}, "places: expected foot for this scope, got cells"),
        (OF_FOOT | {"number": 7}, "mask: expected one of stream, side"),
        (OF_INSOLE | {"side": "left"}, "side: expected right, as the stream is, got left"),
        (OF_INSOLE | {"scope": "print", "mark": "1:2:3"}, "scope: expected session or athlete of an insole"),
        (OF_INSOLE | {"labels": [1] * 12}, "labels: expected 0 where there is no cell"),
        (OF_INSOLE | {"labels": [0, 0, *[1] * 10]}, "labels: expected one mask for each cell, got 1 without"),
        (OF_INSOLE | {"ground": CELLS | {"row": 1}}, "rows: expected a part of 4 x 3 cells"),
        (OF_INSOLE | {"ground": CELLS | {"row": -1}}, "row: expected 0 or more"),
    ],
)
async def test_what_is_wrong_is_named_and_keeps_nothing(said: dict[str, Any], message: str) -> None:
    archive = MemoryArchive()
    await session(archive)
    with pytest.raises(InvalidData, match=message):
        await add_mask(archive, "run", said, now_us=T0)
    assert await archive.corrections.of("run") == corrections.Corrections()


@pytest.mark.parametrize(
    ("plain", "message"),
    [
        ("x", "items: expected a list"),
        ([5], "items: expected corrections"),
        ([{"stream": "plate", "do": "turn", "mark": "1:2:3"}], "items: expected stream, do and mark"),
        ([{"stream": "plate", "do": "side", "mark": "1:2:3"}], "side: expected one of left, right"),
        ([{"stream": "plate", "do": "join", "marks": ["1:2:3"]}], "marks: expected 2 to 20 of join, got 1"),
        ([{"stream": "plate", "do": "remove", "mark": "1"}], "mark: expected µs:row:column"),
        ([{"stream": "plate", "do": "split", "mark": "1:2:3"}], "line: expected two points"),
        (
            [{"stream": "plate", "do": "split", "mark": "1:2:3", "line": [[1, 2], [1, 2]]}],
            "line: expected two different",
        ),
    ],
)
def test_corrections_that_are_none_are_refused(plain: Any, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        fixes_of(plain)


async def test_versions_are_bounded_and_the_fullest_book_fits_a_document(monkeypatch: pytest.MonkeyPatch) -> None:
    fix = PrintFix(stream="x" * 64, do="split", marks=("1700000000000000:99999:99999",), line=((0.1, 1.7), (2.3, 1e5)))
    said = {"stream": "x" * 64, "side": "left", "scope": "session", "reason": "ü" * 200, "sensor": "ü" * 200}
    ground = corrections.Ground(places="foot", rows=80, cols=50, pitch_mm=(5, 5), length_mm=250)
    masks = tuple(
        MaskVersion(
            **said, number=i + 2, made_us=T0, ground=ground, labels=bytes((i * j + 1) % 11 for j in range(4000))
        )
        for i in range(corrections.VERSIONS)
    )
    prints = tuple(corrections.PrintsVersion(number=i + 1, fixes=(fix,) * 100) for i in range(corrections.VERSIONS))
    book = correction_rules.CorrectionBook(masks, prints)
    assert correction_rules.PACKING.unpacked(correction_rules.PACKING.packed(book)) == book
    for data in (b"", b"\x01" + bytes(7) + b"x", (1 << 62).to_bytes(8, "little")):
        with pytest.raises(CodecError):
            correction_rules.PACKING.unpacked(data)
    monkeypatch.setattr(correction_rules, "VERSIONS", 1)
    archive = MemoryArchive()
    await session(archive)
    await add_mask(archive, "run", OF_FOOT, now_us=T0)
    with pytest.raises(InvalidData, match="at most 1 versions of masks in a workout"):
        await add_mask(archive, "run", OF_FOOT | {"labels": [2] * 6}, now_us=T0)
    await archive.corrections.add_prints("run", FIXES, now_us=T0)
    with pytest.raises(InvalidData, match="at most 1 versions of prints in a workout"):
        await archive.corrections.add_prints("run", (), now_us=T0)


def test_a_sensor_is_named_by_its_kind_and_cells() -> None:
    sole = sim.walk(1.0, rows=6, cols=3)
    left, right = (sensor_of(sole[side].layout) for side in ("left", "right"))
    assert left.startswith("insole, 6 × 3")
    assert (left == right) == bool((sole["left"].layout.valid == sole["right"].layout.valid).all())
    assert sensor_of(PLATE) == "plate, 5 × 5 mm"
