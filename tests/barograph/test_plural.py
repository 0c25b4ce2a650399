"""Counts in messages: one of something is one, whoever says it."""

from __future__ import annotations

import re
from pathlib import Path

from barograph.store.retention_rules import Outcome
from barograph.texts import plural

CLI = Path(__file__).parents[2] / "barograph/cli"
# A count that is one is followed by no plural: such a message asks `plural`.
LOOSE = re.compile(r"\{(?:len\(\w+(?:\.\w+)?\)|count|n)(?::,)?\} (?:sessions|frames|athletes|links|keys|days)\b")


def test_one_is_said_as_one() -> None:
    assert [plural(n, "session") for n in (0, 1, 2, 1234)] == [
        "0 sessions",
        "1 session",
        "2 sessions",
        "1,234 sessions",
    ]


def test_an_outcome_of_a_night_says_one_session() -> None:
    assert [Outcome("2026-01-01", 1, erased=n).words().partition(";")[0] for n in (1, 2)] == [
        "1 session erased", "2 sessions erased",
    ]  # fmt: skip


def test_commands_ask_for_the_plural() -> None:
    assert [f"{path.name}: {one}" for path in CLI.glob("*.py") for one in LOOSE.findall(path.read_text())] == []
