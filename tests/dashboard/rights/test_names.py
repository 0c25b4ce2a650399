"""Where names are hidden, no answer has a name in it: every route, page and callback, byte for byte; and the feed."""

from __future__ import annotations

import asyncio
import json
import re
from html import unescape
from urllib.parse import unquote_plus

import pytest
from callback_bodies import Bodies
from quart.testing.connections import WebsocketDisconnectError
from rights_cast import CALLBACKS, DASHBOARD, INGEST, PAGES, body_of, short

NAMES = (b"Longname", b"Elsewhere")
WALK = "walk-analyst"
PATIENCE_S = 30


def bare(answer, body: bytes) -> bytes:
    return repr(answer.headers).encode() + body


async def said_to(stage, who: str) -> dict[str, bytes]:
    """What each route, page and callback says to somebody of a session of Ada's."""
    told: dict[str, bytes] = {}
    uid = stage.ada.uid
    for rows, ask in ((DASHBOARD, stage.ask), (INGEST, stage.ask_ingest)):
        for name, path, more, _ in rows:
            if "Ada" not in path and not name.startswith("DELETE"):
                answer = await ask(who, name.partition(" ")[0], path.replace("{w}", WALK).replace("{a}", uid), **more)
                told[f"{name} {path}"] = bare(answer, await answer.get_data())
    known = {name: Bodies(name, spec) for name, spec in stage.callbacks().items()}
    asked = [(f"page {path}", body_of(known["page.children"], {"address": path}, WALK, uid))
             for path in PAGES if "Ada" not in path]  # fmt: skip
    for athlete in (stage.short_id, "nobody"):
        told_of = {"history-asked": {"search": ""}, "address": f"/athlete/{athlete}/history"}
        name = next(one for one in known if "history-body" in one)
        asked += [(f"history {athlete}", body_of(known[name], told_of, WALK)),
                  (f"page of {athlete}", body_of(known["page.children"], told_of, WALK))]  # fmt: skip
    for what in ("tag", "export", "compare", "erase"):
        name = next(one for one in known if one.startswith("..modal.opened."))
        asked.append((what, body_of(known[name], {"ask": {"what": what, "workouts": [WALK]}}, WALK)))
    for text in ("Longname", "ada", stage.short_id):
        found = {"compare-find": text, "compare-which": {"which": "a", "athlete": text}}
        asked.append((f"find {text}", body_of(known["compare-found.data-markup"], found, WALK)))
    for name, one in known.items():
        values, _ = CALLBACKS[short(name)]
        if "Ada" not in json.dumps(values):
            asked.append((name, body_of(one, values, WALK, uid)))
    for name, body in asked:
        answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
        told[name] = bare(answer, await answer.get_data())
    return told


def tells(told: dict[str, bytes]) -> list[str]:
    return sorted(name for name, said in told.items() if any(one in said for one in NAMES))


async def test_no_answer_to_an_analyst_has_a_name_in_it(stage):
    named = tells(await said_to(stage, "scientist"))
    assert len(named) >= 12, named  # where names are shown they are there to be found
    hidden = await said_to(stage, "analyst")
    assert tells(hidden) == []
    short_id = stage.short_id.encode()
    assert sum(short_id in said for said in hidden.values()) >= 10


ADDRESS = re.compile(r"(?:https?:/)?[/?][^\s\"'<>\\]*")


def addresses(said: bytes) -> set[str]:
    """All that looks like an address in an answer, as somebody would read it in a log."""
    text = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda one: chr(int(one[1], 16)), said.decode("utf-8", "replace"))
    return {unquote_plus(unquote_plus(one)) for one in ADDRESS.findall(unescape(text))}


async def test_no_address_that_is_given_out_has_a_name_in_it(stage):
    told = await said_to(stage, "scientist")
    names = next(name for name in stage.callbacks() if "home-list" in name)
    for query in ("?text=Longname", "?athlete=Ada+Longname"):
        body = body_of(Bodies(names, stage.callbacks()[names]), {"home-pulse": 1, "address": query}, WALK)
        answer = await stage.ask("scientist", "POST", "/_dash-update-component", json=body)
        told[query] = bare(answer, await answer.get_data())
    assert any(
        f"/?{name}=." in one for said in told.values() for one in addresses(said) for name in ("athlete", "text")
    )
    found = {(name, one[:120]) for name, said in told.items() for one in addresses(said) if "Longname" in one}
    assert found == set()


async def test_a_list_does_not_tell_by_a_name_what_it_does_not_show(stage):
    for query in ("?text=Longname", "?athlete=Ada+Longname"):
        told = []
        for who in ("scientist", "analyst"):
            one = next(name for name in stage.callbacks() if "home-list" in name)
            body = body_of(Bodies(one, stage.callbacks()[one]), {"home-pulse": 1, "address": query}, WALK)
            answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
            told.append((await answer.get_json())["response"]["home-count"]["children"])
        assert told[0] != "0", query
        assert told[1] == "0", query


async def states(socket) -> dict:
    """The next state that a feed tells."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            said = await socket.receive()
            if isinstance(said, str) and (state := json.loads(said)).get("type") == "state":
                return state


def feed(stage, who: str, name: str = WALK):
    return stage.clients[who].websocket(
        f"/feed/{name}", headers=stage.headers(who), scope_base={"client": ("127.0.0.1", 1)}
    )


async def test_one_room_tells_each_who_watches_what_they_may_know(stage):
    async with feed(stage, "scientist") as named, feed(stage, "analyst") as nameless:
        assert (await states(named))["athlete"] == "Ada Longname"
        assert (await states(nameless))["athlete"] == stage.short_id


async def test_an_open_feed_ends_when_the_session_becomes_anothers(stage):
    async with feed(stage, "analyst") as socket:
        await states(socket)
        ben = (await stage.archive.roster.match("Ben Elsewhere"))[0]
        await stage.archive.roster.assign([WALK], ben.uid)
        with pytest.raises(WebsocketDisconnectError) as ended:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await socket.receive()
        assert ended.value.args[0] == 4403


async def test_what_was_computed_for_one_is_not_told_to_another(stage):
    name = next(one for one in stage.callbacks() if one.startswith("..tab-body"))
    body = body_of(Bodies(name, stage.callbacks()[name]), {"part": "?", "address": "/session/{w}"}, WALK)
    said = {}
    for who in ("scientist", "stranger", "analyst"):
        answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
        said[who] = await answer.get_data()
        thumb = await stage.ask(who, "GET", f"/thumb/{WALK}")
        assert thumb.status_code == (404 if who == "stranger" else 200)
    assert len(said["scientist"]) > 2 * len(said["stranger"])
    assert len(said["analyst"]) > 2 * len(said["stranger"])
