"""The table of who gets what: one row a route or callback, one letter for each of the cast."""

from __future__ import annotations

import json
import time
from typing import Any

USERS = ("scientist", "stranger", "analyst", "athlete", "other", "admin")
DASHBOARD_CAST = ("nobody", "share", *USERS, "owner")
INGEST_CAST = ("elsewhere", *USERS, "reasoned", "owner", "machine")

SPAN = "start_us=0&stop_us=1"
EVER = "start_us=0&stop_us=99999999999999999"
T = "t_us=1790000000000000"
TRIAL = {"protocol": "cmj", "start_us": 1_790_000_000_000_000, "stop_us": 1_790_000_006_000_000}
MASK = {"stream": "left", "side": "left", "scope": "session", "reason": "as found"}
DRAWN = {"stream": "left", "side": "left", "labels": [1] * (60 * 21)}
AXIS = {"stream": "left", "side": "left", "heel": [50.0, 240.0], "toe": [50.0, 20.0]}
WITHDRAWN, PRINTS = {"json": {"withdrawn": False}}, {"json": {"items": []}}
FRAME = {"matrix": [[1.0, 2.0], [3.0, 4.0]], "stream": "new"}

Row = tuple[str, str, dict[str, Any], str]
# cast:       nobody share | scientist stranger analyst athlete other admin | owner
SHARED, READ, KNOWN = "x++-++--+", "xx+-++--+", "xx+++++++"
ROSTER, PROPOSAL = "xx++----+", "/athletes/proposals/<uid>/<any(confirm,new,dismiss):what>"
EVERY_PAGE, MARK, DESCRIBED = "x++++++++", "xx+-x+--+", "xx+-xx--+"
TESTS, OF_A_DAY = "xx++xxxx+", "xx+-xxxx+"
STATION = {"command": "station_add", "station": "A"}
MASS = {"act": "measurement", "revision": 1, "fields": {"kind": "mass_kg", "value": "68.4", "day": "2026-01-02"}}
SETS = {
    "goal": {"measure": "force", "side": "left", "basis": "usual", "low": 105.0, "high": 115.0},
    "sets": [{"count": 20, "inside": 13, "best": 7, "over": 2, "stop_ms": int(1000 * time.time())}],
    "load_ns": 4000.0, "steps": 40,
}  # fmt: skip
LABEL = {"t_us": 1_700_000_000_000_000, "label": "x"}
PULSE = {
    "output": "again.data", "outputs": {"id": "again", "property": "data"}, "state": [],
    "inputs": [{"id": "away-pulse", "property": "n_intervals", "value": 1}],
    "changedPropIds": ["away-pulse.n_intervals"],
}  # fmt: skip
DASHBOARD: list[Row] = [
    ("GET /assets/<path:name>", "/assets/core/main.mjs", {}, EVERY_PAGE),
    ("GET /assets/<path:filename>", "/assets/core/main.mjs", {}, EVERY_PAGE),
    (
        "GET /_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
        "/_dash-component-suites/dash/dash-renderer/build/dash_renderer.min.js",
        {},
        EVERY_PAGE,
    ),
    ("GET /_dash-layout", "/_dash-layout", {}, EVERY_PAGE),
    ("GET /_dash-dependencies", "/_dash-dependencies", {}, EVERY_PAGE),
    ("GET /_favicon.ico", "/_favicon.ico", {}, EVERY_PAGE),
    ("GET /_reload-hash", "/_reload-hash", {}, KNOWN),
    ("POST /_dash-update-component", "/_dash-update-component", {"json": PULSE}, EVERY_PAGE),
    ("GET /metrics", "/metrics", {}, "+++++++++"),  # of this machine, whoever asks
    ("POST /hidden", "/hidden", {"data": b"a text"}, KNOWN),
    ("GET /docs", "/docs", {}, KNOWN),
    ("GET /docs/", "/docs/", {}, KNOWN),
    ("GET /docs/<path:name>", "/docs/nothing-of-this-name", {}, "xx-------"),
    ("GET /", "/", {}, KNOWN),
    ("GET /<path:path>", "/live/{w}", {}, EVERY_PAGE),
    ("GET /<path:path>", "/session/{w}", {}, EVERY_PAGE),
    ("GET /<path:path>", "/live", {}, KNOWN),
    ("GET /<path:path>", "/system", {}, "xx-----++"),
    ("GET /athlete/<workout_id>", "/athlete/{w}", {}, SHARED),
    ("GET /feedback/<workout_id>", "/feedback/{w}", {}, SHARED),
    ("GET /feedback/<workout_id>/usual", "/feedback/{w}/usual", {}, SHARED),
    ("POST /data/<workout_id>/feedback", "/data/{w}/feedback", {"json": SETS}, MARK),
    ("GET /data/<workout_id>", "/data/{w}", {}, SHARED),
    ("GET /data/<workout_id>/progress", "/data/{w}/progress", {}, SHARED),
    ("GET /data/<workout_id>/glance", f"/data/{{w}}/glance?{SPAN}", {}, SHARED),
    ("GET /data/<workout_id>/highest", f"/data/{{w}}/highest?{SPAN}", {}, SHARED),
    ("GET /data/<workout_id>/numbers", f"/data/{{w}}/numbers?{T}", {}, SHARED),
    ("GET /data/<workout_id>/<stream>/frame", f"/data/{{w}}/left/frame?{T}", {}, SHARED),
    ("GET /data/<workout_id>/<stream>/samples", f"/data/{{w}}/left/samples?{SPAN}", {}, SHARED),
    ("GET /data/<workout_id>/<stream>/frames", f"/data/{{w}}/left/frames?{SPAN}&step_us=0", {}, SHARED),
    ("GET /data/<workout_id>/<stream>/columns", f"/data/{{w}}/left/columns?{SPAN}&keys=total_n", {}, SHARED),
    ("GET /data/<workout_id>/<stream>/regions", "/data/{w}/left/regions", {}, SHARED),
    (
        "GET /data/<workout_id>/<stream>/export",
        f"/data/{{w}}/left/export?format=csv&{EVER}",
        {},
        READ,
    ),
    ("GET /data/<workout_id>/export", f"/data/{{w}}/export?format=zip&{EVER}", {}, READ),
    (
        "POST /data/<workout_id>/markers",
        "/data/{w}/markers",
        {"json": LABEL},
        MARK,
    ),
    ("GET /data/<workout_id>/masks", "/data/{w}/masks", {}, SHARED),
    ("GET /data/<workout_id>/mask-ground", "/data/{w}/mask-ground?stream=left&side=left", {}, READ),
    ("POST /data/<workout_id>/mask-numbers", "/data/{w}/mask-numbers", {"json": DRAWN}, READ),
    ("POST /data/<workout_id>/mask-division", "/data/{w}/mask-division", {"json": AXIS}, READ),
    ("GET /data/<string:workout_id>/masks/<int:number>", "/data/{w}/masks/2", {}, SHARED),
    ("POST /data/<workout_id>/masks", "/data/{w}/masks", {"json": MASK}, DESCRIBED),
    ("PUT /data/<string:workout_id>/masks/<int:number>", "/data/{w}/masks/2", WITHDRAWN, DESCRIBED),
    ("POST /data/<workout_id>/masks/copy", "/data/{w}/masks/copy", {"json": {"from": "walk-nobody"}}, DESCRIBED),
    ("GET /data/<workout_id>/print-corrections", "/data/{w}/print-corrections", {}, SHARED),
    ("POST /data/<workout_id>/print-corrections", "/data/{w}/print-corrections", PRINTS, DESCRIBED),
    (
        "PUT /data/<string:workout_id>/print-corrections/<int:number>",
        "/data/{w}/print-corrections/1",
        WITHDRAWN,
        DESCRIBED,
    ),
    ("POST /data/<workout_id>/share", "/data/{w}/share", {"json": {"view": "live", "query": "", "life_s": 60}}, MARK),
    ("POST /data/athletes/<athlete_uid>", "/data/athletes/{a}", {"json": MASS}, "xx+-xxxx+"),
    ("GET /data/<workout_id>/shares", "/data/{w}/shares", {}, MARK),
    ("POST /data/<workout_id>/shares/<uid>/revoke", "/data/{w}/shares/share-{w}/revoke", {"json": {}}, MARK),
    ("GET /wall/<team>", "/wall/{team}", {}, "xx+-+---+"),
    ("GET /wall/<team>/live", "/wall/{team}/live", {}, "xx+-+---+"),
    ("GET /thumb/<workout_id>", "/thumb/{w}", {}, READ),
    ("GET /report/<workout_id>", "/report/{w}", {}, READ),
    ("GET /report/team/<team>", "/report/team/{team}", {}, "xx+-+---+"),
    ("GET /report/athlete/<athlete_uid>", "/report/athlete/{a}", {}, "xx+-++--+"),
    ("GET /compare/report", "/compare/report?a={w}&b={w}", {}, READ),
    ("GET /athletes/export.csv", "/athletes/export.csv", {}, "xx+++---+"),
    ("GET /athletes/new", "/athletes/new", {}, ROSTER),
    ("POST /athletes/new", "/athletes/new", {"form": {"name": "New One", "teams": "{team}"}}, ROSTER),
    ("GET /athletes/import", "/athletes/import", {}, ROSTER),
    ("POST /athletes/import", "/athletes/import", {"data": b"name\nNew Two\n"}, ROSTER),
    ("GET /athletes/proposals", "/athletes/proposals", {}, ROSTER),
    (f"POST {PROPOSAL}", "/athletes/proposals/unknown/dismiss", {}, "xx-------"),
    ("GET /athletes/merge", "/athletes/merge", {}, ROSTER),
    ("POST /athletes/merge", "/athletes/merge", {"form": {"kept": "unknown", "other": "unknown"}}, "xx-------"),
    ("GET /athletes/<uid>/trend", "/athletes/{a}/trend?measure=cadence_spm", {}, "xx+-++--+"),
    ("GET /record/days", "/record/days", {}, TESTS),
    ("POST /record/days", "/record/days", {"json": {"title": "Monday"}}, TESTS),
    ("GET /record/days/<day_id>", "/record/days/{day}", {}, OF_A_DAY),
    ("POST /record/days/<day_id>/do", "/record/days/{day}/do", {"json": STATION}, OF_A_DAY),
    ("GET /record/choices/athletes", "/record/choices/athletes?text=a", {}, TESTS),
    ("GET /record/choices/protocols", "/record/choices/protocols", {}, TESTS),
    ("GET /record/choices/devices", "/record/choices/devices", {}, TESTS),
    ("GET /record/days/<day_id>/ready", "/record/days/{day}/ready?station=A", {}, OF_A_DAY),
    ("GET /record/days/<day_id>/found", "/record/days/{day}/found?station=A", {}, OF_A_DAY),
    ("GET /record/days/<day_id>/review", "/record/days/{day}/review?station=A", {}, OF_A_DAY),
    ("GET /record/days/<day_id>/last", "/record/days/{day}/last?station=A", {}, OF_A_DAY),
    ("DELETE /record/days/<day_id>", "/record/days/{day}", {}, "xx+-xxxx-"),
    ("GET /stored", "/stored?workout={w}&uid=x", {}, KNOWN),
    ("POST /import", "/import?name=x.csv", {"data": b"x"}, "xx++xxxx+"),
    ("POST /import/look", "/import/look", {"data": b"t,a,b,c\n0,1,2,3\n1,1,2,3\n"}, "xx++xxxx+"),
    ("POST /import/athlete", "/import/athlete?workout={w}&athlete=Ada+Longname", {}, "xx+-xxxx+"),
]
# cast:       elsewhere | scientist stranger analyst athlete other admin reasoned | owner machine
OF_ONE, RAW, OF_MANY, TOLD = "x+-++--++x", "x+-++--x+x", "x++++++++x", "x+++++++++"
ARCHIVE = "/api/archive/workouts"
RECORDING = {"data": b"x", "headers": {"Content-Type": "application/octet-stream"}}
INGEST: list[Row] = [
    ("GET /openapi.json", "/openapi.json", {}, TOLD),
    ("GET /asyncapi.json", "/asyncapi.json", {}, TOLD),
    ("GET /docs", "/docs", {}, TOLD),
    ("GET /healthz", "/healthz", {}, "++++++++++"),
    ("GET /readyz", "/readyz", {}, "++++++++++"),
    ("GET /metrics", "/metrics", {}, TOLD),
    ("GET /api/workouts", "/api/workouts", {}, OF_MANY),
    ("POST /api/workouts", "/api/workouts", {"json": {}}, "x++xxxxx+x"),
    ("GET /api/workouts/<workout_id>", "/api/workouts/{w}", {}, OF_ONE),
    ("GET /api/workouts/<workout_id>", "/api/workouts/{w}?include=timeSeriesData&stream=left", {}, RAW),
    ("GET /api/workouts/<workout_id>/frames", "/api/workouts/{w}/frames?stream=left", {}, RAW),
    ("GET /api/workouts/<workout_id>/stats", "/api/workouts/{w}/stats?stream=left", {}, OF_ONE),
    ("GET /api/workouts/<workout_id>/gaps", "/api/workouts/{w}/gaps?stream=left", {}, OF_ONE),
    ("GET /api/workouts/<workout_id>/export", "/api/workouts/{w}/export?stream=left&format=csv", {}, RAW),
    ("GET /api/workouts/<workout_id>/export/session", "/api/workouts/{w}/export/session", {}, RAW),
    ("GET /api/workouts/<workout_id>/markers", "/api/workouts/{w}/markers", {}, OF_ONE),
    ("POST /api/workouts/<workout_id>/markers", "/api/workouts/{w}/markers", {"json": {"label": "x"}}, "x+-x+--x++"),
    ("GET /api/workouts/<workout_id>/trials", "/api/workouts/{w}/trials", {}, OF_ONE),
    ("GET /api/workouts/<workout_id>/trials/changes", "/api/workouts/{w}/trials/changes", {}, OF_ONE),
    ("POST /api/workouts/<workout_id>/trials", "/api/workouts/{w}/trials", {"json": TRIAL}, "x+-xx--x+x"),
    ("GET /api/workouts/<string:workout_id>/trials/<int:number>", "/api/workouts/{w}/trials/1", {}, OF_ONE),
    (
        "PUT /api/workouts/<string:workout_id>/trials/<int:number>",
        "/api/workouts/{w}/trials/1",
        {"json": {"state": "accepted"}},
        "x+-xx--x+x",
    ),
    ("GET /api/protocols", "/api/protocols", {}, OF_MANY),
    ("GET /api/test-days", "/api/test-days", {}, "x++xxxxx+x"),
    ("POST /api/test-days", "/api/test-days", {"json": {"title": "Monday"}}, "x++xxxxx+x"),
    ("GET /api/test-days/<day_id>", "/api/test-days/{day}", {}, "x+-xxxxx+x"),
    ("POST /api/test-days/<day_id>/commands", "/api/test-days/{day}/commands", {"json": STATION}, "x+-xxxxx+x"),
    ("DELETE /api/test-days/<day_id>", "/api/test-days/{day}", {}, "x+-xxxxx-x"),
    ("GET /api/workouts/<workout_id>/masks", "/api/workouts/{w}/masks", {}, OF_ONE),
    ("GET /api/workouts/<string:workout_id>/masks/<int:number>", "/api/workouts/{w}/masks/2", {}, OF_ONE),
    ("POST /api/workouts/<workout_id>/masks", "/api/workouts/{w}/masks", {"json": MASK}, "x+-xx--x+x"),
    (
        "PUT /api/workouts/<string:workout_id>/masks/<int:number>",
        "/api/workouts/{w}/masks/2",
        WITHDRAWN,
        "x+-xx--x+x",
    ),
    (
        "POST /api/workouts/<workout_id>/masks/copy",
        "/api/workouts/{w}/masks/copy",
        {"json": {"from": "walk-nobody"}},
        "x+-xx--x+x",
    ),
    ("GET /api/workouts/<workout_id>/print-corrections", "/api/workouts/{w}/print-corrections", {}, OF_ONE),
    ("POST /api/workouts/<workout_id>/print-corrections", "/api/workouts/{w}/print-corrections", PRINTS, "x+-xx--x+x"),
    (
        "PUT /api/workouts/<string:workout_id>/print-corrections/<int:number>",
        "/api/workouts/{w}/print-corrections/1",
        WITHDRAWN,
        "x+-xx--x+x",
    ),
    ("POST /api/workouts/<workout_id>/frames", "/api/workouts/{w}/frames", {"json": FRAME}, "xxxxxxxx++"),
    ("PUT /api/workouts/<workout_id>", "/api/workouts/{w}", {"json": {"kind": "run"}}, "x+-xxxxx+x"),
    (f"GET {ARCHIVE}", ARCHIVE, {}, OF_MANY),
    (f"GET {ARCHIVE}/<workout_id>", f"{ARCHIVE}/{{w}}", {}, OF_ONE),
    (f"GET {ARCHIVE}/<workout_id>/keys", f"{ARCHIVE}/{{w}}/keys?stream=left", {}, RAW),
    (f"GET {ARCHIVE}/<workout_id>/blocks", f"{ARCHIVE}/{{w}}/blocks?stream=left&e=0&start=0&stop=9", {}, RAW),
    (f"GET {ARCHIVE}/<workout_id>/rollups", f"{ARCHIVE}/{{w}}/rollups?stream=left", {}, OF_ONE),
    (f"GET {ARCHIVE}/<workout_id>/origins", f"{ARCHIVE}/{{w}}/origins?stream=left", {}, OF_ONE),
    (f"POST {ARCHIVE}/<workout_id>/recording", f"{ARCHIVE}/{{w}}/recording?stream=left", RECORDING, "x+-xxxxx+x"),
    (
        f"PUT {ARCHIVE}/<workout_id>/calibration",
        f"{ARCHIVE}/{{w}}/calibration?stream=left",
        {"json": {"scale": 0.5}},
        "x+-xx--x+x",
    ),
    (
        f"POST {ARCHIVE}/<workout_id>/calibration/undo",
        f"{ARCHIVE}/{{w}}/calibration/undo?stream=left",
        {"json": {}},
        "x+-xx--x+x",
    ),
    (f"GET {ARCHIVE}/<workout_id>/calibrations", f"{ARCHIVE}/{{w}}/calibrations?stream=left", {}, OF_ONE),
    ("GET /api/archive/roster", "/api/archive/roster", {}, OF_MANY),
    ("GET /api/summaries", "/api/summaries", {}, OF_MANY),
    ("POST /api/summaries", "/api/summaries", {"json": {}}, OF_MANY),
    ("GET /api/norms", "/api/norms?kind=walk", {}, OF_MANY),
    ("POST /api/norms", "/api/norms", {"json": {"kind": "walk"}}, OF_MANY),
    # last: it erases
    ("DELETE /api/workouts/<workout_id>", "/api/workouts/{w}", {}, "x+-xx-+++x"),
    ("DELETE /api/athletes/<athlete_id>", "/api/athletes/{a}", {}, "xxxxxx---x"),
    ("GET /api/receipts/<receipt_id>", "/api/receipts/unknown", {}, "x--xxx---x"),
]
ONE = "/api/workouts/<workout_id>"
MAKE = (f"PUT {ONE}", f"POST {ONE}/frames", f"POST {ARCHIVE}/<workout_id>/recording")
# cast: as above but elsewhere and machine; 1: a session of their athlete, 2: one that is nobody's
LISTS = {"/api/workouts": "32110033", ARCHIVE: "32110033"}
# cast:       share | scientist stranger analyst athlete other admin | owner
PAGE, NOTHING_STORED, OF_LINKS = "x+-++--+", "x-------", "++-++--+"
PAGES = {
    "/": PAGE, "/live": PAGE, "/masks/{w}": PAGE, "/session/{w}": OF_LINKS, "/live/{w}": OF_LINKS,
    "/compare": NOTHING_STORED, "/system": NOTHING_STORED,
    "/athlete/Ada%20Longname/history": NOTHING_STORED, "/athletes": NOTHING_STORED, "/athletes/{a}": PAGE,
    "/nowhere": NOTHING_STORED,
}  # fmt: skip
ROW = {"id": "{w}", "athlete": None, "layout": None, "begun_us": None}
HERE = {"address": "/session/{w}"}
JUDGED = {"n": 1, "do": "judge", "number": 1, "state": "accepted"}
CALIBRATED = {"workout": "{w}", "piece": "", "part": [0, 1], "streams": ["left"], "stance": [None, None]}
CALLBACKS: dict[str, tuple[dict[str, Any], str]] = {
    "page.children": (HERE, OF_LINKS),
    "again.data": ({"away-pulse": 1}, NOTHING_STORED),
    "live-number.children nav-live.href": ({"live-count": 1}, PAGE),
    "live-list.children live-list-shown.data": ({"live-list-pulse": 1}, PAGE),
    "modal.opened modal.title modal.children": ({"ask": {"what": "edit", "workouts": ["{w}"]}}, PAGE),
    "modal.opened@7cbd changed.data dialog-said.children": ({"dialog-act": 1, "dialog-workouts": ["{w}"]}, PAGE),
    "calibrate-fields.children": ({"calibrate-way": "mass", "calibrate-session": CALIBRATED}, PAGE),
    "calibrate-result.children calibrate-looked.data again.data@e035 modal.opened@e035":
        ({"calibrate-act": 1, "calibrate-way": "mass", "calibrate-session": CALIBRATED}, PAGE),
    "home-body.children home-filters.children home-count.children home-list.children home-shown.data":
        ({"home-pulse": 1}, PAGE),
    "selected.data": ({"sessions": [ROW]}, NOTHING_STORED),
    "selected.data@8fbf": ({"changed": 1, "selected": [ROW]}, PAGE),
    "home-bar.children": ({"selected": [ROW]}, NOTHING_STORED),
    "selected.data@2d18 sessions.selectedRows": ({"home-clear": 1}, NOTHING_STORED),
    "session-title.children": ({"changed": 1} | HERE, PAGE),
    "overview.figure": ({"scheme": "dark", "window": {}} | HERE, OF_LINKS),
    "gaps-fact.children": ({"gaps-fact": "gaps-fact"} | HERE, OF_LINKS),
    "tab-body.children part-fact.children": ({"part": "?"} | HERE, OF_LINKS),
    "trials.children": ({"trials": "trials"} | HERE, OF_LINKS),
    "trials-changed.data trials-said.children": ({"trial-ask": JUDGED} | HERE, PAGE),
    "compare-body.data-markup": ({"compare-asked": {"search": "?a={w}&b={w}"}}, PAGE),
    "compare-found.data-markup": ({"compare-find": "", "compare-which": {"which": "a"}}, PAGE),
    "history-body.data-markup history-count.children":
        ({"history-asked": {"search": ""}, "address": "/athlete/Ada%20Longname/history"}, "x+--+--+"),
    "one-head.children one-aside.data-markup one-body.data-markup one-load.data-markup":
        ({"one-asked": {"search": ""}, "address": "/athletes/{a}"}, PAGE),
    "one-trends.data-markup": ({"one-asked": {"search": ""}, "address": "/athletes/{a}"}, NOTHING_STORED),
    "roster-head.children roster-filters.children roster-list.children roster-shown.data":
        ({"roster-begun": 1}, NOTHING_STORED),
    "roster.getRowsResponse roster-list.children@f3cb": ({"roster": {"startRow": 0, "endRow": 9}}, "x+-+---+"),
    "roster-bar.children": ({"roster": [{"id": "{w}", "workout": "{w}"}]}, NOTHING_STORED),
    "roster.deselectAll": ({"roster-unselect": 1}, NOTHING_STORED),
    "system-body.data-markup": ({"system-pulse": 1}, NOTHING_STORED),
}  # fmt: skip


def filled(content, name: str, athlete: str = ""):
    return json.loads(json.dumps(content).replace("{w}", name).replace("{a}", athlete))


def typed(body: dict, word: str = "not the word") -> dict:
    """A request of the dialog, with what was typed in its field; others stay as they are."""
    fields = [place for one in body["state"] if isinstance(one, list) for place in one]
    for place in fields:
        if (kind := place["id"].get("type")) in ("dialog-field", "calibrate-field"):
            name = "typed" if kind == "dialog-field" else "kg"
            place["value"] = word if place["property"] == "value" else {"type": kind, "name": name}
    return body


def body_of(one: Any, values: dict[str, Any], workout_id: str, athlete: str = "") -> dict[str, Any]:
    """A request to a callback about a session and an athlete; `{w}` stands for its name, `{a}` for the uid."""
    return typed(one.body(**filled(values, workout_id, athlete)))


def short(name: str) -> str:
    """The output of a callback without the digest that Dash adds where several have one output."""
    parts = [part.partition("@") for part in name.strip(".").split("...")]
    return " ".join(output + at + digest[:4] for output, at, digest in parts)
