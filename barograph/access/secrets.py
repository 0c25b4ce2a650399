"""Secrets that open doors: made at random, shown once, stored as hashes, found by their hash.

A secret has 256 random bits, so one pass of SHA-256 hides it for good; passwords, which people choose, have
`barograph.access.passwords`. Sessions and share links are hashed with the key that signs, too: another key ends them.

The code that pairs a device is short, because it is typed: 8 of 30 letters, five minutes, one device.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from barograph.errors import InvalidData

DEVICE, TOKEN, SHARE, INVITATION = "bgd_", "bgt_", "bgs_", "bgi_"
OWNER = "bgo_"  # signed by the key of the data directory, stored nowhere (`barograph.access.proofs`)
SESSION = ""  # a cookie says by its name what it is
MOST_SECRET = 100  # characters; ours have 47
# Without 0 O, 1 I L, and U, which looks like V: none is taken for another one.
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE = 8


def new_secret(prefix: str = SESSION) -> str:
    """Return a fresh secret; its prefix says to people and to scanners of leaked texts what it opens."""
    return prefix + secrets.token_urlsafe(32)


def hashed(secret: str, key: str = "") -> str:
    """Return what a secret is stored as and found by; with a `key` only by whoever has that."""
    told = secret.encode("utf-8", "surrogatepass")
    return hmac.new(key.encode(), told, hashlib.sha256).hexdigest() if key else hashlib.sha256(told).hexdigest()


def plausible(secret: object, prefix: str = SESSION) -> bool:
    """Return whether a text may be one of our secrets, so that looking for it is worth a question."""
    return isinstance(secret, str) and len(prefix) < len(secret) <= MOST_SECRET and secret.startswith(prefix)


def same(one: str, other: str) -> bool:
    """Compare two secrets in a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


def code_of(uid: str, key: str) -> str:
    """Return the code of a pairing, as it is stored (`normal_code`): whoever has the key that signs knows it again."""
    if not key:
        raise ValueError("key: expected the key that signs, got none; without it whoever knows the uid knows the code")
    drawn = int(hashed(f"pairing {uid}", key), 16)
    return "".join(LETTERS[drawn // len(LETTERS) ** place % len(LETTERS)] for place in range(CODE))


def shown_code(code: str) -> str:
    """Return a code as people read it: K7QM-4XTN."""
    return f"{code[: CODE // 2]}-{code[CODE // 2 :]}"


def normal_code(typed: object) -> str:
    """Return a code as it is stored, however it was typed, or `InvalidData`."""
    text = "".join(typed.split()).replace("-", "").upper() if isinstance(typed, str) and len(typed) <= 40 else ""
    if len(text) != CODE or not set(text) <= set(LETTERS):
        raise InvalidData(
            f"code: expected 8 letters and digits such as K7QM-4XTN, got {str(typed)[:40]!r}", field="code"
        )
    return text
