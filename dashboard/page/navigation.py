"""The entries of the header, and the tabs of Admin, for whoever looks: nobody is shown what they may not open."""

from __future__ import annotations

from dataclasses import dataclass

from barograph.access.principals import Principal


@dataclass(frozen=True)
class Entry:
    """A page in the header; `whole` is a page without Dash, which the browser loads anew."""

    id: str
    title: str
    href: str
    whole: bool = False


SESSIONS = Entry("nav-sessions", "Sessions", "/")
ATHLETES = Entry("nav-athletes", "Athletes", "/athletes")
COMPARE = Entry("nav-compare", "Compare", "/compare")
SYSTEM = Entry("nav-system", "System", "/system")
ADMIN = Entry("nav-admin", "Admin", "/people", whole=True)
DEVICES = Entry("nav-devices", "Devices", "/devices", whole=True)
OWNER = "this machine’s owner"
TABS = (
    Entry("tab-people", "People", "/people", whole=True),
    Entry("tab-devices", "Devices", "/devices", whole=True),
    Entry("tab-access", "Access", "/access", whole=True),
    Entry("tab-system", "System", "/system"),
)


def administers(who: Principal | None) -> bool:
    """Return whether somebody looks after people, devices and what opens a door."""
    return who is not None and (who.kind == "owner" or (who.kind == "user" and "admin" in who.roles))


def entries(who: Principal | None) -> tuple[Entry, ...]:
    """Return the header's entries; without an account, as on one machine alone, System is one of its own."""
    if administers(who):
        return SESSIONS, ATHLETES, COMPARE, ADMIN
    if who is not None and who.kind == "user":
        if who.roles == {"athlete"}:
            return (SESSIONS,)
        pages = (SESSIONS, ATHLETES, COMPARE)
        return (*pages, DEVICES) if "scientist" in who.roles else pages
    return SESSIONS, ATHLETES, COMPARE, SYSTEM


def has_account(who: Principal | None) -> bool:
    """Return whether there is an account page for somebody: they signed in, or are the owner of this machine."""
    return who is not None and who.kind in ("owner", "user")


def account_name(who: Principal) -> str:
    """Return what leads to somebody's account is called."""
    return f"Account: {OWNER if who.kind == 'owner' else who.name}"


def initials(who: Principal) -> str:
    """Return two letters for a person: A. Example is AE."""
    if who.kind == "owner":
        return "⌂"
    letters = [word[0] for word in who.name.replace("@", " ").split() if word[0].isalnum()]
    return "".join((letters[0], letters[-1]) if len(letters) > 1 else letters[:1]).upper() or "?"
