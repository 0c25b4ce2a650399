"""The key that wraps all others, in a file that is not in MongoDB: who has a copy of the database alone reads nothing.

`KeyService` is what is asked of it, and the place for a key service of a machine room; `KeyFile` is the one that there
is. The file is JSON: under `keys` each master key by its fingerprint, under `current` the one that wraps what is new.

Terms: master key (docs/glossary.md).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from barograph.errors import InvalidData, SettingsError, Unreadable
from barograph.file_versions import FIRST, version_of
from barograph.private import require_key, require_not_written_by_others, write_private
from barograph.settings import SECRETS_DIR, Settings, variable

KEY_BYTES, NONCE_BYTES = 32, 12
FILE_NAME = "master.key"  # in the data directory
VERSION = 1  # of the file


class MasterKeyError(SettingsError):
    """A master key that is not there, or cannot be used; the message says what to do."""


class Wrapped(NamedTuple):
    """A key as it may lie anywhere, and the fingerprint of the master key that opens it."""

    by: str
    key: bytes


class KeyService(Protocol):
    """What wraps keys and gives them back; the key that it does this with never leaves it."""

    @property
    def at(self) -> str:
        """Where the master key is, as a person is told."""
        ...

    def ready(self) -> None:
        """Raise `MasterKeyError` where there is no master key and none is made."""
        ...

    def wrap(self, key: bytes, about: bytes) -> Wrapped:
        """Return a key wrapped by the current master key; `about` says what it is of, and has to be said again."""
        ...

    def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        """Return a key, or `Unreadable` where it was changed or its master key is not there."""
        ...

    def knows(self, by: str) -> bool:
        """Return whether the master key of a fingerprint is there."""
        ...

    def known(self) -> tuple[str, ...]:
        """Return the fingerprints of the master keys that are there, the current one first."""
        ...

    def changing(self) -> AbstractContextManager[bool]:
        """Let one process at a time change master keys; False where another one does."""
        ...

    def renew(self, old: Collection[str]) -> str:
        """Return the current master key's fingerprint, a new key's where it was one of `old`; old ones stay."""
        ...

    def destroy_old(self) -> None:
        """Destroy all master keys but the current one."""
        ...


class _File(msgspec.Struct):
    current: str
    keys: dict[str, str]
    version: int = VERSION


class _Versioned(msgspec.Struct):
    version: int = FIRST


def fingerprint(master: bytes) -> str:
    """Return what stands for a master key where anyone may read it."""
    return hashlib.sha256(b"barograph master key\x00" + master).hexdigest()[:16]


class KeyFile:
    """Master keys in a file of mode 0600, read once, and once more when an unknown one is asked for."""

    def __init__(self, path: Path, *, may_make: bool) -> None:
        self.path = path
        self._may_make = may_make
        self._read: tuple[str, dict[str, AESGCM]] = ("", {})

    @property
    def at(self) -> str:
        """The path of the file."""
        return str(self.path)

    def ready(self) -> None:
        """Raise `MasterKeyError` where the file cannot be used, or is not there and may not be made."""
        if self._there():
            self._load()
        elif not self._may_make:
            raise MasterKeyError(
                f"{self.path}: there is no master key, and none is made where {variable('master_key_file')} names the "
                "file; `barograph keys make FILE` makes one for a new lab, and an old lab needs its own"
            )

    def wrap(self, key: bytes, about: bytes) -> Wrapped:
        """Return a key wrapped by the current master key; the file is made where there is none and it may be."""
        if not self._there():
            self._make()
        self._load()
        by, masters = self._read
        nonce = os.urandom(NONCE_BYTES)
        return Wrapped(by, nonce + masters[by].encrypt(nonce, key, about))

    def unwrap(self, wrapped: Wrapped, about: bytes) -> bytes:
        """Return a key, or `Unreadable`."""
        if not self.knows(wrapped.by):
            raise Unreadable(f"the master key {wrapped.by} is not in {self.path}: what it wraps cannot be read")
        nonce, rest = wrapped.key[:NONCE_BYTES], wrapped.key[NONCE_BYTES:]
        try:
            return self._read[1][wrapped.by].decrypt(nonce, rest, about)
        except (InvalidTag, ValueError) as error:
            raise Unreadable("a key in MongoDB was changed, or belongs to something else") from error

    def knows(self, by: str) -> bool:
        """Return whether the file has the master key of a fingerprint; `MasterKeyError` where it cannot be used."""
        if by not in self._read[1] and self._there():
            self._load()
        return by in self._read[1]

    def known(self) -> tuple[str, ...]:
        """Return the fingerprints in the file, the current one first; none where there is no file yet."""
        if not self._there():
            return ()
        self._load()
        current, masters = self._read
        return (current, *(one for one in masters if one != current))

    def make(self) -> None:
        """Make the file with a new master key, unless there is one."""
        if not self._there():
            self._make()

    @contextmanager
    def changing(self) -> Iterator[bool]:
        """Take the file's lock; False where another process has it."""
        import fcntl  # not on Windows, where this module must still import

        with open(self.path.with_name(f"{self.path.name}.lock"), "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    def renew(self, old: Collection[str]) -> str:
        """Return the current master key's fingerprint; where it was one of `old`, a new key is added before."""
        said = self._load()
        if said.current in old:
            master = os.urandom(KEY_BYTES)
            name = fingerprint(master)
            self._replace(_File(name, {**said.keys, name: base64.b64encode(master).decode()}))
        return self._load().current

    def destroy_old(self) -> None:
        """Replace the file by one with the current master key alone, and write over what stood before it."""
        said = self._load()
        if len(said.keys) > 1:
            self._replace(_File(said.current, {said.current: said.keys[said.current]}))
        self._load()
        for gone in self.path.parent.glob(f"{self.path.name}.old-*"):
            with gone.open("r+b") as file:
                file.write(os.urandom(gone.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            gone.unlink()
        _keep_names(self.path.parent)

    def _replace(self, said: _File) -> None:
        """Replace the file in one step; what it held stays beside it until `destroy_old` overwrites it."""
        try:
            self.path.with_name(f"{self.path.name}.old-{secrets.token_hex(4)}").hardlink_to(self.path)
            write_private(self.path, msgspec.json.encode(said))
        except OSError as error:
            raise MasterKeyError(f"{self.path}: it cannot be replaced: {error.strerror or error}") from error
        _keep_names(self.path.parent)

    def _there(self) -> bool:
        return self.path.is_symlink() or self.path.exists()

    def _load(self) -> _File:
        try:
            if self.path.is_relative_to(SECRETS_DIR):  # what is mounted there belongs to a number of another machine
                require_not_written_by_others(self.path)
            else:
                require_key(self.path)
            text = self.path.read_bytes()
        except OSError as error:  # a link to nowhere, a directory, a disk that fails
            raise MasterKeyError(f"{self.path}: it cannot be read: {error.strerror or error}; restore it") from error
        try:
            version_of(msgspec.json.decode(text, type=_Versioned).version, VERSION)
            said = msgspec.json.decode(text, type=_File)
            masters = [base64.b64decode(text, validate=True) for text in said.keys.values()]
        except InvalidData as error:
            raise MasterKeyError(f"{self.path}: {error}") from error
        except (msgspec.MsgspecError, binascii.Error, UnicodeError) as error:
            raise MasterKeyError(f"{self.path}: {_EXPECTED}, got something else; restore the file") from error
        if said.current not in said.keys or any(len(one) != KEY_BYTES for one in masters):
            raise MasterKeyError(f"{self.path}: {_EXPECTED}, got others; restore the file")
        if [fingerprint(one) for one in masters] != list(said.keys):
            raise MasterKeyError(f"{self.path}: a key in it is not the one that it is said to be; restore the file")
        self._read = said.current, dict(zip(said.keys, map(AESGCM, masters), strict=True))
        return said

    def _make(self) -> None:
        self.ready()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(new_file())
            file.flush()
            os.fsync(file.fileno())
        try:
            # A link, not a rename: of two processes that start at once, one makes the key and both read the same.
            self.path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _keep_names(self.path.parent)


def _keep_names(directory: Path) -> None:
    """Have the names in a directory outlive a loss of power."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def key_file(settings: Settings) -> KeyFile:
    """Return the master key that the settings name, else that of the data directory, made when it is needed."""
    named = settings.master_key_file
    return KeyFile(settings.data_dir / FILE_NAME if named is None else named, may_make=named is None)


_EXPECTED = 'expected JSON such as {"current": "…", "keys": {"…": "…"}} with keys of 32 bytes in base64'


def new_file() -> bytes:
    """Return what a file with one new master key holds."""
    master = os.urandom(KEY_BYTES)
    name = fingerprint(master)
    return msgspec.json.encode(_File(name, {name: base64.b64encode(master).decode()}))
