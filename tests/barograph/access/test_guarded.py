"""The archive as doors get it: what is not theirs is not there, for every call of the port."""

from __future__ import annotations

import numpy as np
import pytest

from barograph.access import guarded as module
from barograph.access.acting import ITSELF, NobodyActs, acting, viewpoint
from barograph.access.guarded import OF_ALL, OF_ONE, GuardedArchive, guarded
from barograph.access.needs import Undeclared
from barograph.access.principals import Principal, Share
from barograph.access.sight import Sight
from barograph.errors import AccessDenied, InvalidData, NotFound
from barograph.frames import Block, Layout, Stream
from barograph.protocols import named
from barograph.store.calibration_records import Made, new_record
from barograph.store.memory.archive import MemoryArchive
from barograph.store.ports import About, Archive, Marker
from barograph.store.roster import Athlete
from barograph.store.scope import EVERYTHING, Scope
from barograph.store.search import Query
from barograph.store.summaries import SummariesState, Summary, basis
from barograph.store.trials import NewTrial

NAME = "Ada Longname"
NOW_US = 1_790_000_000_000_000


@pytest.fixture
async def lab():
    """Ada in one team, Ben in another, and a workout of each, and one of nobody."""
    archive = MemoryArchive()
    team, other = [await archive.roster.add_team(name, now_us=NOW_US) for name in ("Track", "Field")]
    for name, of in ((NAME, team), ("Ben Other", other)):
        await archive.roster.add(Athlete(name, teams=(of.uid,)), now_us=NOW_US)
    for name, athlete in (("walk", NAME), ("bens", "Ben Other"), ("found", None)):
        stream, layout = Stream(name, "left"), Layout(rows=1, cols=2)
        await archive.open(stream, epoch=name, numbered=True, now_us=NOW_US, about=About(athlete=athlete))
        await archive.fix_layout(stream, layout, ["total"], 1)
        await archive.append([(stream, Block(0, 0, np.array([NOW_US]), NOW_US, np.ones((1, 1, 2), "f8")))])
        await archive.add_marker(name, Marker(NOW_US, "begin"))
        await archive.keep_origin(stream, 0, f"{athlete}.csv")
        record = new_record(layout, layout, Made("known mass", f"{athlete}.csv"), "", NOW_US)
        await archive.calibrate(stream, layout, ["total"], now_us=NOW_US, record=record)
    return archive, team.uid, other.uid


def user(*roles, **more) -> Principal:
    given = {name: frozenset(value) if name in ("teams", "granted") else value for name, value in more.items()}
    return Principal("somebody", kind="user", uid="u", roles=frozenset(roles), **given)


def test_every_call_of_the_port_is_declared(monkeypatch):
    archive = MemoryArchive()
    GuardedArchive(archive)
    for name in ("stream_info", "delete"):
        monkeypatch.setattr(module, "OF_ONE", {one: need for one, need in OF_ONE.items() if one != name})
        with pytest.raises(Undeclared, match=name):
            GuardedArchive(archive)
    monkeypatch.undo()
    assert [name for name in (*OF_ONE, *OF_ALL) if not hasattr(Archive, name)] == []


async def test_work_for_nobody_reads_nothing(lab):
    seen = guarded(lab[0])
    for work in (
        seen.workouts(),
        seen.workout("walk"),
        seen.search(Query()),
        seen.markers("walk"),
        seen.leased("x", []),
    ):
        with pytest.raises(NobodyActs):
            await work


async def test_work_of_the_process_itself_reads_everything(lab):
    with acting(ITSELF):
        assert len(await guarded(lab[0]).workouts()) == 3


