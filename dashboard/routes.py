"""Addresses of pages, for links from one page to another."""

from __future__ import annotations

from urllib.parse import quote, urlencode


def live_path(workout_id: str) -> str:
    """Return the address of a live page."""
    return f"/live/{quote(workout_id, safe='')}"


def session_path(workout_id: str) -> str:
    """Return the address of a session's page."""
    return f"/session/{quote(workout_id, safe='')}"


def masks_path(workout_id: str, stream: str, foot: str, tab: str) -> str:
    """Return the address of the masks of a foot, and the tab from which one comes."""
    asked = urlencode({"stream": stream, "side": foot, "tab": tab}, quote_via=quote)
    return f"/masks/{quote(workout_id, safe='')}?{asked}"


def history_path(athlete: str) -> str:
    """Return the address of an athlete's history."""
    return f"/athlete/{quote(athlete, safe='')}/history"


def athletes_path() -> str:
    """Return the address of the roster."""
    return "/athletes"


def athlete_path(uid: str) -> str:
    """Return the address of the page of one athlete."""
    return f"/athletes/{quote(uid, safe='')}"


def erase_path(uid: str) -> str:
    """Return the address at which an athlete is erased."""
    return f"/erasures/athletes/{quote(uid, safe='')}"


def compare_path(a: str = "", b: str = "") -> str:
    """Return the address of two sessions, or of one that another is to be chosen for."""
    named = {name: value for name, value in (("a", a), ("b", b)) if value}
    return f"/compare?{urlencode(named, quote_via=quote)}" if named else "/compare"


def record_path() -> str:
    """Return the address of the test days."""
    return "/record"


def wall_path(team: str) -> str:
    """Return the address of the wall of a team, by its uid."""
    return f"/wall/{quote(team, safe='')}"


def day_report_path(*, team: str = "", athlete: str = "") -> str:
    """Return the address of the report of the newest test day, of a team or of an athlete, by uid."""
    return f"/report/team/{quote(team, safe='')}" if team else f"/report/athlete/{quote(athlete, safe='')}"


def try_path() -> str:
    """Return the address of the page on which a tab of the browser is a simulated device."""
    return "/try"


def protocols_path() -> str:
    """Return the address of the list of protocols."""
    return "/protocols"
