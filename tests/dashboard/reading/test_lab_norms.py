"""Reference bands on pages: other athletes of the same kind of session and sensor, in the unit shown, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from analytics import sim
from barograph.norms import Admitted, Cohort
from barograph.norms.published import loads
from barograph.store.ports import About, Workout
from barograph.store.roster import Athlete
from dashboard.athletes.one_query import read as read_one
from dashboard.drawing.units import Units
from dashboard.history.page import HistoryQuery, body
from dashboard.history.page import read as read_history
from dashboard.reading.band_query import BandQuery
from dashboard.reading.lab_norms import NO_NORMS, Norms, lab_norms, norms_of
from dashboard.reading.session_measures import Entry, metric
from dashboard.reading.summarising import Summariser
from dashboard.reading.turned import turned
from dashboard.session.among import body as among
from tests.dashboard.published import WALKING_ADULTS

DAY_US = 86_400_000_000
START_US = 1_790_000_000_000_000
FORCE = metric("max_total_force_n")
COHORT = Cohort("walk", "insole 60 × 21", "F", (18, 25))
LAB = BandQuery("lab")


def entry(athlete: str, value: float, day: int = 0, mass_kg: float | None = 70.0) -> Entry:
    about = About(athlete=athlete, kind="walk", mass_kg=mass_kg)
    workout = Workout(f"{athlete}-{day}", START_US, about, athlete_uid=athlete)
    both = {("max_total_force_n", side): (value + more, 3.0, 9) for side, more in (("left", 0.0), ("right", 10.0))}
    return Entry(workout, START_US + day * DAY_US, 10.0, True, both)


def cohort(n: int, **said: object) -> Norms:
    return Norms(tuple(entry(f"a{i}", 601.0 + i) for i in range(n)), COHORT, Admitted(**said), asked=True)  # type: ignore[arg-type]


def of(found: Norms, units: Units = Units()):  # noqa: B008
    return found.of(FORCE, "left", turned(FORCE, [entry("me", 750.0)], units), units)


def page(norms: Norms, values: Sequence[float] = (600.0, 650.0), search: str = "?band=lab") -> str:
    mine = [entry("me", value, day) for day, value in enumerate(values)]
    return body(mine, read_history(search), Units(), norms=norms)


def test_percentiles_are_those_of_one_value_per_athlete() -> None:
    found = of(replace(cohort(99), entries=(*cohort(99).entries, *[entry("a0", 601.0, day) for day in range(1, 50)])))
    assert [found.row[name] for name in ("p5", "p50", "p95", "n_athletes")] == [605, 650, 695, 99]
    assert found.ends == (605, 695)
    assert found.said == (
        "Band: middle 90 %, inner: middle 50 %, line: median of 99 athletes of this lab "
        "(women, 18–25 years, walk, insole 60 × 21); not a diagnosis."
    )


def test_a_band_is_in_the_unit_that_is_shown() -> None:
    share = 100.0 / (70.0 * 9.80665)
    assert of(cohort(99), Units("% BW")).row["p50"] == pytest.approx(650 * share)
    light = replace(cohort(99), entries=tuple(replace(one, workout=replace(one.workout, about=About(kind="walk")))
                                              for one in cohort(99).entries))  # fmt: skip
    assert np.isnan(of(light, Units("% BW")).row["p50"]), "without a mass there is no % BW"


def test_a_height_is_in_cm_as_it_is_shown() -> None:
    height = metric("jump:height_m")
    jumped = [
        replace(one, values={(height.name, ""): (0.2 + i / 1000, 0.01, 3)}) for i, one in enumerate(cohort(99).entries)
    ]
    found = replace(cohort(99), entries=tuple(jumped)).of(height, "", turned(height, jumped[:1], Units()), Units())
    assert height.unit == "cm"
    assert float(found.row["p50"]) == pytest.approx(24.9)


def test_too_few_athletes_are_said_and_nothing_is_drawn() -> None:
    middle, two, nobody = of(cohort(15)), of(cohort(2)), of(Norms(why="this athlete alone", asked=True))
    assert (middle.known, middle.whole, middle.ends) == (True, False, (604, 612))
    assert "Band: middle 50 %, line: median of 15" in middle.said
    assert middle.said.endswith("The middle 90 % needs 19 athletes, here are 15.")
    assert (two.known, two.said) == (False, "No reference band: a band needs 11 athletes, here are 2.")
    assert nobody.said == "No reference band: this athlete alone."


def test_history_draws_the_band_and_says_what_it_is_and_where_the_newest_session_lies() -> None:
    plain = page(NO_NORMS, search="")
    assert "of this lab" not in plain
    shown = page(cohort(30, part=True, lacking={"no date of birth": 1}))
    assert "median of 30 athletes of this lab" in shown
    # The newest: left 650 above 601 … 630, right 660 above 611 … 640.
    assert "The newest session: left above the middle 90 %, right above the middle 90 %." in shown
    assert "This athlete belongs to the cohort and is left out of its band." in shown
    assert "Left out: 1 athlete, no date of birth." in shown
    assert shown.count("<rect") - plain.count("<rect") == 4, "the middle 90 % and 50 % of both feet"
    assert 'data-param="age"' in shown
    assert 'data-param="age"' not in plain
    few = page(cohort(2))
    assert few.count("<rect") == plain.count("<rect")
    assert "here are 2" in few


def test_an_address_says_which_band_and_nonsense_is_said() -> None:
    asked = read_history("?band=lab&sex=F&age=18-25&sport=rowing")
    assert asked == HistoryQuery(of=BandQuery("lab", "F", "18-25", "rowing"))
    assert asked.of.years == (18, 25)
    assert read_one("?band=lab&age=51-").of == BandQuery("lab", age="51-")
    wrong = read_one("?band=Best!&sex=woman&age=young")
    assert wrong.of == BandQuery()
    assert [text.partition(":")[0] for text in wrong.problems] == ["band", "sex", "age"]


def test_a_session_has_a_row_for_each_measure_and_its_place_in_words() -> None:
    shown = among(entry("me", 616.0), cohort(30), Units(), ("Steps",))
    assert shown.count('<th scope="row">') == 2
    assert "in the middle 50 %" in shown
    assert "median of 30 athletes of this lab" in shown
    assert shown.count("<circle") == 2
    beyond = among(entry("me", 900.0), cohort(30), Units(), ("Steps",))
    assert (beyond.count("<circle"), beyond.count("<polyline")) == (0, 2)
    assert "above the middle 90 %; not a diagnosis" in beyond
    few = among(entry("me", 616.0), cohort(2), Units(), ("Steps",))
    assert "<table" not in few
    assert "a band needs 11 athletes, here are 2" in few
    assert "no measure here" in among(entry("me", 616.0), cohort(30), Units(), ("Jumps",))


PUBLISHED = f"""{WALKING_ADULTS}\
[measures.max_peak_kpa]
unit = "kPa"
p5 = 150
p95 = 350
"""


def test_a_published_band_says_its_source_and_stands_in_its_own_unit_alone() -> None:
    given = Norms(given=loads("adults", PUBLISHED), asked=True)
    found = of(given)
    assert [round(float(found.row[name])) for name in ("p5", "p25", "p50", "p95")] == [436, 533, 600, 764]
    assert "of 40 people of Walking adults (people who walked; an insole; own speed)" in found.said
    assert "Source: A paper that this test made up; not a diagnosis." in found.said
    assert found.said.endswith("The band is made of a published mean and SD, as of a normal curve.")
    assert "in N, these numbers are in % BW" in of(given, Units("% BW")).why
    assert of(given, Units("kgf")).row["p50"] == pytest.approx(600 / 9.80665)
    peak = metric("max_peak_kpa")
    outer = given.of(peak, "left", turned(peak, [entry("me", 1.0)], Units()), Units())
    assert (outer.known, outer.inner, outer.ends) == (True, False, (150, 350))
    assert outer.said.startswith("Band: middle 90 % of 40 people")
    other = metric("contact_s")
    assert (
        "no values of this measure" in given.of(other, "left", turned(other, [entry("me", 1.0)], Units()), Units()).why
    )
    assert "of 40 people of Walking adults" in page(given, search="?band=adults")


@pytest.fixture
async def lab(pages, keep):
    """Three women of the roster, one without a date of birth; a run, and a walk on another sensor."""
    for name, born in (("Ada", "2004-01-01"), ("Bo", "2004-01-01"), ("Cy", "")):
        await pages.archive.roster.add(Athlete(name, sex="F", born=born, sport="rowing"), now_us=START_US)
    kept = [("ada", "Ada", 12, "walk"), ("bo", "Bo", 12, "walk"), ("cy", "Cy", 12, "walk"),
            ("bo on a plate", "Bo", 8, "walk"), ("bo runs", "Bo", 12, "run")]  # fmt: skip
    for i, (name, athlete, rows, kind) in enumerate(kept):
        walk = sim.walk(3.0, start_us=START_US + i * DAY_US, seed=i, rows=rows, cols=6)
        await keep(name, walk, athlete=athlete, kind=kind, mass_kg=70.0)
    await Summariser(pages.archive, lambda _: True).catch_up()
    return pages


async def test_a_cohort_is_of_others_with_the_same_kind_of_session_and_sensor(lab, keep):
    ada, run, other = [await lab.archive.workout(name) for name in ("ada", "bo runs", "bo on a plate")]

    async def names(workouts, query):
        found = await lab_norms(lab.archive, lab.measures, workouts, query)
        return [one.workout.workout_id for one in found.entries], found

    found, norms = await names([ada], LAB)
    assert (sorted(found), norms.admitted.part, norms.sports) == (["bo", "cy"], True, ("rowing",))
    found, norms = await names([ada], replace(LAB, age="18-25"))
    assert found == ["bo"]
    assert "1 athlete, no date of birth" in norms.notes
    found, norms = await names([ada], replace(LAB, sport="chess"))
    assert (found, norms.why) == ([], "no other athlete belongs to the cohort")
    found, norms = await names([run], LAB)
    assert (found, norms.why) == ([], "this athlete alone belongs to the cohort")
    for several, why in (([ada, run], "several kinds do not"), ([ada, other], "insole 12 × 6; insole 8 × 6")):
        assert why in (await names(several, LAB))[1].why
    assert "no kind" in (await names([replace(ada, about=About())], LAB))[1].why
    folder = lab.settings.data_dir / "norms"
    folder.mkdir(parents=True)
    (folder / "adults.toml").write_text(PUBLISHED, "utf-8")
    (folder / "broken.toml").write_text("title =", "utf-8")
    given = await norms_of(lab, [ada], BandQuery("adults"))
    assert (given.why, given.offered) == ("", (("adults", "Walking adults"),))
    assert "it is of walk, these sessions are of run" in (await norms_of(lab, [run], BandQuery("adults"))).why
    assert "no published band 'broken'" in (await norms_of(lab, [ada], BandQuery("broken"))).why
    (folder / "adults.toml").unlink()
    await keep("bo again", sim.walk(3.0, start_us=START_US, rows=12, cols=6), athlete="Bo", kind="walk")
    assert "1 session of the cohort without numbers yet." in (await names([ada], LAB))[1].notes
    nothing = await norms_of(lab, [ada], BandQuery())
    assert (nothing.asked, nothing.entries, nothing.offered) == (False, (), ())
