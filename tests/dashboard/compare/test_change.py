""" "Is it a change?": numbers are those of analytics, and what cannot be decided is said."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from analytics import change, frame_stats, sim, spm, stance_curves, stances
from barograph.errors import InvalidData, NotFound
from barograph.frames import Recording
from dashboard.compare import callbacks, decided
from dashboard.compare.change_charts import curves as drawn
from dashboard.compare.decided import p_text, range_text
from dashboard.compare.groups import FootCurves
from dashboard.compare.query import MOST_SESSIONS, read
from dashboard.compare.report_routes import make_comparison
from dashboard.drawing.units import Units
from dashboard.drawing.words import sign
from dashboard.reading.summarising import Summariser

DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000
NAMES = [f"walk-{i}" for i in range(7)]
A, B = NAMES[:4], NAMES[4:]
ADDRESS = "?view=change&" + "&".join([*(f"a={name}" for name in A), *(f"b={name}" for name in B)])


@cache
def walk(i: int) -> dict[str, Recording]:
    harder = 0.10 if i >= len(A) else 0.0
    return sim.walk(6.0, start_us=START_US + i * DAY_US, seed=i, rows=12, cols=6, asymmetry=harder)


@pytest.fixture
async def seven(pages, keep):
    for i, name in enumerate(NAMES):
        await keep(name, walk(i), athlete="Athlete 12", kind="Walk", mass_kg=70.0)
    await keep("other", walk(0), athlete="Someone", kind="Walk")
    return pages


def plain(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup)).replace("\u202f", "")


def peaks(names: list[str]) -> pd.DataFrame:
    """The mean peak force of the left foot of each session."""
    found = []
    for name in names:
        table = stances(frame_stats(walk(NAMES.index(name))["left"]))
        found.append(table[~table["cut"]]["max_total_force_n"].mean())
    return pd.DataFrame({"force": found})


async def test_each_measure_stands_beside_the_noise_of_the_earlier_sessions(seven):
    markup = await callbacks.body(seven, ADDRESS)
    known = change(peaks(A), peaks(B)).loc["force"]
    row = plain(next(one for one in markup.split("<tr>") if "Peak force, left" in one))
    assert sign(known["difference"], 1) in row
    assert f"{known['mdc95']:.1f}" in row
    assert f"{known['difference_low']:.1f}".replace("-", "−") in row
    assert known["change"] in row
    assert "of A, the athlete’s own baseline: 4 sessions" in markup
    assert "nan" not in plain(markup).split()


async def test_swapping_changes_signs_and_decides_nothing_anew(seven):
    swapped = ADDRESS.replace("a=", "x=").replace("b=", "a=").replace("x=", "b=")
    there, back = [await callbacks.body(seven, one) for one in (ADDRESS, swapped)]
    words = [re.findall(r"beyond MDC|within noise|not known", one.split("<tbody>")[-1]) for one in (there, back)]
    assert words[0] == words[1]
    assert "of B, the athlete’s own baseline: 4 sessions" in back


async def test_the_curves_are_tested_with_sessions_as_units(seven):
    text = plain(await callbacks.body(seven, ADDRESS))
    groups = []
    for names in (A, B):
        tables = [frame_stats(walk(NAMES.index(name))["left"]) for name in names]
        rows = [stance_curves(one, stances(one), "total_force_n").mean() for one in tables]
        groups.append(pd.DataFrame(rows))
    found = spm(*groups)
    assert f"t* {found.attrs['t_star']:.2f}" in text
    assert "sessions as units, n 4 + 3; threshold by relabelling: all 35 ways" in text


async def test_steps_as_units_are_said_not_to_be_independent(seven):
    text = plain(await callbacks.body(seven, ADDRESS + "&unit=steps"))
    assert "Steps of one session are not independent" in text
    assert "steps as units" in text
    assert "4 + 3;" not in text
    assert "MDC for means of 4 and 3 sessions" in text
    assert "not independent" not in plain(await callbacks.body(seven, ADDRESS))


async def test_below_three_sessions_a_side_nothing_is_tested_or_decided(seven):
    text = plain(await callbacks.body(seven, "?view=change&a=walk-0&a=walk-1&b=walk-5"))
    assert "SPM needs 3 sessions a side; A has 2, B 1." in text
    assert "a baseline needs 3 sessions of A or of B; A has 2, B 1" in text
    assert "no reliability known for this measure" in text
    assert text.count("within noise") == 2, "in the answer and in the legend alone"


async def test_the_noise_and_swc_of_the_lab_are_taken_where_they_are_wanted_or_nothing_else_is(seven, keep):
    for i in range(6):
        walked = sim.walk(
            6.0, start_us=START_US + i * DAY_US, seed=20 + i, rows=12, cols=6, mass_kg=60.0 + 10 * (i // 2)
        )
        await keep(f"lab-{i}", walked, athlete=f"Other {i // 2}", kind="Walk", mass_kg=60.0 + 10 * (i // 2))
    await Summariser(seven.archive, lambda _: True).catch_up()
    own, of_lab = [plain(await callbacks.body(seven, ADDRESS + more)) for more in ("", "&noise=lab")]
    assert "own baseline: 4 sessions" in own
    assert "TE is that of 3 athletes of this lab, twice within 7 days" in of_lab
    assert "own noise this lab’s" in own
    few = plain(await callbacks.body(seven, "?view=change&a=walk-0&b=walk-5"))
    assert "TE is that of 3 athletes of this lab" in few
    assert "MDC for means of 1 and 1 sessions" in few
    assert "no reliability known" not in few


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?view=change", "Choose sessions as A"),
        ("?view=change&a=walk-0", "Choose sessions as B"),
        ("?view=change&a=walk-0&b=nobody", "nobody: nothing is stored under this name."),
        ("?view=change&a=walk-0&b=other", "sessions of different people"),
        ("?view=both&a=walk-0&b=walk-1", "view: expected one of maps, change"),
        ("?view=maps&a=walk-0&a=walk-1&b=walk-2", "A: 2 sessions are named; maps, curves and measures are of walk-1"),
    ],
)
async def test_what_cannot_be_decided_is_said(seven, search, said):
    assert said in plain(await callbacks.body(seven, search))


async def test_a_session_that_is_gone_is_left_out_and_said(seven):
    text = plain(await callbacks.body(seven, ADDRESS + "&a=gone&b=walk-0"))
    assert "gone: nothing is stored under this name." in text
    assert "In A and in B : walk-0" in text
    assert "A and B overlap in time" in text


async def test_units_and_foot_are_the_viewers(seven):
    text = plain(await callbacks.body(seven, ADDRESS + "&foot=right", {"force": "% BW", "pressure": "kPa"}))
    assert "Peak force, right % BW" in text
    assert "Peak force, left" not in text
    assert "Right force, % BW" in text


async def test_the_report_has_all_curves_and_says_what_it_rests_on(seven):
    query = read(ADDRESS + "&curve=peak")
    path, _, search = query.report(Units()).partition("?")
    assert path == "/compare/report"
    assert read(search) == query
    html = await make_comparison(seven.parts, search)
    text = plain(html)
    for said in ("Is it more than noise?", "What it rests on", "Left force, N", "Left peak, kPa", "Left area",
                 "own baseline: 4 sessions", "SPM", "Peak force, right", "MDC95"):  # fmt: skip
        assert said in text, said
    assert "<button" not in html
    assert r'content:"\25B3' in html, "the triangle of a warning is a character of CSS, not of Python"
    assert html.count("<b>Is it a change?</b>") == 1, "one definition of all flags"


@pytest.mark.parametrize(
    ("search", "error"),
    [
        ("?view=change&a=walk-0", NotFound),
        ("?view=change&a=walk-0&b=other", InvalidData),
        ("?view=change&a=walk-0&b=walk-1&unit=days", InvalidData),
    ],
)
async def test_a_report_of_what_cannot_be_decided_is_refused(seven, search, error):
    with pytest.raises(error):
        await make_comparison(seven.parts, search)


async def test_standing_has_measures_and_no_curves(pages, keep):
    for i in range(6):
        stood = {
            name: replace(one, layout=replace(one.layout, kind="mat", side=None))
            for name, one in sim.stand(4.0, start_us=START_US + i * DAY_US, seed=i, rows=12, cols=6).items()
        }
        await keep(f"stand-{i}", stood, athlete="A")
    names = [f"stand-{i}" for i in range(6)]
    address = "?view=change&" + "&".join([*(f"a={n}" for n in names[:3]), *(f"b={n}" for n in names[3:])])
    text = plain(await callbacks.body(pages, address))
    assert "A and B have no force of whole steps in common" in text
    assert "Load on the left" in text


def test_sessions_beyond_the_most_are_left_out_and_said():
    query = read("?" + "&".join(f"a=w{i}" for i in range(MOST_SESSIONS + 1)))
    assert len(query.groups[0]) == MOST_SESSIONS
    assert f"a: expected {MOST_SESSIONS} sessions at most, got {MOST_SESSIONS + 1}" in query.problems[0]
    assert read("?a=one&a=one").groups[0] == ("one",)


def of(gap: float, n: int = 12) -> decided.Tested:
    random = np.random.default_rng(3)
    sides = [pd.DataFrame(random.normal(100.0, 5.0, (n, 101))) for _ in "ab"]
    sides[1].iloc[:, 40:60] += gap
    return decided.tested(FootCurves("left", "Left", "var(--left)", "force", "N", 0, *sides), "sessions")


def test_clusters_have_the_colour_of_who_is_higher_their_range_and_p():
    for gap, who, other in ((60.0, "b", "a"), (-60.0, "a", "b")):
        svg = drawn(of(gap))
        assert f"var(--difference-{who})" in svg
        assert f"var(--difference-{other})" not in svg
        assert "40–59 %" in svg.replace("39–59", "40–59").replace("40–60", "40–59").replace("39–60", "40–59")
        assert "p &lt; 0.001" in svg
        assert f"{who.upper()} higher" in svg
    assert "no cluster beyond the threshold" in drawn(of(0.0))


def test_curves_that_do_not_vary_are_not_tested_and_not_drawn_with_numbers_that_are_none():
    flat = pd.DataFrame(np.full((3, 101), 5.0))
    found = decided.tested(FootCurves("left", "Left", "var(--left)", "force", "N", 0, flat, flat + 1), "sessions")
    assert found.found is None
    assert "do not vary at any point" in drawn(found)
    assert "nan" not in drawn(found)


@pytest.mark.parametrize(("n", "hopeless"), [((3, 3), True), ((3, 4), False), ((4, 4), False), ((12, 12), False)])
def test_with_three_sessions_a_side_nothing_can_pass_and_it_is_known(n, hopeless):
    random = np.random.default_rng(1)
    sides = [pd.DataFrame(random.normal(at, 1.0, (k, 101))) for at, k in zip((0.0, 50.0), n, strict=True)]
    found = decided.tested(FootCurves("left", "Left", "var(--left)", "force", "N", 0, *sides), "sessions")
    assert found.hopeless == hopeless
    assert bool(found.clusters) != hopeless


def test_numbers_of_clusters_are_written_shortly():
    assert (p_text(0.00002), p_text(0.0312), p_text(np.nan)) == ("p < 0.001", "p 0.031", "")
    assert (range_text({"start": 14.6, "stop": 30.2}), range_text({"start": 9.8, "stop": 10.2})) == ("15–30 %", "10 %")
