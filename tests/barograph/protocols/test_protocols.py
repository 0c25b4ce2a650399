"""Protocols as data: those of the project, a lab's own ones, and every field that is wrong named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from analytics.columns import definition
from barograph import protocols
from barograph.errors import FileFormatError, InvalidData
from barograph.protocols import CRITERIA, NAMES, Protocol

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/protocols.md").read_text("utf-8")
LEAST: dict[str, Any] = {"title": "Jump", "instructions": "Jump."}


def test_every_file_of_the_project_is_listed_and_has_what_a_test_needs() -> None:
    files = {path.stem for path in (ROOT / "barograph/protocols/data").glob("*.toml")}
    assert files == set(NAMES)
    for name in NAMES:
        one = protocols.named(name)
        assert one.conditions
        assert one.measures
        assert "device_healthy" in {each.name for each in one.criteria}
        for measure in one.measures:
            assert definition(measure).name == measure


def test_the_page_lists_every_protocol_with_trials_duration_and_criteria() -> None:
    rows = {
        row[0]: row[1:] for row in re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (\d+).*? \| (.+?) \| (.+?) \|$", PAGE, re.M)
    }
    assert tuple(rows) == NAMES
    for name, (title, trials, lasts, criteria) in rows.items():
        one = protocols.named(name)
        assert (title, int(trials)) == (one.title, one.trials)
        assert lasts == ("until stopped by hand" if one.duration_s is None else f"{one.duration_s:g} s")
        assert re.findall("`(.+?)`", criteria) == [each.name for each in one.criteria]


def test_the_page_lists_every_limit_with_its_usual_value_and_bounds() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| .+? \| (.+?) \| (.+?) \|$", PAGE, re.M)
    expected = [
        (name, field, f"{one.usual:g} {one.unit}".strip(), f"{one.least:.6g} to {one.most:.6g} {one.unit}".strip())
        for name, limits in CRITERIA.items()
        for field, one in limits.items()
    ]
    assert rows == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_protocol_comes_back_from_its_plain_values(name: str) -> None:
    one = protocols.named(name)
    assert Protocol.from_dict(name, one.to_dict()) == one


def test_steps_are_conditions_times_sides_and_one_without_either() -> None:
    one = Protocol.from_dict("jump", LEAST | {"conditions": ["shoes", "barefoot"], "sides": ["left", "right"]})
    assert one.steps == [("shoes", "left"), ("shoes", "right"), ("barefoot", "left"), ("barefoot", "right")]
    assert Protocol.from_dict("jump", LEAST).steps == [("", "both")]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"titel": "x"}, "protocol: expected one of title, .*, got 'titel'"),
        ({"title": ""}, "title: expected 1 to 100 characters, got 0"),
        ({"title": 5}, "title: expected a text, got int"),
        ({"instructions": "  "}, "instructions: expected 1 to 10000 characters"),
        ({"conditions": "shoes"}, "conditions: expected a list of texts, got 'shoes'"),
        ({"conditions": ["a", "a"]}, "conditions: expected each once"),
        ({"conditions": [f"{i}" for i in range(21)]}, "conditions: expected at most 20, got 21"),
        ({"conditions": ["a", 5]}, r"conditions\[1\]: expected a text"),
        ({"sides": []}, "sides: expected some of left, right, both, got none"),
        ({"sides": ["up"]}, "sides: expected one of left, right, both, got 'up'"),
        ({"sides": [["left"]]}, r"sides\[0\]: expected a text"),
        ({"trials": 0}, "trials: expected 1 to 100, got 0"),
        ({"trials": 2.5}, "trials: expected a whole number, got 2.5"),
        ({"trials": True}, "trials: expected a whole number, got True"),
        ({"duration_s": 0}, "duration_s: expected 0.1 to 86400, got 0"),
        ({"duration_s": "long"}, "duration_s: expected a finite number, got 'long'"),
        ({"countdown_s": 61}, "countdown_s: expected 0 to 60, got 61"),
        ({"rest_s": float("nan")}, "rest_s: expected a finite number, got nan"),
        ({"criteria": []}, r"criteria: expected a table of each, got \[\]"),
        ({"criteria": {"flight": {}}}, "criteria: expected one of weighing_stable, .*, got 'flight'"),
        ({"criteria": {"flight_seen": 3}}, "criteria.flight_seen: expected a table of flights, flight_n"),
        ({"criteria": {"flight_seen": {"n": 3}}}, "criteria.flight_seen limit: expected one of flights, flight_n"),
        ({"criteria": {"flight_seen": {"flight_n": 0}}}, "criteria.flight_seen.flight_n: expected 0.1 to 500 N, got 0"),
        ({"criteria": {"duration_reached": {}}}, "duration_s: expected a number of seconds with the criterion"),
        ({"measures": ["x" * 101]}, r"measures\[0\]: expected 1 to 100 characters"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        Protocol.from_dict("jump", LEAST | said)


@pytest.mark.parametrize("name", ["", "Jump", "a b", "../x", "a-", "x" * 61, "a\n", 5])
def test_a_name_that_cannot_be_a_file_is_refused(name: Any) -> None:
    with pytest.raises(InvalidData, match="name: expected 1 to 60 small letters"):
        Protocol.from_dict(name, LEAST)


def test_a_title_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidData, match="title: expected a text, got none"):
        Protocol.from_dict("jump", {"instructions": "Jump."})


def test_a_labs_own_protocols_are_listed_replace_and_do_no_harm_when_wrong(tmp_path: Path) -> None:
    assert protocols.names(tmp_path) == NAMES
    folder = tmp_path / protocols.OWN
    folder.mkdir()
    (folder / "loaded-jump.toml").write_text('title = "Loaded"\ninstructions = "Jump."\n', "utf-8")
    (folder / "cmj.toml").write_text('title = "Ours"\ninstructions = "Jump."\n', "utf-8")
    (folder / "broken.toml").write_text("title = \n", "utf-8")
    assert protocols.names(tmp_path) == (*NAMES, "broken", "loaded-jump")
    assert protocols.named("loaded-jump", tmp_path).title == "Loaded"
    assert protocols.named("cmj", tmp_path).title == "Ours"
    assert protocols.named("cmj").title == "Countermovement jump"
    assert protocols.text_of("cmj", tmp_path).startswith('title = "Ours"')
    assert list(protocols.problems(tmp_path)) == ["broken"]
    with pytest.raises(InvalidData, match=r"protocol: .*broken\.toml: protocol: expected TOML: .*line 1"):
        protocols.named("broken", tmp_path)
    with pytest.raises(InvalidData, match=r"protocol: expected one of loaded-jump, .*, got 'loaded-jum'"):
        protocols.named("loaded-jum", tmp_path)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * 70_000])
def test_a_file_that_is_no_text_or_too_long_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"mine\.toml: "):
        protocols.checked(tmp_path / "mine.toml")
