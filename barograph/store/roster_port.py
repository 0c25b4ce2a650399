"""What the rooms ask of a roster; one contract suite runs over the one in memory and the one in MongoDB."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from barograph.store.roster import Athlete, Proposal, Team
from barograph.store.roster_list import RosterEntry, SessionNamed, SessionsOf
from barograph.store.scope import Scope


class RosterReader(Protocol):
    """What reading asks of a roster, wherever it is."""

    async def teams(self) -> list[Team]:
        """Return all teams in the order of their names."""
        ...

    async def athletes(self, scope: Scope | None = None, *, brief: bool = False) -> list[Athlete]:
        """Return all athletes, or those that may be seen, in the order of their names; `brief`: without `LONG`."""
        ...


class Roster(RosterReader, Protocol):
    """Athletes, teams, and whose workouts are. A uid that was merged into another stands for that everywhere."""

    async def add_team(self, name: str, *, now_us: int, notes: str = "") -> Team:
        """Make a team; `Refused` where one has that name."""
        ...

    async def put_team(self, team: Team) -> Team:
        """Replace what is said of a team, or `NotFound`; `Refused` where another one has that name."""
        ...

    async def remove_team(self, uid: str) -> None:
        """Take a team away, and from its athletes; or `NotFound`."""
        ...

    async def add(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Keep a new athlete, and answer with its uid and short id; `Refused` where the short id is another's."""
        ...

    async def put(self, athlete: Athlete, *, now_us: int) -> Athlete:
        """Replace an athlete's record, or `NotFound`; `Refused` where it was changed since this revision was read."""
        ...

    async def remove(self, uid: str) -> None:
        """Take away an athlete to whom no workout belongs, or `NotFound`; `Refused` where one does."""
        ...

    async def entries(self, teams: Collection[str] | None = None) -> list[RosterEntry]:
        """Return what a list shows of all athletes, or of those of any of these teams, in the order of their names."""
        ...

    async def tested(self, uids: Collection[str] | None = None) -> dict[str, SessionsOf]:
        """Return how often and when these athletes were tested, or all; who never was is left out.

        A session is as old as its first frame, or as its record where it has none.
        """
        ...

    async def sessions(self, uids: Collection[str] | None = None) -> dict[str, list[SessionNamed]]:
        """Return uid and kind of every session of these athletes, or of all; who has none is left out."""
        ...

    async def athlete(self, uid: str) -> Athlete:
        """Return one athlete, also by a uid that was merged into it, or `NotFound`."""
        ...

    async def match(self, text: str) -> list[Athlete]:
        """Return the athletes whose name, short id or alias a text is, in any spelling of `text_key`."""
        ...

    async def merge(self, kept: str, other: str, *, now_us: int) -> Athlete:
        """Make two records of one person one (`barograph.store.merging`): workouts and all that is known go over.

        The other uid stands for the kept one from then on. One that was interrupted goes on when it is done again.
        """
        ...

    async def proposals(self, *, dismissed: bool = False) -> list[Proposal]:
        """Return texts that wait for a person, the newest first; or those that were dismissed."""
        ...

    async def confirm(self, text: str, uid: str, *, now_us: int) -> int:
        """Give the waiting workouts of a text to an athlete, and return how many.

        The text becomes an alias: what says it from now on is that athlete's.
        """
        ...

    async def dismiss(self, text: str, *, now_us: int) -> None:
        """Ask no more about a text; its workouts belong to nobody until somebody assigns them."""
        ...

    async def assign(self, workout_ids: Sequence[str], uid: str) -> int:
        """Say whose workouts these are ("": nobody's), whatever their text; return how many are there."""
        ...
