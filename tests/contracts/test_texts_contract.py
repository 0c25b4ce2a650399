"""No archive takes anything but a text where a text is asked for: an object is a question of the database's own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from barograph.errors import InvalidData
from barograph.frames import Stream
from barograph.store.ports import About, Archive, Marker
from barograph.store.search import Query
from ingest.http.history import Place

OPERATORS: tuple[Any, ...] = ({"$regex": "."}, [{"$regex": "."}], ["run"], {"$ne": None}, None, 1, b"run", "\ud800")
CALLS: dict[str, Any] = {
    "note": lambda archive, bad: archive.note(bad, now_us=1),
    "describe": lambda archive, bad: archive.describe(bad, About(athlete="A")),
    "workout": lambda archive, bad: archive.workout(bad),
    "delete": lambda archive, bad: archive.delete(bad),
    "add_marker": lambda archive, bad: archive.add_marker(bad, Marker(1, "here")),
    "markers": lambda archive, bad: archive.markers(bad),
    "rejected": lambda archive, bad: archive.rejected(bad),
    "by name": lambda archive, bad: archive.delete(workout_id=bad),
    "leased": lambda archive, bad: archive.leased(bad, []),
    "open, its epoch": lambda archive, bad: archive.open(Stream("new", "s"), epoch=bad, numbered=True, now_us=1),
    "open, its lease": lambda archive, bad: archive.open(
        Stream("new", "s"), epoch="e", numbered=True, now_us=1, lease=bad
    ),
    "mark": lambda archive, bad: archive.mark(
        Stream("run", "left"), 0, next_seq=9, frames=9, first_us=1, last_us=2, now_us=3, lease=bad
    ),
    "settle": lambda archive, bad: archive.settle(Stream("run", "left"), 0, [], lease=bad),
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_name_that_is_no_text_is_refused_and_has_no_effect(archive: Archive, name: str) -> None:
    await archive.open(Stream("run", "left"), epoch="one", numbered=True, now_us=1, about=About(athlete="B"))
    before = await archive.workouts()
    for bad in OPERATORS:
        with pytest.raises(InvalidData, match="expected a text"):
            await CALLS[name](archive, bad)
    assert await archive.workouts() == before


@pytest.mark.parametrize("bad", OPERATORS)
@pytest.mark.parametrize("field", ["text", "athlete", "kind", "tag", "layout", "since_us", "sort"])
def test_a_query_is_of_texts(field: str, bad: Any) -> None:
    if (field, bad) != ("since_us", 1):
        with pytest.raises(InvalidData, match=f"{field}: expected"):
            Query(**{field: bad})


@pytest.mark.parametrize("bad", [one for one in OPERATORS if one is not None])
def test_what_is_said_is_texts(bad: Any) -> None:
    for kind, field, given in ((About, "athlete", bad), (About, "kind", bad), (About, "tags", ("good", bad))):
        with pytest.raises(InvalidData, match=field):
            kind(**{field: given})
    with pytest.raises(InvalidData, match="label"):
        Marker(1, bad)
    with pytest.raises(InvalidData, match="stream"):
        Stream("run", bad)


def test_a_query_with_a_character_that_no_pattern_takes_is_refused() -> None:
    with pytest.raises(InvalidData, match="NUL"):
        Query(text="a\0b")


def test_a_cursor_that_was_made_up_is_refused() -> None:
    good = Place(True, 1, 1, 0, 1)
    assert Place.parse(good.cursor()) == good
    for field, value in (("r_us", 1 << 63), ("t_us", -1), ("e", 1 << 40), ("seq", 1 << 60)):
        with pytest.raises(InvalidData, match="cursor"):
            Place.parse(msgspec.structs.replace(good, **{field: value}).cursor())
