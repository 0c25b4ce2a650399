"""The page of one athlete: what its address asks for, the timeline, the load, and who sees what."""

from __future__ import annotations

import re

import pytest

from analytics import sim
from barograph.access.acting import ITSELF, acting
from barograph.access.guarded import guarded
from barograph.access.principals import Principal
from barograph.errors import NotFound
from barograph.store.goals import Goal
from barograph.store.ports import About, Marker, Workout
from barograph.store.roster import Athlete, Consent, Measurement
from barograph.times import day_us
from dashboard.athletes import one_load, one_page, one_query, one_timeline, one_trends
from dashboard.athletes.one_load import Week, weeks_of
from dashboard.athletes.one_query import DAY_US, WEEK_US, OneQuery
from dashboard.athletes.one_reading import Session, find, within
from dashboard.page import notices
from dashboard.reading.sources import Sources
from tests.dashboard.shown import rows

NOW_US = day_us("2026-11-25") + 10 * 3_600_000_000  # a Wednesday
SHOWN = (day_us("2026-05-28"), day_us("2026-11-26"))
H = 3600.0


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).replace("\u202f", "")


def session(day: str, kind: str | None = "Walk", tags: tuple[str, ...] = (), hours: float = 1.0) -> Session:
    first_us = day_us(day) + 1_000_000
    return Session(
        Workout(f"s-{day}", first_us, uid=f"u-{day}", about=About(kind=kind, tags=tags)), first_us, hours * H
    )


# --- the address


def test_an_address_that_says_nothing_asks_for_26_weeks_up_to_today():
    query = one_query.read("")
    assert query == OneQuery()
    assert query.shown(None, NOW_US) == (SHOWN[1] - 26 * WEEK_US, SHOWN[1])
    assert query.chosen(SHOWN) == SHOWN


def test_a_part_is_two_days_with_both_of_them_in_it_and_within_what_is_shown():
    query = one_query.read("?since=2026-07-01&until=2026-07-31&weeks=12&lanes=tag&measure=a&measure=b&measure=a")
    assert (query.weeks, query.lanes, query.measures) == ("12", "tag", ("a", "b"))
    assert query.chosen(SHOWN) == (day_us("2026-07-01"), day_us("2026-08-01"))
    assert one_query.read("?since=2020-01-01&until=2026-06-01").chosen(SHOWN)[0] == SHOWN[0]
    assert one_query.read("?since=2030-01-01").chosen(SHOWN) == SHOWN


def test_all_begins_with_the_first_session_and_is_a_week_at_least():
    query = one_query.read("?weeks=all")
    assert query.shown(day_us("2020-02-02") + 5, NOW_US) == (day_us("2020-02-02"), SHOWN[1])
    assert query.shown(None, NOW_US) == (SHOWN[1] - WEEK_US, SHOWN[1])


@pytest.mark.parametrize("search", ["weeks=99", "lanes=x", "since=yesterday", "until=2026-02-30",
                                    "since=2026-03-01&until=2026-02-01"])  # fmt: skip
def test_what_cannot_be_asked_for_is_said_with_its_name(search):
    query = one_query.read(f"?{search}")
    assert len(query.problems) == 1
    assert query.problems[0].startswith(search.rpartition("&")[2].partition("=")[0])
    assert (query.since, query.until, query.weeks, query.lanes) == ("", "", "", "")


# --- the timeline


def test_lanes_are_kinds_the_fullest_first_and_what_has_none_last():
    some = [session("2026-06-01", "Run"), session("2026-06-02"), session("2026-06-03"), session("2026-06-04", None)]
    assert [(name, len(of)) for name, of in one_timeline.lanes_of(some)] == [("Walk", 2), ("Run", 1), ("No kind", 1)]


def test_a_session_stands_in_the_lane_of_each_of_its_tags():
    some = [session("2026-06-01", tags=("dry", "baseline")), session("2026-06-02", tags=("dry",))]
    lanes = one_timeline.lanes_of(some, "tag")
    assert [(name, len(of)) for name, of in lanes] == [("dry", 2), ("baseline", 1)]


def test_rare_kinds_share_a_lane():
    some = [session(f"2026-06-{i + 1:02}", f"kind {i:02}") for i in range(20)]
    lanes = one_timeline.lanes_of(some)
    assert len(lanes) == one_timeline.MOST_LANES
    assert lanes[-1][0] == "Other kinds"
    assert sum(len(of) for _, of in lanes) == 20


def test_a_part_holds_the_sessions_that_began_in_it():
    some = [session("2026-06-01"), session("2026-06-02"), session("2026-06-03")]
    part = (day_us("2026-06-02"), day_us("2026-06-03"))
    assert [one.workout.workout_id for one in within(some, part)] == ["s-2026-06-02"]


# --- load


def loads(*found: Week) -> list[tuple[float, int, bool, float | None]]:
    return [(one.value, one.count, one.partial, one.mean) for one in found]


