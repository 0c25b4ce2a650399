"""Files that nobody else may change, and secrets that nobody else may read: how they are checked, and how written.

Whoever may write a file of settings, or the directory that it is in, decides what this process does; so what others may
write is refused, with a sentence that names it and says what to do. Others are all but this user and root.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from barograph.errors import SettingsError

OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
OTHERS_READ = stat.S_IRGRP | stat.S_IROTH
MIN_SECRET_CHARS = 32
MIN_DIFFERENT_CHARS = 8
MAKE_ONE = "`python3 -c 'import secrets; print(secrets.token_hex(32))'` makes one"


def require_unchanged_by_others(path: Path) -> None:
    """Check a file of settings, its directory, and where its links lead; `SettingsError` when others may change it."""
    for place in dict.fromkeys((path.absolute(), path.resolve())):
        _require_ours(place)
        require_directory(place.parent)


def require_directory(path: Path) -> None:
    """Check a directory: ours or root's, not writable by others, nor in one where others may put another in its place.

    Of the directories above only those count that everyone may write, unless they are sticky, as /tmp is.
    """
    if sys.platform == "win32":
        return
    for place in dict.fromkeys((path.absolute(), path.resolve())):
        _require_ours(place)
        for above in place.parents:
            mode = above.stat().st_mode
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                raise SettingsError(f"{above}: everyone may write this directory, so {place} is not safe in it")


def require_secret(path: Path, *, may_go: bool = True) -> None:
    """Check a secret of ours: a plain file that only its owner, this user or root, can read or write.

    One that is not made anew by itself may not go: nobody is told to delete it.
    """
    if sys.platform == "win32":
        return
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        remedy = "delete it" if may_go else "restore the file from where a copy is kept"
        raise SettingsError(f"{path}: expected a plain file, got {_kind(status.st_mode)}; {remedy}")
    _require_ours(path)
    if status.st_mode & OTHERS_READ:
        raise SettingsError(
            f"{path}: expected a file that only its owner can read, got mode {_mode(status)}; "
            f"`chmod 600` it{', or delete it' if may_go else ''}"
        )


def require_key(path: Path) -> None:
    """Check a key that another program may have put here, by links too: each place it is in, and the file itself."""
    for place in dict.fromkeys((path.absolute(), path.resolve())):
        _require_ours(place)
        require_directory(place.parent)
    require_secret(path.resolve(), may_go=False)


def require_not_written_by_others(path: Path) -> None:
    """Check the mode alone: of a file that is mounted, the owner is a number of another machine.

    A sticky directory passes: Kubernetes mounts secrets in one that nobody can write all the same.
    """
    mode = path.stat().st_mode
    sticky = stat.S_ISDIR(mode) and mode & stat.S_ISVTX
    if sys.platform != "win32" and mode & OTHERS_WRITE and not sticky:
        raise SettingsError(f"{path}: others may write it (mode {stat.S_IMODE(mode):o}); `chmod go-w` it")


def _require_ours(path: Path) -> None:
    if sys.platform == "win32":
        return
    link = path.lstat()
    for status in (link, path.stat()):
        if status.st_uid not in (os.geteuid(), 0):
            raise SettingsError(
                f"{path}: it belongs to user {status.st_uid}, expected this user ({os.geteuid()}) or root; "
                "change its owner, or use another"
            )
        if not stat.S_ISLNK(status.st_mode) and status.st_mode & OTHERS_WRITE:
            raise SettingsError(f"{path}: others may write it (mode {_mode(status)}); `chmod go-w` it")


def _mode(status: os.stat_result) -> str:
    return f"{stat.S_IMODE(status.st_mode):o}"


def _kind(mode: int) -> str:
    return "a symbolic link" if stat.S_ISLNK(mode) else "a directory" if stat.S_ISDIR(mode) else "something else"


def checked_secret(name: str, secret: str, remedy: str = MAKE_ONE) -> str:
    """Return the secret, if it is hard to guess; `SettingsError` says the least that is taken, and never what came."""
    different = len(set(secret))
    if len(secret) < MIN_SECRET_CHARS or different < MIN_DIFFERENT_CHARS:
        raise SettingsError(
            f"{name}: expected a secret of {MIN_SECRET_CHARS} characters or more, {MIN_DIFFERENT_CHARS} or more of "
            f"them different, got {len(secret)} with {different} different; {remedy}"
        )
    return secret


def write_private(path: Path, content: bytes) -> None:
    """Replace a file, mode 0600, in one step, so that a reader finds the old or the new one, whole."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
