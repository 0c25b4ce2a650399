"""Protocols by name: the project's, and those of a lab, which are files `protocols/NAME.toml` in the data directory."""

from __future__ import annotations

import difflib
from functools import lru_cache
from importlib import resources
from pathlib import Path

from barograph.errors import FileFormatError, InvalidData
from barograph.layout_values import shown
from barograph.protocols.protocol import Protocol, check_name, loads

NAMES = (
    "standing-eyes-open", "standing-eyes-closed", "single-leg-stance", "walk", "run", "cmj", "squat-jump", "drop-jump",
    "hops", "squat", "seat", "saddle",
)  # fmt: skip
OWN = "protocols"  # folder in the data directory
MOST_OWN, MOST_BYTES = 500, 64 << 10


@lru_cache(maxsize=len(NAMES))
def _known(name: str) -> Protocol:
    return loads(name, _text(name))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8")


def text_of(name: str, data_dir: Path | None = None) -> str:
    """Return the TOML of a protocol, as a lab's own begins; errors as of `named`."""
    named(name, data_dir)
    return next((path.read_text("utf-8") for path in _own(data_dir) if path.stem == name), None) or _text(name)


def names(data_dir: Path | None = None) -> tuple[str, ...]:
    """Return all names: the project's in their order, then a lab's own in that of the alphabet.

    A file of a lab of the same name replaces one of the project.
    """
    return (*NAMES, *(path.stem for path in _own(data_dir) if path.stem not in NAMES))


def named(name: str, data_dir: Path | None = None) -> Protocol:
    """Return a protocol by its name, a lab's own first.

    `InvalidData` with near names for another one, and with the file and what was expected for a file that is none.
    """
    if isinstance(name, str):
        for path in _own(data_dir):
            if path.stem == name:
                return _usable(path)
        if name in NAMES:
            return _known(name)
    there = names(data_dir)
    near = difflib.get_close_matches(str(name)[:60].lower(), there, n=4, cutoff=0.5)
    raise InvalidData(f"protocol: expected one of {', '.join(near or there)}, got {shown(name)}", field="protocol")


def _usable(path: Path) -> Protocol:
    try:
        return checked(path)
    except FileFormatError as error:
        raise InvalidData(f"protocol: expected one that can be used, got {error}", field="protocol") from error


def checked(path: Path) -> Protocol:
    """Return the protocol in a file, named as the file; `FileFormatError` with its path and what was expected."""
    try:
        check_name(path.stem)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise FileFormatError(f"{path}: expected at most {MOST_BYTES} bytes, got more")
        return loads(path.stem, data.decode("utf-8"))
    except (InvalidData, UnicodeDecodeError, OSError) as error:
        raise FileFormatError(f"{path}: {error}") from error


def problems(data_dir: Path) -> dict[str, str]:
    """Return what is wrong with a lab's own protocols, by name; nothing where all can be used."""
    found = {}
    for path in _own(data_dir):
        try:
            checked(path)
        except FileFormatError as error:
            found[path.stem] = str(error)
    return found


def _own(data_dir: Path | None) -> list[Path]:
    if data_dir is None or not (data_dir / OWN).is_dir():
        return []
    found = sorted((data_dir / OWN).glob("*.toml"))
    if len(found) > MOST_OWN:
        raise InvalidData(f"protocols: expected at most {MOST_OWN} files in {data_dir / OWN}, got {len(found)}")
    return found
