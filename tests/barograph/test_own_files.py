"""A lab's own files are found by name, and what cannot be read says which file it is and what was expected."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from barograph import own_files
from barograph.errors import FileFormatError, InvalidData
from barograph.own_files import OwnFiles


def _named(name: str) -> str:
    if not name.islower():
        raise InvalidData(f"name: expected small letters, got {name}")
    return name


def _loads(name: str, text: str) -> tuple[str, str]:
    if not text:
        raise InvalidData("text: expected some, got none")
    return name, text


FILES = OwnFiles("shoes", 10, _named, _loads)


@pytest.fixture
def put(tmp_path: Path):
    (tmp_path / "shoes").mkdir()

    def kept(name: str, data: bytes) -> Path:
        path = tmp_path / "shoes" / name
        path.write_bytes(data)
        return path

    return kept


def test_files_are_found_by_name_in_their_order(tmp_path: Path, put) -> None:
    assert FILES.paths(None) == FILES.paths(tmp_path / "nothing") == []
    second, first = put("trail.toml", b"22"), put("road.toml", b"1")
    put("notes.txt", b"no")
    assert FILES.paths(tmp_path) == [first, second]
    assert FILES.path("trail", tmp_path) == second
    assert FILES.path("notes", tmp_path) is None
    assert FILES.checked(second) == ("trail", "22")
    assert FILES.problems(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("road", b"12345678901", "expected at most 10 bytes, got more"),
        ("road", b"\xff", "can't decode byte 0xff"),
        ("road", b"", "text: expected some, got none"),
        ("ROAD", b"1", "name: expected small letters, got ROAD"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, put, name: str, data: bytes, said: str) -> None:
    path = put(f"{name}.toml", data)
    put("trail.toml", b"1234567890")
    with pytest.raises(FileFormatError, match=f"^{re.escape(str(path))}: .*{re.escape(said)}"):
        FILES.checked(path)
    assert FILES.problems(tmp_path).keys() == {name}


def test_more_files_than_are_looked_through_are_refused(tmp_path: Path, put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_files, "MOST_FILES", 1)
    put("road.toml", b"1")
    assert len(FILES.paths(tmp_path)) == 1
    put("trail.toml", b"1")
    with pytest.raises(InvalidData, match=r"^shoes: expected at most 1 files in .*, got 2$"):
        FILES.path("road", tmp_path)
