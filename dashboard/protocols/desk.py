"""Who may write protocols, and what goes wrong, as pages in plain words."""

from __future__ import annotations

from barograph.access.principals import Principal
from barograph.access.rights import possible
from barograph.errors import NotFound
from dashboard.page.visitors import visitor
from dashboard.signin.desk import NOTHING


def writer() -> Principal:
    """Return who asks, if they test athletes or look after the lab; else `NotFound`, as for what is not there."""
    who = visitor()
    if who is None or not (possible(who, "describe", "athlete") or possible(who, "administer", "system")):
        raise NotFound(NOTHING[1])
    return who
