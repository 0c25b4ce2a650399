"""Frames over HTTP: the same numbers, duplicates, leases and refusals as through the other doors."""

from __future__ import annotations

import asyncio
import gzip
import json
import time

import httpx
import numpy as np
import pandas as pd
import pytest
import scipy.io

from barograph import codec, read_file
from barograph.frames import Stream
from barograph.store.reading import read_recording

T0 = 1_700_000_000_000_000
URL = "/api/workouts/run/frames"
LAYOUT = {"rows": 2, "cols": 2, "dtype": "uint16", "unit": "raw"}


def frame(index: int, **fields: object) -> dict:
    matrix = [[index, index + 1], [None, 7.5]]
    return {"matrix": matrix, "nodes": 4, "timestamp": (T0 + 10_000 * index) / 1000, **fields}


def named(index: int, **fields: object) -> dict:
    return frame(index, **{"seq": index, "epoch": "one", **fields})


def framed(*messages: tuple[dict, bytes]) -> bytes:
    parts = [
        codec.encode({"workout_id": "run", "stream": "left", "epoch": "one", **head}, data) for head, data in messages
    ]
    return b"".join(len(part).to_bytes(8, "little") + part for part in parts)


def batch(seq: int, n: int, first: int = 0) -> tuple[dict, bytes]:
    head = {"type": "frames", "seq": seq, "n": n, "t0_us": T0 + 10_000 * seq, "dt_us": 10_000}
    return head, np.arange(4 * n, dtype="<u2").reshape(n, 2, 2).tobytes() if not first else bytes(8 * n)


JOIN = ({"type": "join_session", "layout": LAYOUT}, b"")
BINARY = {"Content-Type": "application/octet-stream"}


@pytest.fixture
async def http(ingest):
    async with httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client:
        yield client


async def stored(archive, stream="main"):
    return await read_recording(archive, Stream("run", stream))


async def test_a_frame_is_answered_when_it_is_in_the_journal(http, mongo_archive):
    answer = await http.post(URL, json=frame(0))
    assert answer.status_code == 200
    (marks,) = answer.json()["streams"]
    assert (marks["stream"], marks["next_seq"], marks["frame_count"], marks["missing"]) == ("main", 1, 1, [])
    kept = await stored(mongo_archive)
    np.testing.assert_array_equal(kept.frames, [[[0, 1], [np.nan, 7.5]]])


async def test_frames_that_come_one_by_one_share_an_epoch_and_keep_their_order(http, mongo_archive):
    for index in range(4):
        assert (await http.post(URL, json=frame(index))).status_code == 200
    assert (await http.post(URL, json=[frame(index) for index in range(4, 40)])).json()["frames"] == 36
    info = await mongo_archive.stream_info(Stream("run", "main"))
    assert len(info.epochs) == 1
    assert (await stored(mongo_archive)).frames[:, 0, 0].tolist() == list(range(40))


async def test_a_repeated_number_is_stored_once_and_one_of_another_time_is_refused_for_good(http, mongo_archive):
    sent = [named(index) for index in range(3)]
    first = await http.post(URL, json=sent, params={"sent": time.time()})
    again = await http.post(URL, json=[*sent, named(3)])
    assert first.json()["streams"][0]["next_seq"] == 3
    assert again.json()["streams"] == [{**first.json()["streams"][0], "next_seq": 4, "frame_count": 4}]
    reused = (await http.post(URL, json=named(9, seq=0))).json()
    assert [(nack["seq"], nack["n"], nack["code"]) for nack in reused["nacked"]] == [(0, 1, "seq_reused")]
    assert len(await stored(mongo_archive)) == 4


async def test_sent_fixes_the_clock_of_a_new_epoch_so_that_an_old_recording_keeps_its_times(http, mongo_archive):

    await http.post(URL, json=[named(0)], params={"sent": time.time()})
    assert (await stored(mongo_archive)).times_us.tolist() == [T0]
    an_hour_behind = time.time() - 3600
    await http.post(URL, json=[named(0, stream="slow")], params={"sent": an_hour_behind})
    (t_us,) = (await stored(mongo_archive, "slow")).times_us.tolist()
    assert 3590e6 < t_us - T0 < 3610e6
    assert not (await mongo_archive.stream_info(Stream("run", "slow"))).clock_suspect


