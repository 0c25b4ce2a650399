"""Masks and corrected prints over HTTP: kept, withdrawn, copied, with what is wrong named."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from served import serving

from barograph.frames import Layout, Stream
from barograph.store.ports import About
from barograph.store.roster import Athlete

RUN, NEXT = "/api/workouts/run", "/api/workouts/next"
T0 = 1_767_225_600_000_000
MASK = {"stream": "plate", "side": "right", "scope": "session", "reason": "by palpation", "labels": [9, 10, 1, 2],
        "ground": {"places": "foot", "rows": 2, "cols": 2, "pitch_mm": [5, 5], "length_mm": 250}}  # fmt: skip
FIX = {"stream": "plate", "do": "split", "mark": "5:1:2", "line": [[0, 0], [1.5, 2]]}


@pytest.fixture
async def http(memory_archive, memory_live, tmp_path):
    layout = Layout(rows=4, cols=3, dtype="uint8", pitch_mm=(5.0, 5.0), kind="plate")
    async with (
        serving(memory_archive, memory_live, tmp_path) as ingest,
        httpx.AsyncClient(base_url=ingest.http_url, headers=ingest.owner, timeout=30) as client,
    ):
        await memory_archive.roster.add(Athlete("Ada"), now_us=T0)
        for name in ("run", "next"):
            await memory_archive.note(name, now_us=T0, about=About("Ada"))
            await memory_archive.open(Stream(name, "plate"), epoch="a", numbered=True, now_us=T0)
            await memory_archive.fix_layout(Stream(name, "plate"), layout, (), 1)
        yield client


async def test_masks_are_kept_read_withdrawn_and_copied(http: httpx.AsyncClient) -> None:
    made = await http.post(f"{RUN}/masks", json=MASK)
    assert (made.status_code, made.json()["number"], made.json()["labels"]) == (201, 2, MASK["labels"])
    assert (await http.get(f"{RUN}/masks/2")).json() == made.json()
    listed = (await http.get(f"{RUN}/masks")).json()
    head = {name: value for name, value in made.json().items() if name != "labels"}
    assert listed == {"masks": [head], "of_athlete": [], "next": 3}
    withdrawn = (await http.put(f"{RUN}/masks/2", json={"withdrawn": True})).json()
    assert withdrawn["withdrawn_us"] > 0
    assert (await http.post(f"{NEXT}/masks/copy", json={"from": "run"})).status_code == 400
    assert (await http.put(f"{RUN}/masks/2", json={"withdrawn": False})).json() == head
    copied = await http.post(f"{NEXT}/masks/copy", json={"from": "run", "number": 2})
    assert (copied.status_code, [one["copied_from"] for one in copied.json()["masks"]]) == (201, ["run"])


async def test_corrected_prints_are_kept_read_and_withdrawn(http: httpx.AsyncClient) -> None:
    made = await http.post(f"{RUN}/print-corrections", json={"items": [FIX], "reason": "two feet"})
    assert (made.status_code, made.json()["number"], made.json()["items"]) == (201, 1, [FIX])
    assert (await http.get(f"{RUN}/print-corrections")).json() == {"prints": [made.json()]}
    assert (await http.put(f"{RUN}/print-corrections/1", json={"withdrawn": True})).json()["withdrawn_us"] > 0


@pytest.mark.parametrize(
    ("path", "said", "status", "field"),
    [
        ("masks", {}, 400, "stream"),
        ("masks", MASK | {"labels": [99]}, 400, "labels"),
        ("masks", MASK | {"labels": "x"}, 400, "labels"),
        ("masks", MASK | {"stream": "other"}, 404, "workout_id"),
        ("masks", MASK | {"ground": {"places": "foot"}}, 400, "ground"),
        ("masks", MASK | {"label": []}, 400, "label"),
        ("masks/copy", {"from": "other"}, 404, "workout_id"),
        ("masks/copy", {}, 400, "from"),
        ("print-corrections", {"items": [{"do": "turn"}]}, 400, "items"),
        ("print-corrections", {"items": "x"}, 400, "items"),
    ],
)
async def test_what_is_wrong_is_named(
    path: str, said: dict[str, Any], status: int, field: str, http: httpx.AsyncClient
) -> None:
    answer = await http.post(f"{RUN}/{path}", json=said)
    assert (answer.status_code, answer.json()["error"].get("field")) == (status, field), answer.json()
    assert (await http.get(f"{RUN}/masks")).json()["masks"] == []


async def test_what_is_not_there_is_404(http: httpx.AsyncClient) -> None:
    for method, path, said in (
        ("GET", "/api/workouts/other/masks", None),
        ("GET", f"{RUN}/masks/2", None),
        ("PUT", f"{RUN}/masks/99999999999999999999", {"withdrawn": True}),
        ("GET", "/api/workouts/other/print-corrections", None),
        ("PUT", f"{RUN}/print-corrections/1", {"withdrawn": True}),
    ):
        assert (await http.request(method, path, json=said)).status_code == 404, path
