"""What every roster keeps to, wherever it is stored: what is refused, and how records become documents."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.goals import Goal
from barograph.store.roster import Age, Athlete, Consent, Involved, Measurement, Team, text_key
from barograph.store.sealing import PLAIN, Owner, Sealing
from barograph.texts import plural
from barograph.times import day_of

Document = dict[str, Any]

WORKOUTS_NAMED = 20
PROPOSALS = 1000  # at once
_LISTS: dict[str, Any] = {"involved": Involved, "consents": Consent, "goals": Goal}


def check_athlete(athlete: Athlete, teams: Collection[str], now_us: int) -> None:
    """Refuse teams that are not there, and what would have been after today."""
    for uid in athlete.teams:
        if uid not in teams:
            raise InvalidData(f"teams: expected teams that are stored, got {uid[:40]!r}", field="teams")
    tomorrow = day_of(now_us + 86_400_000_000)  # the day may have begun where the athlete lives
    if athlete.born and athlete.born > tomorrow:
        raise InvalidData(f"born: expected {tomorrow} or earlier, got {athlete.born}", field="born")
    for one in athlete.measurements:
        if day_of(one.t_us) > tomorrow:
            raise InvalidData(f"{one.kind}: expected a measurement of the past, got {day_of(one.t_us)}", field=one.kind)


def with_alias(athlete: Athlete, text: str) -> Athlete:
    """Return an athlete that a text stands for too; the same one where it does already."""
    require_said(text)
    return athlete if text_key(text) in athlete.keys else replace(athlete, aliases=(*athlete.aliases, text))


def in_order(athletes: Iterable[Athlete]) -> list[Athlete]:
    """Return athletes in the order of their names; MongoDB does not sort by what it shall not read."""
    return sorted(athletes, key=lambda one: (text_key(one.name), one.short_id))


def require_said(text: str) -> None:
    """Refuse a text that says nothing."""
    if not text_key(text):
        raise InvalidData("text: expected the text that was said, got nothing", field="text")


def require_no_workouts(athlete: Athlete, count: int) -> None:
    """Refuse to take away an athlete to whom workouts belong."""
    if count:
        sentence = (
            f"{athlete.short_id}: this athlete has {plural(count, 'session')}; give them to another one, or erase them"
        )
        raise Refused("in_use", sentence, field="athlete")


def no_athlete(uid: str) -> NotFound:
    """Return the error of an athlete that is not there."""
    return NotFound(f"athlete: no athlete {uid[:40]} is stored")


def short_id_taken(short_id: str) -> Refused:
    """Return the refusal of a short id that stands for somebody else."""
    return Refused("taken", f"short_id: {short_id} is another athlete's, or was", field="short_id")


def team_taken(name: str) -> Refused:
    """Return the refusal of a second team of one name."""
    return Refused("taken", f"team: there is a team {name[:60]!r} already", field="team")


def proposal_uid(key: str) -> str:
    """Return what an address says for a text, so that no name stands there."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def athlete_document(athlete: Athlete, sealing: Sealing = PLAIN) -> Document:
    """Return an athlete as the document that is stored; what is not known is left out."""
    said = {name: value for name, value in asdict(athlete).items() if value not in (None, "", ())}
    document = {name: list(value) if isinstance(value, tuple) else value for name, value in said.items()}
    document = {"_id": document.pop("uid"), **document, "keys": sorted(map(sealing.digest, athlete.keys))}
    return sealing.seal("athletes", Owner("athlete", athlete.uid), document)


def athlete_of(stored: Mapping[str, Any], sealing: Sealing = PLAIN) -> Athlete:
    """Return the Athlete in a document."""
    document = sealing.open("athletes", Owner("athlete", stored["_id"]), stored)
    known = {one.name for one in fields(Athlete)} & document.keys()
    said: Document = {name: tuple(value) if isinstance(value := document[name], list) else value for name in known}
    for name, record in _LISTS.items():
        said[name] = tuple(record(**one) for one in document.get(name, ()))
    measured = document.get("measurements", ())
    said["measurements"] = tuple(
        Measurement(one["kind"], one["value"], int(one["t_us"]), one["source"]) for one in measured
    )
    if "age" in said:
        said["age"] = Age(**said["age"])
    return Athlete(**{**said, **_whole(said), "uid": document["_id"]})


def _whole(said: Mapping[str, Any]) -> Document:
    """Whole numbers as plain ints: the driver gives large ones as a type of its own."""
    return {name: int(value) for name, value in said.items() if isinstance(value, int) and not isinstance(value, bool)}


def team_document(team: Team) -> Document:
    """Return a team as a document."""
    said = {"name": team.name, "notes": team.notes, "created_us": team.created_us}
    return {"_id": team.uid, **said, "key": text_key(team.name)}


def team_of(document: Mapping[str, Any]) -> Team:
    """Return the Team in a document."""
    return Team(document["_id"], document["name"], document["notes"], int(document["created_us"]))