async def test_batches_in_the_binary_form_are_stored_and_can_be_posted_as_they_were_got(http, mongo_archive):
    answer = await http.post(URL, content=framed(JOIN, batch(0, 5), batch(5, 3)), headers=BINARY)
    assert answer.json()["streams"][0] == {
        "stream": "left", "epoch": "one", "next_seq": 8, "frame_count": 8, "missing": [],
    }  # fmt: skip
    kept = await stored(mongo_archive, "left")
    assert kept.frames.dtype == np.uint16
    got = await http.get(URL, params={"stream": "left"}, headers={"Accept": "application/octet-stream"})
    again = (await http.post(URL, content=got.content, headers=BINARY)).json()
    assert again["streams"][0]["frame_count"] == 8
    assert again["nacked"] == []


async def test_a_gap_in_the_binary_form_is_declared(http):
    gap = ({"type": "gap", "seq": 2, "n": 4, "reason": "full"}, b"")
    answer = await http.post(URL, content=framed(JOIN, batch(0, 2), gap), headers=BINARY)
    assert answer.json()["streams"][0]["next_seq"] == 6
    gaps = (await http.get("/api/workouts/run/gaps", params={"stream": "left"})).json()["gaps"]
    assert [(gap["seq"], gap["n"], gap["reason"]) for gap in gaps] == [(2, 4, "declared: full")]


async def test_frames_before_a_wrong_one_are_stored_and_the_answer_names_its_place(http, mongo_archive):
    wrong = frame(3) | {"matrix": [[1, 2, 3]], "nodes": 3}
    answer = await http.post(URL, json=[*map(frame, range(3)), wrong, frame(4)])
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert (error["code"], error["field"], error["index"]) == ("shape_mismatch", "matrix", 3)
    assert len(await stored(mongo_archive)) == 3


async def test_a_request_takes_the_lease_and_a_device_that_joins_takes_it_back(http, client):
    await client.say(type="join_session", workout_id="run", stream="left", epoch="one", layout=LAYOUT)
    await client.hear("session_joined")
    await http.post(URL, content=framed(batch(0, 2)), headers=BINARY)
    assert (await client.hear("error"))["code"] == "replaced"
    await client.say(type="join_session", workout_id="run", stream="left", epoch="one")
    assert (await client.hear("session_joined"))["next_seq"] == 2
    answer = await http.post(URL, content=framed(batch(2, 2)), headers=BINARY)
    assert answer.json()["streams"][0]["next_seq"] == 4


async def test_two_requests_at_once_lose_and_double_nothing(http, mongo_archive):
    parts = [[named(index) for index in range(start, start + 50)] for start in (0, 50, 0, 100)]
    answers = await asyncio.gather(*(http.post(URL, json=part, params={"sent": time.time()}) for part in parts))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert (await stored(mongo_archive)).frames[:, 0, 0].tolist() == list(range(150))


async def test_a_watcher_sees_frames_that_came_over_http(http, client):
    await client.say(type="join_session", workout_id="run")
    await client.hear("session_joined")
    await http.post(URL, json=frame(0))
    assert (await client.hear("frame_processed"))["frame_count"] == 1


async def test_a_packed_body_is_unpacked_while_it_comes(http, mongo_archive):
    body = gzip.compress(json.dumps([frame(index) for index in range(300)]).encode())
    answer = await http.post(
        URL, content=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
    )
    assert answer.json()["frames"] == 300
    assert len(await stored(mongo_archive)) == 300