def calls(seen: Archive, name: str):
    """Every call about one workout, by its name in the port."""
    stream = Stream(name, "left")
    given = {
        "keys_by_number": (0, 0, 1), "fix_layout": (Layout(rows=1, cols=1), [], 1), "mark_dirty": ([0],),
        "calibrate": (Layout(rows=1, cols=2), ["total"]), "put_rollups": ([], []), "keep_origin": (0, "x"),
        "fix_clock": (0, None), "move_clock": (0, None), "reject": (0, None), "add_final": ("f", None),
        "set_final": (None,), "load": (None, []), "add_marker": (Marker(NOW_US, "x"),),
    }  # fmt: skip
    by_name = ("markers", "rejected", "add_marker", "delete")
    named = {
        "settle": {"lease": ""},
        "calibrate": {"now_us": 0},
        "mark": dict.fromkeys(("next_seq", "frames", "first_us", "last_us", "now_us"), 0),
    }
    extra = {"settle": (0, []), "mark": (0,)}
    for one in OF_ONE:
        of = name if one in by_name else stream
        arguments = given.get(one, extra.get(one, ()))
        yield one, lambda one=one, of=of, a=arguments: getattr(seen, one)(of, *a, **named.get(one, {}))
    yield "workout", lambda: seen.workout(name)
    yield "describe", lambda: seen.describe(name, About(kind="run"))
    yield "origins", lambda: seen.origins(stream)
    yield "calibrations", lambda: seen.calibrations(stream)


@pytest.mark.parametrize(
    "who",
    [
        user("scientist"), user("analyst"), user("athlete", athlete="nobody"), user("admin"), user(),
        Principal("?", kind="nobody"), Principal("insole", kind="device", uid="d", streams=frozenset({"left"})),
        Principal("link", kind="share", workout_id="bens", share=Share(1 << 40, uid="other")),
    ],
    ids=lambda one: f"{one.kind} {'+'.join(one.roles)}",
)  # fmt: skip
async def test_what_may_not_be_seen_is_not_there_whatever_is_asked_of_it(lab, who):
    archive, seen = lab[0], guarded(lab[0])
    with acting(who):
        # An admin erases what they do not read.
        hides = [name for name, _ in calls(seen, "walk") if name != "delete" or "admin" not in who.roles]
        for name, call in calls(seen, "walk"):
            if name not in hides:
                continue
            with pytest.raises(NotFound) as hidden:
                await call()
            assert str(hidden.value) == "walk: no such workout is stored", name
        for name, call in calls(seen, "never"):
            if name not in hides:
                continue
            with pytest.raises(NotFound) as absent:
                await call()
            assert str(absent.value) == "never: no such workout is stored", name
        assert "walk" not in {one.workout_id for one in await seen.workouts()}
        assert "walk" not in {one.workout_id for one in (await seen.search(Query()))[0]}
        assert (await seen.search(Query(text="walk")))[1] == 0
        assert NAME not in (await seen.known_values()).athletes
        assert await seen.erased(["walk"]) == set()
    assert (await archive.workout("walk")).about.athlete == NAME


@pytest.mark.parametrize("name", OF_ALL)
async def test_the_whole_archive_is_for_whoever_may_see_all_of_it(lab, name):
    with acting(user("scientist", teams=[lab[1]])), pytest.raises(AccessDenied):
        await getattr(guarded(lab[0]), name)()


async def test_an_analyst_sees_short_ids_and_finds_nothing_by_name(lab):
    archive, team, _ = lab
    short = (await archive.roster.match(NAME))[0].short_id
    seen = guarded(archive)
    with acting(user("analyst", granted=[team])):
        assert [one.about.athlete for one in await seen.workouts()] == [short]
        assert (await seen.workout("walk")).about.athlete == short
        assert (await seen.search(Query(text="Longname")))[1] == 0
        assert (await seen.search(Query(athlete=NAME)))[1] == 0
        assert [one.workout_id for one in (await seen.search(Query(athlete=short)))[0]] == ["walk"]
        assert (await seen.known_values()).athletes == (short,)
        assert await seen.origins(Stream("walk", "left")) == {}
        assert [one.made.source for one in await seen.calibrations(Stream("walk", "left"))] == [""]
        assert [one.name for one in await seen.roster.athletes()] == [short]
        assert await seen.roster.match(NAME) == []
        assert [one.name for one in await seen.roster.match(short)] == [short]
        for change in (seen.describe("walk", About()), seen.add_marker("walk", Marker(1, "x")), seen.delete("walk")):
            with pytest.raises(AccessDenied, match="may look at this workout, and not"):
                await change


