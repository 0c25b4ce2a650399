"""Frames and gaps over HTTP, from the real servers."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, unquote

import httpx
import numpy as np
import pytest
from hostile import NAMES

from barograph import codec
from barograph.errors import StorageAway
from barograph.frames import Block, Layout, Stream
from barograph.store.reading import read
from barograph.web import beginning

T0 = 1_700_000_000_000_001
LEFT = Stream("run", "left")
LAYOUT = Layout(rows=2, cols=2, dtype="uint16", mask=(1, 1, 1, 0), cell_area_mm2=(25.0,) * 4)
FLOATS = Layout(rows=1, cols=2, dtype="float32")


def block(seq: int, n: int, e: int = 0) -> Block:
    frames = np.arange(seq * 4, (seq + n) * 4, dtype="<u2").reshape(n, 2, 2) + 1000 * e
    return Block(e, seq, T0 + 10_000 * np.arange(seq, seq + n), T0 + seq, frames.astype("<u2"))


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


@pytest.fixture
async def recorded(mongo_archive):
    for epoch in ("first", "second"):
        await mongo_archive.open(LEFT, epoch=epoch, numbered=True, now_us=T0)
    await mongo_archive.fix_layout(LEFT, LAYOUT, (), 1)
    await mongo_archive.append([(LEFT, each) for each in (block(0, 6), block(4, 4), block(10, 2), block(0, 3, e=1))])
    return mongo_archive


def messages_of(body: bytes) -> list[tuple[dict, Block]]:
    """The framing of docs/protocol.md, read as a client would."""
    found = []
    while body:
        length = int.from_bytes(body[:8], "little")
        found.append(codec.decode_block(body[8 : 8 + length]))
        body = body[8 + length :]
    return found


async def test_frames_come_once_and_in_order_with_null_for_missing_cells(http, recorded):
    answer = (await http.get("/api/workouts/run/frames", params={"stream": "left"})).json()
    assert answer["next_cursor"] is None
    names = [(frame["e"], frame["epoch"], frame["seq"]) for frame in answer["frames"]]
    numbers = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]
    assert names == [(0, "first", seq) for seq in numbers] + [(1, "second", seq) for seq in range(3)]
    assert answer["frames"][3] == {
        "e": 0, "epoch": "first", "seq": 3, "timestamp": (T0 + 30_000) / 1000, "matrix": [[12, 13], [14, None]],
    }  # fmt: skip
    assert [round(frame["timestamp"] * 1000) for frame in answer["frames"][:8]] == [T0 + 10_000 * s for s in range(8)]


async def test_a_cell_without_a_value_is_null_also_in_floats(http, mongo_archive):
    stream = Stream("run", "floats")
    await mongo_archive.open(stream, epoch="e", numbered=True, now_us=T0)
    await mongo_archive.fix_layout(stream, FLOATS, (), 1)
    cells = np.array([[[1.5, np.nan]]], "<f4")
    await mongo_archive.append([(stream, Block(0, 0, np.array([T0]), T0, cells))])
    answer = (await http.get("/api/workouts/run/frames?stream=floats")).json()
    assert [frame["matrix"] for frame in answer["frames"]] == [[[1.5, None]]]


async def test_the_binary_form_gives_the_same_frames_bit_for_bit(http, recorded):
    answer = await http.get("/api/workouts/run/frames?stream=left", headers={"Accept": "application/octet-stream"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "barograph-next-cursor" not in answer.headers
    found = messages_of(answer.content)
    expected = [each async for each in read(recorded, LEFT)]
    assert [(each.e, each.seq, len(each)) for _, each in found] == [(0, 0, 8), (0, 10, 2), (1, 0, 3)]
    for (header, given), stored in zip(found, expected, strict=True):
        np.testing.assert_array_equal(given.frames, stored.frames)
        np.testing.assert_array_equal(given.times_us, stored.times_us)
        assert (header["workout_id"], header["stream"]) == ("run", "left")
        assert header["epoch"] == ("first", "second")[given.e]


@pytest.mark.parametrize("accept", ["application/json", "application/octet-stream"])
async def test_pages_follow_each_other_by_their_cursor(http, recorded, accept):
    given, cursor = [], {}
    while True:
        params = {"stream": "left", "limit": 3, **cursor}
        answer = await http.get("/api/workouts/run/frames", params=params, headers={"Accept": accept})
        if accept == "application/json":
            given += [(frame["e"], frame["seq"]) for frame in answer.json()["frames"]]
            assert answer.json()["next_cursor"] == answer.headers.get("barograph-next-cursor")
        else:
            given += [(each.e, each.seq + i) for _, each in messages_of(answer.content) for i in range(len(each))]
        if (following := answer.headers.get("barograph-next-cursor")) is None:
            break
        cursor = {"cursor": following}
    assert given == [(0, seq) for seq in (0, 1, 2, 3, 4, 5, 6, 7, 10, 11)] + [(1, seq) for seq in range(3)]


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        (str((T0 + 20_000) / 1000), str((T0 + 40_000) / 1000)),
        (str((T0 + 20_000) / 1e6), "2023-11-14T22:13:20.040001Z"),
        ("2023-11-14T22:13:20.020001", "2023-11-14T23:13:20.040001+01:00"),
    ],
)
async def test_a_range_is_closed_and_takes_numbers_and_iso_8601(http, recorded, start, stop):
    params = {"stream": "left", "start": start, "stop": stop}
    answer = (await http.get("/api/workouts/run/frames", params=params)).json()
    assert [(frame["e"], frame["seq"]) for frame in answer["frames"]] == [(0, 2), (0, 3), (0, 4), (1, 2)]


async def test_gaps_are_what_is_not_stored(http, recorded):
    answer = (await http.get("/api/workouts/run/gaps?stream=left")).json()
    assert answer == {
        "gaps": [
            {
                "e": 0, "epoch": "first", "seq": 8, "n": 2, "reason": "",
                "start": (T0 + 70_000) / 1000, "stop": (T0 + 100_000) / 1000,
            }
        ]
    }  # fmt: skip


async def test_a_stream_that_was_opened_and_never_fed_is_empty(http, mongo_archive):
    await mongo_archive.open(LEFT, epoch="first", numbered=True, now_us=T0)
    answer = await http.get("/api/workouts/run/frames?stream=left")
    assert (answer.status_code, answer.json()) == (200, {"frames": [], "next_cursor": None})
    assert (await http.get("/api/workouts/run/gaps?stream=left")).json() == {"gaps": []}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=50001", "limit"),
        ("limit=many", "limit"),
        ("start=yesterday", "start"),
        ("stop=nan", "stop"),
        ("stop=1&stop=2", "stop"),
        ("start=1767225600&stop=1767225599", "stop"),
        ("cursor=here", "cursor"),
        ("stream=%20left", "stream"),
        ("stream=a/b", "stream"),
    ],
)
async def test_a_bad_parameter_is_named(http, recorded, query, field):
    answer = await http.get(f"/api/workouts/run/frames?{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (400, "bad_field", field)
    assert error["message"].startswith(f"{field}: ")


async def test_what_is_not_stored_is_named(http, recorded):
    for path in ("frames", "gaps"):
        for query, field in [("none", "workout_id"), ("run", "stream")]:
            answer = await http.get(f"/api/workouts/{query}/{path}")
            error = answer.json()["error"]
            assert (answer.status_code, error["code"], error["field"]) == (404, "not_found", field)


async def test_an_archive_that_is_away_is_said_with_503(http, recorded, ingest, monkeypatch):
    async def away(*_):
        raise StorageAway("MongoDB gave no sure answer")

    monkeypatch.setattr(recorded, "keys_by_number", away)
    answer = await http.get("/api/workouts/run/frames?stream=left")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "archive_away")
    assert answer.headers["retry-after"] == "2"


async def test_an_answer_that_breaks_off_never_looks_whole(http, recorded, monkeypatch, caplog):
    async def away(*_):
        raise StorageAway("MongoDB gave no sure answer")

    monkeypatch.setattr(recorded, "load", away)
    for path in ("frames?stream=left", "stats?stream=left", "export?stream=left&format=csv"):
        answer = await http.get(f"/api/workouts/run/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "archive_away"), path
    monkeypatch.setattr(beginning, "AHEAD", 0)  # as one that goes wrong later
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("/api/workouts/run/frames?stream=left")
    assert "MongoDB gave no sure answer" in caplog.text


async def test_lists_of_workouts_leave_out_what_has_an_entry_a_cell(http, recorded):
    listed = (await http.get("/api/workouts")).json()["workouts"][0]["streams"][0]["layout"]
    whole = (await http.get("/api/workouts/run")).json()["streams"][0]["layout"]
    assert listed == {"rows": 2, "cols": 2, "dtype": "uint16", "unit": "raw"}
    assert json.loads(json.dumps(whole)) == {**listed, "mask": [1, 1, 1, 0], "cell_area_mm2": [25.0] * 4}


async def test_the_examples_of_the_protocols_page_work_as_they_stand(ingest, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token.txt").write_text(ingest.owner["Authorization"].removeprefix("Bearer ") + "\n")
    page = (
        (Path(__file__).parents[3] / "docs/protocol.md")
        .read_text()
        .replace("127.0.0.1:5001", f"127.0.0.1:{ingest.port}")
    )
    examples = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(examples) == 2
    names: dict = {}
    for example in examples:
        await asyncio.to_thread(exec, example, names)
    assert names["head"]["seq"] == 0
    np.testing.assert_array_equal(names["frames"], np.zeros((10, 60, 21)))


async def test_a_download_has_one_plain_header_whatever_it_is_called(http, mongo_archive):
    for name in NAMES:
        stream = Stream(name, name)
        await mongo_archive.open(stream, epoch="first", numbered=True, now_us=T0)
        await mongo_archive.fix_layout(stream, LAYOUT, (), 1)
        await mongo_archive.append([(stream, block(0, 2))])
        params = {"stream": name, "format": "csv"}
        answer = await http.get(f"/api/workouts/{quote(name, safe='')}/export", params=params)
        assert answer.status_code == 200, name
        (said,) = answer.headers.get_list("Content-Disposition")
        kind, form, filename = re.fullmatch("(attachment); (filename=|filename[*]=UTF-8'')(.*)", said).groups()
        assert (kind, unquote(filename)) == ("attachment", f"{name}-{name}.csv")
        assert (form == "filename=") == bool(re.fullmatch("[A-Za-z0-9._-]+", filename))
        assert filename.isascii()
        assert not set(filename) & set("\"';, ")
        assert "set-cookie" not in answer.headers


async def test_a_clock_that_was_set_back_loses_no_frame_and_keeps_the_order_of_numbers(http, mongo_archive):
    """Frames 6 … 11 are dated half a second before frame 0; pages and statistics go by epoch, then number."""
    await mongo_archive.open(LEFT, epoch="first", numbered=True, now_us=T0)
    await mongo_archive.fix_layout(LEFT, LAYOUT, (), 1)
    back = replace(block(6, 6), times_us=block(6, 6).times_us - 500_000)
    across = replace(block(12, 4), times_us=block(12, 4).times_us - np.array([500_000, 500_000, 900_000, 900_000]))
    await mongo_archive.append([(LEFT, each) for each in (block(0, 6), back, across)])
    stored = np.concatenate([each.times_us for each in (block(0, 6), back, across)])
    for path, key in (("frames", "frames"), ("stats", "rows")):
        given, cursor = [], {}
        while True:
            params = {"stream": "left", "limit": 5, **cursor}
            answer = (await http.get(f"/api/workouts/run/{path}", params=params)).json()
            rows = [tuple(one.values()) if isinstance(one, dict) else tuple(one) for one in answer[key]]
            given += [(row[1], row[3]) if key == "frames" else (row[0], row[1], row[2]) for row in rows]
            if (following := answer["next_cursor"]) is None:
                break
            cursor = {"cursor": following}
        if key == "rows":
            assert [(e, seq, round(t * 1000)) for e, seq, t in given] == [
                (0, i, t) for i, t in enumerate(stored.tolist())
            ]
        else:
            assert len(given) == len(stored)
    within = {"stream": "left", "start": str(stored.min() / 1000), "stop": str((T0 - 400_000) / 1000)}
    for limit in (2, 50):
        found, cursor = [], {}
        while True:
            answer = (await http.get("/api/workouts/run/frames", params={**within, "limit": limit, **cursor})).json()
            found += [(frame["e"], frame["seq"]) for frame in answer["frames"]]
            if (following := answer["next_cursor"]) is None:
                break
            cursor = {"cursor": following}
        assert found == [(0, i) for i, t in enumerate(stored.tolist()) if t <= T0 - 400_000]
