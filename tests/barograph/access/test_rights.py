"""Every cell of the table of rights, role by verb by resource; the table is written out here, not read from code."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import pytest

from barograph.access.principals import MACHINE, Principal, Share
from barograph.access.rights import KINDS, VERBS, Kind, Resource, Verb, decide, names_shown, of_workout, visible
from barograph.store.records import Workout
from barograph.store.scope import EVERYTHING, Scope

UNTIL = int(time.time()) + 86_400
ROLES = ("admin", "scientist", "analyst", "athlete")
# Whoever it is: scientist of team 1 if they are a scientist, analyst of team 2 if they are an analyst, and so on.
MINE: dict[str, Any] = {"teams": frozenset({"team 1"}), "granted": frozenset({"team 2"}), "athlete": "myself"}
MEMBERS = {"team 1": ["a1", "both"], "team 2": ["a2", "both"], "team 3": ["a3"]}


def person(*roles: Any, **values: Any) -> Principal:
    return Principal("A. Example", **{"kind": "user", "uid": "me", "roles": frozenset(roles), **MINE, **values})


def link(until_s: int = UNTIL, **values: Any) -> Principal:
    return Principal("share link", "run", Share(until_s, **values), kind="share")


COLUMNS = {
    **{role: person(role) for role in ROLES},
    "admin with a reason": person("admin", reason="a complaint"),
    "no role": person(),
    "device": Principal("mat", kind="device", uid="me", streams=frozenset({"left"})),
    "share": link(uid="shared"),
    "share, raw": link(uid="shared", raw=True),
    "wall": link(team="team 1", names=True),
    "old share": link(),
    "share that is over": link(1, uid="shared", raw=True),
    "nobody": Principal("nobody", uid="me", **MINE),
}

RECORDED = ("workout", "live", "stream", "marker")
DATA = (*RECORDED, "athlete", "team")
PEOPLE = ("user", "device", "token", "session", "share", "system")
OF: dict[str, dict[str, Any]] = {
    "team 1": {"athlete": "a1", "teams": frozenset({"team 1"})},
    "team 2": {"athlete": "a2", "teams": frozenset({"team 2"})},
    "both teams": {"athlete": "both", "teams": frozenset({"team 1", "team 2"})},
    "team 3": {"athlete": "a3", "teams": frozenset({"team 3"})},
    "myself": {"athlete": "myself"},
    "nobody yet": {"athlete": ""},
    "who was shared": {"uid": "shared", "athlete": "a3", "teams": frozenset({"team 3"})},
    "unknown": {},
}
STREAMS = [(kind, name) for kind in ("stream", "acks", "marker") for name in ("left", "right")]


def resource(kind: Any, **values: Any) -> Resource:
    return Resource(kind, **values)


RESOURCES: dict[str, Resource] = {
    **{f"{kind} of {whose}": resource(kind, **values) for kind in DATA for whose, values in OF.items()},
    **{f"{kind} {name}": resource(kind, stream=name) for kind, name in STREAMS},
    **{f"{kind} of mine": resource(kind, owner="me") for kind in PEOPLE},
    **{f"{kind} of another": resource(kind, owner="you") for kind in PEOPLE},
    **{
        f"invitation of {whom} to {team}": resource("invitation", teams=frozenset({team}), roles=frozenset(roles))
        for whom, roles in (("an athlete", {"athlete"}), ("a scientist", {"scientist", "athlete"}))
        for team in ("team 1", "team 2")
    },
}

EVERYONES = [f"{kind} of {whose}" for kind in DATA for whose in OF] + [
    f"{kind} {name}" for kind in ("stream", "marker") for name in ("left", "right")
]
ALL_OF_PEOPLE = [name for name, one in RESOURCES.items() if one.kind in (*PEOPLE, "invitation", "team")]
OWN_TEAMS = [f"{kind} of {whose}" for kind in DATA for whose in ("team 1", "both teams")]
NOBODYS = [f"{kind} of nobody yet" for kind in RECORDED]
GRANTED = [f"{kind} of {whose}" for kind in DATA for whose in ("team 2", "both teams")]
MYSELF = [f"{kind} of myself" for kind in DATA]
SHARED = [f"{kind} of who was shared" for kind in RECORDED]


def of_kinds(names: list[str], *kinds: str) -> list[str]:
    return [name for name in names if RESOURCES[name].kind in kinds]


# The table of the issue, line by line; what is not here is a dash. "Own sign-in" is one's user and one's sessions.
SIGN_IN = ["user of mine", "session of mine"]
YES: dict[tuple[str, str], list[str]] = {
    # list, read, live
    ("read", "admin with a reason"): EVERYONES,
    ("read", "scientist"): OWN_TEAMS + NOBODYS,
    ("read", "analyst"): GRANTED,
    ("read", "athlete"): MYSELF,
    ("read", "device"): ["acks left"],
    ("read", "share"): SHARED,
    ("read", "share, raw"): SHARED,
    ("read", "wall"): [f"{kind} of {whose}" for kind in ("live", "team") for whose in ("team 1", "both teams")],
    # raw export
    ("export", "scientist"): OWN_TEAMS + NOBODYS,
    ("export", "analyst"): GRANTED,
    ("export", "athlete"): MYSELF,
    ("export", "share, raw"): SHARED,
    # write frames: a scientist imports and records, a device feeds its streams
    ("write", "device"): ["stream left"],
    ("import", "scientist"): of_kinds(OWN_TEAMS + NOBODYS, *RECORDED),
    # describe, mark, calibrate
    ("describe", "scientist"): OWN_TEAMS + NOBODYS,
    ("describe", "athlete"): ["marker of myself"],
    ("describe", "device"): ["marker left"],
    # share
    ("share", "scientist"): of_kinds(OWN_TEAMS + NOBODYS, "workout", "team"),
    ("share", "athlete"): ["workout of myself"],
    # erase
    ("erase", "admin"): EVERYONES,
    ("erase", "admin with a reason"): EVERYONES,
    ("erase", "scientist"): of_kinds(OWN_TEAMS + NOBODYS, "workout"),
    # users, devices, tokens
    ("administer", "admin"): ALL_OF_PEOPLE,
    ("administer", "admin with a reason"): ALL_OF_PEOPLE,
    ("administer", "scientist"): ["device of mine", "device of another", "invitation of an athlete to team 1"],
    ("account", "admin"): [*SIGN_IN, "token of mine", "share of mine"],
    ("account", "admin with a reason"): [*SIGN_IN, "token of mine", "share of mine"],
    ("account", "scientist"): [*SIGN_IN, "token of mine", "share of mine"],
    ("account", "analyst"): [*SIGN_IN, "token of mine"],
    ("account", "athlete"): [*SIGN_IN, "share of mine"],
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("column", COLUMNS)
def test_every_cell_is_as_the_table_has_it(column: str, verb: Verb) -> None:
    allowed = {name for name, resource in RESOURCES.items() if decide(COLUMNS[column], verb, resource)}
    assert allowed == set(YES.get((verb, column), []))


def test_every_kind_and_every_verb_has_a_row() -> None:
    assert {one.kind for one in RESOURCES.values()} == set(KINDS)
    assert {verb for verb, _ in YES} == set(VERBS)
    assert {column for _, column in YES} <= set(COLUMNS)
    assert {name for names in YES.values() for name in names} <= set(RESOURCES)


@pytest.mark.parametrize("verb", [*VERBS, "become", ""])
def test_the_owner_may_everything_there_is_and_nobody_nothing(verb: Any) -> None:
    for resource in RESOURCES.values():
        assert decide(Principal("link", kind="owner"), verb, resource) is (verb in VERBS)
        assert not decide(None, verb, resource)
        for column in COLUMNS.values():
            assert verb in VERBS or not decide(column, verb, resource)


def test_in_a_trusted_network_all_that_is_stored_is_open_and_no_account_is() -> None:
    for name, resource in RESOURCES.items():
        for verb in VERBS:
            allowed = name in EVERYONES or resource.kind == "acks"
            expected = allowed and verb not in ("administer", "account")
            assert decide(Principal("network", kind="network"), verb, resource) is expected, (verb, name)


def test_a_device_of_this_machine_without_a_token_does_what_a_device_does() -> None:
    for verb, (name, resource) in product(VERBS, RESOURCES.items()):
        expected = (verb, resource.kind) in {("write", "stream"), ("read", "acks"), ("describe", "marker")}
        assert decide(MACHINE, verb, resource) is expected, (verb, name)
    assert visible(MACHINE, "read", MEMBERS) == Scope()


SOME_ROLES = [some for n in range(len(ROLES) + 1) for some in combinations(ROLES, n)]


@pytest.mark.parametrize("some", SOME_ROLES, ids=" and ".join)
@pytest.mark.parametrize("reason", ["", "a complaint"])
def test_roles_add_up(some: tuple[str, ...], reason: str) -> None:
    for verb, (name, one) in product(VERBS, RESOURCES.items()):
        alone = [decide(person(role, reason=reason), verb, one) for role in some]
        assert decide(person(*some, reason=reason), verb, one) is any(alone), (verb, name)


@pytest.mark.parametrize("some", SOME_ROLES, ids=" and ".join)
@pytest.mark.parametrize("reason", ["", "a complaint"])
def test_a_token_may_no_more_than_its_user_and_neither_administers_nor_signs_in(
    some: tuple[str, ...], reason: str
) -> None:
    user = person(*some, reason=reason)
    for verb, (name, one) in product(VERBS, RESOURCES.items()):
        expected = verb not in ("administer", "account") and decide(user, verb, one)
        assert decide(replace(user, kind="token"), verb, one) is expected, (verb, name)


def test_who_is_no_athlete_owns_nothing_that_is_nobodys() -> None:
    for verb, (name, one) in product(VERBS, RESOURCES.items()):
        if one.kind in DATA:
            assert not decide(person("athlete", athlete=""), verb, one), (verb, name)
    assert visible(person("athlete", athlete=""), "read", MEMBERS) == Scope()


WORKOUTS = {
    whose: (Workout(f"w {whose}", 0, uid=str(values.get("uid", whose)), athlete_uid=str(values["athlete"])), values)
    for whose, values in OF.items()
    if "athlete" in values
}


@pytest.mark.parametrize("some", SOME_ROLES, ids=" and ".join)
@pytest.mark.parametrize("kind", ["user", "token"])
def test_a_list_shows_what_may_be_read_one_by_one(some: tuple[str, ...], kind: Any) -> None:
    for verb, reason in product(VERBS, ("", "a complaint")):
        check_list(person(*some, reason=reason, kind=kind), verb)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "who", [*COLUMNS.values(), Principal("link", kind="owner"), Principal("x", kind="network"), None]
)
def test_a_list_shows_to_everybody_what_they_may_read_one_by_one(who: Principal | None, verb: Verb) -> None:
    check_list(who, verb)


def check_list(who: Principal | None, verb: Verb) -> None:
    kinds: tuple[Kind, ...] = ("workout", "live", "stream", "marker")
    for kind in kinds if who is None or who.kind != "device" else ("workout", "live"):
        scope = visible(who, verb, MEMBERS, kind)
        for workout, values in WORKOUTS.values():
            teams: Any = values.get("teams", ())
            one = of_workout(workout, teams, kind)
            assert scope.covers(workout) is decide(who, verb, one), (kind, workout.uid)
            if verb == "read" and scope.names and scope.covers(workout):
                assert names_shown(who, one)


def test_names_are_hidden_from_analysts_and_from_walls_without_names() -> None:
    mine, theirs = RESOURCES["workout of team 1"], RESOURCES["workout of team 2"]
    assert not names_shown(person("analyst"), theirs)
    assert not visible(person("analyst"), "read", MEMBERS).names
    assert names_shown(person("analyst", "scientist"), mine)
    assert not names_shown(person("analyst", "scientist"), theirs)
    assert not visible(person("analyst", "scientist"), "read", MEMBERS).names, "not where one of them is hidden"
    assert names_shown(person("analyst", "scientist"), RESOURCES["workout of both teams"])
    assert names_shown(person("admin", "analyst", reason="a complaint"), theirs)
    assert names_shown(person("athlete"), RESOURCES["workout of myself"])
    assert not names_shown(person("athlete"), mine), "what may not be read has no name"
    assert not names_shown(None, mine)
    live = RESOURCES["live of team 1"]
    assert names_shown(link(team="team 1", names=True), live)
    assert not names_shown(link(team="team 1"), live)
    assert visible(link(team="team 1"), "read", MEMBERS, "live") == Scope(athletes=frozenset({"a1", "both"}))
    assert visible(link(uid="shared"), "read", MEMBERS) == Scope(workouts=frozenset({"shared"}))
    assert visible(link(uid="shared", names=True), "read", MEMBERS).names
    assert visible(Principal("link", kind="owner"), "read", {}) == EVERYTHING


def test_an_athlete_in_two_teams_stays_with_the_team_that_their_scientist_did_not_leave() -> None:
    both, scientist = RESOURCES["workout of both teams"], person("scientist", teams=frozenset({"team 1", "team 2"}))
    for teams in ({"team 1"}, {"team 2"}):
        assert decide(replace(scientist, teams=frozenset(teams)), "read", both)
    left = replace(scientist, teams=frozenset({"team 3"}))
    assert not decide(left, "read", both)
    assert not visible(left, "read", MEMBERS).covers(WORKOUTS["both teams"][0])
    assert visible(replace(scientist, teams=frozenset({"team 2"})), "read", MEMBERS).covers(WORKOUTS["both teams"][0])


def test_an_admin_needs_a_reason_that_says_something() -> None:
    assert not decide(person("admin", reason="  "), "read", RESOURCES["workout of team 3"])
