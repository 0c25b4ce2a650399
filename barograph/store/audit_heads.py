"""Heads of the audit log outside of MongoDB: a file in the data directory, and a line of the process's own log.

Whoever may change MongoDB may write its log anew, each hash right. What they cannot change is what was noted elsewhere:
each hour, and when it ends, the worker notes number and hash of the newest entry, one line each:

    2026-11-30T09:00:00Z 1204:9f86d081884c7d65…

Before it does it looks whether all that came since the last head follows from it. If not, it notes nothing more.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from barograph.errors import InvalidData, StorageAway
from barograph.private import require_secret
from barograph.store.audit import FIRST, Audit, Entry, Tampered, all_entries, now_us, verify

FILE = "audit-heads"
EVERY_S = 3600.0
AGAIN_S = 30.0
HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")

log = logging.getLogger("barograph.audit")


def head_of(text: str, name: str = "--head") -> tuple[int, str]:
    """Return number and hash of a head as it is written, `N:HASH`, or `InvalidData`."""
    found = HEAD.fullmatch(text.strip())
    if found is None:
        raise InvalidData(
            f"{name}: expected N:HASH as `barograph audit verify` prints it, got {text[:80]!r}", field="head"
        )
    return int(found[1]), found[2]


def joined(heads: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Return heads by number, or `Tampered` where an entry has two."""
    found: dict[int, str] = {}
    for seq, said in heads:
        if found.setdefault(seq, said) != said:
            raise Tampered(f"audit: entry {seq} was noted with two hashes, {found[seq]} and {said}")
    return found


class Heads:
    """The file of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.path = data_dir / FILE

    def noted(self) -> list[tuple[int, str]]:
        """Return what was noted, oldest first; none where nothing was. Another file than ours is an error."""
        try:
            require_secret(self.path, may_go=False)
            lines = self.path.read_text("ascii", "replace").splitlines()
        except FileNotFoundError:
            return []
        return [
            head_of(line.partition(" ")[2], f"{self.path}, line {n}") for n, line in enumerate(lines, 1) if line.strip()
        ]

    def add(self, entry: Entry, at_us: int) -> None:
        """Add a line; it is on the disk then."""
        at = datetime.fromtimestamp(at_us / 1e6, UTC)
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{at:%Y-%m-%dT%H:%M:%SZ} {entry.seq}:{entry.hash}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Notary:
    """Notes heads of one log as long as it runs."""

    def __init__(self, audit: Audit, data_dir: Path, every_s: float = EVERY_S) -> None:
        self._audit, self._heads, self._every_s = audit, Heads(data_dir), every_s

    async def note(self) -> Entry | None:
        """Note the head, if it is another one than before, or raise `Tampered`; `None` of an empty log."""
        noted = await asyncio.to_thread(self._heads.noted)
        seq, said = max(noted, default=(0, FIRST))
        found = await self._audit.entries(after=seq - 1, limit=1) if seq else []
        before = found[0] if found else None
        if seq and (before is None or before.seq != seq):
            raise Tampered(f"audit: entry {seq} was noted on this disk, and the log does not have it any more")
        if before is not None and before.hash != said:
            raise Tampered(f"audit: entry {seq} had the hash {said} when it was noted, and has another one now")
        last = await verify(all_entries(self._audit, after=seq), last=before)
        if last is not None and last.seq > seq:
            await asyncio.to_thread(self._heads.add, last, now_us())
            log.info("head of the audit log: %s:%s", last.seq, last.hash)
        return last

    async def run(self) -> None:
        """Note now, each hour, and once more when this is cancelled."""
        try:
            while True:
                noted = await self._noted()
                await asyncio.sleep(self._every_s if noted else AGAIN_S)
        finally:
            await self._noted()

    async def _noted(self) -> bool:
        """Note, and say so where that is not possible; False where it is to be tried again soon."""
        try:
            await self.note()
        except StorageAway as error:
            log.debug("the head of the audit log is not noted yet: %s", error)
            return False
        except (Tampered, InvalidData, OSError) as error:
            log.error("the audit log is not what was written, or its heads are not: %s", error)  # noqa: TRY400
        return True
