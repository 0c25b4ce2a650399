"""`barograph retention`: rules are set and shown, what is over is counted first, and erased when asked for."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import Result
from pymongo import MongoClient

from barograph.servers.embedded import Servers

Command = Callable[..., Result]


def test_rules_are_set_shown_run_and_removed(command: Command, servers: Servers, database: str) -> None:
    assert "There is no rule: nothing is erased." in command("retention", "show").output
    assert "0 sessions are over now" in command("retention", "set", "--kind", "gait", "--days", "30").output
    with MongoClient[dict[str, object]](servers.mongo_url) as client:
        for name, kind in (("old", "gait"), ("walk", "walk")):
            client[database].workouts.insert_one({"_id": name, "uid": f"{name}-uid", "created_us": 1, "kind": kind})
    assert "1 session is over now: 1 gait" in command("retention", "set", "--kind", "walk", "--forever").output
    shown = command("retention", "show").output
    assert "30 days" in shown
    assert "for ever" in shown
    dry = command("retention", "run", "--dry-run").output
    assert "old" in dry
    assert "walk" not in dry.replace("walk-uid", "")
    assert "old" in command("sessions", "list").output
    assert "1 session erased" in command("retention", "run", "--yes").output
    listed = command("sessions", "list").output
    assert "old" not in listed
    assert "walk" in listed
    assert "0 sessions are over" in command("retention", "run", "--yes").output
    assert "1 rules are left" in command("retention", "remove", "--kind", "GAIT").output
    assert "no such rule" in command("retention", "remove", "--kind", "gait").output
    assert "kept 30 days" in command("audit", "show").output


def test_what_cannot_be_is_said(command: Command) -> None:
    assert "give --days or --forever" in command("retention", "set").output
    assert "give --days or --forever" in command("retention", "set", "--days", "3", "--forever").output
    assert command("retention", "set", "--days", "0").exit_code == 2
    assert "there is no team 'Nobody'" in command("retention", "set", "--team", "Nobody", "--days", "3").output
