"""Who gets what, for every route of both servers, every callback and both sockets: each cell is written out here.

`+` answers, `-` looks exactly as for a session that never was, `x` is refused. A route or a callback without a row, and
a row without a route, fail.
"""

from __future__ import annotations

import json

from callback_bodies import Bodies
from quart.testing.connections import WebsocketResponseError
from rights_cast import (
    CALLBACKS,
    DASHBOARD,
    DASHBOARD_CAST,
    INGEST,
    INGEST_CAST,
    LISTS,
    MAKE,
    ONE,
    PAGES,
    body_of,
    filled,
    short,
    typed,
)

from barograph.access.needs import Routes
from dashboard.dialogs.forms import word_of
from dashboard.page.guard import OF_DASH

ABSENT, CHANGED = (404, 410), 409
NO_ATHLETE = "0" * 32
TELLING = ("walk-", '"live-number":{"children":"1')
SOCKETS = {"WS /feed/<workout_id>", "WS /wall/<team>/feed/<workout_id>"}


async def cell(ask, who: str, name: str, path: str, more: dict, athlete: str = NO_ATHLETE) -> str:
    """What somebody gets, and that what they may not see looks like what is not there."""
    method = name.partition(" ")[0]
    answer = await ask(who, method, path.replace("{w}", f"walk-{who}").replace("{a}", athlete), **more)
    if answer.status_code == 403:
        return "x"
    if name in MAKE and answer.status_code == 400:  # of a name that is taken by what they do not see
        assert "cannot be used" in await answer.get_data(as_text=True)
        return "-"
    if answer.status_code not in ABSENT:
        assert answer.status_code < 400 or answer.status_code == CHANGED, (
            who,
            path,
            answer.status_code,
            await answer.get_data(),
        )
        return "+"
    if name in MAKE:  # of a name that never was it makes a session
        return "-"
    never = await ask(who, method, path.replace("{w}", "walk-never").replace("{a}", NO_ATHLETE), **more)
    names = ((answer, f"walk-{who}", athlete), (never, "walk-never", NO_ATHLETE))
    said, unsaid = [(one.status_code, (await one.get_data()).replace(name.encode(), b"").replace(uid.encode(), b""))
                    for one, name, uid in names]  # fmt: skip
    assert said == unsaid, (who, path)
    return "-"


def data_routes(app, others=None) -> set[str]:
    """Routes that need anything of what is stored, or that are for all who are known."""
    return {name for name, need in Routes(app, others).all().items() if need.verb not in ("open", "person", "closed")}


async def test_every_route_of_the_dashboard_answers_each_role_as_it_is_written(stage):
    assert {name for name, *_ in DASHBOARD} == data_routes(stage.dashboard, OF_DASH) - SOCKETS
    got = []
    for name, path, more, _ in DASHBOARD:
        cells = [await cell(stage.ask, who, name, path, more, stage.ada.uid) for who in DASHBOARD_CAST]
        got.append((name, path, "".join(cells)))
    assert got == [(name, path, expected) for name, path, _, expected in DASHBOARD]


async def test_every_route_of_the_ingest_answers_each_role_as_it_is_written(stage):
    assert {name for name, *_ in INGEST} == data_routes(stage.ingest) - {"WS /ws"}
    got = []
    for name, path, more, _ in INGEST:
        ask = stage.ask_ingest
        got.append((name, path, "".join([await cell(ask, who, name, path, more) for who in INGEST_CAST])))
    assert got == [(name, path, expected) for name, path, _, expected in INGEST]


async def test_pages_of_people_are_for_the_owner_and_users_alone(stage):
    routes = Routes(stage.dashboard, OF_DASH).all()
    for name in sorted(name for name, need in routes.items() if need.verb in ("person", "closed")):
        method, path = name.split(" ")
        for who in ("nobody", "share"):
            if method != "WS":
                assert (await stage.ask(who, method, path.replace("<", "").replace(">", ""))).status_code == 403, name


async def test_lists_hold_what_is_theirs(stage):
    await stage.add_workout("found", "")
    got = dict.fromkeys(LISTS, "")
    for name in LISTS:
        for who in INGEST_CAST[1:-1]:
            text = (await (await stage.ask_ingest(who, "GET", name)).get_data()).decode("utf-8", "replace")
            got[name] += str(("walk-owner" in text) + 2 * ("found" in text))
    assert got == LISTS


