"""Where the name of a session's athlete leads: to the athlete's page, or to the history of a text that is nobody's."""

from __future__ import annotations

from barograph.store.records import Workout
from dashboard.page.hidden import hide
from dashboard.page.visitors import visitor
from dashboard.routes import athlete_path, history_path

TITLE = "The athlete’s page"


def whose_path(workout: Workout) -> str:
    """Return the address behind the athlete's name of a session that may be seen, "" where there is none.

    Who came by a shared link sees the one session and nothing behind it.
    """
    who, name = visitor(), workout.about.athlete
    if not name or (who is not None and who.share is not None):
        return ""
    return athlete_path(workout.athlete_uid) if workout.athlete_uid else history_path(hide(name))
