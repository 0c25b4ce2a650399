"""The entries of the header, and the tabs of Admin, for whoever looks: nobody is shown what they may not open.

This is the one place that lists them: pages of Dash (`dashboard.page.shell`) and plain ones
(`dashboard.signin.document`) draw what `entries` returns. On a phone the first four stand in a bar
below, the others behind More.
"""

from __future__ import annotations

from dataclasses import dataclass

from barograph.access.principals import Principal

IN_THE_BAR = 4


@dataclass(frozen=True)
class Entry:
    """A page in the header and its picture in the bar; `whole` is a page without Dash, which is loaded anew."""

    id: str
    title: str
    href: str
    picture: str = ""
    whole: bool = False


YOU = Entry("nav-you", "You", "/you", "person", whole=True)
LIVE = Entry("nav-live", "Live", "/live", "live")
RECORD = Entry("nav-record", "Record", "/record", "record")
SESSIONS = Entry("nav-sessions", "Sessions", "/", "sessions")
ATHLETES = Entry("nav-athletes", "Athletes", "/athletes", "people")
COMPARE = Entry("nav-compare", "Compare", "/compare", "compare")
SYSTEM = Entry("nav-system", "System", "/system", "system")
ADMIN = Entry("nav-admin", "Admin", "/people", "admin", whole=True)
DEVICES = Entry("nav-devices", "Devices", "/devices", "device", whole=True)
ACCOUNT = Entry("more-account", "Account", "/account", "person", whole=True)
OWNER = "this machine’s owner"
TABS = (
    Entry("tab-people", "People", "/people", whole=True),
    Entry("tab-devices", "Devices", "/devices", whole=True),
    Entry("tab-protocols", "Protocols", "/protocols", whole=True),
    Entry("tab-access", "Access", "/access", whole=True),
    Entry("tab-retention", "Retention", "/retention", whole=True),
    Entry("tab-reason", "Reason", "/reason", whole=True),
    Entry("tab-system", "System", "/system"),
)


def administers(who: Principal | None) -> bool:
    """Return whether somebody looks after people, devices and what opens a door."""
    return who is not None and (who.kind == "owner" or (who.kind == "user" and "admin" in who.roles))


def needs_reason(who: Principal | None) -> bool:
    """Return whether somebody would see more if they stated a reason."""
    return who is not None and who.kind == "user" and "admin" in who.roles and not who.reason


def tabs(who: Principal | None) -> tuple[Entry, ...]:
    """Return the tabs of Admin; the owner needs no reason."""
    return tuple(one for one in TABS if one.id != "tab-reason" or (who is not None and who.kind == "user"))


def entries(who: Principal | None) -> tuple[Entry, ...]:
    """Return the header's entries for somebody; none for a shared link, which opens one page."""
    if who is None or who.kind == "share":
        return ()
    of_all = (LIVE, RECORD, SESSIONS, ATHLETES, COMPARE)
    if administers(who):
        return (*of_all, ADMIN)
    if who.kind != "user":  # nobody has an account where the network is trusted
        return (*of_all, SYSTEM)
    if who.roles == {"athlete"}:
        return YOU, LIVE, SESSIONS
    return (*of_all, DEVICES) if "scientist" in who.roles else of_all


def in_the_bar(who: Principal | None) -> tuple[Entry, ...]:
    """Return the entries that stand in the bar of a phone."""
    return entries(who)[:IN_THE_BAR]


def behind_more(who: Principal | None) -> tuple[Entry, ...]:
    """Return what a phone has behind More: the entries that the bar has no room for, and the account."""
    return (*entries(who)[IN_THE_BAR:], *((ACCOUNT,) if has_account(who) else ()))


def sees_system(who: Principal | None) -> bool:
    """Return whether System is there for somebody: it is a tab of Admin, or an entry where nobody has an account."""
    return administers(who) or SYSTEM in entries(who)


def roles_of(who: Principal | None) -> str:
    """Return the roles of somebody who signed in, in words: `analyst and athlete`; "" for anybody else."""
    return " and ".join(sorted(who.roles)) if who is not None and who.kind == "user" else ""


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
