"""Where an imported recording comes from: file, format, digest, the file's header and what the vendor computed.

It is kept beside the stream, once per epoch, as JSON of at most `MOST_BYTES`. What is longer is cut: lists to their
first values, then texts; the entry `cut` says to how many, and how long it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from barograph.errors import InvalidData
from barograph.files.encoding import plain

MOST_BYTES = 1 << 20
MOST_LETTERS = 4096  # of a single text, once anything has to be cut
# So many values of each list, and entries of each mapping, are tried one after the other.
FEWER = (10_000, 1000, 100, 10, 1)


def bounded(provenance: Mapping[str, Any], most: int = MOST_BYTES) -> str:
    """Return the JSON of a provenance, cut until it is at most `most` bytes long; the entry `cut` says how."""
    text = _json(provenance)
    if len(text) <= most:
        return text
    whole = json.loads(text)
    for n in FEWER:
        said = f"of {len(text)} bytes at most {most} are kept: the first {n} values of each list, entries of each table"
        shorter = _json({"cut": said, **_cut(whole, n)})
        if len(shorter) <= most:
            return shorter
    return _json({"cut": f"of {len(text)} bytes at most {most} are kept, and nothing of it fits"})


def listed(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return what is kept of each file, then what those were made of that had been exported by this program."""
    found: list[dict[str, Any]] = []
    for text in texts:
        one = json.loads(text)
        origin = one.get("origin")
        before = origin.get("imported") if isinstance(origin, dict) else None
        if isinstance(before, list):
            one["origin"] = {name: value for name, value in origin.items() if name != "imported"}
        found += [one, *(item for item in before or () if isinstance(item, dict))]
    return found


def _json(value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(dict(value), default=plain)
    except (RecursionError, TypeError, ValueError) as error:
        if isinstance(error, InvalidData):
            raise
        raise InvalidData(f"provenance: expected plain JSON values: {error}", field="provenance") from error


def _cut(value: Any, n: int) -> Any:
    """A JSON value with at most `n` values in each list, entries in each mapping and `MOST_LETTERS` in each text."""
    if isinstance(value, dict):
        return {name[:MOST_LETTERS]: _cut(one, n) for name, one in list(value.items())[: max(n, 100)]}
    if isinstance(value, list):
        return [_cut(one, n) for one in value[:n]]
    return value[:MOST_LETTERS] if isinstance(value, str) else value
