"""The series of a workout, given back exactly as the final update sent it."""

import json
import time

import httpx
import pytest

from barograph.errors import NotFound
from barograph.frames import Stream
from barograph.store.ports import Final, FinalPart
from ingest.http import finals

RUN = "/api/workouts/run"
SERIES = [
    {"matrix": [[0, 1.5], [None, 3]], "nodes": 3, "timestamp": 1_767_225_600.25},
    {"matrix": [[4, 5], [6, 7]], "nodes": [1, 1, 1, 1], "timestamp": "2026-01-01T00:00:00.5Z"},
    {"matrix": [[8, 9], [1, 2]], "nodes": None, "timestamp": 1_767_225_600_750},
    {"matrix": [[8, 9], [1, 2]], "nodes": 4, "timestamp": 1_767_225_600_750},  # the same frame again
    {"matrix": [[1, 1], [1, 1]], "nodes": 4, "timestamp": 1_767_225_600.0},  # out of order
]


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


async def series(http, **parameters):
    """All parts of a series, and how many there were."""
    found, parts, cursor = [], 0, None
    while parts == 0 or cursor:
        asked = {"include": "timeSeriesData", **parameters, **({"cursor": cursor} if cursor else {})}
        answer = await http.get(RUN, params=asked)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["workout_id"] == "run"
        found += body["timeSeriesData"]
        cursor, parts = body["next_cursor"], parts + 1
        assert answer.headers.get("Barograph-Next-Cursor") == cursor
    return found, parts


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 1000])
async def test_a_series_comes_back_as_it_was_sent_in_parts_of_any_size(http, monkeypatch, limit):
    monkeypatch.setattr(finals, "PART_FRAMES", 2)
    monkeypatch.setattr(finals, "CELLS_AT_ONCE", 4)
    assert (await http.put(RUN, json={"timeSeriesData": SERIES})).json()["stored"] == 5
    assert await series(http, limit=limit) == (SERIES, -(-len(SERIES) // limit))
    plain = (await http.get(RUN)).json()
    assert "timeSeriesData" not in plain


async def test_a_series_has_its_own_frames_alone_and_frames_that_were_sent_live_are_stored_once(http):
    live = [*SERIES, {"matrix": [[7, 7], [7, 7]], "nodes": 4, "timestamp": 1_767_225_601.0}]
    await http.post(f"{RUN}/frames", params={"sent": 1_767_225_601.0}, json=live)
    put = (await http.put(RUN, json={"timeSeriesData": SERIES})).json()
    assert (put["received"], put["frame_count"] - put["stored"]) == (5, 6)
    assert (await series(http))[0] == SERIES


async def test_the_last_series_counts_and_a_cursor_of_the_one_before_is_refused(http, mongo_archive):
    await http.put(RUN, json={"timeSeriesData": SERIES})
    first = (await http.get(RUN, params={"include": "timeSeriesData", "limit": 2})).json()
    await http.put(RUN, json={"timeSeriesData": SERIES[:2]})
    assert (await series(http))[0] == SERIES[:2]
    old = {"include": "timeSeriesData", "cursor": first["next_cursor"]}
    refused = await http.get(RUN, params=old)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "cursor")
    assert await mongo_archive._db.finals.count_documents({}) == 1
    await http.put(RUN, json={"timeSeriesData": [], "kind": "run"})  # says something, and sends no series
    assert (await series(http))[0] == SERIES[:2]
    await http.delete(RUN)
    assert await mongo_archive._db.finals.count_documents({}) == 0


async def test_without_a_final_update_the_frames_that_are_stored_are_the_series(http):
    now_ms = round(time.time() * 1000)
    frames = [{"matrix": [[i, None], [0, 1]], "nodes": 4, "timestamp": now_ms + i} for i in range(7)]
    await http.post(f"{RUN}/frames", json=frames)
    assert await series(http, limit=3) == (frames, 3)


async def test_a_workout_without_frames_has_an_empty_series(http):
    await http.post("/api/workouts", json={"workout_id": "run"})
    assert await series(http) == ([], 1)


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"include": "everything"}, "include"), ({"include": "timeSeriesData", "limit": 0}, "limit"),
        ({"include": "timeSeriesData", "cursor": "x"}, "cursor"),
        ({"include": "timeSeriesData", "stream": "/"}, "stream"),
    ],
)  # fmt: skip
async def test_a_wrong_parameter_is_named(http, parameters, field):
    await http.put(RUN, json={"timeSeriesData": SERIES})
    refused = await http.get(RUN, params=parameters)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)


async def test_a_long_series_is_streamed_and_whole(http):
    start_ms = 1_767_225_600_000
    long = [{"matrix": [[i, i], [0, 1]], "nodes": 4, "timestamp": start_ms + 10 * i} for i in range(3000)]
    await http.put(RUN, content=json.dumps({"timeSeriesData": long}), headers={"Content-Type": "application/json"})
    assert await series(http, limit=50_000) == (long, 1)


async def test_every_archive_keeps_the_parts_of_a_final_series(archive):
    stream = Stream("run")
    with pytest.raises(NotFound):
        await archive.set_final(stream, Final("a", 3))
    await archive.open(stream, epoch="e", numbered=True, now_us=1)
    for uid in ("a", "b"):
        for first in (0, 2):
            await archive.add_final(stream, uid, FinalPart(first, 2, b"d", uid.encode()))
        await archive.set_final(stream, Final(uid, 4))
    assert (await archive.stream_info(stream)).final == Final("b", 4)
    found = [await archive.final_part("b", place) for place in range(4)]
    assert [(part.first, part.n, bytes(part.said)) for part in found] == [(0, 2, b"b")] * 2 + [(2, 2, b"b")] * 2
    with pytest.raises(NotFound):
        await archive.final_part("a", 0)
    await archive.delete("run")
    with pytest.raises(NotFound):
        await archive.final_part("b", 0)
