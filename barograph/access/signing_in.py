"""Signing in by password, and out: attempts are limited, sessions kept in the archive under the hash of their cookie.

Each attempt is counted before the password is looked at, under the account and under the address it comes from, in the
archive: all processes count together, and guesses that run at once are all counted. An address without an account is
counted and takes as long, and the answer is the same sentence: nothing says which half was wrong.

A burst of wrong guesses keeps an account's owner out too, for at most a quarter of an hour, unless they are signed in.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass, replace

from barograph import bounds
from barograph.access import people
from barograph.access.keyring import Keyring
from barograph.access.passwords import Passwords, checked_password
from barograph.access.principals import Principal
from barograph.access.secrets import new_secret
from barograph.errors import InvalidData, Refused
from barograph.store.accounts import SESSION_US, Accounts, Session, User, normal_email

WINDOW_US = 900_000_000
ACCOUNT_ATTEMPTS, ADDRESS_ATTEMPTS = 10, 100  # in a window
WRONG = "sign-in: the address or the password is not right"
MOST_AGENT = 200


@dataclass(frozen=True)
class SignedIn:
    """A session that began: the secret for its cookie, which is nowhere else, and whose it is."""

    secret: str
    session: Session
    user: User


class SigningIn:
    """What the doors ask of one process, whatever they are made of."""

    def __init__(self, accounts: Accounts, keyring: Keyring, passwords: Passwords) -> None:
        self._accounts, self._keyring, self._passwords = accounts, keyring, passwords

    async def sign_in(self, email: str, password: str, *, address: str = "", agent: str = "") -> SignedIn:
        """Return a fresh session for an address and its password, or refuse (`not_signed_in`, `rate_limited`)."""
        account = _account_name(email)
        left = await self._count([account, _address_name(address)])
        user = await self._user(email)
        known = user.password_hash if user is not None and user.enabled else ""
        if not await self._passwords.verify(known, password) or user is None:
            more = f"{left} more {'try' if left == 1 else 'tries'}, then" if left else "now"
            raise Refused("not_signed_in", f"{WRONG}; {more} a pause of up to {WINDOW_US // 60_000_000} min")
        await self._accounts.forget_attempts([account])
        if self._passwords.outdated(known):
            renewed = await self._passwords.hash(password)
            await self._accounts.set_password(user.uid, renewed, instead_of=known)
        return await self._begin(user, address, agent)

    async def accept(
        self, secret: str, *, password: str, email: str = "", name: str = "", address: str = "", agent: str = ""
    ) -> SignedIn:
        """Accept an invitation (`barograph.access.people.accept`), and sign the new user in."""
        await self._count([_address_name(address)])
        user = await people.accept(
            self._accounts,
            self._passwords,
            secret,
            password=password,
            now_us=self._keyring.now_us(),
            email=email,
            name=name,
        )
        return await self._begin(user, address, agent)

    async def admit(self, user: User, *, address: str = "", agent: str = "") -> SignedIn:
        """Sign in a user who proved in another way than by password who they are."""
        return await self._begin(user, address, agent)

    async def count_address(self, address: str) -> None:
        """Count an attempt to sign in, of which the account is not known yet; refuse one too many."""
        await self._count([_address_name(address)])

    async def session(self, secret: str | None) -> Principal | None:
        """Return who a cookie signed in, or None."""
        return await self._keyring.session(secret)

    async def sign_out(self, secret: str | None) -> bool:
        """End the session of a cookie; False when it had ended."""
        principal = await self._keyring.session(secret)
        return principal is not None and await self._keyring.revoke(principal.key)

    async def change_password(self, principal: Principal, old: str, new: str) -> None:
        """Change the password of who is signed in, who knows the old one; their other sessions end."""
        user = await self._accounts.user(principal.uid)
        account = _account_name(user.email)
        await self._count([account])
        text = checked_password(new, user.email)
        if not await self._passwords.verify(user.password_hash, old):
            raise Refused("not_signed_in", "password: expected the one that you sign in with now", field="password")
        await self._accounts.forget_attempts([account])
        hashed = await self._passwords.hash(text)
        if not await self._accounts.set_password(user.uid, hashed, instead_of=user.password_hash):
            raise Refused("changed", "password: it was changed elsewhere at this moment; sign in again")
        await self._keyring.revoke_all(user.uid, kinds=("session",), spare=principal.key)

    async def _user(self, email: str) -> User | None:
        try:
            return await self._accounts.user_by_email(email)
        except InvalidData:  # no address: it takes as long, and is answered like one without an account
            return None

    async def _begin(self, user: User, address: str, agent: str) -> SignedIn:
        secret, now_us = new_secret(), self._keyring.now_us()
        session = Session(
            hash=self._keyring.hash_of(secret),
            user=user.uid,
            made_us=now_us,
            until_us=now_us + SESSION_US,
            used_us=now_us,
            agent=bounds.readable(agent, MOST_AGENT) or "",
            address=bounds.readable(address, MOST_AGENT) or "",
        )
        await self._accounts.add_key(session)
        await self._accounts.see_user(user.uid, now_us)
        return SignedIn(secret, session, replace(user, seen_us=now_us, password_hash=""))

    async def _count(self, names: list[str]) -> int:
        """Count an attempt, and return how many more may follow; refuse one too many."""
        now_us = self._keyring.now_us()
        limits = [ACCOUNT_ATTEMPTS if name.startswith("account:") else ADDRESS_ATTEMPTS for name in names]
        counted = await self._accounts.count_attempts(names, now_us, WINDOW_US)
        over = [one for one, most in zip(counted, limits, strict=True) if one.n > most]
        if over:
            wait_s = math.ceil(max(one.until_us for one in over) / 1e6 - now_us / 1e6)
            said = f"sign-in: too many attempts; try again in {math.ceil(wait_s / 60)} min"
            raise Refused("rate_limited", said, retry_after_s=float(wait_s))
        return min(most - one.n for one, most in zip(counted, limits, strict=True))


def _account_name(email: str) -> str:
    try:
        text = normal_email(email)
    except InvalidData:
        text = ""  # all that is no address counts together
    return "account:" + hashlib.sha256(text.encode()).hexdigest()


def _address_name(address: str) -> str:
    """The name under which an address counts; of IPv6 the network, as a subscriber has all of one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "address:?"
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or ipaddress.ip_network((int(known) >> 64 << 64, 64)).network_address
    return f"address:{known}"
