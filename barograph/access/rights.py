"""Who may do what: the one decision, as a table of roles and verbs, and as a filter of lists.

Whatever is not in the table is refused. Unknown and forbidden look the same to whoever asks: doors answer both alike.

A workout belongs to an athlete, an athlete to teams. A scientist works with the athletes of their own teams, and with
workouts that belong to nobody yet, because somebody has to say whose they are. An analyst sees granted teams without
names, an athlete themselves. An admin reads what is not theirs only with a stated reason, which the door writes down.
What a user may is the union of what their roles may; a user's token may the same, but neither administer nor sign in.

Terms: scope (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from barograph.access.principals import Principal
from barograph.store.account_records import Role
from barograph.store.records import Workout
from barograph.store.scope import EVERYTHING, Scope

Verb: TypeAlias = Literal["read", "export", "write", "import", "describe", "share", "erase", "administer", "account"]
Kind: TypeAlias = Literal[
    "workout", "live", "stream", "marker", "acks", "athlete", "team",
    "user", "invitation", "device", "token", "session", "share", "system",
]  # fmt: skip
VERBS: tuple[Verb, ...] = get_args(Verb)
KINDS: tuple[Kind, ...] = get_args(Kind)
NOBODYS = ""  # in place of an athlete's uid: a workout that belongs to nobody yet

_RECORDED: frozenset[Kind] = frozenset({"workout", "live", "stream", "marker"})
_DATA: frozenset[Kind] = _RECORDED | {"athlete", "team"}
_PEOPLE: frozenset[Kind] = frozenset({"user", "invitation", "device", "token", "session", "share", "team", "system"})


@dataclass(frozen=True)
class Resource:
    """What something is done to, and all that decides about it; what nobody said is nobody's, and is refused.

    `athlete` is the uid of the athlete whose it is, "" where it belongs to nobody yet; `teams` are that athlete's
    teams, or the team itself. `owner` is the uid of the user whose token, session or share it is. `roles` are those
    that an invitation gives.
    """

    kind: Kind
    uid: str = ""
    athlete: str | None = None
    teams: frozenset[str] = frozenset()
    stream: str = ""
    owner: str = ""
    roles: frozenset[Role] = frozenset()


def of_workout(workout: Workout, teams: Collection[str] = (), kind: Kind = "workout", stream: str = "") -> Resource:
    """Return a stored workout, or a part of it, as a resource; `teams` are those of its athlete."""
    return Resource(kind, workout.uid, workout.athlete_uid, frozenset(teams), stream)


Condition: TypeAlias = Callable[[Principal, Resource], bool]


def _always(who: Principal, what: Resource) -> bool:
    return True


def _with_reason(who: Principal, what: Resource) -> bool:
    return bool(who.reason.strip())


def _own_team(who: Principal, what: Resource) -> bool:
    nobodys = what.kind in _RECORDED and what.athlete == NOBODYS
    return nobodys or bool(who.teams & what.teams)


def _granted(who: Principal, what: Resource) -> bool:
    return bool(who.granted & what.teams)


def _themselves(who: Principal, what: Resource) -> bool:
    return bool(who.athlete) and what.athlete == who.athlete


def _theirs(who: Principal, what: Resource) -> bool:
    return bool(who.uid) and what.owner == who.uid


def _pairs_or_invites(who: Principal, what: Resource) -> bool:
    """A scientist pairs devices, and invites athletes of their own teams, as athletes and nothing more."""
    return what.kind == "device" or (what.roles == {"athlete"} and bool(who.teams & what.teams))


Rule: TypeAlias = tuple[frozenset[Kind], Condition]
_SIGN_IN: frozenset[Kind] = frozenset({"user", "session"})
# One line a cell; a cell that is not here is a dash in the table of docs/security.md.
_TABLE: Mapping[Verb, Mapping[Role, Rule]] = {
    "read": {
        "admin": (_DATA, _with_reason),
        "scientist": (_DATA, _own_team),
        "analyst": (_DATA, _granted),
        "athlete": (_DATA, _themselves),
    },
    "export": {
        "scientist": (_DATA, _own_team),
        "analyst": (_DATA, _granted),
        "athlete": (_DATA, _themselves),
    },
    "import": {"scientist": (_RECORDED, _own_team)},
    "describe": {
        "scientist": (_DATA, _own_team),
        "athlete": (frozenset({"marker"}), _themselves),
    },
    "share": {
        "scientist": (frozenset({"workout", "team"}), _own_team),
        "athlete": (frozenset({"workout"}), _themselves),
    },
    "erase": {
        "admin": (_DATA, _always),
        "scientist": (frozenset({"workout"}), _own_team),
    },
    "administer": {
        "admin": (_PEOPLE, _always),
        "scientist": (frozenset({"device", "invitation"}), _pairs_or_invites),
    },
    "account": {
        "admin": (_SIGN_IN | {"token", "share"}, _theirs),
        "scientist": (_SIGN_IN | {"token", "share"}, _theirs),
        "analyst": (_SIGN_IN | {"token"}, _theirs),
        "athlete": (_SIGN_IN | {"share"}, _theirs),
    },
}
_SIGNED_IN: frozenset[Verb] = frozenset({"administer", "account"})
# Who is in the trusted network may do everything with what is stored, until that setting ends.
_WITHOUT_ACCOUNT: frozenset[Verb] = frozenset(VERBS) - _SIGNED_IN
# A device of this machine, where it needs no token, does what a device does, with any stream.
_BY_DEVICES: Mapping[Verb, Kind] = {"write": "stream", "read": "acks", "describe": "marker"}


def decide(principal: Principal | None, verb: Verb, resource: Resource) -> bool:
    """Return whether `principal` may do `verb` to `resource`."""
    match principal:
        case Principal(kind="owner"):
            return verb in VERBS
        case Principal(kind="network"):
            return verb in _WITHOUT_ACCOUNT and resource.kind in _DATA | {"acks"}
        case Principal(kind="machine"):
            return resource.kind == _BY_DEVICES.get(verb)
        case Principal(kind="user"):
            return _by_roles(principal, verb, resource)
        case Principal(kind="token"):
            return verb not in _SIGNED_IN and _by_roles(principal, verb, resource)
        case Principal(kind="device"):
            return _device_may(principal, verb, resource)
        case Principal(kind="share"):
            return _share_opens(principal, verb, resource)
        case _:
            return False


def _by_roles(who: Principal, verb: Verb, what: Resource) -> bool:
    rules = (rule for role, rule in _TABLE.get(verb, {}).items() if role in who.roles)
    return any(what.kind in kinds and condition(who, what) for kinds, condition in rules)


def _device_may(who: Principal, verb: Verb, what: Resource) -> bool:
    """A device feeds its streams, reads what of them was acknowledged, and marks where it feeds."""
    return what.kind == _BY_DEVICES.get(verb) and what.stream in who.streams


def _share_opens(who: Principal, verb: Verb, what: Resource) -> bool:
    """A share link opens one workout, its raw frames where that was ticked; or of a team what is live."""
    share = who.share
    if share is None or share.left_s <= 0 or verb not in ("read", "export"):
        return False
    if share.team:
        return verb == "read" and what.kind in ("live", "team") and share.team in what.teams
    return bool(share.uid) and what.kind in _RECORDED and what.uid == share.uid and (verb == "read" or share.raw)


def possible(who: Principal, verb: Verb, kind: Kind = "workout") -> bool:
    """Return whether there may be something to which somebody may do this."""
    teams = who.teams | who.granted | ({who.share.team} if who.share else set())
    uid = who.share.uid if who.share else ""
    best = Resource(kind, uid, who.athlete or NOBODYS, teams, owner=who.uid, roles=frozenset({"athlete"}))
    return decide(who, verb, best) or decide(who, verb, replace(best, athlete=NOBODYS, teams=frozenset()))


def names_shown(principal: Principal | None, resource: Resource) -> bool:
    """Return whether whoever may read a resource may read whose it is: analysts may not, nor links without names."""
    if not decide(principal, "read", resource) or principal is None:
        return False
    if principal.kind == "share":
        return principal.share is not None and principal.share.names
    if principal.kind not in ("user", "token"):
        return principal.kind != "device"
    named = (rule for role, rule in _TABLE["read"].items() if role in principal.roles - {"analyst"})
    return any(resource.kind in kinds and condition(principal, resource) for kinds, condition in named)


def visible(
    principal: Principal | None, verb: Verb, members: Mapping[str, Collection[str]], kind: Kind = "workout"
) -> Scope:
    """Return the workouts to which `principal` may do `verb`, as a filter of the store's questions.

    With `kind` it is a part of them: "live", "marker". `members` are the uids of the athletes of each team; of teams
    that are not the principal's it need not know. Names are shown where they may be read of all that is shown.
    """
    match principal:
        case Principal(kind="owner" | "machine" | "network"):
            return EVERYTHING if decide(principal, verb, Resource(kind)) else Scope()
        case Principal(kind="user" | "token"):
            return _scope_of_roles(principal, verb, members, kind)
        case Principal(kind="share"):
            return _scope_of_share(principal, verb, members, kind)
        case _:
            return Scope()


def _scope_of_roles(who: Principal, verb: Verb, members: Mapping[str, Collection[str]], kind: Kind) -> Scope:
    if decide(who, verb, Resource(kind)):  # of whomever it may be: an admin
        return EVERYTHING
    roles = {role for role, (kinds, _) in _TABLE.get(verb, {}).items() if role in who.roles and kind in kinds}
    if kind not in _RECORDED:
        return Scope()
    named = _of(who.teams, members) | {NOBODYS} if "scientist" in roles else set[str]()
    named |= {who.athlete} - {""} if "athlete" in roles else set()
    seen = named | (_of(who.granted, members) if "analyst" in roles else set())
    return Scope(athletes=frozenset(seen), names=seen == named and bool(named))


def _scope_of_share(who: Principal, verb: Verb, members: Mapping[str, Collection[str]], kind: Kind) -> Scope:
    share = who.share
    if share is None or not _share_opens(who, verb, Resource(kind, share.uid, teams=frozenset({share.team}))):
        return Scope()
    if share.team:
        return Scope(athletes=frozenset(_of({share.team}, members)), names=share.names)
    return Scope(workouts=frozenset({share.uid}), names=share.names)


def _of(teams: Collection[str], members: Mapping[str, Collection[str]]) -> set[str]:
    return {athlete for team in teams for athlete in members.get(team, ())}
