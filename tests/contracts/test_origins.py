"""What a file said beside its cells stays with the stream: bounded, read back, and taken along by export and import."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analytics.frames.arrival import ArrivalStatistics
from barograph import files
from barograph.errors import InvalidData, NotFound
from barograph.frames import Layout, Recording, Stream
from barograph.store import exports
from barograph.store.imports import import_recording
from barograph.store.origins import MOST_BYTES, bounded
from barograph.store.ports import Archive
from barograph.store.reading import read_recording

RUN, AGAIN = Stream("run", "mat"), Stream("again", "mat")
VENDOR = {"Peak Pressure (kPa)": [7.5, None, 8.0], "Contact Area (cm2)": [1.0, 2.0, 3.0]}
SAID = {"format": "xsensor", "file": "a.csv", "header": {"Sensor": "LX100", "Comment": "left shoe"}, "vendor": VENDOR}
# An import adds how many frames the file had.
KEPT = {**SAID, "frames": 3}
SOURCE = {"file": "a.csv", "bytes": 12, "sha256": "ab" * 32}


def recording(value: int = 1, **said: object) -> Recording:
    layout = Layout(rows=2, cols=2, dtype="uint16", unit="kPa")
    times_us = 1_790_000_000_000_000 + 10_000 * np.arange(3)
    return Recording(np.full((3, 2, 2), value, "<u2"), times_us, layout, provenance=said)


async def bring(archive: Archive, one: Recording, stream: Stream = RUN, source: object = SOURCE) -> None:
    await import_recording(archive, stream, one, ArrivalStatistics(), now_us=1, source=source)  # type: ignore[arg-type]


async def test_header_and_vendor_results_of_a_file_are_read_back_with_its_frames(archive: Archive) -> None:
    await bring(archive, recording(**SAID))
    (imported,) = (await read_recording(archive, RUN)).provenance["imported"]
    assert imported == {**KEPT, **SOURCE}
    await bring(archive, recording(**{**SAID, "header": {"Sensor": "other"}}))
    assert (await read_recording(archive, RUN)).provenance["imported"] == [{**KEPT, **SOURCE}]
    await bring(archive, recording(2, **{**SAID, "file": "b.csv"}), source={})
    assert [one["file"] for one in (await read_recording(archive, RUN)).provenance["imported"]] == ["a.csv", "b.csv"]
    assert list(await archive.origins(RUN)) == [0, 1]


async def test_what_says_nothing_has_no_origin_and_a_stream_that_is_not_there_has_none(archive: Archive) -> None:
    await bring(archive, recording(), source={})
    assert await archive.origins(RUN) == {}
    assert "imported" not in (await read_recording(archive, RUN)).provenance
    with pytest.raises(NotFound):
        await archive.origins(AGAIN)
    with pytest.raises(NotFound):
        await archive.keep_origin(AGAIN, 0, "{}")


async def test_it_is_erased_with_the_workout(archive: Archive) -> None:
    await bring(archive, recording(**SAID))
    assert await archive.delete("run")
    with pytest.raises(NotFound):
        await archive.origins(RUN)
    await bring(archive, recording(), source={})
    assert await archive.origins(RUN) == {}


@pytest.mark.parametrize("name", list(files.FORMATS))
async def test_an_export_that_is_imported_again_still_knows_the_vendors_file(
    name: str, memory_archive: Archive, tmp_path: Path
) -> None:
    await bring(memory_archive, recording(**SAID))
    export = await exports.prepare(memory_archive, RUN, name)
    path = tmp_path / export.filename
    path.write_bytes(b"".join([part async for part in export.parts()]))
    (back,) = files.open_file(path)
    await bring(memory_archive, back, AGAIN, files.source_of(path))  # type: ignore[arg-type]
    ours, vendors = (await read_recording(memory_archive, AGAIN)).provenance["imported"]
    assert (ours["format"], ours["file"]) == (name, path.name)
    assert len(ours["sha256"]) == 64
    assert ours["origin"]["workout_id"] == "run"
    assert vendors == {**KEPT, **SOURCE}


def test_what_is_too_long_is_cut_to_the_bound_and_says_so() -> None:
    long = {**SAID, "vendor": {f"result {i}": list(range(30_000)) for i in range(40)}, "comment": "x" * 50_000}
    text = bounded(long)
    found = json.loads(text)
    assert len(text) <= MOST_BYTES
    assert found["header"] == SAID["header"]
    assert found["vendor"]["result 39"] == list(range(1000))
    assert found["cut"].startswith(f"of {len(json.dumps(long))} bytes at most {MOST_BYTES} are kept: the first 1000")
    wide = json.loads(bounded({"vendor": {str(i): "y" * 5000 for i in range(100_000)}, "format": "csv"}))
    assert (len(wide["vendor"]), "cut" in wide) == (100, True)
    assert "nothing of it fits" in json.loads(bounded({"a": "x" * 100}, 100))["cut"]


def test_what_is_no_json_is_refused_before_anything_is_stored() -> None:
    with pytest.raises(InvalidData, match="provenance: expected plain JSON values, got object"):
        bounded({"a": object()})
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidData, match="provenance: expected plain JSON values"):
        bounded({"a": deep})
