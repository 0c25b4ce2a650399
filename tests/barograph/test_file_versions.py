"""Every file that we write and read again says its version: a newer one is refused, and one without a version opens."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from analytics import sim
from barograph import files, norms, protocols
from barograph.cli import app
from barograph.errors import BarographError
from barograph.file_versions import version_of
from barograph.files import bundle, mapping
from barograph.files.mapping import FileMap
from barograph.geometries.own import read as read_geometry
from barograph.private import write_private
from barograph.servers import instance
from barograph.servers.instance import Instance
from barograph.store import athlete_file
from barograph.store.cold import files as cold_files
from barograph.store.master_key import KeyFile, new_file
from barograph.store.mongo.backup import manifest
from barograph.store.mongo.backup.manifest import Manifest
from ingest.device.spoolfile import SpoolFile

DOCS = Path(__file__).parents[2] / "docs/formats.md"
WALK = sim.walk(1.0)["left"]
BLOCK = cold_files.Row(bytes(12), 0, 0, 1, 1, 1, 1, bytes(8), 0, b"x", None, None)


@dataclass(frozen=True)
class Kind:
    """A kind of file: how it is written, read, and given another version; None takes the version away."""

    name: str
    write: Callable[[Path], object]
    read: Callable[[Path], object]
    change: Callable[[Path, int | None], None]
    said: str  # in docs/formats.md


def by_text(found: str, line: str) -> Callable[[Path, int | None], None]:
    """Change the version in a text, by a pattern and by what stands there then."""

    def change(path: Path, version: int | None) -> None:
        text, n = re.subn(found, "" if version is None else line.format(version), path.read_text("utf-8"), count=1)
        assert n == 1, path
        write_private(path, text.encode())

    return change


def of_json(path: Path, version: int | None) -> None:
    said = json.loads(path.read_bytes())
    del said["version"]
    write_private(path, json.dumps(said if version is None else {**said, "version": version}).encode())


def of_parquet(key: bytes) -> Callable[[Path, int | None], None]:
    """Change the version in a Parquet file's metadata."""

    def change(path: Path, version: int | None) -> None:
        table = pq.read_table(path)
        said = {name: text for name, text in table.schema.metadata.items() if name != key}
        pq.write_table(table.replace_schema_metadata(said if version is None else {**said, key: str(version)}), path)

    return change


def of_zip(member: str, change: Callable[[bytes, int | None], bytes | None]) -> Callable[[Path, int | None], None]:
    def rewrite(path: Path, version: int | None) -> None:
        with zipfile.ZipFile(path) as old:
            inside = [(one, old.read(one)) for one in old.infolist()]
        with zipfile.ZipFile(path, "w") as new:
            for one, data in inside:
                made = change(data, version) if one.filename == member else data
                if made is not None:
                    new.writestr(one, made)

    return rewrite


def of_about(data: bytes, version: int | None) -> bytes:
    said = json.loads(data)
    form = said.pop("barograph").rpartition(" ")[0]
    return json.dumps(said if version is None else {"barograph": f"{form} {version}", **said}).encode()


def of_npy(data: bytes, version: int | None) -> bytes | None:
    out = io.BytesIO()
    np.save(out, np.array(str(version).encode()))
    return None if version is None else out.getvalue()


def of_spool(path: Path, version: int | None) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {2 if version is None else version}")


def open_spool(path: Path) -> None:
    SpoolFile(path).close()


def write_session(path: Path) -> None:
    frames = io.BytesIO()
    WALK.save(inside := path.with_name("left.parquet"))
    frames.write(inside.read_bytes())
    out = bundle.Bundle({"workout": "walk"})
    out.open("left.parquet", packed=True)
    out.write(frames.getvalue())
    path.write_bytes(out.finish())


def write_athlete(path: Path) -> None:
    path.write_bytes(bundle.Bundle({"athlete": {"name": "A"}}, athlete_file.ABOUT, athlete_file.VERSION).finish())


def write_geometry(path: Path) -> None:
    done = CliRunner().invoke(app, ["geometry", "show", "pedar-x", "--side", "left"])
    assert done.exit_code == 0, done.output
    path.write_text(done.output, "utf-8")


def write_backup(path: Path) -> None:
    of = Manifest(
        lab="a", database="b", program="c", schema=0, at_us=1, took_s=1.0, masters=(), keys=None, collections=(),
        units=(),
    )  # fmt: skip
    manifest.write(path.parent, of)


