"""The list of sessions: its pictures, its selection, its dialogs, and files that become sessions."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import numpy as np
import pytest
from quart import Quart

from analytics import peak_map
from barograph import files
from barograph import settings as settings_module
from barograph.frames import Layout, Recording
from barograph.store.ports import About
from dashboard.dialogs import callbacks as dialogs
from dashboard.dialogs import forms
from dashboard.drawing import map_image
from dashboard.feed import moment_routes
from dashboard.reading import thumbs
from dashboard.reading.overview import Span
from dashboard.reading.sources import Sources
from dashboard.results import exporting
from dashboard.sessions import selection, session_list, uploads


@pytest.fixture
def pages(tmp_path, memory_archive, memory_live) -> Sources:
    return Sources(settings_module.load(data_dir=tmp_path, ingest_port=1), memory_archive, memory_live)


@pytest.fixture
def client(memory_archive):
    app = Quart(__name__)
    moment_routes.register(app, memory_archive)
    thumbs.register(app, memory_archive)
    uploads.register(app, memory_archive, 1 << 20)
    return app.test_client()


async def test_the_picture_of_a_session_is_its_largest_pressures_cell_by_cell(remembered, client, memory_archive):
    walk = await remembered(seconds_ago=3600).begin()
    for side in ("left", "right"):
        await walk.store(side, walk.block(side, 500))
    workout = await memory_archive.workout("walk")
    answer = await client.get(thumbs.path(workout))
    svg = (await answer.get_data()).decode()
    assert answer.content_type.startswith("image/svg+xml")
    assert answer.headers["Cache-Control"] == "private, no-cache"
    (left, _right) = re.findall(r'href="(data:image/png[^"]+)"', svg)
    known = peak_map(walk.recordings["left"].part(0, 500)).to_numpy()
    scale = map_image.Scale(400.0, "kPa")
    shown = map_image.MapPicture(walk.recordings["left"].layout, known, scale, "", fine=thumbs.FINE)
    assert left == shown.png()


async def test_the_address_of_a_picture_changes_with_what_is_stored(remembered, memory_archive):
    walk = await remembered(seconds_ago=3600).begin("left")
    assert thumbs.path(await memory_archive.workout("walk")) == "", "nothing is drawn of nothing"
    await walk.store("left", walk.block("left", 100))
    first = thumbs.path(await memory_archive.workout("walk"))
    assert first == thumbs.path(await memory_archive.workout("walk"))
    await walk.store("left", walk.block("left", 100))
    assert thumbs.path(await memory_archive.workout("walk")) != first


async def test_a_session_without_frames_or_that_nobody_knows_has_no_picture(remembered, client):
    await remembered().begin("left")
    assert (await client.get("/thumb/walk")).status_code == 404
    assert (await client.get("/thumb/nobody")).status_code == 404


def test_rows_of_other_pages_stay_selected():
    old, new, other = ({"id": name, "athlete": "A", "layout": ["mat 2 × 2"], "begun_us": 1} for name in "abc")
    assert [row["id"] for row in selection.merged([old, other], [old, new], [new])] == ["c", "b"]


def test_a_selection_says_whether_it_goes_together():
    a = {"id": "a", "athlete": "Athlete 1", "layout": ["insole 60 × 21"]}
    assert selection.alike([a]) == ""
    assert selection.alike([a, {**a, "id": "b"}]) == "same athlete, same layout"
    assert selection.alike([a, {**a, "athlete": "B", "layout": []}]) == "different athletes, different layouts"


async def test_tags_are_put_on_and_taken_off_and_the_rest_stays(pages, remembered):
    about = About("Athlete 12", "Walk", 75.0, ("rehab",))
    await remembered("walk-1", about=about).begin("left")
    await remembered("walk-2").begin("left")
    assert await dialogs.change(pages, "tag", ["walk-1", "walk-2", "gone"], {"tags": [" season ", "rehab", ""]}) == ""
    assert (await pages.archive.workout("walk-1")).about == About("Athlete 12", "Walk", 75.0, ("rehab", "season"))
    assert (await pages.archive.workout("walk-2")).about.tags == ("season", "rehab")
    assert await dialogs.change(pages, "untag", ["walk-1", "walk-2"], {"tags": ["rehab"]}) == ""
    assert (await pages.archive.workout("walk-2")).about.tags == ("season",)
    assert "Nothing was changed" in await dialogs.change(pages, "tag", ["walk-1"], {"tags": ["  "]})


async def test_sessions_are_erased_only_when_the_word_is_typed(pages, remembered):
    for name in ("walk-1", "walk-2"):
        await remembered(name).begin("left")
    for typed in (None, "", "erase", "walk-1"):
        assert "Nothing was erased" in await dialogs.change(pages, "erase", ["walk-1", "walk-2"], {"typed": typed})
    assert len(await pages.archive.workouts()) == 2
    assert await dialogs.change(pages, "erase", ["walk-1", "walk-2"], {"typed": "erase 2"}) == ""
    assert await pages.archive.workouts() == []


async def test_a_dialog_of_an_erased_session_or_a_wish_nobody_knows_says_so(pages, remembered):
    await remembered().begin("left")
    for what, name in (("edit", "gone"), ("nonsense", "walk")):
        _, content = await dialogs.shown(pages, what, [name], "")
        assert [type(one) for one in content] == [type(forms.gone()[0])]


def test_two_that_are_selected_are_compared_the_older_as_a():
    rows = [{"id": name, "athlete": "A", "layout": [], "begun_us": us} for name, us in (("new", 2), ("old", 1))]
    assert "/compare?a=old&b=new" in str(selection.bar(rows))
    assert "/compare" not in str(selection.bar([*rows, {**rows[0], "id": "third"}]))
    assert "/compare" not in str(selection.bar(rows[:1]))


async def test_what_is_like_a_session_stands_first_beside_it_and_its_part_goes_along(pages, remembered):
    for name, about, ago in (("here", About("A", "Walk"), 100), ("like", About("A", "Walk"), 9000),
                             ("kind", About("A", "Run"), 50), ("other", About("B", "Walk"), 10)):  # fmt: skip
        walk = await remembered(name, about=about, seconds_ago=ago).begin("left")
        await walk.store("left", walk.block("left", 500))
    await remembered("empty", about=About("A", "Walk")).begin("left")
    title, content = await dialogs.shown(pages, "compare", ["here"], "?from=1&to=3")
    links = re.findall(r'href="([^"]+)"', getattr(content[1], "data-markup"))
    assert title == "Compare with"
    assert [link.replace("&amp;", "&") for link in links] == [
        "/compare?a=like&b=here&b0=1.000&b1=3.000",
        "/compare?a=here&b=kind&a0=1.000&a1=3.000",
        "/compare?a=here&b=other&a0=1.000&a1=3.000",
        "/compare?a=here&b=here&b0=1.000&b1=3.000",
    ]


def test_a_file_is_of_the_part_that_is_selected_and_its_name_is_escaped():
    path = exporting.path("a b/c", "left", "npz", Span(10, 20))
    assert path == "/data/a%20b%2Fc/left/export?format=npz&start_us=10&stop_us=20"


async def test_a_row_says_gaps_as_a_count_and_as_time(remembered, memory_archive):
    walk = await remembered(seconds_ago=60).begin("left")
    await walk.store("left", walk.block("left", 100))
    assert session_list.row(await memory_archive.workout("walk"))["gaps"] == "0"


def plate(path, n: int = 3, **more: Any) -> None:
    frames = np.arange(n * 12, dtype=np.uint16).reshape(n, 3, 4)
    times_us = time.time_ns() // 1000 - 10**9 + 10_000 * np.arange(n)
    files.write(path, Recording(frames, times_us, Layout(rows=3, cols=4, dtype="uint16"), **more), "npz")


async def sent(client, path, *names: str) -> list[dict[str, object]]:
    query = [("name", name) for name in (path.name, *names)]
    answer = await client.post("/import", query_string=query, data=path.read_bytes())
    return [json.loads(line) for line in (await answer.get_data(as_text=True)).splitlines()]


async def test_a_file_says_how_far_it_is_and_what_became_of_it(client, tmp_path, memory_archive):
    plate(tmp_path / "walk-left.npz")
    first, *_, last = await sent(client, tmp_path / "walk-left.npz", "walk-right.npz")
    assert first == {"done": 0, "frames": 3}
    assert last == {"stored": 3, "frames": 3, "workout": "walk"}
    assert [info.stream.stream for info in (await memory_archive.workout("walk")).streams] == ["walk-left"]
    assert (await sent(client, tmp_path / "walk-left.npz", "walk-right.npz"))[-1]["stored"] == 0


async def test_what_a_file_leaves_open_is_said_when_it_is_stored(client, tmp_path):
    gap = {"doubts": ["FRAME 3 to 4 are not in the file"], "assumed": "Date and Time are UTC"}
    plate(tmp_path / "walk.npz", provenance=gap)
    last = (await sent(client, tmp_path / "walk.npz"))[-1]
    assert last["remarks"] == ["walk: FRAME 3 to 4 are not in the file", "walk: assumed: Date and Time are UTC"]


async def test_a_file_that_does_not_say_it_asks_and_takes_the_answer(client, tmp_path, memory_archive):
    np.savez(tmp_path / "walkway.npz", arr_0=np.ones((5, 4, 3), np.float32))
    (tmp_path / "mat.csv").write_text("t,a,b\n0,1,2\n0.5,3,4\n", "utf-8")

    async def told(name: str, **answers: str) -> dict[str, object]:
        query = {"name": name, **answers}
        answer = await client.post("/import", query_string=query, data=(tmp_path / name).read_bytes())
        return json.loads((await answer.get_data(as_text=True)).splitlines()[-1])

    asked = await told("walkway.npz")
    assert asked["asks"] == ["rate", "pitch", "unit"]
    assert await memory_archive.workouts() == []
    assert (await told("walkway.npz", rate="100", pitch="5", unit="kPa"))["stored"] == 5
    layout = (await memory_archive.workout("walkway")).streams[0].layout
    assert (layout.pitch_mm, layout.unit) == ((5.0, 5.0), "kPa")
    asked = await told("mat.csv")
    assert asked["asks"] == ["map"]
    assert set(asked["unknown"]) == {"rows", "cols", "unit"}
    text = asked["map"].replace("# rows =", "rows = 1 #").replace("# cols =", "cols = 2 #")
    assert (await told("mat.csv", map=text))["stored"] == 2
    wrong = (await told("mat.csv", map=text.replace("header_lines = 1", "header_lines = 0")))["error"]
    assert "mat.csv: expected lines of titles" in wrong
    assert "expected" in (await told("walkway.npz", rate="fast")).get("message", "")
    # A geometry is a name: no path of this machine is read for whoever asks.
    assert "geometry: expected one of" in (await told("mat.csv", map=text, geometry="/etc/hosts.csv"))["message"]


async def test_a_file_without_a_date_is_asked_for_one_and_says_which_it_got(client, tmp_path, memory_archive):
    frames, layout = np.ones((3, 3, 4), np.uint16), Layout(rows=3, cols=4, dtype="uint16")
    files.write(tmp_path / "bare.npz", Recording(frames, np.arange(3) * 10_000, layout), "npz")
    body = (tmp_path / "bare.npz").read_bytes()

    async def told(query: str) -> dict[str, object]:
        answer = await client.post(f"/import?name=bare.npz{query}", data=body)
        return json.loads((await answer.get_data(as_text=True)).splitlines()[-1])

    assert await told("&ask=1") == {"undated": True, "frames": 3, "workout": "bare"}
    assert await memory_archive.workouts() == []
    assert "start: expected a time from the year 2000" in (await told("&start_us=5"))["error"]
    assert (await told("&start_us=1790000000000000"))["date"] == "begin as given at import"
    assert (await memory_archive.workout("bare")).streams[0].first_us == 1_790_000_000_000_000
    for late in (time.time_ns() // 1000 + 10**9, 10**18 - 1):
        assert "from the year 2000 on, up to now, got " in (await told(f"&start_us={late}"))["error"]
    assert (await client.post("/import?name=bare.npz&start_us=soon", data=body)).status_code == 400
    other = await client.post("/import?name=other.npz", data=body)
    assert json.loads((await other.get_data(as_text=True)).splitlines()[-1])["date"] == "date unknown"


async def test_a_file_that_cannot_be_read_says_why_and_not_where_it_lay(client, tmp_path):
    (tmp_path / "notes.txt").write_text("nothing")
    (told,) = await sent(client, tmp_path / "notes.txt")
    assert "notes.txt" in told["error"]
    assert "barograph-" not in told["error"]


async def test_a_file_that_is_too_large_or_has_no_name_is_refused(client, tmp_path, memory_archive):
    large = await client.post("/import?name=a.npz", data=bytes((1 << 20) + 1))
    assert (large.status_code, (await large.get_json())["message"][:31]) == (413, "file: expected at most 1 MiB, g")
    many = await client.post("/import?" + "name=a&" * 201)
    assert (many.status_code, (await many.get_json())["field"]) == (400, "name")
    assert (await client.post("/import", data=b"x")).status_code == 400
    assert await memory_archive.workouts() == []


@pytest.mark.parametrize(
    ("names", "workout"),
    [(["walk-left.asf", "walk-right.asf"], "walk"), (["a.csv"], "a"), (["a.csv", "b.csv"], "a"), (["..", "/"], "file")],
)
def test_files_that_come_together_are_one_session(names, workout):
    assert uploads.workout_name(names) == workout


async def test_an_import_says_whose_it_is_at_once_or_afterwards(client, tmp_path, memory_archive):
    path = tmp_path / "bare.npz"
    plate(path)
    body = path.read_bytes()
    assert (await client.post("/import?name=bare.npz&athlete=+Ada+", data=body)).status_code == 200
    assert (await memory_archive.workout("bare")).about.athlete == "Ada"
    await memory_archive.describe("bare", About(athlete="Ada", kind="Walking", tags=("rehab",)))
    assert (await client.post("/import/athlete?workout=bare&athlete=Grace")).status_code == 204
    assert (await memory_archive.workout("bare")).about == About(athlete="Grace", kind="Walking", tags=("rehab",))
    for query, status in ((f"workout=bare&athlete={'x' * 5000}", 400), ("workout=other&athlete=A", 404)):
        assert (await client.post(f"/import/athlete?{query}")).status_code == status
    long = await client.post(f"/import?name=bare.npz&athlete={'x' * 5000}", data=body)
    assert long.status_code == 400
