"""Files: one module per format; a reader is chosen by content, not by name.

A reader has `recognises(head)` for the first bytes of a file, and `read(path)`, which gives one Recording a sensor or
raises `FileFormatError`. What the vendor's software printed beside the cells stays in the recording's `provenance`:

- `header`: the file's own header, text by key; `assumed`: what the file leaves open and how it was taken;
- `vendor`: the vendor's results by the names that the file prints, each a list with one entry per frame, None where it
  prints none. Names that the formats do not print are in their modules' docstrings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from barograph.errors import FileFormatError, InvalidData, NotSaid
from barograph.extras import imports_for
from barograph.files import bundle, c3d, csv, map_draft, mapped, mat, mot, npz, parquet
from barograph.files.applying import applied, begun
from barograph.files.encoding import Encoder, FrameTable, PartFile, chunks_of, encoded
from barograph.files.given import NOTHING, Given, given
from barograph.files.parts import FileRecording
from barograph.files.unknown import described
from barograph.files.vendors import (
    apd,
    bare_npz,
    emed,
    footscan,
    gaitpdb,
    loadsol,
    moticon,
    pedar,
    pliance,
    stappone,
    tekscan,
    xsensor,
    xsensor_wide,
    zebris,
)
from barograph.frames import Gap, Ints, Layout, Recording
from barograph.times import Moment, moment_us


class Reader(Protocol):
    """A module that reads a format."""

    def recognises(self, head: bytes) -> bool:
        """Return True for the first bytes of a file of this format."""
        ...

    def read(self, path: Path) -> list[Recording]:
        """Return one recording per sensor, or `FileFormatError`."""
        ...


READERS: dict[str, Reader] = {
    "Tekscan ASCII": tekscan,
    "XSENSOR CSV (a line per frame)": xsensor_wide,
    "XSENSOR CSV": xsensor,
    "novel emed": emed,
    "novel pedar": pedar,
    "novel pliance": pliance,
    "novel loadsol": loadsol,
    "Moticon OpenGo": moticon,
    "Stappone": stappone,
    "gaitpdb": gaitpdb,
    "footscan": footscan,
    "zebris FDM": zebris,
    "pedCAD .apd": apd,
    "Parquet": parquet,
    "Barograph session (ZIP)": bundle,
    "NPZ (one array)": bare_npz,
    "NPZ": npz,
    "Barograph CSV": csv,
}
# Formats that can be read part by part; what a file does not say may be given.
LAZY: dict[Any, Callable[[Path, Given], Sequence[FileRecording]]] = {
    parquet: lambda path, _: [parquet.opened(path)],
    npz: lambda path, _: [npz.opened(path)],
    csv: lambda path, _: [csv.opened(path)],
    bundle: lambda path, _: bundle.opened(path),
    tekscan: lambda path, _: tekscan.opened(path),
    xsensor: lambda path, _: xsensor.opened(path),
    emed: lambda path, _: emed.opened(path),
    pedar: lambda path, _: pedar.opened(path),
    pliance: lambda path, _: pliance.opened(path),
    footscan: lambda path, _: footscan.opened(path),
    zebris: lambda path, _: zebris.opened(path),
    apd: lambda path, _: apd.opened(path),
    loadsol: lambda path, _: loadsol.opened(path),
    moticon: lambda path, _: moticon.opened(path),
    stappone: lambda path, _: stappone.opened(path),
    gaitpdb: lambda path, _: gaitpdb.opened(path),
    xsensor_wide: xsensor_wide.opened,
    bare_npz: bare_npz.opened,
}
HEAD_BYTES = 8192


@dataclass(frozen=True)
class Format:
    """A format that is written: the end of its files' names, its media type, and what makes an encoder.

    `check` says of the frames that are to be written what the format does not hold, before anything is. `make` takes a
    table of numbers a frame, too, where `tables` is True. Of a `whole` one all frames are in memory at once.
    """

    suffix: str
    media_type: str
    make: Callable[..., Encoder]
    check: Callable[[Layout, Ints, Sequence[Gap]], None] = lambda layout, times_us, gaps: None
    tables: bool = False
    whole: bool = False


# Those that are read again, bit for bit.
FORMATS = {
    "parquet": Format(".parquet", "application/vnd.apache.parquet", parquet.ParquetEncoder),
    "npz": Format(".npz", "application/zip", npz.NpzEncoder),
    "csv": Format(".csv", "text/csv; charset=utf-8", csv.CsvEncoder),
}
# And those of other programs, which are written alone.
WRITTEN = FORMATS | {
    "c3d": Format(".c3d", "application/octet-stream", c3d.C3dEncoder, c3d.check),
    "mot": Format(".mot", "text/plain; charset=utf-8", mot.MotEncoder, mot.check),
    "mat": Format(".mat", "application/x-matlab-data", mat.MatEncoder, mat.check, tables=True, whole=True),
}


def format_of(name: str) -> Format:
    """Return a format by its name, or `InvalidData` with those there are."""
    if name not in WRITTEN:
        raise InvalidData(f"format: expected one of {', '.join(WRITTEN)}, got {name[:40]!r}", field="format")
    return WRITTEN[name]


def encoder(
    name: str,
    layout: Layout,
    n: int,
    *,
    gaps: Sequence[Gap] = (),
    provenance: Mapping[str, Any] | None = None,
    table: FrameTable | None = None,
) -> Encoder:
    """Return what turns `n` frames of a layout into a file of a format; `barograph.files.encoding` says how to use it.

    Gaps and provenance (plain JSON values) go into the file too, and a table where the format has one.
    """
    chosen = format_of(name)
    return chosen.make(layout, n, gaps, provenance, **({"table": table} if chosen.tables else {}))


def write(path: Path | str, recording: Recording, name: str | None = None, table: FrameTable | None = None) -> None:
    """Write a recording in a format, by default that of the path's suffix; the file appears when it is complete.

    What the format does not hold, as gaps in a C3D, raises `InvalidData` with the reason. `table` goes into a MAT file.
    """
    if name is None:
        suffixes = {chosen.suffix: name for name, chosen in WRITTEN.items()}
        name = suffixes.get(Path(path).suffix, Path(path).suffix)
    format_of(name).check(recording.layout, recording.times_us, recording.gaps)
    layout, provenance = recording.layout, recording.provenance
    made = encoder(name, layout, len(recording), gaps=recording.gaps, provenance=provenance, table=table)
    with PartFile(path) as file:
        for part in encoded(made, chunks_of(recording)):
            file.write(part)


def source_of(path: Path) -> dict[str, Any]:
    """Return what names a file for good: its name, its size and the SHA-256 of its bytes."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"file": path.name, "bytes": path.stat().st_size, "sha256": digest}