def write_norm(path: Path) -> None:
    said = {"title": "t", "source": "s", "population": "p", "device": "d", "protocol": "q"}
    text = norms.TEMPLATE
    for name, value in said.items():
        text = text.replace(f'{name} = ""', f'{name} = "{value}"', 1)
    text = text.replace("n = 0 ", "n = 9 ").replace("kinds = []", 'kinds = ["walk"]')
    text = text.replace("sensors = []", 'sensors = ["plate"]')
    path.write_text(text + '[measures.max_peak_kpa]\nunit = "kPa"\np5 = 1\np50 = 2\np95 = 3\n', "utf-8")


def in_frames(path: Path) -> None:
    (found,) = files.read_file(path)
    assert len(found) == len(WALK)


TOML = by_text(r"(?m)^version = 1\n", "version = {}\n")
KINDS = [
    Kind("left.parquet", WALK.save, in_frames, of_parquet(b"barograph"), "Parquet of a stream"),
    Kind(
        "left-00000.parquet", lambda path: path.write_bytes(cold_files.blocks_file([BLOCK], {"workout": "u"})),
        lambda path: cold_files.blocks_in(path.read_bytes(), path.name), of_parquet(b"barograph_frames"),
        "Parquet of archived frames (cold storage)",
    ),
    Kind("left.npz", WALK.save, in_frames, of_zip("barograph.npy", of_npy), "NPZ of a stream"),
    Kind("left.csv", WALK.save, in_frames, by_text("csv 1", "csv {}"), "CSV of a stream"),
    Kind("walk.zip", write_session, in_frames, of_zip(bundle.ABOUT, of_about), "a whole session as ZIP"),
    Kind(
        "ada.zip", write_athlete, athlete_file.read, of_zip(athlete_file.ABOUT, of_about),
        "all of an athlete as ZIP",
    ),
    Kind(
        manifest.MANIFEST, write_backup, lambda path: manifest.read(path.parent, 0), of_json,
        "a backup, and each file of it",
    ),
    Kind("walk.spool", open_spool, open_spool, of_spool, "a spool"),
    Kind(
        "jump.toml", lambda path: path.write_text(protocols.text_of("cmj"), "utf-8"), protocols.checked, TOML,
        "a protocol, a published band, a map of a text",
    ),
    Kind("band.toml", write_norm, norms.checked, TOML, "a protocol, a published band, a map of a text"),
    Kind(
        "map.toml", lambda path: path.write_text(mapping.written(FileMap(), {}), "utf-8"), mapping.read_map, TOML,
        "a protocol, a published band, a map of a text",
    ),
    Kind(
        "pedar-x.csv", write_geometry, read_geometry, by_text("# version: 1\n", "# version: {}\n"),
        "a geometry of one's own",
    ),
    Kind(
        "master.key", lambda path: write_private(path, new_file()),
        lambda path: KeyFile(path, may_make=False).ready(), of_json, "`master.key`",
    ),
    Kind(
        "instance.json", lambda path: instance.write(path, Instance("a", "b")),
        lambda path: instance.read(path, Instance), of_json, "`instance.json`, `servers.json`",
    ),
]  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (room := tmp_path / "room").mkdir(mode=0o700)
    return room


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_newer_version_is_refused_with_file_and_version(kind: Kind, place: Path) -> None:
    kind.write(path := place / kind.name)
    kind.read(path)
    kind.change(path, 37)
    with pytest.raises(BarographError) as refused:
        kind.read(path)
    assert kind.name in str(refused.value)
    assert re.search(r"version 37 of (its form|the format)|later version \(spool format 37", str(refused.value))


@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if kind.name not in ("left.csv", "ada.zip", manifest.MANIFEST)],  # these always had one
    ids=lambda kind: kind.name,
)
def test_one_without_a_version_is_of_the_first_and_opens(kind: Kind, place: Path) -> None:
    kind.write(path := place / kind.name)
    kind.change(path, None)
    kind.read(path)


def test_the_page_about_formats_lists_each_with_its_version() -> None:
    section = DOCS.read_text("utf-8").partition("## Versions of files\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (\d+) \| .+ \|$", section, re.M)
    listed = {name.removesuffix(" of `barograph send`"): int(version) for name, version in rows}
    assert listed == {kind.said: 2 if kind.said == "a spool" else 1 for kind in KINDS}


@pytest.mark.parametrize("said", [0, -1, True, 1.5, None, "one", "", [1]])
def test_a_version_that_is_none_is_told_what_was_expected(said: Any) -> None:
    with pytest.raises(BarographError, match="version: expected a whole number from 1"):
        version_of(said, 1)


def test_fields_that_a_later_version_adds_are_left_out_and_do_not_stop_anything(place: Path) -> None:
    instance.write(path := place / "instance.json", Instance("a", "b"))
    said = json.loads(path.read_bytes())
    write_private(path, msgspec.json.encode({**said, "of_later": 1}))
    assert instance.read(path, Instance) == Instance("a", "b")
