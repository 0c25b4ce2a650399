"""What `barograph doctor` says of cold storage: whether it answers, and whether what is archived can be read."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator

from barograph.cli.findings import Finding
from barograph.errors import BarographError, FramesAway
from barograph.settings import Settings, variable
from barograph.store.cold.places import Directory, Place, place_of
from barograph.store.cold.port import ColdState
from barograph.texts import plural


def cold_findings(chosen: Settings) -> Iterator[Finding]:
    """Say whether the place of the settings can be used; nothing is written to it."""
    try:
        place = place_of(chosen)
        if place is None:
            yield Finding("cold storage", f"none is set; {variable('cold_storage')} says where old sessions may go")
            return
        new = asyncio.run(_looked(place, chosen.storage_timeout_s))
    except (BarographError, OSError) as error:
        yield Finding("cold storage", str(error), f"start or mount it, or correct {variable('cold_storage')}")
        return
    if not isinstance(place, Directory):
        yield Finding("cold storage", f"{place.said} answers")
        return
    writable = os.access(place.root, os.W_OK | os.X_OK)
    free = f"{place.said}{', empty yet' if new else ''}, {shutil.disk_usage(place.root).free >> 20:,} MiB free"
    yield Finding("cold storage", free, "" if writable else f"change the owner of {place.root}")


async def _looked(place: Place, most_s: float) -> bool:
    """See that it answers in time; True for a directory that is empty yet."""
    try:
        async with asyncio.timeout(most_s):
            if isinstance(place, Directory) and await place.is_empty():
                return True
            await place.begin(new=False)
            return False
    except TimeoutError as error:
        raise FramesAway(f"cold storage {place.said} does not answer: nothing for {most_s:.0f} s") from error


def archived_found(chosen: Settings, cold: ColdState) -> list[Finding]:
    """Return what MongoDB says is in cold storage; nothing where that is nothing."""
    if not (cold.sessions or cold.unfinished or cold.leaving):
        return []
    said = [f"{plural(cold.sessions, 'session')}, {cold.size / 1e6:,.1f} MB"]
    remedy = "" if chosen.cold_storage else f"set {variable('cold_storage')}: without it nobody reads them"
    if cold.unfinished:
        said.append(f"{cold.unfinished} are being moved, or did not end")
    if cold.leaving:
        said.append(f"files of {cold.leaving} erased streams wait to be removed")
        remedy = remedy or "`barograph archive check` removes them once cold storage answers"
    return [Finding("archived sessions", "; ".join(said), remedy)]
