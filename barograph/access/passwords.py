"""Passwords: argon2id, off the event loop, at most two at once, and as slow for an unknown address as for a known one.

A hash takes about 150 ms and 64 MiB. More than two at once would starve what else the machine does, so the others wait,
and when too many wait, the next one is refused at once and told when to come back: a burst of sign-ins, or of guesses,
costs bounded memory and no frames.

`docs/decisions/0051-passwords-and-secrets.md` (decision 0051) says why these parameters, and what else is hashed how.

A password is compared in its compatibility form (NFKC): the same letters typed on another keyboard are the same.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from barograph.errors import InvalidData, Refused
from barograph.texts import require_text

LEAST, MOST = 12, 256  # characters
AT_ONCE, WAITING = 2, 32
R = TypeVar("R")


def checked_password(password: object, email: str = "") -> str:
    """Return a new password in the form that is hashed, or `InvalidData` that says what is missing."""
    text = _form(require_text("password", password)) if isinstance(password, str) else ""
    if not LEAST <= len(text) <= MOST:
        raise InvalidData(
            f"password: expected {LEAST} to {MOST} characters, got {len(text)}; some words in a row are easy to keep",
            field="password",
        )
    if email and text.casefold() == email.casefold():
        raise InvalidData("password: expected another text than the e-mail address", field="password")
    return text


def _form(password: str) -> str:
    # What is too long is no password of ours: it is cut before it is looked at, and can still not become one.
    return unicodedata.normalize("NFKC", password[: 4 * MOST + 1])


class Passwords:
    """Hashes and verifies, two at once in threads of its own; `close` lets them go."""

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._hasher = hasher or PasswordHasher()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        self._most = at_once + waiting
        self._there = 0
        self._nobodys = self._hash_of_nothing()

    async def hash(self, password: str) -> str:
        """Hash a password that was checked (`checked_password`)."""
        return await self._run(lambda: self._hasher.hash(_form(password)))

    async def verify(self, password_hash: str, password: str) -> bool:
        """Return whether a password is the one that was hashed; without a hash it takes as long, and it is not."""
        text = _form(require_text("password", password))
        return await self._run(lambda: self._verified(password_hash or self._nobodys, text)) and bool(password_hash)

    def outdated(self, password_hash: str) -> bool:
        """Return whether a hash was made with other parameters than today's, and is to be made again."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Let the threads go; what waits is not done."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verified(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], R]) -> R:
        if self._there >= self._most:
            said = f"password: {self._there} others are signing in at this moment"
            raise Refused("rate_limited", said, retry_after_s=2.0)
        self._there += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._there -= 1

    def _hash_of_nothing(self) -> str:
        """A hash with today's parameters that no password has, so that verifying it takes the usual time."""
        of, salt, tag = self._hasher, secrets.token_bytes(16), secrets.token_bytes(self._hasher.hash_len)
        cost = f"m={of.memory_cost},t={of.time_cost},p={of.parallelism}"
        return f"$argon2id$v=19${cost}${_base64(salt)}${_base64(tag)}"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")
