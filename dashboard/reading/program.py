"""Which program computes: a digest of the sources that numbers of sessions come from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import analytics
import barograph

READ = (
    "analytics/**/*.py",
    "dashboard/reading/*.py",
    "dashboard/results/*.py",
    "barograph/*.py",
    "barograph/store/reading*.py",
)


@cache
def version() -> str:
    """Return a text that is another one when any source is another: what was computed by then is computed again."""
    digest = hashlib.blake2b(digest_size=16)
    for name, path in sources():
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def sources() -> Iterator[tuple[str, Path]]:
    """Yield the sources in the order of their names, each by its place in the package."""
    root = Path(barograph.__file__).parents[1]
    roots = {"analytics": Path(analytics.__file__).parents[1], "dashboard": Path(__file__).parents[2]}
    for pattern in READ:
        top = roots.get(pattern.partition("/")[0], root)
        yield from ((path.relative_to(top).as_posix(), path) for path in sorted(top.glob(pattern)))
