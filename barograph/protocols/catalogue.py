"""Protocols by name: the project's, and those of a lab, which are files `protocols/NAME.toml` in the data directory."""

from __future__ import annotations

import difflib
import tempfile
from functools import lru_cache
from importlib import resources
from pathlib import Path

from barograph.errors import FileFormatError, InvalidData
from barograph.layout_values import shown
from barograph.own_files import MOST_FILES, OwnFiles
from barograph.protocols.protocol import Protocol, check_name, loads

NAMES = (
    "standing-eyes-open", "standing-eyes-closed", "single-leg-stance", "walk", "run", "cmj", "squat-jump", "drop-jump",
    "hops", "squat", "seat", "saddle",
)  # fmt: skip
OWN = "protocols"  # folder in the data directory
MOST_BYTES = 64 << 10

_FILES = OwnFiles(OWN, MOST_BYTES, check_name, loads)


@lru_cache(maxsize=len(NAMES))
def _known(name: str) -> Protocol:
    return loads(name, _text(name))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath("data", f"{name}.toml").read_text("utf-8")


def text_of(name: str, data_dir: Path | None = None) -> str:
    """Return the TOML of a protocol, as a lab's own begins; errors as of `named`."""
    named(name, data_dir)
    own = _FILES.path(name, data_dir)
    return _text(name) if own is None else own.read_text("utf-8")


def names(data_dir: Path | None = None) -> tuple[str, ...]:
    """Return all names: the project's in their order, then a lab's own in that of the alphabet.

    A file of a lab of the same name replaces one of the project.
    """
    return (*NAMES, *(path.stem for path in _FILES.paths(data_dir) if path.stem not in NAMES))


def named(name: str, data_dir: Path | None = None) -> Protocol:
    """Return a protocol by its name, a lab's own first.

    `InvalidData` with near names for another one, and with the file and what was expected for a file that is none.
    """
    if isinstance(name, str):
        if own := _FILES.path(name, data_dir):
            return _usable(own)
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
    return _FILES.checked(path)


def problems(data_dir: Path) -> dict[str, str]:
    """Return what is wrong with a lab's own protocols, by name; nothing where all can be used."""
    return _FILES.problems(data_dir)


def own_text(name: str, data_dir: Path) -> str | None:
    """Return the TOML of a lab's own file as it stands, also of one that cannot be used; None where there is none."""
    found = _FILES.path(name, data_dir)
    return None if found is None else found.read_text("utf-8", errors="replace")


def save(name: str, text: str, data_dir: Path) -> Protocol:
    """Keep a protocol as a lab's own file, in place of one of that name; `InvalidData` where it cannot be used."""
    found = loads(check_name(name), text)
    data = text.replace("\r\n", "\n").encode()
    if len(data) > MOST_BYTES:
        raise InvalidData(f"protocol: expected at most {MOST_BYTES} bytes, got {len(data)}", field="protocol")
    folder = data_dir / OWN
    if own_text(name, data_dir) is None and len(_FILES.paths(data_dir)) >= MOST_FILES:
        raise InvalidData(f"protocols: expected at most {MOST_FILES} files in {folder}", field="protocol")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        file.write(data)
    Path(file.name).replace(folder / f"{name}.toml")  # whoever reads meanwhile has the old one or the new one
    return found


def remove(name: str, data_dir: Path) -> bool:
    """Delete a lab's own file; False where there was none. Trials keep the protocol as it was."""
    if own_text(check_name(name), data_dir) is None:
        return False
    (data_dir / OWN / f"{name}.toml").unlink(missing_ok=True)
    return True
