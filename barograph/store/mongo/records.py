"""Records as documents of MongoDB, and documents as records: the key of a record is the document's id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from pymongo import ASCENDING, DESCENDING

from barograph.store.documents import Document, plain_numbers

NEWEST = [("made_us", DESCENDING), ("_id", ASCENDING)]
R = TypeVar("R")


def plain(value: Any) -> Any:
    """Return a value as MongoDB keeps it: sets become sorted lists."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


def document_of(record: Any, key: str = "uid") -> Document:
    """Return the document of a record; the field `key` is the id."""
    found: Document = plain(asdict(record))
    return {"_id": found.pop(key), **found}


def record_of(kind: type[R], document: Document, key: str = "uid") -> R:
    """Return the record of a document; what a later version may have added is left out."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    said = plain_numbers({name: one for name, one in document.items() if name in known})
    values = {name: frozenset(one) if isinstance(one, list) else one for name, one in said.items()}
    return kind(**values | {key: document["_id"]})
