"""Whose record an account is: the athletes that whoever invites may choose, and what they are called for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from barograph.access.principals import Principal
from barograph.access.rights import Resource, decide, names_shown
from barograph.errors import InvalidData, NotFound
from barograph.store.ports import Archive
from barograph.store.roster import Athlete
from dashboard.drawing.markup import say, tag

HINT = "Whose record it is, for the role athlete alone."


def of_athlete(athlete: Athlete) -> Resource:
    """Return an athlete as a resource."""
    return Resource("athlete", athlete.uid, athlete.uid, frozenset(athlete.teams))


def invites(who: Principal | None) -> bool:
    """Return whether somebody may invite anybody at all."""
    athletes = Resource("invitation", teams=who.teams if who else frozenset(), roles=frozenset({"athlete"}))
    return decide(who, "administer", athletes)


async def choosable(archive: Archive, who: Principal) -> list[Athlete]:
    """Return the athletes whom somebody may invite: an admin all of them, a scientist those of own teams."""
    every = await archive.roster.athletes(brief=True)
    return [one for one in every if decide(who, "administer", invitation_of(one))]


def invitation_of(athlete: Athlete) -> Resource:
    """Return the invitation of an athlete, as an athlete and nothing more, as a resource."""
    return Resource("invitation", athlete=athlete.uid, teams=frozenset(athlete.teams), roles=frozenset({"athlete"}))


def called(athlete: Athlete, who: Principal) -> str:
    """Return what an athlete is called for somebody: by name where it may be read, else by short id."""
    shown = names_shown(who, of_athlete(athlete))
    return f"{athlete.name}, {athlete.short_id}" if shown else athlete.short_id


async def all_called(archive: Archive, who: Principal) -> dict[str, str]:
    """Return what each athlete is called for somebody, by every uid that stands for them."""
    every = await archive.roster.athletes(brief=True)
    return {uid: called(one, who) for one in every for uid in one.uids}


def chooser(found: Sequence[Athlete], who: Principal, chosen: str = "", *, required: bool = False) -> str:
    """Return the field that names the record of an account."""
    named = sorted(((called(one, who), one) for one in found), key=lambda pair: pair[0].casefold())
    options = (
        tag("option", say(title), value=one.uid, selected="" if chosen in one.uids and chosen else None)
        for title, one in named
    )
    none = tag("option", "None" if not required else "Choose …", value="")
    entry = tag("select", none, *options, name="athlete", id="athlete", class_="entry",
                aria_describedby="athlete-about", required="" if required else None)  # fmt: skip
    about = tag("p", HINT, class_="muted", id="athlete-about")
    return tag("div", tag("label", "Is the athlete", for_="athlete"), entry, about, class_="field")


def checked(given: str, roles: Collection[str], found: Sequence[Athlete]) -> str:
    """Return the uid of the record that an account gets, or `InvalidData`; who is an athlete alone needs one."""
    if given and "athlete" not in roles:
        raise InvalidData("athlete: expected nobody's record without the role athlete", field="athlete")
    if given and not any(given in one.uids for one in found):
        raise NotFound("athlete: nobody of this uid who may be invited")
    if not given and set(roles) == {"athlete"}:
        raise InvalidData(
            "athlete: expected whose record it is, as the role is athlete alone; Athletes has who is there",
            field="athlete",
        )
    return given
