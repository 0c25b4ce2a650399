"""Names of files that are dropped: never a path, always a name that can be stored."""

from __future__ import annotations

import pytest

from barograph.frames import check_new_name
from dashboard.sessions.uploads import file_name, workout_name

NAMES = [
    "..",
    ".",
    "",
    "a\x00b.csv",
    "/",
    "../../etc/passwd",
    "C:\\a\\b.csv",
    "ü" * 300,
    " ",
    "...",
    "a/..",
    "\n",
    "run.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_file_is_called_its_copy_has_a_plain_name(name: str) -> None:
    plain = file_name(name)
    assert plain
    assert plain not in (".", "..")
    assert "/" not in plain
    assert "\\" not in plain
    assert plain.isprintable()
    assert len(plain.encode()) <= 200


@pytest.mark.parametrize("name", NAMES)
def test_whatever_files_are_called_their_workout_can_be_made(name: str) -> None:
    for names in ([name], [name, name], [name, "other.csv"]):
        made = workout_name(names)
        assert check_new_name("workout_id", made) == made


def test_a_usual_name_stays() -> None:
    assert file_name("walk 1.asf") == "walk 1.asf"
    assert workout_name(["FrasP01L.asf", "FrasP01R.asf"]) == "FrasP01"
