"""What the forms of an athlete's page change in a record, and which field an error names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from barograph.errors import InvalidData, Refused
from barograph.store.goals import Goal
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement
from barograph.times import day_of, day_us
from dashboard.athletes.one_change import Change, changed
from dashboard.page.typed_callbacks import decoded

NOW_US = day_us("2026-11-25")
MASS = Measurement("mass_kg", 67.0, day_us("2026-05-01") + 5, "scale")
ADA = Athlete(
    "Ada", uid="ada", short_id="a-1", teams=("mine", "hidden"), revision=3, aliases=("A 12",),
    measurements=(MASS, Measurement("height_cm", 172.0, day_us("2026-06-01"))),
    involved=(Involved("left", "2026-05-14", "", "knee"),),
    consents=(Consent("video", "2026-05-12"),),
)  # fmt: skip
PROFILE = dict.fromkeys(("sex", "dominant", "born", "sport", "shoe", "notes", "age", "age_day"), "")
PROFILE |= {"name": "Ada", "short_id": "a-1"}
VALUE = {"kind": "mass_kg", "value": "68,4", "day": "2026-11-12", "source": "body-weight check"}
SIDE = {"involved": "right", "involved_since": "2026-07-01", "involved_until": "", "involved_what": "ankle"}
CONSENT = {"consent": "video", "consent_state": "withdrawn", "consent_day": "2026-11-24", "consent_by": "A. Example"}


def made(act: str, fields: dict[str, str], **more: object) -> Athlete:
    asked = decoded("change", {"act": act, "revision": 3, "fields": fields, **more}, Change)
    return changed(ADA, asked, {"mine", "other"}, NOW_US)


def test_a_profile_is_changed_and_all_else_of_the_record_stays():
    said = PROFILE | {"name": " Ada L. ", "sex": "F", "born": "14.05.2002", "dominant": "right", "notes": "a\r\nb"}
    expected = replace(ADA, name="Ada L.", sex="F", born="2002-05-14", dominant="right", notes="a\nb")
    assert made("profile", said, teams=["mine"]) == expected


def test_teams_that_are_not_seen_stay_and_those_that_are_seen_change():
    assert made("profile", PROFILE, teams=["other"]).teams == ("hidden", "other")
    assert made("profile", PROFILE, teams=[]).teams == ("hidden",)


def test_an_age_has_its_day():
    assert made("profile", PROFILE | {"age": "24", "age_day": "2026-01-01"}).age == Age(24.0, "2026-01-01")


def test_a_measurement_is_added_on_its_day():
    after = made("measurement", VALUE)
    assert after.measurements == (
        *ADA.measurements,
        Measurement("mass_kg", 68.4, day_us("2026-11-12"), "body-weight check"),
    )


def test_a_measurement_is_corrected_and_keeps_its_time_of_day_unless_its_day_changes():
    after = made("measurement", VALUE | {"day": "2026-05-01"}, at=0)
    assert after.measurements[0] == Measurement("mass_kg", 68.4, MASS.t_us, "body-weight check")
    moved = made("measurement", VALUE, at=0).measurements
    assert [day_of(one.t_us) for one in moved] == ["2026-06-01", "2026-11-12"]


def test_a_measurement_and_a_side_are_removed_whatever_stands_in_the_fields():
    assert made("measurement", {"value": "x"}, at=0, remove=True).measurements == ADA.measurements[1:]
    assert made("involved", {}, at=0, remove=True).involved == ()


def test_a_side_is_added_and_ended():
    assert made("involved", SIDE).involved == (*ADA.involved, Involved("right", "2026-07-01", "", "ankle"))
    ended = SIDE | {"involved": "left", "involved_since": "2026-05-14", "involved_until": "2026-10-01"}
    assert made("involved", ended, at=0).involved == (Involved("left", "2026-05-14", "2026-10-01", "ankle"),)


def test_a_consent_is_withdrawn_by_a_further_statement():
    after = made("consent", CONSENT)
    assert after.consents == (*ADA.consents, Consent("video", "2026-11-24", "", "A. Example", "withdrawn"))
    assert after.consented("video", "2026-11-25").state == "withdrawn"


GOAL = {"goal_measure": "force", "goal_side": "left", "goal_basis": "usual", "goal_low": "105", "goal_high": "115,5",
        "goal_since": "2026-11-25", "goal_until": "2027-01-15", "goal_by": "A. Example", "goal_sets": "3",
        "goal_steps": "", "goal_rest_s": "45"}  # fmt: skip


def test_a_goal_is_set_and_removed():
    after = made("goal", GOAL)
    kept = Goal("force", "left", "usual", 105.0, 115.5, "2026-11-25", "2027-01-15", "A. Example", 3, 0, 45)
    assert after.goals == (kept,)
    asked = decoded("change", {"act": "goal", "revision": 3, "fields": {}, "at": 0, "remove": True}, Change)
    assert changed(replace(ADA, goals=(kept,)), asked, {"mine"}, NOW_US).goals == ()


@pytest.mark.parametrize(("act", "fields", "more", "field"), [
    ("goal", GOAL | {"goal_high": "105"}, {}, "goal_high"),
    ("goal", GOAL | {"goal_low": "much"}, {}, "goal_low"),
    ("goal", GOAL | {"goal_sets": "2.5"}, {}, "goal_sets"),
    ("goal", GOAL | {"goal_since": ""}, {}, "goal_since"),
    ("goal", GOAL | {"goal_until": "2026-11-24"}, {}, "goal_until"),
    ("goal", GOAL | {"goal_measure": "speed"}, {}, "goal_measure"),
    ("goal", GOAL | {"goal_basis": "other", "goal_side": "both"}, {}, "goal_side"),
    ("goal", GOAL | {"goal_measure": "weight"}, {}, "goal_basis"),
    ("profile", PROFILE | {"name": ""}, {}, "name"),
    ("profile", PROFILE | {"short_id": ""}, {}, "short_id"),
    ("profile", PROFILE | {"short_id": "A 1"}, {}, "short_id"),
    ("profile", PROFILE | {"sex": "Q"}, {}, "sex"),
    ("profile", PROFILE | {"born": "2027-01-01"}, {}, "born"),
    ("profile", PROFILE | {"born": "may"}, {}, "born"),
    ("profile", PROFILE | {"age": "old", "age_day": "2026-01-01"}, {}, "age"),
    ("profile", PROFILE | {"age": "24"}, {}, "age_day"),
    ("profile", PROFILE | {"age_day": "2026-01-01"}, {}, "age"),
    ("profile", PROFILE | {"dominant": "top"}, {}, "dominant"),
    ("profile", PROFILE | {"notes": "x" * 20_000}, {}, "notes"),
    ("profile", PROFILE, {"teams": ["hidden"]}, "teams"),
    ("measurement", VALUE | {"kind": "shoe"}, {}, "kind"),
    ("measurement", VALUE | {"value": "much"}, {}, "value"),
    ("measurement", VALUE | {"value": "0"}, {}, "value"),
    ("measurement", VALUE | {"day": ""}, {}, "day"),
    ("measurement", VALUE | {"day": "2026-12-25"}, {}, "day"),
    ("measurement", VALUE, {"at": 2}, "measurement"),
    ("involved", SIDE | {"involved": ""}, {}, "involved"),
    ("involved", SIDE | {"involved_until": "2026-06-30"}, {}, "involved_until"),
    ("consent", CONSENT | {"consent": ""}, {}, "consent"),
    ("consent", CONSENT | {"consent_day": ""}, {}, "consent_day"),
    ("consent", CONSENT | {"consent_day": "2027-01-01"}, {}, "consent_day"),
    ("consent", CONSENT | {"consent_until": "2026-01-01"}, {}, "consent_until"),
    ("consent", CONSENT | {"consent_state": "maybe"}, {}, "consent_state"),
])  # fmt: skip
def test_what_cannot_be_taken_names_its_field_and_what_was_expected(act, fields, more, field):
    with pytest.raises(InvalidData, match="expected") as refused:
        made(act, fields, **more)
    assert refused.value.field == field


def test_a_record_that_somebody_changed_meanwhile_is_looked_at_again():
    with pytest.raises(Refused, match="changed this athlete meanwhile"):
        changed(replace(ADA, revision=4), Change("measurement", 3, fields=VALUE), (), NOW_US)


@pytest.mark.parametrize("asked", [None, [], {}, {"act": "erase", "revision": 1}, {"act": "profile", "revision": -1},
                                   {"act": "profile", "revision": 1, "fields": {"name": 7}},
                                   {"act": "measurement", "revision": 1, "at": 1 << 40}])  # fmt: skip
def test_what_is_no_change_is_refused_before_it_is_read(asked):
    with pytest.raises(InvalidData, match="change"):
        decoded("change", asked, Change)
