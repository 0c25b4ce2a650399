"""Archives under one master key of this run, as servers, commands and notebooks of tests and benchmarks open them.

The environment names the file, so each process that is started from here has the same key. It is made where this is
first imported, and goes with that process.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from barograph.private import write_private
from barograph.settings import variable
from barograph.store.cold.places import Place
from barograph.store.master_key import FILE_NAME, KeyFile, new_file
from barograph.store.mongo.archive import MongoArchive
from barograph.store.mongo.sealed import sealed_archive

VARIABLE = variable("master_key_file")

if VARIABLE not in os.environ:
    _directory = Path(tempfile.mkdtemp(prefix="barograph-keys-"))
    atexit.register(shutil.rmtree, _directory, ignore_errors=True)
    write_private(_directory / FILE_NAME, new_file())
    os.environ[VARIABLE] = str(_directory / FILE_NAME)

MASTER = Path(os.environ[VARIABLE])


async def open_archive(
    url: str, database: str = "barograph", timeout_s: float = 20.0, *, frames_url: str | None = None,
    place: Place | None = None,
) -> MongoArchive:  # fmt: skip
    """Return an archive under the key of this run."""
    key = KeyFile(MASTER, may_make=False)
    return await sealed_archive(url, database, timeout_s, key, frames_url=frames_url, place=place)
