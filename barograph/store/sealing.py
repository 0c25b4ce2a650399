"""The one place where what is stored of a person is sealed on its way in, and opened on its way out.

`SECRET` says which fields of which collection are sealed. Whoever writes such a document passes it through
`Sealing.seal`, and whoever reads one through `Sealing.open`; an entry of the live feed passes through the same two
as the field `m` of `feed`. What is not named there stays readable, so that MongoDB can search, sort and count by it.

What belongs to a workout is sealed for the workout, also when it belongs to an athlete: a workout can be given to
another athlete, or be merged into one, without a frame of it being written again
(`docs/decisions/0062-one-place-that-seals.md`).

`barograph.store.sealer` has the cipher, and `PLAIN` returns what it is given.

Terms: sealing (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

Document = dict[str, Any]


class Owner(NamedTuple):
    """For whom something is sealed: a workout, an athlete, a test day or an account, by uid, the live feed, or names.

    An account is a user, or another record of who may come in (`barograph.store.mongo.sealed_records`).
    """

    kind: Literal["workout", "athlete", "day", "account", "feed", "names"]
    uid: str = ""


FEED = Owner("feed")
NAMES = Owner("names")
# Fields that are sealed, by collection. Those of BYTES hold bytes already; others hold any value that can be packed.
SECRET: dict[str, tuple[str, ...]] = {
    "frames": ("x", "stats"),
    "rollups": ("min", "mean", "max", "peak", "map"),
    "finals": ("d", "x"),
    "markers": ("label",),
    "origins": ("x",),
    "calibrations": ("x",),
    "summaries": ("x",),
    "trials": ("x",),
    "test_days": ("x",),
    "corrections": ("x",),
    "rejected": ("message", "data"),
    "feed": ("m",),
    "layouts": ("geometry",),  # of streams
    "unstored": ("reason",),  # of epochs of streams
    "workouts": ("athlete", "mass_kg"),
    "athletes": (
        "name", "aliases", "sex", "born", "age", "dominant", "involved", "measurements", "sport", "shoe", "notes",
        "consents",
        "goals",
    ),
    "users": ("email", "name", "password_hash"),
    "invitations": ("email", "name"),
    "keys": ("name", "agent", "address", "query", "description", "firmware"),
    "pairings": ("name", "asking"),
    "passkeys": ("name",),
    "challenges": ("said",),
    "erasures": ("answer",),
}  # fmt: skip
BYTES = frozenset({
    ("frames", "x"), ("frames", "stats"), ("rollups", "peak"), ("rollups", "map"), ("finals", "d"), ("finals", "x"),
    ("rejected", "data"), ("feed", "m"), ("calibrations", "x"), ("summaries", "x"),
    ("trials", "x"), ("test_days", "x"), ("corrections", "x"),
})  # fmt: skip
# The same by collection: a field's name, what its tag says of it, and whether its value is packed first.
FIELDS = {
    collection: tuple((name, f"{collection}.{name}", (collection, name) not in BYTES) for name in names)
    for collection, names in SECRET.items()
}
PACKER = msgspec.msgpack.Encoder(enc_hook=int)  # what MongoDB gave back has integers of its own kind


class Sealer(Protocol):
    """What seals bytes: an authenticated cipher and its keys. Called from several threads at once."""

    def seal(self, owner: Owner, kind: str, plain: bytes) -> bytes:
        """Return bytes that only `open` makes readable again, for the same owner and kind."""
        ...

    def open(self, owner: Owner, kind: str, sealed: bytes) -> bytes:
        """Return what was sealed."""
        ...

    def digest(self, plain: bytes) -> str:
        """Return what stands for bytes where they are compared; nobody without the key can tell what they were."""
        ...


class Sealing(Protocol):
    """What the stores call for each document; `seals` says whether anything is sealed by it."""

    @property
    def seals(self) -> bool:
        """Whether what is secret is sealed."""
        ...

    def seal(self, collection: str, owner: Owner, document: Document) -> Document:
        """Return a document, or the fields of one that are to be set, as it is stored."""
        ...

    def open(self, collection: str, owner: Owner, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a document, or the fields of one that were asked for, as it was before it was sealed."""
        ...

    def digest(self, text: str) -> str:
        """Return what stands for a text in an id, an index or a question; "" for no text."""
        ...


class Plain:
    """Seals nothing, and copies nothing."""

    seals = False

    def seal(self, collection: str, owner: Owner, document: Document) -> Document:
        """Return the document itself."""
        return document

    def open(self, collection: str, owner: Owner, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the document itself."""
        return document

    def digest(self, text: str) -> str:
        """Return the text itself."""
        return text


PLAIN = Plain()


class Sealed:
    """Seals each secret field by itself, so that a reader may leave some out."""

    seals = True

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, collection: str, owner: Owner, document: Document) -> Document:
        """Return a copy whose secret fields are sealed."""
        sealed, seal = dict(document), self._sealer.seal
        for name, kind, packed in FIELDS[collection]:
            if name in document:
                value = document[name]
                sealed[name] = seal(owner, kind, PACKER.encode(value) if packed else value)
        return sealed

    def open(self, collection: str, owner: Owner, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a copy whose secret fields are opened; a text or a table that was stored unsealed stays as it is."""
        opened, opener = dict(document), self._sealer.open
        for name, kind, packed in FIELDS[collection]:
            if isinstance(value := document.get(name), bytes):
                plain = opener(owner, kind, value)
                opened[name] = msgspec.msgpack.decode(plain) if packed else plain
        return opened

    def digest(self, text: str) -> str:
        """Return what the sealer makes of a text; "" for no text."""
        return self._sealer.digest(text.encode()) if text else ""