async def test_the_feed_is_for_those_who_may_watch(stage):
    got = ""
    for who in DASHBOARD_CAST:
        told = []
        for name in (f"walk-{who}", "walk-never"):
            try:
                client = stage.clients[who]
                async with client.websocket(f"/feed/{name}", headers=stage.headers(who),
                                            scope_base={"client": ("127.0.0.1", 1)}) as socket:  # fmt: skip
                    told.append(("open", bool(await socket.receive())))
            except WebsocketResponseError as refused:
                told.append((refused.response.status_code, await refused.response.get_data()))
        if told[0][0] != "open":
            assert told[0] == told[1], who
        got += "+" if told[0][0] == "open" else "-"
    assert got == "-+" + "+-++--" + "+"


async def call(stage, who: str, body: dict) -> str:
    answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
    assert answer.status_code in (200, 204), (who, body["output"], answer.status_code, await answer.get_data())
    return await answer.get_data(as_text=True) if answer.status_code == 200 else "x"


async def called(stage, who: str, one: Bodies, values: dict) -> str:
    """What a callback tells somebody of a session: nothing, what it says of none, or something."""
    mine, other = f"walk-{who}", "walk-never"
    values = filled(values, mine, stage.ada.uid) if "{a}" in json.dumps(values) else values
    said = await call(stage, who, body_of(one, values, mine))
    if said == "x":
        return "x"
    if "{w}" not in json.dumps(values):
        return "+" if any(told in said for told in TELLING) else "-"
    never = await call(stage, who, body_of(one, values, other))
    return "-" if said.replace(mine, "") == never.replace(other, "") else "+"


async def test_every_callback_called_by_anybody_tells_what_is_theirs(stage):
    known = {name: Bodies(name, spec) for name, spec in stage.callbacks().items()}
    assert {short(name) for name in known} == set(CALLBACKS)
    got = {}
    for name, one in known.items():
        values, _ = CALLBACKS[short(name)]
        got[short(name)] = "".join([await called(stage, who, one, values) for who in DASHBOARD_CAST[1:]])
    assert got == {name: expected for name, (_, expected) in CALLBACKS.items()}


async def test_every_page_asked_of_dash_by_anybody_is_theirs_or_of_nothing(stage):
    one = Bodies("page.children", stage.callbacks()["page.children"])
    got = {}
    for path in PAGES:
        got[path] = "".join([await called(stage, who, one, {"address": path}) for who in DASHBOARD_CAST[1:]])
    assert got == PAGES


async def test_a_session_is_erased_by_a_raw_callback_only_where_that_is_theirs(stage):
    name = next(one for one in stage.callbacks() if "dialog-said" in one)
    one = Bodies(name, stage.callbacks()[name])
    said = {}
    for who in DASHBOARD_CAST[1:]:
        body = one.body(**{"dialog-act": 1, "dialog-workouts": [f"walk-{who}"]})
        said[who] = await call(stage, who, typed(body, word_of([f"walk-{who}"])))
    left = {one.workout_id.removeprefix("walk-") for one in await stage.archive.workouts()}
    assert set(DASHBOARD_CAST[1:]) - left == {"scientist", "owner"}
    assert "You may look at this session" in said["analyst"]
    assert "You may look at this session" in said["athlete"]
    assert "stored any more" in said["stranger"]


async def test_a_device_feeds_its_streams_and_reads_nothing(stage):
    token = await stage.pair("left", "new")
    client, bearer = stage.ingest.test_client(), {"Host": "127.0.0.1:5001", "Authorization": f"Bearer {token}"}
    for name, path, more, _ in INGEST:
        answer = await client.open(
            path.replace("{w}", "walk-machine"), method=name.partition(" ")[0], scope_base={"client": ("127.0.0.1", 1)},
            **(more | {"headers": bearer | more.get("headers", {})}),
        )  # fmt: skip
        feeds = name in (f"POST {ONE}/frames", f"POST {ONE}/markers")
        told = not path.startswith(("/api/", "/metrics"))
        if name != f"PUT {ONE}":  # it may say things of its stream, as tests/ingest/test_device_tokens.py has it
            assert (answer.status_code < 400) is (feeds or told), (name, await answer.get_data())
