"""The one place where what is stored of a person is sealed on its way in, and opened on its way out.

`SECRET` says which fields of which collection are sealed. Whoever writes such a document passes it through
`Sealing.seal`, and whoever reads one through `Sealing.open`; an entry of the live feed passes through the same two
as the field `m` of `feed`. What is not named there stays readable, so that MongoDB can search, sort and count by it.

What belongs to a workout is sealed for the workout, also when it belongs to an athlete: a workout can be given to
another athlete, or be merged into one, without a frame of it being written again
(`docs/decisions/0062-one-place-that-seals.md`).

Today nothing is sealed: `PLAIN` returns what it is given.

Terms: sealing (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

Document = dict[str, Any]


class Owner(NamedTuple):
    """For whom something is sealed: a workout or an athlete, by uid, or the live feed, which keeps a minute."""

    kind: Literal["workout", "athlete", "feed"]
    uid: str = ""


FEED = Owner("feed")
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
    "rejected": ("message", "data"),
    "feed": ("m",),
    "workouts": ("athlete", "mass_kg"),
    "athletes": (
        "name", "aliases", "sex", "born", "age", "dominant", "involved", "measurements", "shoe", "notes", "consents",
    ),
}  # fmt: skip
BYTES = frozenset({
    ("frames", "x"), ("frames", "stats"), ("rollups", "peak"), ("rollups", "map"), ("finals", "d"), ("finals", "x"),
    ("rejected", "data"), ("feed", "m"), ("calibrations", "x"), ("summaries", "x"),
    ("trials", "x"),
})  # fmt: skip


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
    """What the stores call for each document."""

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

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, collection: str, owner: Owner, document: Document) -> Document:
        """Return a copy whose secret fields are sealed."""
        sealed = dict(document)
        for name in SECRET[collection]:
            if name in document:
                value = document[name]
                plain = value if (collection, name) in BYTES else msgspec.msgpack.encode(value)
                sealed[name] = self._sealer.seal(owner, f"{collection}.{name}", plain)
        return sealed

    def open(self, collection: str, owner: Owner, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a copy whose secret fields are opened; a text or a table that was stored unsealed stays as it is."""
        opened = dict(document)
        for name in SECRET[collection]:
            if isinstance(value := document.get(name), bytes):
                plain = self._sealer.open(owner, f"{collection}.{name}", value)
                opened[name] = plain if (collection, name) in BYTES else msgspec.msgpack.decode(plain)
        return opened

    def digest(self, text: str) -> str:
        """Return what the sealer makes of a text; "" for no text."""
        return self._sealer.digest(text.encode()) if text else ""
