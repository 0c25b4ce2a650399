"""What a share link opens, and all that it does not: history, other sessions, names, the past, other teams."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from callback_bodies import Bodies
from quart.testing.connections import WebsocketDisconnectError, WebsocketResponseError
from rights_cast import DASHBOARD, INGEST, LABEL, PAGES, SETS, body_of

from barograph.access.shares import Wanted
from barograph.store.accounts import Change
from barograph.store.roster import change

HERE = {"client": ("127.0.0.1", 4242)}
PATIENCE_S = 30
OF_A_WALL = {
    "GET /assets/<path:name>", "GET /assets/<path:filename>", "GET /_favicon.ico", "GET /_dash-layout",
    "GET /_dash-dependencies", "GET /wall/<team>", "GET /wall/<team>/live",
    "GET /_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "GET /metrics",  # of this machine, whoever asks
}  # fmt: skip


@pytest.fixture
def texts(stage):
    """What a guest is told: by each route, each page and each callback of a page."""

    async def told(who: str) -> dict[str, bytes]:
        said = {}
        for name, path, more, _ in DASHBOARD:
            answer = await stage.ask(
                who, name.partition(" ")[0], path.replace("{w}", f"walk-{who}").replace("{a}", stage.ada.uid), **more
            )
            said[f"{name} {path}"] = repr(answer.headers).encode() + await answer.get_data()
        one = Bodies("page.children", stage.callbacks()["page.children"])
        for path in PAGES:
            body = body_of(one, {"address": path.replace("{a}", stage.ada.uid)}, f"walk-{who}")
            answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
            said[f"page {path}"] = await answer.get_data()
        return said

    return told


async def test_a_shared_link_opens_nobodys_history(stage):
    for athlete in ("Ada%20Longname", stage.short_id, stage.ada.uid, "Ben%20Elsewhere"):
        path = f"/athlete/{athlete}/history"
        for who in ("share", "wall"):
            answer = await stage.ask(who, "GET", path)
            only = b"one session only" if who == "share" else b"one wall only"
            assert answer.status_code == 403, (who, path)
            assert only in await answer.get_data()
    known = stage.callbacks()
    name = next(one for one in known if "history-body" in one)
    for page in ("/athlete/Ada%20Longname/history", "/session/walk-share", "/live/walk-share"):
        body = Bodies(name, known[name]).body(**{"history-asked": {"search": ""}, "address": page})
        for who in ("share", "wall"):
            answer = await stage.ask(who, "POST", "/_dash-update-component", json=body)
            assert (answer.status_code, await answer.get_data()) == (204, b""), (who, page)


async def test_a_link_says_no_name_unless_that_was_ticked(stage, texts):
    hidden = await texts("share")
    page = hidden["page /session/{w}"]
    assert b"session-head" in page
    for lead in (b"Compare with", b"Export", b"/report/", b"history", b"tag-new", b'"share"'):
        assert lead not in page, lead
    assert [name for name, said in hidden.items() if b"Longname" in said and "Ada" not in name] == []
    assert sum(stage.short_id.encode() in said for said in hidden.values()) >= 2
    uid = (await stage.archive.workout("walk-share")).uid
    stage.clients["share"] = await stage.guest(Wanted("Coach", "session", 3600, uid, names=True))
    assert sum(b"Longname" in said for said in (await texts("share")).values()) >= 2


async def test_a_link_of_the_feedback_keeps_summaries_of_its_session_and_writes_nothing_else(stage):
    uid = (await stage.archive.workout("walk-share")).uid
    stage.clients["share"] = await stage.guest(Wanted("Athlete", "feedback", 3600, uid))

    async def status(path: str, said: dict) -> int:
        return (await stage.ask("share", "POST", path, json=said)).status_code

    assert [await status("/data/walk-share/feedback", SETS) for _ in range(2)] == [200, 200]
    kept = [one.label for one in await stage.archive.markers("walk-share") if one.label.startswith("Feedback")]
    assert len(kept) == 2, "what comes twice is kept once"
    assert await status("/data/walk-share/feedback", {**SETS, "sets": []}) == 400
    for path, said in (("/data/walk-owner/feedback", SETS), ("/data/walk-share/markers", LABEL)):
        assert await status(path, said) == 403, path
    stage.clients["share"] = await stage.guest(Wanted("Coach", "live", 3600, uid))
    assert await status("/data/walk-share/feedback", SETS) == 403, "a link to look at"


async def test_a_walls_link_opens_its_wall_and_no_route_else(stage):
    for name, path, more, _ in DASHBOARD:
        answer = await stage.ask(
            "wall", name.partition(" ")[0], path.replace("{w}", "walk-owner").replace("{a}", stage.ada.uid), **more
        )
        quiet = name == "POST /_dash-update-component" and answer.status_code == 204
        assert (answer.status_code == 200) is (name in OF_A_WALL), (name, path, answer.status_code)
        assert answer.status_code in (200, 403) or quiet, (name, path, answer.status_code)
    for name, path, more, _ in INGEST:
        answer = await stage.ingest.test_client().open(
            path.replace("{w}", "walk-owner"), method=name.partition(" ")[0], scope_base={"client": ("192.0.2.9", 1)},
            **(more | {"headers": {"Host": "127.0.0.1:5001", "Authorization": "Bearer bgs_" + "x" * 43}}),
        )  # fmt: skip
        assert answer.status_code in (401, 403) or name == "GET /healthz", name


async def test_a_wall_of_another_team_is_as_one_that_there_is_not(stage):
    far = next(one for one in await stage.archive.roster.teams() if one.name == "Field")
    for who in ("wall", "scientist", "analyst", "athlete", "admin"):
        told = [
            ((answer := await stage.ask(who, "GET", f"/wall/{uid}{rest}")).status_code, await answer.get_data())
            for rest in ("", "/live")
            for uid in (far.uid, "x" * 32)
        ]
        assert told[0] == told[1], who
        assert [status for status, _ in told] == [404] * 4
        assert told[2][1].replace(far.uid.encode(), b"") == told[3][1].replace(b"x" * 32, b"")


async def on_wall(stage, who: str = "wall") -> list[dict]:
    return json.loads(await (await stage.ask(who, "GET", "/wall/{team}/live")).get_data())["sessions"]


async def test_a_wall_holds_what_its_team_does_now_and_names_no_one(stage):
    await stage.add_workout("walk-ben", "Ben Elsewhere")
    await stage.add_workout("walk-nobodys", "")
    found = await on_wall(stage)
    assert {one["athlete"] for one in found} == {stage.short_id}
    assert {one["workout"] for one in found}.isdisjoint({"walk-ben", "walk-nobodys"})
    assert {one["athlete"] for one in await on_wall(stage, "scientist")} == {"Ada Longname"}
    assert {one["athlete"] for one in await on_wall(stage, "analyst")} == {stage.short_id}
    stage.clients["wall"] = await stage.guest(Wanted("Hall", "wall", 3600, team=stage.team.uid, names=True))
    assert {one["athlete"] for one in await on_wall(stage)} == {"Ada Longname"}
    await stage.archive.note(found[0]["workout"], now_us=time.time_ns() // 1000, left=True)
    assert found[0]["uid"] not in {one["uid"] for one in await on_wall(stage)}, "it has ended"


def tile(stage, name: str, who: str = "wall", team: str = ""):
    return stage.clients[who].websocket(
        f"/wall/{team or stage.team.uid}/feed/{name}", headers=stage.headers(who), scope_base=dict(HERE)
    )


async def told(socket, n: int) -> list:
    async with asyncio.timeout(PATIENCE_S):
        return [await socket.receive() for _ in range(n)]


async def code_of(socket) -> int:
    with pytest.raises(WebsocketDisconnectError) as ended:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                await socket.receive()
    return ended.value.args[0]


async def test_a_tile_gets_no_frame_of_before_it_came_and_no_markers(stage):
    async with tile(stage, "walk-owner") as socket:
        said = await told(socket, 2)
        await socket.send('{"type": "ping", "t1_us": 1}')
        said += await told(socket, 1)
    assert [one for one in said if isinstance(one, bytes)] == []
    kinds = [json.loads(one)["type"] for one in said]
    assert set(kinds) == {"layout", "state", "pong"}
    assert json.loads(said[kinds.index("state")])["athlete"] == stage.short_id


async def test_a_tile_says_how_often_it_draws(stage):
    for rate in ("15", "60"):  # more than a wall's own rate is served at that
        async with tile(stage, f"walk-owner?rate_hz={rate}") as socket:
            assert len(await told(socket, 2)) == 2
    async with tile(stage, "walk-owner?rate_hz=fast") as socket:
        assert await code_of(socket) == 4400


async def test_a_tile_of_what_is_not_on_the_wall_closes_at_once(stage):
    await stage.add_workout("walk-ben", "Ben Elsewhere")
    await stage.archive.note("walk-analyst", now_us=time.time_ns() // 1000, left=True)
    for who in ("scientist", "wall"):
        async with tile(stage, "walk-analyst", who) as socket:
            assert await code_of(socket) == 4403, who
    async with tile(stage, "walk-ben", "owner") as socket:
        assert await code_of(socket) == 4403, "who sees it on its own page does not see it on this wall"
    for who in ("scientist", "wall"):
        for name in ("walk-ben", "walk-never"):
            with pytest.raises(WebsocketResponseError):
                async with tile(stage, name, who) as socket:
                    await socket.receive()
    with pytest.raises(WebsocketResponseError):  # a wall's link opens no feed with a past
        async with stage.clients["wall"].websocket("/feed/walk-owner", headers=stage.headers("wall"),
                                                   scope_base=dict(HERE)) as socket:  # fmt: skip
            await socket.receive()


async def test_a_tile_goes_when_its_athlete_leaves_the_team(stage):
    async with tile(stage, "walk-owner") as socket:
        await told(socket, 2)
        await change(stage.archive.roster, stage.ada.uid, lambda one: replace(one, teams=()), now_us=2)
        assert await code_of(socket) == 4403
    assert await on_wall(stage) == []


@pytest.mark.parametrize("how", ["leaves the team", "is disabled"])
async def test_a_link_ends_with_its_makers_right_to_share(stage, how):
    uid, maker = (await stage.archive.workout("walk-share")).uid, stage.users["scientist"]
    links = [Wanted("Coach", "live", 3600, uid), Wanted("Hall", "wall", 3600, team=stage.team.uid)]
    guests = [await stage.guest(one, maker.uid) for one in links]
    stage.clients |= {"coach": guests[0], "hall": guests[1]}
    async with stage.clients["coach"].websocket("/feed/walk-share", headers=stage.headers("coach"),
                                                scope_base=dict(HERE)) as watching:  # fmt: skip
        await told(watching, 1)
        changed = Change(teams=frozenset()) if how == "leaves the team" else Change(disabled=True)
        await stage.archive.accounts.change_user(maker.uid, changed, 3)
        assert await code_of(watching) == 4403
    for who, path in (("coach", "/live/walk-share"), ("hall", "/wall/{team}")):
        answer = await stage.ask(who, "GET", path)
        assert answer.status_code == 403
        assert b"does not open any more" in await answer.get_data()


async def test_only_those_who_may_share_make_links_and_see_them(stage):
    for who in ("scientist", "athlete", "owner"):
        [link] = json.loads(await (await stage.ask(who, "GET", f"/data/walk-{who}/shares")).get_data())["links"]
        assert link["revocable"]
    [theirs] = json.loads(await (await stage.ask("scientist", "GET", "/data/walk-athlete/shares")).get_data())["links"]
    assert (theirs["by"], theirs["revocable"]) == ("athlete", False)
    path = "/data/walk-athlete/shares/share-walk-athlete/revoke"
    assert (await stage.ask("scientist", "POST", path, json={})).status_code == 404, "only its maker, or an admin"
    raw = {"view": "session", "query": "", "life_s": 60, "raw": True}
    for who in ("scientist", "athlete"):
        assert (await stage.ask(who, "POST", f"/data/walk-{who}/share", json=raw)).status_code == 200
