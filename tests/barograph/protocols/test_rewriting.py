"""A protocol's text with fields changed: the rest stays as it was written, and every fault is found at once."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barograph import protocols
from barograph.errors import InvalidData

OWN = """# ours, agreed in May
title = "Loaded # jump"  # as on the sheet
conditions = [
  "20 kg",  # first
]
trials = 3 # as agreed
instructions = \"\"\"
Jump "high".\"\"\"
box_cm = 40

[criteria]  # warn only
# quiet enough for the plate
weighing_stable = { sd_pct = 0.5 }  # strict
drift_seen = { mm = 2 }
"""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


def test_only_the_line_of_what_changes_is_written_anew() -> None:
    found = protocols.rewritten(OWN, {"trials": 5, "rest_s": 60, "criteria": {"weighing_stable": {"sd_pct": 0.8}}})
    expected = OWN.replace("trials = 3 # as agreed", "trials = 5  # as agreed")
    expected = expected.replace("box_cm = 40", "rest_s = 60\nbox_cm = 40")
    assert found == expected.replace("weighing_stable = { sd_pct = 0.5 }", "weighing_stable = { sd_pct = 0.8 }")


def test_fields_come_and_go_where_they_belong() -> None:
    found = protocols.rewritten(OWN, {"conditions": None, "title": "A # in it", "criteria": {"flight_seen": {}}})
    assert found.startswith('# ours, agreed in May\ntitle = "A # in it"  # as on the sheet\ntrials')
    assert found.endswith("drift_seen = { mm = 2 }\nflight_seen = {}\n")
    gone = protocols.rewritten(found, {"criteria": {"flight_seen": None, "drift_seen": None}})
    assert tomllib.loads(gone)["criteria"] == {"weighing_stable": {"sd_pct": 0.5}}
    assert protocols.rewritten("", {"title": "New", "criteria": {"flight_seen": {}}}) == (
        'title = "New"\n\n[criteria]\nflight_seen = {}\n'
    )


@pytest.mark.parametrize(
    "written",
    [
        "criteria = { flight_seen = { flights = 2 }, drift = 1 }",
        "criteria.flight_seen.flights = 2\ncriteria.drift = 1",
        "[criteria]\ndrift = 1\n[criteria.flight_seen]\nflights = 2",
        "[criteria]\nflight_seen.flights = 2\ndrift = 1",
    ],
)
def test_criteria_may_be_written_in_every_way_that_toml_has(written: str) -> None:
    text = f'# kept\ntitle = "x"\n{written}\n'
    found = protocols.rewritten(text, {"criteria": {"flight_seen": {"flights": 3}, "device_healthy": {}}})
    assert tomllib.loads(found)["criteria"] == {"flight_seen": {"flights": 3}, "drift": 1, "device_healthy": {}}
    assert found.startswith('# kept\ntitle = "x"\n')


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "title": TEXTS,
            "instructions": TEXTS.map(lambda text: f"{text}\n{text}"),
            "conditions": st.none() | st.lists(TEXTS, max_size=3),
            "trials": st.none() | st.integers(-5, 200) | TEXTS,
            "duration_s": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "criteria": st.dictionaries(
                st.sampled_from(list(protocols.CRITERIA)), st.none() | st.just({}) | st.just({"flights": 2.5})
            ),
        },
    )
)
def test_any_change_of_any_protocol_says_what_was_meant(values: dict[str, Any]) -> None:
    for name in ("cmj", "walk"):
        before = tomllib.loads(protocols.text_of(name))
        found = tomllib.loads(protocols.rewritten(protocols.text_of(name), values))
        changed = {key: value for key, value in values.items() if key != "criteria"}
        expected = {key: value for key, value in (before | changed).items() if value is not None}
        criteria = before["criteria"] | values.get("criteria", {})
        expected["criteria"] = {key: value for key, value in criteria.items() if value is not None}
        assert found == expected


def test_every_fault_is_named_by_its_field() -> None:
    said = {"titel": 1, "title": "", "trials": "many", "sides": ["up"], "countdown_s": 99, "conditions": ["a", "a"]}
    said["criteria"] = {"weighing_stable": {"sd_pct": 40}, "flight_seen": {"hight": 1}, "duration_reached": {}}
    found = protocols.faults(said)
    assert set(found) == {
        "titel", "title", "instructions", "trials", "sides", "countdown_s", "conditions",
        "criteria.weighing_stable.sd_pct", "criteria.flight_seen limit", "duration_s",
    }  # fmt: skip
    assert found["criteria.weighing_stable.sd_pct"].endswith("expected 0.01 to 20 %, got 40")
    assert found["duration_s"].startswith("duration_s: expected a number of seconds with")
    assert protocols.faults(protocols.parsed(protocols.text_of("cmj"))) == {}
    assert list(protocols.faults({"title": "a", "instructions": "b", "criteria": 3})) == ["criteria"]
    with pytest.raises(InvalidData, match="expected TOML"):
        protocols.rewritten("trials =", {"trials": 3})