async def test_statistics_come_with_units_and_agree_with_the_library(http, mongo_archive):
    import analytics

    await http.post(URL, json=[frame(index) for index in range(30)])
    pages, cursor = [], None
    while True:
        page = (
            await http.get("/api/workouts/run/stats", params={"limit": 12, **({"cursor": cursor} if cursor else {})})
        ).json()
        pages.append(page)
        if (cursor := page["next_cursor"]) is None:
            break
    assert [len(page["rows"]) for page in pages] == [12, 12, 6]
    names = [column["name"] for column in pages[0]["columns"]]
    assert {column["name"]: column["unit"] for column in pages[0]["columns"]}["contact_pct"] == "%"
    assert {page["parameters"]["metric"] for page in pages} == {"frame_stats"}
    assert set(pages[0]["parameters"]) == {"metric", "kind", "loaded_above", "cop_floor_n", "saturation", "side"}
    expected = analytics.frame_stats(await stored(mongo_archive))
    assert names == list(expected.columns)
    rows = np.array([row[3:] for page in pages for row in page["rows"]], float)
    np.testing.assert_array_equal(rows, expected.to_numpy())
    assert [row[1] for page in pages for row in page["rows"]] == list(range(30))


@pytest.mark.parametrize("name", ["npz", "csv", "parquet"])
async def test_a_stream_is_exported_in_each_format_and_read_back(name, http, mongo_archive, tmp_path):
    await http.post(URL, content=framed(JOIN, batch(0, 6)), headers=BINARY)
    answer = await http.get("/api/workouts/run/export", params={"stream": "left", "format": name})
    assert answer.headers["Content-Disposition"] == f"attachment; filename=run-left.{name}"
    (tmp_path / f"x.{name}").write_bytes(answer.content)
    (back,) = read_file(tmp_path / f"x.{name}")
    np.testing.assert_array_equal(back.frames, (await stored(mongo_archive, "left")).frames)


async def test_a_file_for_another_program_is_given_or_refused_with_the_reason(http, tmp_path):
    await http.post(URL, content=framed(JOIN, batch(0, 6)), headers=BINARY)
    asked = {"stream": "left", "format": "mat"}
    answer = await http.get("/api/workouts/run/export", params=asked)
    assert answer.headers["Content-Disposition"] == "attachment; filename=run-left.mat"
    (tmp_path / "x.mat").write_bytes(answer.content)
    left = scipy.io.loadmat(tmp_path / "x.mat", simplify_cells=True)["left"]
    np.testing.assert_array_equal(left["frames"], np.arange(24).reshape(6, 2, 2))
    np.testing.assert_array_equal(left["columns"]["raw_sum"], np.arange(24).reshape(6, 4).sum(axis=1))
    for name in ("c3d", "mot"):
        answer = await http.get("/api/workouts/run/export", params=asked | {"format": name})
        assert answer.status_code == 400
        assert "unit: expected a pressure or force a cell, got counts" in answer.text
        assert "Content-Disposition" not in answer.headers


async def test_a_whole_session_is_one_file(http, mongo_archive, tmp_path):
    await http.post(URL, content=framed(JOIN, batch(0, 6)), headers=BINARY)
    answer = await http.get("/api/workouts/run/export/session")
    assert answer.headers["Content-Disposition"] == "attachment; filename=run.zip"
    (tmp_path / "x.zip").write_bytes(answer.content)
    (back,) = read_file(tmp_path / "x.zip")
    np.testing.assert_array_equal(back.frames, (await stored(mongo_archive, "left")).frames)
    span = {"format": "xlsx", "start": (T0 + 20_000) / 1e6, "stop": (T0 + 40_000) / 1e6}
    answer = await http.get("/api/workouts/run/export/session", params=span)
    (tmp_path / "x.xlsx").write_bytes(answer.content)
    assert pd.read_excel(tmp_path / "x.xlsx", sheet_name="left")["raw_sum"].tolist() == [38, 54, 70]
    answer = await http.get("/api/workouts/run/export/session", params={"format": "tar"})
    assert answer.status_code == 400
    assert (await http.get("/api/workouts/none/export/session")).status_code == 404
