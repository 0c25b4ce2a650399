"""What each service may do in MongoDB, as data: the least that its work needs, collection by collection.

A service signs in to MongoDB as a user of its own, who has the role of its name and nothing else. Where several are
given the same rights to a collection they stand together. What is not named is refused by MongoDB itself.

- The ingest reads athletes and users by two views, in which a short id stands for a name. It changes neither.
- The dashboard reads frames and removes those of a session that is erased. It stores none: what is uploaded goes in
  by the user `frames`, who can insert frames and do nothing else.
- The worker of tables computes, and reads athletes by the same view.
- All three read the audit log and the receipts of erasures, and add to them. Nobody changes one, or takes one away.

Collections, indexes, views and migrations are the owner's: they are made by an administrator before a service comes.

Terms: service (docs/glossary.md).
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

Service: TypeAlias = Literal["ingest", "dashboard", "summaries", "frames"]
SERVICES: tuple[Service, ...] = get_args(Service)
ATHLETES, USERS = "athletes_seen", "users_seen"
# Who reads these finds what decides about rights, and the short id where the name was.
VIEWS: dict[str, tuple[str, list[dict[str, Any]]]] = {
    ATHLETES: (
        "athletes",
        [{"$project": {"name": 0, "aliases": 0, "notes": 0, "origin": 0}}, {"$set": {"name": "$short_id"}}],
    ),
    USERS: (
        "users",
        [
            {"$project": {"name": 0, "password_hash": 0, "email_key": 0}},
            {"$set": {"email": {"$concat": ["$_id", "@hidden.invalid"]}}},
        ],
    ),
}
ACTIONS = {"R": "find", "A": "insert", "C": "update", "D": "remove"}
OF_SESSIONS = (
    "archived", "calibrations", "corrections", "finals", "markers", "origins", "rejected", "rollups", "streams",
    "summaries", "test_days", "trials", "written",
)  # fmt: skip
SHARED = {
    **dict.fromkeys(OF_SESSIONS, "RACD"), "audit": "RA", "departures": "RACD", "erased": "RACD", "receipts": "RA",
    "seal_keys": "RAC", "workouts": "RAC",
}  # fmt: skip
RIGHTS: dict[Service, dict[str, str]] = {
    "ingest": {
        **SHARED, "frames": "RAD", ATHLETES: "R", USERS: "R", "attempts": "RACD", "charges": "RACD", "keys": "RAC",
        "meta": "R", "pairings": "RC", "teams": "R",
    },
    "dashboard": {
        **SHARED, "frames": "RD", "athletes": "RACD", "attempts": "RACD", "challenges": "RACD", "charges": "RACD",
        "dismissals": "RACD", "erasures": "RAC", "invitations": "RAC", "keys": "RAC", "meta": "RAC",
        "pairings": "RAC", "passkeys": "RACD", "teams": "RACD", "users": "RAC",
    },
    "summaries": {**SHARED, "frames": "RD", ATHLETES: "R", "meta": "RAC", "teams": "R"},
    "frames": {"frames": "A"},
}  # fmt: skip
ON_DATABASE: dict[Service, tuple[str, ...]] = {service: ("dbStats",) for service in SERVICES if service != "frames"}


def role_of(service: Service) -> str:
    """Return the name of a service's role, and of the user that `barograph up` makes for it."""
    return f"barograph_{service}"


def privileges(service: Service, database: str) -> list[dict[str, Any]]:
    """Return what the role of a service holds, as MongoDB writes privileges."""
    of_collections = [
        {"resource": {"db": database, "collection": name}, "actions": sorted(ACTIONS[letter] for letter in letters)}
        for name, letters in sorted(RIGHTS[service].items())
    ]
    whole = [
        {"resource": {"db": database, "collection": ""}, "actions": list(actions)}
        for actions in [ON_DATABASE.get(service, ())]
        if actions
    ]
    return of_collections + whole
