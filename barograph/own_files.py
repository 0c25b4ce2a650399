"""A lab's own files of one kind: `FOLDER/NAME.toml` in the data directory, found by name and read within bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from barograph.errors import FileFormatError, InvalidData

MOST_FILES = 500

Read = TypeVar("Read")


@dataclass(frozen=True)
class OwnFiles(Generic[Read]):
    """Files of a folder of the data directory, of at most so many bytes each.

    `loads` makes a value of a name and of the text of a file, `check_name` refuses names: both raise `InvalidData`.
    Where there is no data directory, or no such folder in it, there are no files.
    """

    folder: str
    most_bytes: int
    check_name: Callable[[str], str]
    loads: Callable[[str, str], Read]

    def paths(self, data_dir: Path | None) -> list[Path]:
        """Return all files in the order of their names; `InvalidData` where there are too many."""
        if data_dir is None or not (folder := data_dir / self.folder).is_dir():
            return []
        found = sorted(folder.glob("*.toml"))
        if len(found) > MOST_FILES:
            raise InvalidData(f"{self.folder}: expected at most {MOST_FILES} files in {folder}, got {len(found)}")
        return found

    def path(self, name: str, data_dir: Path | None) -> Path | None:
        """Return the file of a name, None where there is none."""
        return next((path for path in self.paths(data_dir) if path.stem == name), None)

    def checked(self, path: Path) -> Read:
        """Return what is in a file, named as the file; `FileFormatError` with its path and what was expected."""
        try:
            self.check_name(path.stem)
            with path.open("rb") as file:
                data = file.read(self.most_bytes + 1)
            if len(data) > self.most_bytes:
                raise FileFormatError(f"{path}: expected at most {self.most_bytes} bytes, got more")
            return self.loads(path.stem, data.decode("utf-8"))
        except (InvalidData, UnicodeDecodeError, OSError) as error:
            raise FileFormatError(f"{path}: {error}") from error

    def problems(self, data_dir: Path | None) -> dict[str, str]:
        """Return what is wrong with files, by name; nothing where all can be used."""
        found = {}
        for path in self.paths(data_dir):
            try:
                self.checked(path)
            except FileFormatError as error:
                found[path.stem] = str(error)
        return found
