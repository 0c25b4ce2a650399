"""Where files of cold storage are kept: a directory, or a bucket of an S3-compatible storage.

Files are written whole, and never changed. Names have one folder, the uid of a workout. What a place cannot do is
`FramesAway`, with its reason: nothing else of the archive waits for it.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from barograph.errors import FramesAway, NotInstalled
from barograph.extras import imports_for
from barograph.private import write_private
from barograph.settings import Settings
from barograph.store.cold.beside import Beside

MARK = "barograph-cold-storage"  # in a directory of ours; a disk that is not mounted has none
CONNECT_S = 3.0
RETRIES = 2


class Place(Protocol):
    """Keeps files under names; each call may raise `FramesAway`."""

    @property
    def said(self) -> str:
        """How people are told of it."""
        ...

    async def begin(self, *, new: bool) -> None:
        """Check that files can be put here; with `new` nothing was ever archived, and the place may be made ready."""
        ...

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file durably, in one step."""
        ...

    async def get(self, name: str) -> bytes:
        """Return a file."""
        ...

    async def names(self, folder: str = "") -> dict[str, int]:
        """Return names and sizes in bytes of the files in a folder, or of all."""
        ...

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no fault."""
        ...


def place_of(settings: Settings) -> Place | None:
    """Return the place that the settings name, None where they name none."""
    chosen = settings.cold_storage
    if chosen is None:
        return None
    return Bucket(settings) if chosen.startswith("s3://") else Directory(Path(chosen).expanduser().absolute())


class Directory:
    """Files in a directory of this machine, mode 0600, on the disk before anybody relies on them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._beside = Beside()

    @property
    def said(self) -> str:
        """Its path."""
        return str(self.root)

    async def begin(self, *, new: bool) -> None:
        """Check that it is there and ours; an empty one becomes ours where nothing was ever archived."""
        await self._beside.run(self._begin, new)

    def _begin(self, new: bool) -> None:
        with _os_errors(self.said):
            if new and self._is_empty():
                self._make_ours()
            self._require("; the first time, make an empty directory" if new else "")

    async def is_empty(self) -> bool:
        """Return whether it is an empty directory, which may become ours."""
        return await self._beside.run(self._is_empty)

    def _is_empty(self) -> bool:
        with _os_errors(self.said):
            return self.root.is_dir() and not any(self.root.iterdir())

    def _make_ours(self) -> None:
        with suppress(FileExistsError):  # another process begins at the same moment
            with os.fdopen(os.open(self.root / MARK, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(b"Barograph keeps frames of archived sessions here.\n")
                file.flush()
                os.fsync(file.fileno())
            _sync(self.root)

    def _require(self, hint: str = "") -> None:
        if not (self.root / MARK).is_file():
            raise FramesAway(
                f"cold storage: {self.root} is not there, or holds something else (no file {MARK}): see "
                f"that its disk is mounted{hint}"
            )

    async def put(self, name: str, data: bytes) -> None:
        """Write a file to the disk."""
        await self._beside.run(self._put, name, data)

    def _put(self, name: str, data: bytes) -> None:
        with _os_errors(self.said):
            self._require()
            path = self.root / name
            path.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(path, data)
            for folder in (path.parent, self.root):
                _sync(folder)

    async def get(self, name: str) -> bytes:
        """Read a file."""
        return await self._beside.run(self._get, name)

    def _get(self, name: str) -> bytes:
        with _os_errors(self.said):
            self._require()
            return (self.root / name).read_bytes()

    async def names(self, folder: str = "") -> dict[str, int]:
        """List files."""
        return await self._beside.run(self._names, folder)

    def _names(self, folder: str) -> dict[str, int]:
        with _os_errors(self.said):
            self._require()
            found = self.root.glob(f"{folder or '*'}/*")
            return {str(path.relative_to(self.root)): path.stat().st_size for path in found}

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders that are empty then."""
        await self._beside.run(self._remove, list(names))

    def _remove(self, names: list[str]) -> None:
        with _os_errors(self.said):
            self._require()
            for name in names:
                (self.root / name).unlink(missing_ok=True)
            for folder in {(self.root / name).parent for name in names}:
                if folder.is_dir() and not any(folder.iterdir()):
                    folder.rmdir()
                elif folder.is_dir():
                    _sync(folder)
            _sync(self.root)


@contextmanager
def _os_errors(said: str) -> Iterator[None]:
    """Say `FramesAway` of what the operating system refuses."""
    try:
        yield
    except FileNotFoundError as error:
        raise FramesAway(f"cold storage: {error.filename} is not there") from error
    except OSError as error:
        raise FramesAway(f"cold storage {said}: {error}") from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Bucket:
    """Objects in a bucket of an S3-compatible storage, by obstore."""

    def __init__(self, settings: Settings) -> None:
        parts = urlsplit(settings.cold_storage or "")
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._settings = settings
        self._made: Any = None

    @property
    def said(self) -> str:
        """Its address, without keys."""
        at = f" at {self._settings.cold_s3_endpoint}" if self._settings.cold_s3_endpoint else ""
        return f"s3://{self._bucket}{'/' if self._prefix else ''}{self._prefix}{at}"

    @property
    def _store(self) -> Any:
        if self._made is None:
            try:
                with imports_for("cold storage in a bucket"):
                    from obstore.store import S3Store
            except NotInstalled as error:
                raise FramesAway(str(error)) from error
            chosen = self._settings
            endpoint, seconds = chosen.cold_s3_endpoint, chosen.storage_timeout_s
            keys: dict[str, Any] = {}
            if chosen.cold_s3_key_id and chosen.cold_s3_secret:
                keys = {"access_key_id": chosen.cold_s3_key_id,
                        "secret_access_key": chosen.cold_s3_secret.get_secret_value()}  # fmt: skip
            if endpoint:
                keys |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
            self._made = S3Store(
                self._bucket, prefix=self._prefix or None, region=chosen.cold_s3_region, **keys,
                client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": f"{seconds:.0f}s",
                                "connect_timeout": f"{min(CONNECT_S, seconds):.0f}s"},
                retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=seconds)},
            )  # fmt: skip
        return self._made

    @asynccontextmanager
    async def _asked(self, name: str) -> AsyncIterator[Any]:
        """Give the store, and say `FramesAway` of what it refuses."""
        store = self._store
        from obstore.exceptions import BaseError

        try:
            yield store
        except FileNotFoundError as error:
            raise FramesAway(f"cold storage {self.said}: {name or 'the bucket'} is not there") from error
        except (BaseError, OSError) as error:
            raise FramesAway(f"cold storage {self.said} does not answer: {_why(error)}") from error

    async def begin(self, *, new: bool) -> None:
        """Check that the bucket answers."""
        await self.names(MARK)

    async def put(self, name: str, data: bytes) -> None:
        """Put an object, in one request."""
        async with self._asked(name) as store:
            await store.put_async(name, data, use_multipart=False)

    async def get(self, name: str) -> bytes:
        """Read an object."""
        async with self._asked(name) as store:
            return bytes(await (await store.get_async(name)).bytes_async())

    async def names(self, folder: str = "") -> dict[str, int]:
        """List objects."""
        async with self._asked("") as store:
            found = await store.list(folder or None).collect_async()
        return {str(one["path"]): int(one["size"]) for one in found}

    async def remove(self, names: Iterable[str]) -> None:
        """Delete objects."""
        gone = list(names)
        async with self._asked("") as store:
            if gone:
                await store.delete_async(gone)


def _why(error: Exception) -> str:
    """What a server says is wrong, else what the client says, in one line."""
    if told := re.search(r"<Code>(\w+)</Code>\s*(?:<Message>([^<]*))?", str(error)):
        return f"{told[1]} {told[2] or ''}".strip()[:300]
    return " ".join(str(error).partition("Debug source")[0].split())[:300]
