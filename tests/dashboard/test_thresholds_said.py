"""What pages say of the thresholds of steps is what analytics finds steps by."""

from __future__ import annotations

from analytics.frames.contact import CONTACT_SHARE, RELEASE, RISE, SAID_OFF, SAID_ON
from analytics.gait.stances import MERGE_S, MIN_CONTACT_S
from dashboard.reading.part_query import NUMBERS, PartQuery, read
from dashboard.report.document import steps_by
from dashboard.results.tiles import LAST


def test_the_usual_thresholds_are_said_as_they_are() -> None:
    newtons, kpa = RISE["total_force_n"], RISE["peak_kpa"]
    assert SAID_ON.startswith(f"{newtons:g} N, {kpa:g} kPa or {100 * CONTACT_SHARE:g} %")
    assert f"{RELEASE:g} of it" == SAID_OFF
    assert f"begins {newtons:g} N above" in LAST
    assert f"ends below {RELEASE * newtons:g} N above it." in LAST


def test_an_address_without_thresholds_has_those_of_analytics() -> None:
    usual = read("", 10.0)
    assert (usual.shortest, usual.pause) == (1000 * MIN_CONTACT_S, 1000 * MERGE_S)
    assert (NUMBERS["shortest"].default, NUMBERS["pause"].default) == (usual.shortest, usual.pause)
    said = dict(steps_by(usual, "above 10 kPa", []))
    assert said["Contact from"] == SAID_ON
    assert said["Shortest stance"] == f"{1000 * MIN_CONTACT_S:g} ms"
    assert isinstance(usual, PartQuery)
