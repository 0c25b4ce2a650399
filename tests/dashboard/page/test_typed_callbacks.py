"""Callbacks take what their types say and nothing else: raw requests to every callback of the map, all of them wrong.

A request is made of the callback map itself, so that a callback that comes later is asked too.
"""

from __future__ import annotations

import copy
import itertools
import json

import numpy as np
import pytest
from callback_bodies import Bodies
from dash import Dash, Input, Output

from barograph import settings as settings_module
from barograph.errors import InvalidData
from barograph.frames import Layout, Recording
from dashboard.page.typed_callbacks import Callbacks, decoded
from dashboard.pages import register
from dashboard.sessions import callbacks as sessions
from dashboard.sessions import page as sessions_page

EMPTY = Recording(
    np.zeros((0, 2, 2), np.uint16), np.zeros(0, np.int64), Layout(rows=2, cols=2, dtype="uint16", unit="raw")
)
HERE = {"client": ("127.0.0.1", 4242)}
HEADERS = {"Host": "127.0.0.1:8050"}
OPERATOR = {"$regex": "."}
WRONG = (
    OPERATOR, [OPERATOR], {"$ne": None}, [[OPERATOR]], {"workouts": [OPERATOR], "what": "erase"}, ["walk", OPERATOR],
    {"ids": [OPERATOR]}, {"a": OPERATOR, "b": [1]}, {"search": OPERATOR}, {"search": ["?"]}, {"which": "c"},
    [{"id": OPERATOR, "athlete": None, "layout": None, "begun_us": None}], "?page=9&page=\ufffd", -1, 1e300, 1 << 70,
    True, False, "x" * 200_000, "\0", "/session/\0", "../..", [], {}, [None], [[]],
)  # fmt: skip


class Asking:
    """A browser that has opened its link."""

    def __init__(self, app, access) -> None:
        self.client, self.token = app.test_client(), access.new_link("http://x").rpartition("/")[2]

    async def open(self) -> Asking:
        answer = await self.client.post(f"/login/{self.token}", headers=HEADERS, scope_base=HERE)
        assert answer.status_code == 303
        return self

    async def post(self, content, **more):
        kind = {"json": content} if not isinstance(content, bytes) else {"data": content}
        headers = HEADERS | {"Content-Type": "application/json"} | more
        return await self.client.post("/_dash-update-component", headers=headers, scope_base=HERE, **kind)


@pytest.fixture
async def asking(app, access):
    return await Asking(app, access).open()


@pytest.fixture
def settings(tmp_path):
    return settings_module.load(data_dir=tmp_path, ingest_port=1, max_address_requests_per_s=1_000_000)


@pytest.fixture
def known(pages) -> dict[str, Bodies]:
    """Every callback that the server runs, from Dash's own map."""
    dash = Dash("t", suppress_callback_exceptions=True)
    register(Callbacks(dash), pages)
    found = {name: Bodies(name, spec) for name, spec in dash.callback_map.items() if "callback" in spec}
    assert len(found) >= 15
    return found


async def everything(archive) -> str:
    return repr([(one.workout_id, one.about, one.frames) for one in await archive.workouts(limit=100)])


async def walked(remembered):
    for name in ("walk", "run", "stand"):
        one = await remembered(name).begin("left")
        await one.send("left", 5)


async def test_no_wrong_value_in_any_place_of_any_callback_is_a_fault_or_has_an_effect(
    asking, known, remembered, memory_archive
):
    await walked(remembered)
    before = await everything(memory_archive)
    refused = 0
    for bodies in known.values():
        for i, wrong in itertools.product(range(bodies.places), WRONG):
            body = bodies.body(address="/session/walk", **{"dialog-act": 1, "dialog-workouts": ["walk"]})
            place = [*body["inputs"], *body["state"]][i]
            (place[0] if isinstance(place, list) else place)["value"] = wrong
            answer = await asking.post(body)
            where = f"{bodies.output} place {i}: {str(wrong)[:80]} -> {answer.status_code}"
            assert answer.status_code in (200, 204, 400), where
            if answer.status_code == 400:
                refused += 1
                said = await answer.get_json()
                assert said["field"], where
                assert "expected" in said["message"], where
    assert refused > 200
    assert await everything(memory_archive) == before


@pytest.mark.parametrize("wrong", [[OPERATOR], [OPERATOR, "walk"], OPERATOR, ["walk", "walk"], [], ["walk", 1]])
async def test_sessions_to_erase_are_named_and_an_operator_erases_none(
    asking, known, remembered, memory_archive, wrong
):
    await walked(remembered)
    before = await everything(memory_archive)
    bodies = known["..modal.opened@" + next(n for n in known if n.startswith("..modal.opened@")).partition("@")[2]]
    for typed in (f"erase {len(wrong)}", str(wrong[0] if isinstance(wrong, list) and wrong else wrong), "erase 1"):
        body = bodies.body(**{"dialog-act": 1, "dialog-workouts": wrong})
        body["state"][1] = [{"id": {"type": "dialog-field", "name": "typed"}, "property": "value", "value": typed}]
        body["state"][2] = [{"id": {"type": "dialog-field", "name": "typed"}, "property": "id",
                             "value": {"type": "dialog-field", "name": "typed"}}]  # fmt: skip
        assert (await asking.post(body)).status_code in (200, 400)
    assert await everything(memory_archive) == before


