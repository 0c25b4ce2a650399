"""AES-256-GCM over what `barograph.store.sealing` says is secret.

A sealed value is four bytes that say so, twelve of a random nonce, the ciphertext, and a tag of sixteen. For whom it
was sealed and of which collection and field it is are part of what the tag is made of, so a value that was changed, or
moved to somebody else or to another field, is noticed. Entries of the live feed are many, so each day has a key of its
own, made of the feed's; its number stands before the nonce.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from barograph.errors import Unreadable
from barograph.store.sealing import BYTES, NAMES, Owner

MAGIC = b"\xf5BG\x01"  # begins neither a text, nor zstd, nor a table of msgpack; the last byte is the version
NONCE_BYTES, DAY_BYTES = 12, 4
NONCE_AT = len(MAGIC)
TEXT_AT = NONCE_AT + NONCE_BYTES
DAY_S = 86_400
KEYED = "\x01"  # begins a keyed hash: no text that a person gave begins so
MAY_BE_PLAIN = frozenset(f"{collection}.{name}" for collection, name in BYTES)


class DataKeys(Protocol):
    """Whose key is which. Called from several threads at once."""

    def key(self, owner: Owner, *, new: bool) -> bytes:
        """Return a key of 32 bytes; with `new` it is made where there is none, else `Unreadable`."""
        ...


class _Box(NamedTuple):
    """What seals and opens one kind of field of one owner; ready, as blocks are many."""

    encrypt: Callable[[bytes, bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes, bytes], bytes]
    about: bytes


class AesSealer:
    """The `Sealer` over keys of owners, of which the last `most` stay at hand."""

    def __init__(self, keys: DataKeys, most: int = 20_000) -> None:
        self._keys, self._most = keys, most
        self._boxes: dict[tuple[Owner, str], _Box] = {}
        self._days: dict[bytes, AESGCM] = {}
        self._names: bytes = b""

    def seal(self, owner: Owner, kind: str, plain: bytes) -> bytes:
        """Return a sealed value."""
        nonce = os.urandom(NONCE_BYTES)
        if owner.kind == "feed":
            day = int(time.time() // DAY_S).to_bytes(DAY_BYTES, "big")
            return MAGIC + day + nonce + self._of_day(owner, day, new=True).encrypt(nonce, plain, _about(owner, kind))
        encrypt, _, about = self._boxes.get((owner, kind)) or self._box(owner, kind, new=True)
        return MAGIC + nonce + encrypt(nonce, plain, about)

    def open(self, owner: Owner, kind: str, sealed: bytes) -> bytes:
        """Return what was sealed, and bytes as they are that were stored before anything was; else `Unreadable`."""
        if not sealed.startswith(MAGIC):
            if kind in MAY_BE_PLAIN:
                return sealed
            raise Unreadable(f"{kind} of {_said(owner)} is sealed in no way that is known here: it was changed")
        try:
            if owner.kind == "feed":
                cipher = self._of_day(owner, sealed[NONCE_AT : NONCE_AT + DAY_BYTES], new=False)
                at = NONCE_AT + DAY_BYTES
                return cipher.decrypt(sealed[at : at + NONCE_BYTES], sealed[at + NONCE_BYTES :], _about(owner, kind))
            _, decrypt, about = self._boxes.get((owner, kind)) or self._box(owner, kind, new=False)
            return decrypt(sealed[NONCE_AT:TEXT_AT], sealed[TEXT_AT:], about)
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"{kind} of {_said(owner)} was changed, or belongs to something else") from error

    def digest(self, plain: bytes) -> str:
        """Return a keyed hash, always the same one of the same bytes in one database."""
        self._names = self._names or self._keys.key(NAMES, new=True)
        return KEYED + hmac.new(self._names, plain, hashlib.sha256).hexdigest()[:32]

    def forget(self, owner: Owner) -> None:
        """Drop the key of an owner from memory."""
        for known in [one for one in tuple(self._boxes) if one[0] == owner]:
            self._boxes.pop(known, None)

    def _box(self, owner: Owner, kind: str, *, new: bool) -> _Box:
        cipher = AESGCM(self._keys.key(owner, new=new))
        if len(self._boxes) >= self._most:
            self._boxes.clear()
        box = self._boxes[owner, kind] = _Box(cipher.encrypt, cipher.decrypt, _about(owner, kind))
        return box

    def _of_day(self, owner: Owner, day: bytes, *, new: bool) -> AESGCM:
        if (cipher := self._days.get(day)) is None:
            feed = self._keys.key(owner, new=new)
            cipher = AESGCM(hmac.new(feed, b"day" + day, hashlib.sha256).digest())
            if len(self._days) >= 3:
                self._days.clear()
            self._days[day] = cipher
        return cipher


def _about(owner: Owner, kind: str) -> bytes:
    return "\x00".join((kind, owner.kind, owner.uid)).encode()


def _said(owner: Owner) -> str:
    return f"{owner.kind} {owner.uid[:8]}".strip()
