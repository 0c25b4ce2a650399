"""Making users: added by whoever may read the data directory, or invited by a link that works once within 72 h."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from barograph.access.passwords import Passwords, checked_password
from barograph.access.secrets import INVITATION, TOKEN, hashed, new_secret
from barograph.errors import InvalidData, NotFound, Refused
from barograph.store.accounts import (
    INVITATION_US,
    ROLES,
    Accounts,
    Change,
    Invitation,
    Role,
    Token,
    User,
    email_taken,
    new_uid,
    normal_email,
)

DAY_US = 86_400_000_000
MOST_TOKEN_DAYS = 366
UNFINISHED_US = 120_000_000  # a user who is not there so long after their invitation was used was never made
NO_INVITATION = "this invitation was used, is over, or was taken back; ask for another one"


def invitation_path(secret: str) -> str:
    """Return where the dashboard shows an invitation; to look at it uses nothing up, to send its form does."""
    return f"/invitation/{secret}"


async def add_user(
    accounts: Accounts,
    passwords: Passwords,
    *,
    email: str,
    password: str,
    now_us: int,
    name: str = "",
    roles: Collection[Role] = (),
    teams: Collection[str] = (),
    granted: Collection[str] = (),
    athlete: str = "",
) -> User:
    """Add a user who signs in by password; the first one has all roles."""
    text = checked_password(password, normal_email(email))
    first = not await accounts.users()
    user = User(
        email=email,
        name=name,
        roles=frozenset(ROLES if first else roles),
        teams=frozenset(teams),
        granted=frozenset(granted),
        athlete=athlete,
        made_us=now_us,
    )
    if not user.roles:
        raise InvalidData(f"roles: expected at least one of {', '.join(ROLES)}", field="roles")
    if await accounts.user_by_email(user.email) is not None:
        raise email_taken(user.email)
    user = replace(user, password_hash=await passwords.hash(text))
    await accounts.add_user(user)
    return user


async def add_first(accounts: Accounts, *, uid: str, email: str, name: str, now_us: int) -> User:
    """Add the first user, who has all roles, without a password: they sign in by passkey."""
    if await accounts.users():
        raise Refused("not_first", "user: somebody has an account here already")
    user = User(uid=uid, email=email, name=name, roles=frozenset(ROLES), made_us=now_us)
    await accounts.add_user(user)
    return user


async def invite(
    accounts: Accounts,
    *,
    now_us: int,
    email: str = "",
    name: str = "",
    roles: Collection[Role],
    teams: Collection[str] = (),
    granted: Collection[str] = (),
    athlete: str = "",
    by: str = "",
) -> tuple[str, Invitation]:
    """Invite somebody: the secret of the link, shown once, and what is kept of it."""
    if not roles:
        raise InvalidData(f"roles: expected at least one of {', '.join(ROLES)}", field="roles")
    secret = new_secret(INVITATION)
    invitation = Invitation(
        hash=hashed(secret),
        email=email,
        name=name,
        roles=frozenset(roles),
        teams=frozenset(teams),
        granted=frozenset(granted),
        athlete=athlete,
        by=by,
        made_us=now_us,
        until_us=now_us + INVITATION_US,
    )
    if invitation.email and await accounts.user_by_email(invitation.email) is not None:
        raise email_taken(invitation.email)
    await accounts.add_invitation(invitation)
    return secret, invitation


async def invitation_of(accounts: Accounts, secret: str, now_us: int) -> Invitation:
    """Return the invitation behind a link, if it can be accepted, or `NotFound`; looking uses nothing up."""
    found = await accounts.invitation(hashed(secret))
    if found is not None and found.used_us is not None and now_us > found.used_us + UNFINISHED_US:
        found = await _unfinished(accounts, found)
    if found is None or not found.open(now_us):
        raise NotFound(NO_INVITATION)
    return found


async def _unfinished(accounts: Accounts, used: Invitation) -> Invitation | None:
    """The invitation again, open where the archive went away between using it and making its user."""
    try:
        await accounts.user(used.user)
    except NotFound:
        await accounts.release_invitation(used.uid, used.user)
    return await accounts.invitation(used.hash)


async def accept(
    accounts: Accounts,
    passwords: Passwords,
    secret: str,
    *,
    password: str,
    now_us: int,
    email: str = "",
    name: str = "",
) -> User:
    """Make the user that an invitation is for, and use it up; of two who accept it at once, one does.

    An address or a password that is refused uses nothing up.
    """
    found = await invitation_of(accounts, secret, now_us)
    address = found.email or normal_email(email)
    text = checked_password(password, address)
    if await accounts.user_by_email(address) is not None:
        raise email_taken(address)
    password_hash = await passwords.hash(text)
    return await take_up(accounts, found, email=address, name=name, password_hash=password_hash, now_us=now_us)


async def take_up(
    accounts: Accounts,
    found: Invitation,
    *,
    email: str,
    name: str,
    now_us: int,
    password_hash: str = "",
    uid: str = "",
) -> User:
    """Use an invitation up, and make its user; without a password they sign in in another way."""
    uid = uid or new_uid()
    used = await accounts.use_invitation(found.hash, uid, now_us)
    user = User(
        uid=uid,
        email=used.email or email,
        name=name or used.name,
        roles=used.roles,
        teams=used.teams,
        granted=used.granted,
        athlete=used.athlete,
        password_hash=password_hash,
        made_us=now_us,
    )
    try:
        await accounts.add_user(user)
    except Refused:
        await accounts.release_invitation(used.uid, uid)
        raise
    return user


async def disable(accounts: Accounts, uid: str, *, now_us: int, by: str = "") -> User:
    """Let a user in no more: sessions and tokens end for good, shares until the user is enabled again."""
    user = await accounts.change_user(uid, Change(disabled=True, by=by), now_us)
    await accounts.revoke_all(uid, now_us)
    return user


async def enable(accounts: Accounts, uid: str, *, now_us: int) -> User:
    """Let a user in again, by their password."""
    return await accounts.change_user(uid, Change(disabled=False), now_us)


async def set_password(accounts: Accounts, passwords: Passwords, user: User, password: str, now_us: int) -> None:
    """Give a user another password, and end all their sessions; tokens stay."""
    await accounts.set_password(user.uid, await passwords.hash(checked_password(password, user.email)))
    await accounts.revoke_all(user.uid, now_us, kinds=("session",))


async def create_token(accounts: Accounts, user: User, name: str, *, days: int, now_us: int) -> tuple[str, Token]:
    """Make a token of a user for a program: the secret, shown once, and what is kept of it."""
    if not 0 < days <= MOST_TOKEN_DAYS:
        raise InvalidData(f"days: expected 1 to {MOST_TOKEN_DAYS}, got {days}", field="days")
    if not user.enabled:
        raise InvalidData(f"user: expected one who may come in, but {user.email} is disabled", field="user")
    if not name.strip():
        raise InvalidData("name: expected a name that says what the token is for, got nothing", field="name")
    secret = new_secret(TOKEN)
    token = Token(
        hash=hashed(secret), user=user.uid, name=name.strip(), made_us=now_us, until_us=now_us + days * DAY_US
    )
    await accounts.add_key(token)
    return secret, token