async def test_what_is_erased_is_what_was_confirmed(asking, known, remembered, memory_archive):
    await walked(remembered)
    bodies = next(one for name, one in known.items() if name.startswith("..modal.opened@"))
    for names, typed, left in (
        (["walk", "run"], "erase 3", 3), (["walk", "gone"], "erase 2", 3), (["walk", "run"], "erase 2", 1),
    ):  # fmt: skip
        body = bodies.body(**{"dialog-act": 1, "dialog-workouts": names})
        ident = {"type": "dialog-field", "name": "typed"}
        body["state"][1:] = [[{"id": ident, "property": "value", "value": typed}],
                             [{"id": ident, "property": "id", "value": ident}]]  # fmt: skip
        answer = await asking.post(body)
        assert answer.status_code == 200, await answer.get_data()
        assert len(await memory_archive.workouts()) == left, await answer.get_data()


async def test_no_wrong_form_of_a_request_is_a_fault(asking, known):
    for bodies in known.values():
        good = bodies.body()
        wrong = [{}, [], 1, "x", {**good, "output": "nobody.children"}, {**good, "output": OPERATOR},
                 {**good, "output": "scheme.data"}, {**good, "inputs": []}, {**good, "inputs": [[]] * 9},
                 {**good, "inputs": OPERATOR}, {**good, "state": [1]}, {**good, "outputs": []},
                 {**good, "outputs": None},
                 {**good, "changedPropIds": ["nobody.data"]}, {**good, "changedPropIds": [OPERATOR]},
                 {**good, "changedPropIds": ['{"a":1}.n_clicks']}, {**good, "changedPropIds": ["{.x"]}]  # fmt: skip
        for place in range(len(good["inputs"])):
            bent = copy.deepcopy(good)
            bent["inputs"][place] = {"id": OPERATOR, "property": "data"}
            wrong.append(bent)
        for body in wrong:
            answer = await asking.post(body)
            assert answer.status_code == 400, f"{bodies.output}: {str(body)[:200]}"
    for raw in (b"", b"{", b"\xff", b"[" * 100_000, b'{"output": "\\ud800"}', b'{"output": NaN}'):
        assert (await asking.post(raw)).status_code == 400
    good = json.dumps(known["page.children"].body()).encode()
    assert (await asking.post(good, **{"Content-Type": "text/plain"})).status_code == 400


async def test_what_the_pages_send_is_taken(asking, known, remembered):
    await walked(remembered)
    page = known["page.children"].body(address="/session/walk")
    page["state"][0]["value"] = "?from=1"
    answer = await asking.post(page)
    assert answer.status_code == 200, await answer.get_data()
    ask = known["..modal.opened...modal.title...modal.children.."].body(
        ask={"what": "erase", "workouts": ["walk"], "search": "?", "at": 1_790_000_000_000}
    )
    answer = await asking.post(ask)
    assert "Erase for good" in await answer.get_data(as_text=True)


def test_a_callback_without_types_does_not_start():
    dash = Dash("t")
    typed = Callbacks(dash)

    async def untyped(value):
        return value

    async def short() -> None: ...

    def plain(value: str) -> str:
        return value

    for handler in (untyped, short, plain):
        with pytest.raises(TypeError, match="expected"):
            typed.callback(Output("a", "children"), Input("b", "value"))(handler)
    dash.callback(Output("a", "children"), Input("b", "value"))(plain)
    with pytest.raises(TypeError, match=r"a\.children"):
        typed.require()


def test_a_value_that_does_not_fit_names_its_place():
    with pytest.raises(InvalidData, match=r"ask\.data\[0\]: expected `str`, got `object`") as refused:
        decoded("ask.data", [OPERATOR], list[str])
    assert refused.value.field == "ask.data[0]"


async def test_a_full_list_is_made_anew_whatever_its_sessions_are_called(asking, known, pages, keep):
    for i in range(60):
        long = f"{i:03}".ljust(128, "x")
        await keep(long, {"left": EMPTY}, athlete=long, kind=long[:100], tags=tuple(f"{i} {j}" for j in range(8)))
    shown = sessions_page.signature(await sessions.sessions(pages, ""), await sessions.health(pages))
    bodies = next(one for name, one in known.items() if "home-list" in name)
    same = await asking.post(bodies.body(address="", **{"home-shown": shown}))
    assert (same.status_code, (await same.get_json())["response"]) == (200, {})
    other = await asking.post(bodies.body(address="", **{"home-shown": shown[::-1]}))
    assert (await other.get_json())["response"]["home-shown"]["data"] == shown