def test_weeks_begin_on_mondays_and_those_not_all_of_which_counts_are_partial():
    some = [session("2026-11-16"), session("2026-11-22", hours=0.5), session("2026-11-23", hours=2.0)]
    found = weeks_of(some, (day_us("2026-11-12"), SHOWN[1]), NOW_US)
    assert loads(*found) == [(0.0, 0, True, None), (1.5, 2, False, None), (2.0, 1, True, None)]
    assert one_load.week_day(found[1]) == "16 Nov 2026"


def test_the_mean_of_four_weeks_stops_at_a_week_without_sessions_and_at_a_partial_one():
    monday = day_us("2026-08-03")
    days = [0, 7, 14, 21, 28, 42, 49, 56, 63]  # the week of 35 is a gap
    some = [Session(Workout(f"s{d}", 1, uid=str(d)), monday + d * DAY_US, (1 + i) * H) for i, d in enumerate(days)]
    found = weeks_of(some, (monday, monday + 77 * DAY_US), monday + 70 * DAY_US + 1)
    assert [one.mean for one in found] == [None, None, None, 2.5, 3.5, None, None, None, None, 7.5, None]


def test_load_says_that_it_is_only_what_was_recorded_and_marks_parts_of_weeks():
    markup = one_load.load([session("2026-11-18"), session("2026-11-24")], (day_us("2026-11-16"), SHOWN[1]), NOW_US)
    assert "only what was recorded" in plain(markup)
    assert markup.count('opacity="0.4"') == 1
    assert "23 Nov 2026 so far or in part" in plain(markup)
    assert "Nothing was recorded" in plain(one_load.load([], SHOWN, NOW_US))


def test_load_is_of_steps_too_by_day_and_of_the_last_days_side_by_side():
    some = [session("2026-11-02"), session("2026-11-18"), session("2026-11-24")]
    known = {one.workout.uid: {"steps": 100.0 * i, "jumps": 0.0} for i, one in enumerate(some, 1)}
    shown = one_load.Shown("steps", "day", known)
    part = (day_us("2026-11-02"), SHOWN[1])
    days = weeks_of(some, part, NOW_US, shown)
    assert [(one.value, one.count) for one in days if one.count] == [(100.0, 1), (200.0, 1), (300.0, 1)]
    assert not any(one.mean for one in days)
    markup = one_load.load(some, part, NOW_US, shown, some)
    last = {row[0]: row[1:] for row in rows(markup, "Load of the last days")}
    assert last["Steps"] == ["300", "600"]  # the 18th is the eighth day
    assert last["Impulse BW·s"] == ["–", "–"]
    assert "24 Nov 2026: 300 in 1 session" in markup
    assert "25 Nov 2026: 0 in 0 sessions, a part of the day" in markup
    assert "says nothing about injury" in plain(markup)
    unknown = one_load.load(some, part, NOW_US, one_load.Shown("impulse_bw_s", "", known), some)
    assert "Not known of 3 sessions: it needs a force in N and the mass" in plain(unknown)


@pytest.mark.parametrize(("day", "said"), [("2026-11-03", "3 Nov 2026"), ("2002-05", "May 2002"), ("2002", "2002"),
                                           ("", "")])  # fmt: skip
def test_days_are_said_as_far_as_they_are_known(day, said):
    assert one_load.said_day(day) == said


# --- the page


@pytest.fixture
async def ada(memory_archive):
    team = await memory_archive.roster.add_team("Track", now_us=NOW_US)
    made = Athlete(
        "Ada Longname", sex="F", born="2002-05-14", teams=(team.uid,), notes="left-handed",
        measurements=(Measurement("mass_kg", 67.0, day_us("2026-05-01")),
                      Measurement("mass_kg", 68.4, day_us("2026-11-12"), "scale")),
        consents=(Consent("video", "2026-05-12", by="A. Example"),
                  Consent("video", "2026-06-12", state="withdrawn")),
        goals=(Goal("force", "left", "usual", 105, 115, "2026-11-01", "2027-01-15", "A. Example", 3, 40),
               Goal("weight", "right", "kg", 15, 25, "2026-05-01", "2026-06-01")),
    )  # fmt: skip
    return await memory_archive.roster.add(made, now_us=NOW_US)


@pytest.fixture
def shown(pages) -> Sources:
    return Sources(pages.settings, guarded(pages.archive), pages.live)


SCIENTIST = Principal("Dr. S", kind="user", uid="s", roles=frozenset({"scientist"}))


def seen_by(ada: Athlete, role: str) -> Principal:
    teams = frozenset(ada.teams)
    more = {"scientist": {"teams": teams}, "analyst": {"granted": teams}, "athlete": {"athlete": ada.uid}}[role]
    return Principal(role, kind="user", uid=role, roles=frozenset({role}), **more)


async def test_facts_of_an_athlete_are_there_and_what_is_written_down_of_consent(shown, ada):
    with acting(ITSELF):
        found = await find(shown, ada.uid, OneQuery(), NOW_US)
        text, head = plain(one_page.aside(found, NOW_US)), str(one_page.frame(found, NOW_US))
        assert await one_page.load(shown, found, OneQuery(), NOW_US) == ""
    for fact in ("female", "14 May 2002, 24 y", "Track", "left-handed", "68.4 kg", "12 Nov 2026, scale",
                 "withdrawn 12 Jun 2026", "2 statements", "A. Example", "2 measurements",
                 "Peak force left, 105–115 % of their usual", "1 other goal", "Weight on the foot right, 15–25 kg",
                 "until 15 Jan 2027, set by A. Example, 3 sets of 40 steps"):  # fmt: skip
        assert fact in text, fact
    assert "68.4 kg" in head
    assert "No sessions yet" in plain(one_page.timeline(found, OneQuery(), NOW_US))


