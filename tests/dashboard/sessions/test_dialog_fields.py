"""What is written in a dialog's fields and is beyond its bounds is answered with the field and the reason."""

from __future__ import annotations

import pytest

from barograph.bounds import ATHLETE, KIND, TAG, TAGS
from dashboard.dialogs.callbacks import Written, change
from dashboard.page.typed_callbacks import decoded

FIELDS = {"athlete": "A12", "kind": "Walking", "mass": 70, "tags": ["wet"]}


@pytest.fixture
async def walk(remembered, memory_archive):
    await remembered().begin("left")
    assert await change_of(memory_archive, FIELDS) == ""


async def change_of(archive, fields, act="save"):
    class Only:
        """The one source that a change needs."""

        def __init__(self) -> None:
            self.archive = archive

    return await change(Only(), act, ["walk"], fields)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("athlete", "x" * (ATHLETE + 1), "athlete: expected 0 to 200 characters, got 201"),
        ("athlete", "x" * 5000, "athlete: expected 0 to 200 characters, got 5000"),
        ("athlete", "a\nb", "athlete: expected no control characters"),
        ("kind", "x" * (KIND + 1), "kind: expected 0 to 100 characters, got 101"),
        ("mass", -1, "mass_kg: expected above 0 and below 1000, got -1"),
        ("mass", 0, "mass_kg: expected above 0 and below 1000, got 0"),
        ("mass", 1000, "mass_kg: expected above 0 and below 1000, got 1000"),
        ("mass", 1e300, "mass_kg: expected above 0 and below 1000"),
        ("mass", "nan", "mass_kg: expected above 0 and below 1000, got nan"),
        ("mass", "-inf", "mass_kg: expected above 0 and below 1000, got -inf"),
        ("mass", "seventy", "mass_kg: expected a number above 0 and below 1000, got 'seventy'"),
        ("tags", ["x" * (TAG + 1)], "tags[0]: expected 1 to 100 characters, got 101"),
        ("tags", [f"tag {i}" for i in range(TAGS + 1)], "tags: expected at most 100 tags, got 101"),
    ],
)
async def test_a_field_beyond_its_bounds_changes_nothing_and_is_named(walk, memory_archive, field, value, expected):
    before = (await memory_archive.workout("walk")).about
    answer = await change_of(memory_archive, {**FIELDS, field: value})
    assert answer.startswith(expected)
    assert answer.endswith("Nothing was changed.")
    assert (await memory_archive.workout("walk")).about == before


@pytest.mark.parametrize(("mass", "stored"), [("71,5", 71.5), (" 71.5 ", 71.5), (None, None), ("", None), (" ", None)])
async def test_a_mass_is_read_as_people_write_it_and_taken_back_when_the_field_is_empty(
    walk, memory_archive, mass, stored
):
    assert await change_of(memory_archive, {**FIELDS, "mass": mass}) == ""
    assert (await memory_archive.workout("walk")).about.mass_kg == stored


@pytest.mark.parametrize("act", ["tag", "untag"])
async def test_tags_of_several_are_bounded_too(walk, memory_archive, act):
    answer = await change_of(memory_archive, {"tags": [f"tag {i}" for i in range(TAGS)]}, act)
    assert (answer == "") == (act == "untag")
    assert act == "untag" or answer == "tags: expected at most 100 tags, got 101. Nothing was changed."


def test_a_text_that_is_too_long_for_its_field_reaches_the_dialog_that_answers() -> None:
    assert decoded("athlete", "x" * 5000, Written) == "x" * 5000