async def test_a_scientist_works_with_their_teams_and_with_what_is_nobodys(lab):
    archive, team, other = lab
    seen = guarded(archive)
    with acting(user("scientist", teams=[team])):
        assert {one.workout_id for one in await seen.workouts()} == {"walk", "found"}
        assert (await seen.workout("walk")).about.athlete == NAME
        assert await seen.origins(Stream("walk", "left")) == {0: f"{NAME}.csv"}
        assert [one.made.source for one in await seen.calibrations(Stream("walk", "left"))] == [f"{NAME}.csv"]
        assert (await seen.describe("walk", About(NAME, kind="run"))).about.kind == "run"
        assert (await seen.note("new", now_us=NOW_US)).workout_id == "new"
        with pytest.raises(InvalidData, match="cannot be used"):
            await seen.note("bens", now_us=NOW_US)
        with pytest.raises(NotFound):
            await seen.append([(Stream("bens", "left"), None)])
        bens = (await archive.roster.match("Ben Other"))[0]
        with pytest.raises(NotFound):
            await seen.roster.athlete(bens.uid)
        with pytest.raises(NotFound):
            await seen.roster.assign(["walk"], bens.uid)
        with pytest.raises(AccessDenied):
            await seen.roster.add(Athlete("Cy", teams=(other,)), now_us=NOW_US)
        with pytest.raises(AccessDenied):
            await seen.roster.add_team("Mine", now_us=NOW_US)
        with pytest.raises(AccessDenied):
            _ = seen.accounts
        assert await seen.delete("walk")


async def test_the_list_of_a_roster_is_of_those_who_may_be_seen_and_named_where_names_are(lab):
    archive, team, other = lab
    roster = guarded(archive).roster
    uids = {one.name: one.uid for one in await archive.roster.athletes()}
    for who, names, tested in (
        (user("scientist", teams={team}), [NAME], 1), (user("analyst", granted={team}), ["a-0001"], 1),
        (user("analyst", granted={team, other}), ["a-0001", "a-0002"], 2), (user("admin"), [], 0),
        (user("admin", reason="audit"), [NAME, "Ben Other"], 2), (user("scientist"), [], 0),
        (user("athlete", athlete=uids[NAME]), [], 1), (Principal("here", kind="owner"), [NAME, "Ben Other"], 2),
    ):  # fmt: skip
        with acting(who):
            found = await roster.entries()
            assert [one.name for one in found] == names, who
            assert all(NAME.casefold() not in one.keys for one in found if one.name == "a-0001")
            assert len(await roster.tested()) == tested, who
            assert len(await roster.tested(list(uids.values()))) == tested, who
    with acting(user("scientist", teams={team})):
        assert await roster.entries({other}) == []


async def test_trials_are_read_and_changed_by_whoever_may_see_and_describe_the_workout(lab):
    archive, team, _ = lab
    with acting(ITSELF):
        await guarded(archive).trials.add("walk", NewTrial(named("cmj"), NOW_US, NOW_US + 5), now_us=NOW_US)
    seen = guarded(archive).trials
    edit = {"state": "accepted"}
    for who in (user("scientist"), user("analyst"), Principal("?", kind="nobody")):
        with acting(who):
            for work in (
                seen.of("walk"),
                seen.changes("walk"),
                seen.add("walk", NewTrial(named("walk"), NOW_US, NOW_US + 5), now_us=NOW_US),
                seen.edit("walk", 1, edit, now_us=NOW_US),
            ):
                with pytest.raises(NotFound, match="walk: no such workout is stored"):
                    await work
    with acting(user("analyst", granted={team})):
        assert len(await seen.of("walk")) == 1
        with pytest.raises(AccessDenied, match="may look at this workout, and not describe it"):
            await seen.edit("walk", 1, edit, now_us=NOW_US)
    assert [one.state for one in await archive.trials.of("walk")] == ["recorded"]
    with acting(user("scientist", teams={team})):
        assert (await seen.edit("walk", 1, edit, now_us=NOW_US, by="another")).changed_by == "u"