async def test_sessions_stand_on_the_timeline_and_their_measures_below(shown, ada, keep, memory_archive):
    start_us = day_us("2026-11-20")
    await keep("walk-1", sim.walk(4.0, start_us=start_us), athlete="Ada Longname", kind="Walk")
    await keep("stranger", sim.walk(4.0, start_us=start_us), athlete="Ben")
    with acting(ITSELF):
        found = await find(shown, ada.uid, OneQuery(), NOW_US)
        markup = one_page.timeline(found, OneQuery(), NOW_US)
        trends = await one_page.trends(shown, found, OneQuery(measures=("contact_s", "nobody")), None)
        outside = await one_page.trends(shown, found, OneQuery(until="2026-10-01"), None)
    assert 'href="/session/walk-1"' in markup
    assert "stranger" not in markup
    assert "Contact time" in plain(trends)
    assert "measure: expected one that these sessions have, got" in plain(trends)
    assert "No session lies in this time" in plain(outside)


async def test_names_of_kinds_and_athletes_stay_texts(shown, keep, memory_archive):
    bad = "<script>x</script>"
    athlete = await memory_archive.roster.add(
        Athlete(bad, notes=bad, consents=(Consent(bad, "2026-01-01"),)), now_us=NOW_US
    )
    await keep("bad", sim.walk(2.0, start_us=day_us("2026-11-20")), athlete=bad, kind=bad)
    with acting(ITSELF):
        found = await find(shown, athlete.uid, OneQuery(), NOW_US)
        assert found.total == 1
        assert "<script>" not in one_page.aside(found, NOW_US) + one_page.timeline(found, OneQuery(), NOW_US)


async def test_whoever_may_not_see_an_athlete_gets_what_nobody_gets(shown, ada):
    never = "0" * 32
    for who in (SCIENTIST, Principal("admin", kind="user", uid="a", roles=frozenset({"admin"}))):
        with acting(who):
            assert str(await one_page.show(shown, ada.uid, "")) == str(await one_page.show(shown, never, ""))
            assert str(await one_page.show(shown, ada.uid, "")) == str(notices.nowhere())
            with pytest.raises(NotFound):
                await find(shown, ada.uid, OneQuery(), NOW_US)


@pytest.mark.parametrize(("role", "changes", "named"), [("scientist", True, True), ("analyst", False, False),
                                                        ("athlete", False, True)])  # fmt: skip
async def test_each_role_sees_and_changes_what_is_theirs(shown, ada, role, changes, named):
    with acting(seen_by(ada, role)):
        found = await find(shown, ada.uid, OneQuery(), NOW_US)
        markup, head = one_page.aside(found, NOW_US), str(one_page.frame(found, NOW_US))
    assert found.may_change is changes
    assert ("<form" in markup) is changes
    assert ("Merge" in head) is changes
    for text in ("Ada Longname", "left-handed", "14 May 2002"):
        assert (text in head + plain(markup)) is named
    assert "2002" in markup


def test_measures_that_are_asked_for_are_shown_else_the_usual_ones():
    known = [one_trends.metric(name) for name in ("max_raw_peak", "contact_s", "max_total_force_n")]
    assert one_trends.chosen(known, ()) == ["max_total_force_n", "contact_s", "max_raw_peak"]
    assert one_trends.chosen(known, ("contact_s", "nobody")) == ["contact_s"]
    assert one_trends.chosen(known[:1], ("nobody",)) == ["max_raw_peak"]


@pytest.mark.parametrize("role", ["scientist", "analyst", "athlete"])
async def test_what_was_trained_is_kept_on_the_page_the_newest_first(shown, ada, keep, pages, role):
    start_us = NOW_US - 3 * DAY_US
    for i in range(2):
        name = f"train-{i}"
        await keep(name, sim.walk(1.0, rows=4, cols=3, start_us=start_us + i * DAY_US), athlete="Ada Longname")
        await pages.archive.roster.assign([name], ada.uid)
        for n, text in enumerate(
            ("Feedback set 1: 8 of 10", f"Feedback: Peak force; 1 set, {70 + i} % of 10, best row 4", "x")
        ):
            await pages.archive.add_marker(name, Marker(start_us + i * DAY_US + n, text))
    with acting(seen_by(ada, role)):
        found = await find(shown, ada.uid, OneQuery(), NOW_US)
        markup = one_page.aside(found, NOW_US)
    assert [one.workout_id for one, _ in found.trained] == ["train-1", "train-0"]
    text = plain(markup)
    assert "Trained last Peak force; 1 set, 71 % of 10, best row 4" in text
    assert "8 of 10" not in text
    assert '<a href="/session/train-1">' in markup
