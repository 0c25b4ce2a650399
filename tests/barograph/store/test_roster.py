"""Records of athletes: what they refuse, and what they answer on a day."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from barograph import bounds
from barograph.errors import InvalidData
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement, Team, text_key

T0 = 1_700_000_000_000_000
BAD: list[tuple[Callable[[], Any], str]] = [
    (lambda: Athlete(""), "name"),
    (lambda: Athlete(" \u00a0"), "name"),
    (lambda: Athlete("x" * 201), "name"),
    (lambda: Athlete("a\nb"), "name"),
    (lambda: Athlete(None), "name"),  # type: ignore[arg-type]
    (lambda: Athlete("A", sex="f"), "sex"),
    (lambda: Athlete("A", sex=["F"]), "sex"),  # type: ignore[arg-type]
    (lambda: Athlete("A", born="2002-13"), "born"),
    (lambda: Athlete("A", born="2001-02-29"), "born"),
    (lambda: Athlete("A", born="1849"), "born"),
    (lambda: Athlete("A", born="٢٠٠٢"), "born"),
    (lambda: Athlete("A", short_id="A-1"), "short_id"),
    (lambda: Athlete("A", short_id="../x"), "short_id"),
    (lambda: Athlete("A", dominant="R"), "dominant"),
    (lambda: Athlete("A", notes="x" * 10_001), "notes"),
    (lambda: Athlete("A", notes="\x07"), "notes"),
    (lambda: Athlete("A", aliases=("",)), "aliases"),
    (lambda: Athlete("A", aliases=("x",) * (bounds.OF_AN_ATHLETE["aliases"] + 1)), "aliases"),
    (lambda: Measurement("mass_kg", 0, T0), "mass_kg"),
    (lambda: Measurement("mass_kg", math.nan, T0), "mass_kg"),
    (lambda: Measurement("mass_kg", True, T0), "mass_kg"),
    (lambda: Measurement("height_cm", 1.72, T0), "height_cm"),
    (lambda: Measurement("shoe", 40, T0), "kind"),  # type: ignore[arg-type]
    (lambda: Measurement("mass_kg", 70, 1 << 62), "t_us"),
    (lambda: Measurement("mass_kg", 70, 1.5), "t_us"),  # type: ignore[arg-type]
    (lambda: Age(24, ""), "age_day"),
    (lambda: Age(-1, "2026-01-01"), "age"),
    (lambda: Involved("", "2026-01-01"), "involved"),
    (lambda: Involved("left", "2026-01-02", "2026-01-01"), "involved_until"),
    (lambda: Involved("left", "2026"), "involved_since"),
    (lambda: Consent("", "2026-01-01"), "consent"),
    (lambda: Consent("video", ""), "consent_day"),
    (lambda: Consent("video", "2026-01-02", "2026-01-01"), "consent_until"),
    (lambda: Consent("video", "2026-01-02", state="yes"), "consent_state"),  # type: ignore[arg-type]
    (lambda: Team("u", " "), "team"),
    (lambda: Team("u", "x" * 101), "team"),
]


@pytest.mark.parametrize(("make", "field"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_is_refused_with_its_field_and_what_is_expected(make: Callable[[], Any], field: str) -> None:
    with pytest.raises(InvalidData, match="expected") as refused:
        make()
    assert refused.value.field == field


def test_spellings_of_one_name_have_one_key_and_other_names_another() -> None:
    assert len({text_key(text) for text in ("Zoë  Straße", "zoe\u0308 STRASSE", "\u00a0ZOË strasse ")}) == 1
    assert len({text_key(text) for text in ("Zoë", "Zoe", "Zo", "Z oë", "")}) == 5
    assert text_key(None) == ""


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        ("2002-05-14", "2026-05-13", 23), ("2002-05-14", "2026-05-14", 24), ("2002-05", "2026-04-30", 23),
        ("2002-05", "2026-05-01", 24), ("2002", "2026-01-01", 24), ("2004-02-29", "2026-02-28", 21),
        ("2004-02-29", "2026-03-01", 22),
    ],
)  # fmt: skip
def test_an_age_is_in_whole_years_of_what_is_known_of_the_birth(born: str, day: str, years: float) -> None:
    assert Athlete("A", born=born).years(day) == years


def test_an_age_that_was_said_grows_with_the_days() -> None:
    one = Athlete("A", age=Age(24.0, "2025-01-01"))
    assert one.years("2025-01-01") == 24.0
    assert one.years("2027-01-01") == pytest.approx(26.0, abs=0.01)
    assert Athlete("A").years("2025-01-01") is None


def test_the_newest_measurement_is_that_of_the_time_not_of_the_order() -> None:
    one = Athlete("A", measurements=tuple(Measurement("mass_kg", 60.0 + i, T0 + at) for i, at in enumerate((5, 9, 1))))
    assert [each.value for each in one.measurements] == [62.0, 60.0, 61.0]
    newest, before = one.latest("mass_kg"), one.latest("mass_kg", T0 + 8)
    assert newest is not None
    assert before is not None
    assert (newest.value, before.value) == (61.0, 60.0)
    assert one.latest("height_cm") is None


def test_a_side_is_involved_from_its_first_to_its_last_day() -> None:
    one = Athlete("A", involved=(Involved("left", "2020-01-01", "2020-06-30"), Involved("right", "2026-05-14")))
    sides = [found.side if (found := one.involved_on(day)) else None
             for day in ("2019-12-31", "2020-06-30", "2020-07-01", "2026-05-14")]  # fmt: skip
    assert sides == [None, "left", None, "right"]


def test_of_one_thing_the_newest_statement_counts_and_of_one_day_the_one_that_refuses() -> None:
    one = Athlete(
        "A",
        consents=(
            Consent("Video", "2026-03-01", state="withdrawn"), Consent("video", "2026-01-01", "2026-02-10"),
            Consent("research", "2026-01-01", state="declined"), Consent("research", "2026-01-01"),
        ),
    )  # fmt: skip

    def states(day: str) -> list[tuple[str, str, bool]]:
        return [(each.what.lower(), each.state, each.holds(day)) for each in one.standing_consents(day)]

    assert states("2025-12-31") == []
    assert states("2026-02-10") == [("video", "given", True), ("research", "declined", False)]
    assert states("2026-02-11") == [("video", "given", False), ("research", "declined", False)]
    assert states("2026-03-01") == [("video", "withdrawn", False), ("research", "declined", False)]
