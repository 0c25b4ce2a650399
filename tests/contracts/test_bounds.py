"""The same bounds on every text, list and number of things, by every archive; and data of the past that is beyond."""

from __future__ import annotations

from typing import Any

import pytest

from barograph import bounds
from barograph.errors import MOST_FIELD, MOST_MESSAGE, InvalidData, Refused
from barograph.frames import Layout, Stream
from barograph.store.mongo.archive import MongoArchive
from barograph.store.ports import About, Archive, Marker

RUN = "run"
TOO_MUCH: list[tuple[str, Any]] = [
    ("athlete", {"athlete": "x" * 201}), ("athlete", {"athlete": "a\0b"}), ("athlete", {"athlete": "a\nb"}),
    ("kind", {"kind": "x" * 101}), ("tags", {"tags": ("x" * 101,)}), ("tags", {"tags": ("",)}),
    ("tags", {"tags": ("x",) * 101}), ("mass_kg", {"mass_kg": 0.0}), ("mass_kg", {"mass_kg": 1000.0}),
    ("mass_kg", {"mass_kg": float("nan")}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "said"), TOO_MUCH)
def test_what_is_said_of_a_workout_has_bounds(field: str, said: dict[str, Any]) -> None:
    with pytest.raises(InvalidData, match="expected") as caught:
        About(**said)
    assert caught.value.field == field
    assert len(str(caught.value)) < 200


def test_what_is_within_the_bounds_is_taken_to_the_last_character() -> None:
    About(athlete="ä" * 200, kind="x" * 100, tags=("y" * 100,) * 100, mass_kg=999.9)
    Marker(1, "z" * 200)


@pytest.mark.parametrize("label", ["", "x" * 201, "a\tb", "\ud800"])
def test_a_label_has_bounds(label: str) -> None:
    with pytest.raises(InvalidData, match="label"):
        Marker(1, label)


def test_a_layout_has_so_many_numbers_in_all() -> None:
    cells = 1 << 18
    Layout(rows=512, cols=512, mask=(1,) * cells, cell_area_mm2=2.0)
    with pytest.raises(InvalidData, match=f"at most {bounds.LAYOUT_NUMBERS}"):
        Layout(rows=512, cols=512, mask=(1,) * cells, cell_area_mm2=(2.0,) * cells, tare=(1.0,) * cells)


def test_an_error_repeats_only_so_much_of_what_came() -> None:
    for kind in (InvalidData("x" * 10**6, field="y" * 10**6), Refused("bad_field", "x" * 10**6, field="y" * 10**6)):
        assert len(str(kind)) == MOST_MESSAGE
        assert len(kind.field or "") == MOST_FIELD


async def test_a_workout_has_so_many_streams_and_those_that_are_there_go_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "STREAMS", 3)
    for name in ("a", "b", "c", "a"):
        await archive.open(Stream(RUN, name), epoch="one", numbered=True, now_us=1)
    with pytest.raises(InvalidData, match="at most 3 streams") as caught:
        await archive.open(Stream(RUN, "d"), epoch="one", numbered=True, now_us=1)
    assert caught.value.field == "stream"
    await archive.open(Stream("other", "d"), epoch="one", numbered=True, now_us=1)
    assert len((await archive.workout(RUN)).streams) == 3


async def test_a_stream_has_so_many_epochs_and_those_that_are_there_go_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "EPOCHS", 3)
    for name in ("a", "b", "c", "b"):
        await archive.open(Stream(RUN), epoch=name, numbered=True, now_us=1)
    with pytest.raises(InvalidData, match="at most 3 epochs") as caught:
        await archive.open(Stream(RUN), epoch="d", numbered=True, now_us=1)
    assert caught.value.field == "epoch"
    assert (await archive.open(Stream(RUN), epoch="c", numbered=True, now_us=1))[1].e == 2


async def test_a_workout_has_so_many_markers_and_the_same_one_twice_is_one(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MARKERS", 3)
    await archive.note(RUN, now_us=1)
    for t_us in (1, 2, 3, 2):
        await archive.add_marker(RUN, Marker(t_us, "x"))
    with pytest.raises(InvalidData, match="at most 3 markers"):
        await archive.add_marker(RUN, Marker(4, "x"))
    assert [marker.t_us for marker in await archive.markers(RUN)] == [1, 2, 3]


async def test_what_was_stored_before_there_were_bounds_is_read_and_cut_to_them(mongo_archive: MongoArchive) -> None:
    said = {"athlete": "x" * 10**6, "kind": "a\0b", "mass_kg": -5.0, "tags": ["y" * 10**4, ""] * 500}
    await mongo_archive._db.workouts.insert_one({"_id": RUN, "created_us": 1, **said})
    about = (await mongo_archive.workouts())[0].about
    assert (len(about.athlete or ""), about.kind, about.mass_kg) == (200, "a b", None)
    assert {len(tag) for tag in about.tags} == {100}
    assert len(about.tags) == 50