async def test_summaries_are_of_sessions_that_may_be_seen(lab):
    archive, team, _ = lab
    workouts = await archive.workouts()
    for one in workouts:
        await archive.summaries.take(one, "worker", 30.0)
        why = Summary(one.workout_id, one.uid, "session", basis(one), "1", NOW_US, why="no frames")
        await archive.summaries.keep(one, [why], "worker")
    await archive.summaries.tell(SummariesState(NOW_US, 3, 0, 3))
    seen = guarded(archive).summaries
    linked = Principal("link", kind="share", workout_id="bens", share=Share(1 << 40, uid=workouts[0].uid))
    for who, names in (
        (user("scientist", teams={team}), {"walk", "found"}), (user("analyst", granted={team}), {"walk"}),
        (user("admin"), set()), (user("admin", reason="audit"), {"walk", "bens", "found"}), (user(), set()),
        (ITSELF, {"walk", "bens", "found"}), (linked, {workouts[0].workout_id}),
    ):  # fmt: skip
        with acting(who):
            assert {one.workout_id for one in await seen.stored(workouts, ["session"])} == names, who
            assert {one.workout_id for one in await seen.failed()} == names, who
            if who is ITSELF:
                continue
            for write in (
                seen.take(workouts[0], "mine", 1.0), seen.release(workouts[0], "worker"),
                seen.keep(workouts[0], [], "worker"), seen.tell(SummariesState(0)),
            ):  # fmt: skip
                with pytest.raises(AccessDenied):
                    await write
    with acting(user("scientist", teams={team})):
        assert (await seen.state()).ended == 3
    with acting(user()), pytest.raises(NotFound):
        await seen.state()


async def test_who_leaves_a_team_is_not_seen_any_more_within_a_second(lab):
    archive, team, _ = lab
    clock = [0.0]
    seen = GuardedArchive(archive)
    seen.sight = Sight(archive, clock=lambda: clock[0])
    ada = (await archive.roster.match(NAME))[0]
    with acting(user("analyst", granted=[team])):
        await seen.workout("walk")
        with acting(ITSELF):
            await seen.roster.put(Athlete(NAME, ada.uid, ada.short_id, revision=ada.revision), now_us=NOW_US)
        clock[0] += 1.1
        with pytest.raises(NotFound):
            await seen.workout("walk")


async def test_a_list_may_not_be_widened_by_a_scope_of_ones_own(lab):
    with acting(user("analyst", granted=[lab[1]])):
        assert len(await guarded(lab[0]).workouts(scope=EVERYTHING)) == 1
        assert len((await guarded(lab[0]).search(Query(scope=EVERYTHING)))[0]) == 1
        assert (await guarded(lab[0]).known_values(EVERYTHING)).athletes != (NAME,)
    with acting(ITSELF):
        assert await guarded(lab[0]).workouts(scope=Scope()) == []


async def test_a_shared_link_reads_its_workout_and_no_other(lab):
    uid = (await lab[0].workout("walk")).uid
    seen = guarded(lab[0])
    with acting(Principal("link", kind="share", workout_id="walk", share=Share(1 << 40, uid=uid))):
        assert [one.workout_id for one in await seen.workouts()] == ["walk"]
        with pytest.raises(NotFound):
            await seen.workout("bens")
        with pytest.raises(AccessDenied):
            await seen.delete("walk")


def test_answers_are_shared_by_those_alone_who_see_the_same():
    one, two = user("analyst", granted=["a"]), user("analyst", granted=["b"])
    points = []
    for who in (ITSELF, Principal("network", kind="network"), one, two):
        with acting(who):
            points.append(viewpoint())
    assert points[0] == points[1] == ""
    assert len(set(points)) == 3