def to_xarray(recording: Recording) -> Any:
    """Return a recording as an `xarray.DataArray` (time, y, x), its values in the layout's unit, missing cells NaN."""
    with imports_for("to_xarray"):
        from barograph.files.arrays import data_array

    return data_array(recording)


def read_file(
    path: Path | str,
    *,
    rate: float | None = None,
    pitch: str | None = None,
    unit: str | None = None,
    side: str | None = None,
    geometry: str | None = None,
    file_map: Path | str | None = None,
    start: Moment | None = None,
) -> list[Recording]:
    """Read a file of any known format: one recording per sensor.

    Files that do not say it are told frames per second, the size of a cell in mm (`5.08x7.62`, across and along), the
    unit of pressure, the side of the body, the geometry of the cells (a name, or a CSV), and when they began; a text
    that no reader knows is read as a map says (`barograph map FILE` drafts one). A file that is damaged or of no known
    format raises `FileFormatError`, which names file, line and expectation; nothing of it is returned.
    """
    start_us = None if start is None else moment_us("start", start)
    found = open_file(path, given(rate, pitch, unit, side, geometry, file_map))
    whole = [one.whole() if isinstance(one, FileRecording) else one for one in found]
    return whole if start_us is None else begun(whole, start_us)


def open_file(path: Path | str, said: Given = NOTHING) -> Sequence[Recording | FileRecording]:
    """Open a file as `read_file` does, but let frames of formats in `LAZY` stay in it until they are asked for.

    Damage may then be found only where frames are read, as `FileFormatError` too.
    """
    path = Path(path)
    if said.file_map is not None:
        return applied(path, [mapped.opened(path, said.file_map, said)], said)
    reader = _reader(path)
    return applied(path, LAZY[reader](path, said) if reader in LAZY else reader.read(path), said)


def _reader(path: Path) -> Reader:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for reader in READERS.values():
        if reader.recognises(head):
            return reader
    names = dict.fromkeys(name.partition(" (")[0] for name in READERS)
    wrong = f"{path}, line 1: expected one of {', '.join(names)}, got {described(head)}"
    if map_draft.fits(path, head):
        raise NotSaid(f"{wrong}; barograph map drafts what its columns are", ("map",))
    raise FileFormatError(wrong)
