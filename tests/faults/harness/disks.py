"""Small disks that can be full: tmpfs mounts, which need root."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.scene import NotRun

STEP_BYTES = 1 << 20


@contextmanager
def tmpfs(size_mb: int, at: Path | None = None) -> Iterator[Path]:
    """A disk of that size until the block is left, in a place of its own or at an empty folder; or `NotRun`."""
    with tempfile.TemporaryDirectory(prefix="barograph-disk-") as made:
        folder = str(at or made)
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", folder]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError as error:
            raise NotRun("there is no `mount` here to make a small disk with") from error
        if done.returncode:
            raise NotRun(f"a small disk cannot be mounted here (that needs root): {done.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, leave_mb: int = 0) -> Path:
    """A file that takes what is left of a disk, down to its last page or to so much."""
    filler = disk / "filler"
    size, step = 0, STEP_BYTES
    with filler.open("wb") as file:
        while step >= 4096 and shutil.disk_usage(disk).free > leave_mb << 20:
            try:
                os.posix_fallocate(file.fileno(), size, step)
                size += step
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                step //= 2
    return filler
