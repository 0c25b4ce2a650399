"""Who belongs to a cohort: sex, age on the day, sport, kind of session and of sensor; and who is left out, and why."""

from __future__ import annotations

import pytest

from barograph.errors import InvalidData
from barograph.norms import Cohort, Member, admitted, age_range
from barograph.store.roster import Age, Athlete

INSOLE = "insole 60 × 21"
WALK = Cohort("walk", INSOLE)


def person(
    uid: str, sex: str = "F", born: str = "2004-05-14", sport: str = "rowing", age: Age | None = None
) -> Athlete:
    return Athlete(f"Athlete {uid}", uid=uid, sex=sex, born=born, sport=sport, age=age)


def session(uid: str, kind: str = "walk", sensor: str = INSOLE, day: str = "2026-11-30") -> Member:
    return Member(uid, kind, sensor, day)


PEOPLE = {
    one.uid: one
    for one in (
        person("a"), person("b", "M"), person("c", born=""), person("d", sex=""), person("e", sport=""),
        person("f", born="", age=Age(21.6, "2026-01-01")), person("g", sport=" Rowing"),
    )
}  # fmt: skip


def test_sessions_of_another_kind_or_sensor_never_mix() -> None:
    sessions = [session("a"), session("a", kind="run"), session("a", sensor="plate 64 × 38"), session("a", sensor="")]
    assert admitted(WALK, PEOPLE, sessions).places == (0,)


def test_people_are_chosen_by_sex_age_and_sport() -> None:
    everyone = [session(uid) for uid in PEOPLE]

    def names(cohort: Cohort) -> str:
        return "".join(everyone[i].athlete for i in admitted(cohort, PEOPLE, everyone).places)

    assert names(WALK) == "abcdefg"
    assert names(Cohort("walk", INSOLE, "F")) == "acefg"
    assert names(Cohort("walk", INSOLE, age=(18, 25))) == "abdefg"
    assert names(Cohort("walk", INSOLE, sport="rowing")) == "abcdfg", "case and blanks do not count"
    assert names(Cohort("walk", INSOLE, "F", (18, 25), "rowing")) == "afg"


def test_the_age_is_that_of_the_day_of_the_session() -> None:
    young = Cohort("walk", INSOLE, age=(0, 17))
    before, on = session("a", day="2022-05-13"), session("a", day="2022-05-14")
    assert admitted(young, PEOPLE, [before, on]).places == (0,)
    assert admitted(Cohort("walk", INSOLE, age=(22, 22)), PEOPLE, [session("f")]).places == (0,), "22.5 years are 22"


def test_whoever_lacks_what_is_asked_is_counted_and_said() -> None:
    everyone = [session(uid) for uid in (*PEOPLE, "c", "nobody", "")] + [session("a", day="")]
    found = admitted(Cohort("walk", INSOLE, "F", (18, 25), "rowing"), PEOPLE, everyone)
    assert dict(found.lacking) == {"no date of birth": 1, "no sex in the record": 1, "no sport in the record": 1}
    assert found.nobodys == 2
    assert "1 athlete, no date of birth" in found.left_out
    assert "2 sessions of no athlete of the roster" in found.left_out
    assert admitted(WALK, PEOPLE, [session("a")]).left_out == ""


def test_who_is_compared_is_no_part_of_the_band_and_it_is_said_whether_he_would_be() -> None:
    found = admitted(WALK, PEOPLE, [session("a"), session("b")], {"a"})
    assert (found.places, found.part) == ((1,), True)
    assert not admitted(Cohort("walk", INSOLE, "M"), PEOPLE, [session("a"), session("b")], {"a"}).part
    alone = admitted(WALK, PEOPLE, [session("a")], {"a"})
    assert (alone.places, alone.part) == ((), True), "nobody is compared with himself"


def test_an_age_is_read_and_said() -> None:
    assert (age_range(""), age_range("18-25"), age_range("51-")) == (None, (18, 25), (51, 130))
    for wrong in ("18", "25-18", "-5", "a-b", "18-999", 18):
        with pytest.raises(InvalidData, match="age: expected years as 18-25"):
            age_range(wrong)
    said = [Cohort("walk", INSOLE, sex, age_range(age), sport).said for sex, age, sport in (
        ("F", "18-25", "rowing"), ("M", "51-", ""), ("F", "0-17", ""), ("", "", ""),
    )]  # fmt: skip
    assert said == [
        f"women, 18–25 years, rowing, walk, {INSOLE}", f"men, 51 years and older, walk, {INSOLE}",
        f"girls, up to 17 years, walk, {INSOLE}", f"walk, {INSOLE}",
    ]  # fmt: skip


def test_a_sex_that_there_is_not_is_refused() -> None:
    with pytest.raises(InvalidData, match="sex: expected one of F, M, X"):
        Cohort("walk", INSOLE, "female")
