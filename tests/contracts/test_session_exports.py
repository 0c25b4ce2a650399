"""A whole session as one file: what the libraries of others read, and what an import takes again."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import ezc3d
import numpy as np
import openpyxl
import pandas as pd
import pytest

from analytics import frame_stats, gait, sim, stances, steps
from analytics.frames.arrival import ArrivalStatistics
from analytics.sessions.export_tables import ExportTables
from barograph import Layout, Recording, files, read_file
from barograph.errors import FileFormatError, InvalidData, NotFound
from barograph.files import bundle, workbook
from barograph.frames import Stream
from barograph.geometry import Geometry
from barograph.protocols import named
from barograph.store import session_exports
from barograph.store.imports import import_recording
from barograph.store.ports import About, Archive, Marker
from barograph.store.trials import NewTrial, unshared
from dashboard.reading.export_rows import done_tables

WALK = sim.walk(4.0, rows=12, cols=6)
LOST = {"left": WALK["left"][np.r_[0:100, 150:400]], "right": WALK["right"]}
T0 = int(WALK["left"].times_us[0])
NAME = "Läufer 走"


async def stored(archive: Archive, recordings: dict[str, Recording], name: str = NAME) -> None:
    for stream, one in recordings.items():
        await import_recording(archive, Stream(name, stream), one, ArrivalStatistics(), now_us=T0)


async def session(archive: Archive) -> None:
    """A walk with half a second missing, and what people write."""
    await stored(archive, LOST)
    await archive.describe(NAME, About(athlete="=A12", mass_kg=61.5, tags=("+wet", "track")))
    await archive.add_marker(NAME, Marker(T0 + 1_250_000, '=HYPERLINK("http://x")'))
    await archive.add_marker(NAME, Marker(T0 + 3_000_000, "second lap"))
    await archive.trials.add(NAME, NewTrial(named("walk"), T0, T0 + 1_000_000), now_us=T0)
    late = NewTrial(named("walk"), T0 + 2_000_000, T0 + 3_000_000, state="rejected", reason="=slow")
    await archive.trials.add(NAME, late, now_us=T0)


def keep(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def inside_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def written(archive: Archive, path: Path, **asked: object) -> session_exports.SessionExport:
    export = await session_exports.prepare(archive, NAME, path.suffix[1:], ExportTables(), done_tables, **asked)  # type: ignore[arg-type]
    heard = list[int]()
    keep(path, b"".join([part async for part in export.parts(heard.append)]))
    assert sum(heard) == export.frames
    return export


async def test_a_zip_has_all_streams_tables_and_markers_and_is_imported_again(archive: Archive, tmp_path: Path) -> None:
    await session(archive)
    export = await written(archive, path := tmp_path / "a.zip")
    assert export.disposition == "attachment; filename*=UTF-8''L%C3%A4ufer%20%E8%B5%B0.zip"
    with zipfile.ZipFile(path) as inside:
        assert inside.testzip() is None
        names = [*inside.namelist()]
        tables = {name: inside.read(f"tables/{name}.csv") for name in ("left", "steps", "markers", "gaps", "columns")}
        about = json.loads(inside.read("session.json"))
    assert names[:3] == ["session.json", "left.parquet", "right.parquet"]
    assert about["workout_id"] == NAME
    assert [one["frames"] for one in about["streams"]] == [350, 400]
    trials = unshared(about["protocols"], about["trials"])
    assert trials == await archive.trials.of(NAME)
    assert len(about["protocols"]) == 1
    assert about["markers"][1] == {"t_us": T0 + 3_000_000, "label": "second lap"}
    left = pd.read_csv(io.BytesIO(tables["left"]))
    known = frame_stats(LOST["left"])
    assert list(left) == ["time_s", *known]
    np.testing.assert_array_equal(left.drop(columns="time_s").to_numpy(), known.to_numpy())
    np.testing.assert_allclose(left["time_s"], (LOST["left"].times_us - T0) / 1e6)
    assert pd.read_csv(io.BytesIO(tables["markers"]))["label"].tolist() == ['\'=HYPERLINK("http://x")', "second lap"]
    gaps = pd.read_csv(io.BytesIO(tables["gaps"]))
    assert gaps.empty, "an import numbers what is there"
    meanings = pd.read_csv(io.BytesIO(tables["columns"])).set_index("column")
    assert meanings.loc["total_force_n", "unit"] == "N"
    assert {"stride_s", "cadence_spm", "cop_x_mm"} <= set(meanings.index)
    back = read_file(path)
    assert [one.provenance["origin"]["stream"] for one in back] == ["left", "right"]
    for one, before in zip(back, LOST.values(), strict=True):
        assert one.equals(before)
    await stored(archive, dict(zip(("left", "right"), files.open_file(path), strict=True)), "again")
    assert (await archive.workout("again")).frames == 750


async def test_a_workbook_has_the_tables_and_no_formula(memory_archive: Archive, tmp_path: Path) -> None:
    await session(memory_archive)
    await written(memory_archive, path := tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == [
        "session",
        "streams",
        "left",
        "right",
        "steps",
        "gait",
        "measures",
        "measures of trials",
        "balance",
        "load",
        "markers",
        "trials",
        "gaps",
        "columns",
    ]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "inlineStr"}, "no formula"
    assert not any(cell.hyperlink for cell in cells)
    texts = [cell.value for cell in cells if isinstance(cell.value, str)]
    assert not [text for text in texts if text[:1] in "=+@"]
    tables = pd.read_excel(path, sheet_name=None)
    assert dict(tables["session"].to_numpy()[:4]) == {
        "workout": NAME, "time 0, UTC": "2025-01-01T09:00:00.000000Z", "athlete": "'=A12", "mass_kg": 61.5,
    }  # fmt: skip
    known = {side: frame_stats(one) for side, one in LOST.items()}
    np.testing.assert_allclose(tables["left"].drop(columns="time_s").to_numpy(float), known["left"].to_numpy())
    feet = [stances(known[side]) for side in ("left", "right")]
    both = steps(*feet)
    np.testing.assert_allclose(tables["steps"]["stride_s"], both["stride_s"])
    start_s = (both["start"].astype("int64") - T0) / 1e6
    np.testing.assert_allclose(tables["steps"]["start_s"], start_s)
    assert tables["gait"]["side"].tolist() == ["left", "right", "both"]
    np.testing.assert_allclose(tables["gait"]["cadence_spm"], gait(*feet)["cadence_spm"])
    assert tables["markers"]["time_s"].tolist() == [1.25, 3.0]
    assert tables["trials"][["first_s", "last_s", "state", "reason"]].values.tolist()[1] == [2, 3, "rejected", "'=slow"]


async def test_a_part_has_its_frames_and_markers_alone_and_one_stream_stands_for_itself(
    memory_archive: Archive, tmp_path: Path
) -> None:
    await session(memory_archive)
    span = {"start_us": T0 + 1_500_000, "stop_us": T0 + 3_490_000, "streams": ["right"]}
    export = await written(memory_archive, path := tmp_path / "a.xlsx", **span)
    assert export.stored == 200
    tables = pd.read_excel(path, sheet_name=None)
    assert "left" not in tables
    assert tables["right"]["time_s"].tolist()[::199] == [0.0, 1.99]
    assert tables["markers"].values.tolist() == [[1.5, "second lap"]]
    assert tables["trials"]["number"].tolist() == [2]
    assert tables["steps"]["side"].unique().tolist() == ["right"]


async def test_streams_without_places_or_feet_have_the_tables_that_they_have(
    memory_archive: Archive, tmp_path: Path
) -> None:
    counts = Layout(rows=1, cols=3, dtype="uint16", geometry=Geometry(places="none"), kind="seat")
    cells = np.arange(30, dtype="<u2").reshape(10, 1, 3)
    one = Recording(cells, T0 + 10_000 * np.arange(10), counts)
    await stored(memory_archive, {"a:b?": one, "A:B?": one, "history": one, "x" * 40: one, "x" * 40 + "y": one})
    await written(memory_archive, path := tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(path).sheetnames[2:] == [
        "A_B_", "a_b_ 2", "history_", "x" * 31, "x" * 29 + " 2", "measures", "seats", "markers",
        "trials", "gaps", "columns",
    ]  # fmt: skip
    assert list(pd.read_excel(path, sheet_name="history_"))[1:3] == ["raw_sum", "raw_peak"]
    await written(memory_archive, path := tmp_path / "a.zip")
    with zipfile.ZipFile(path) as inside:
        assert inside.namelist()[1:3] == ["A_B_.parquet", "a_b_-2.parquet"]
    assert len(read_file(path)) == 5


async def test_what_is_not_there_or_does_not_fit_is_refused_before_anything_is_written(
    memory_archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    await session(memory_archive)

    async def asked(name: str = "zip", **more: object) -> None:
        await session_exports.prepare(memory_archive, NAME, name, ExportTables(), done_tables, **more)  # type: ignore[arg-type]

    with pytest.raises(InvalidData, match="format: expected one of zip, xlsx, c3d, mot, got 'tar'"):
        await asked("tar")
    with pytest.raises(NotFound, match="expected frames to export, got none in that part"):
        await asked(start_us=5, stop_us=9)
    with pytest.raises(NotFound, match="no stream 'main'; it has left, right"):
        await asked(streams=["main"])
    monkeypatch.setattr(workbook, "MOST_ROWS", 400)
    with pytest.raises(InvalidData, match="at most 399 rows in a sheet of a workbook, got 400; choose a part"):
        await asked("xlsx")
    await asked("xlsx", streams=["left"])


@pytest.mark.parametrize("name", ["zip", "xlsx"])
async def test_an_export_that_is_given_up_leaves_nothing_behind(
    name: str, memory_archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await session(memory_archive)
    export = await session_exports.prepare(memory_archive, NAME, name, ExportTables(), done_tables)
    parts = export.parts()
    await anext(parts)
    await parts.aclose()
    assert inside_of(tmp_path) == []


def test_a_damaged_zip_of_a_session_is_named_and_nothing_of_it_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    made = bundle.Bundle({})
    made.open("left.parquet", packed=True)
    made.write(b"PAR1 and no more")
    path.write_bytes(data := made.finish())
    with pytest.raises(FileFormatError):
        read_file(path)
    path.write_bytes(data[:-30])
    with pytest.raises(FileFormatError, match=r"a\.zip"):
        read_file(path)
    packed = bundle.Bundle({})
    packed.open("left.parquet")
    packed.write(bytes(1 << 20))
    path.write_bytes(packed.finish())
    with pytest.raises(FileFormatError, match=r"left\.parquet: expected a file that is stored, got a packed one"):
        read_file(path)
    path.write_bytes(bundle.Bundle({}).finish())
    with pytest.raises(FileFormatError, match="expected a session with files of frames"):
        read_file(path)


@pytest.mark.parametrize("markers", [7, [7], {"a": 1}])
def test_markers_of_another_form_are_told(markers: object, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(bundle.Bundle({"markers": markers}).finish())
    with pytest.raises(FileFormatError, match=r"session\.json: expected a list of markers, each with t_us and label"):
        bundle.markers(tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(bundle.Bundle({}).finish())
    assert bundle.markers(tmp_path / "b.zip") == []
    assert bundle.trials(tmp_path / "b.zip") == ([], [])


def test_a_recording_of_a_zip_can_be_read_after_the_others_are_gone(tmp_path: Path) -> None:
    made = bundle.Bundle({})
    for side, one in WALK.items():
        made.open(f"{side}.parquet", packed=True)
        files.write(tmp_path / "one.parquet", replace(one, provenance={}))
        made.write((tmp_path / "one.parquet").read_bytes())
    (tmp_path / "a.zip").write_bytes(made.finish())
    right = bundle.opened(tmp_path / "a.zip")[1]
    assert right.whole().equals(WALK["right"])


async def test_two_feet_of_one_clock_are_two_plates_of_one_c3d(memory_archive: Archive, tmp_path: Path) -> None:
    late = replace(WALK["right"].part(7, 400), times_us=WALK["right"].times_us[7:400] + 3000)
    feet = {"left": WALK["left"].part(0, 390), "right": late}
    await stored(memory_archive, feet)
    await written(memory_archive, path := tmp_path / "a.c3d")
    read = ezc3d.c3d(str(path), extract_forceplat_data=True)
    assert read["parameters"]["FORCE_PLATFORM"]["USED"]["value"] == [2]
    assert read["parameters"]["FORCE_PLATFORM"]["CHANNEL"]["value"].T.tolist() == [[*range(1, 7)], [*range(10, 16)]]
    assert read["parameters"]["ANALOG"]["LABELS"]["value"][8:11] == ["Area1", "Fx2", "Fy2"]
    assert read["parameters"]["ANALOG"]["DESCRIPTIONS"]["value"][::17] == ["left", "right"]
    assert read["parameters"]["BAROGRAPH"]["STREAM"]["value"] == ["left", "right"]
    assert read["parameters"]["BAROGRAPH"]["WORKOUT"]["value"] == ["L\\xe4ufer \\u8d70"]
    for plate, (side, first) in zip(read["data"]["platform"], (("left", 7), ("right", 7)), strict=True):
        known = frame_stats(WALK[side].part(first, 390))
        acts = known["cop_x_mm"].notna().to_numpy()
        sign = -1.0 if WALK[side].layout.x_axis == "left" else 1.0
        np.testing.assert_allclose(plate["force"][2][acts], known["total_force_n"][acts], rtol=1e-6)
        np.testing.assert_allclose(plate["center_of_pressure"][0][acts], sign * known["cop_x_mm"][acts], atol=1e-4)
        np.testing.assert_allclose(plate["center_of_pressure"][1][acts], known["cop_y_mm"][acts], atol=1e-4)


async def test_a_mot_has_both_feet_under_their_names(memory_archive: Archive, tmp_path: Path) -> None:
    await stored(memory_archive, {"left": WALK["left"], "right": WALK["right"].part(10, 400)})
    await written(memory_archive, path := tmp_path / "a.mot")
    table = pd.read_csv(path, sep="\t", skiprows=7)
    assert list(table)[:2] + list(table)[10:12] == [
        "time", "left_ground_force_vx", "right_ground_force_vx", "right_ground_force_vy",
    ]  # fmt: skip
    assert len(table) == 390
    for side in ("left", "right"):
        known = frame_stats(WALK[side].part(10, 400))
        force = known["total_force_n"].where(known["cop_x_mm"].notna(), 0.0)
        np.testing.assert_allclose(table[f"{side}_ground_force_vy"], force, atol=1e-6)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (LOST["left"], "left: times: expected one rate and no gap, a frame every 10 ms, got 510 ms"),
        (replace(WALK["left"], layout=Layout(rows=12, cols=6, dtype="uint16")), "left: unit: expected a pressure"),
        (replace(WALK["left"], times_us=WALK["left"].times_us + 10_000_000), "recorded at one time, got none of it"),
        (replace(WALK["left"], times_us=T0 + 20_000 * np.arange(400)), "expected streams of one rate, got"),
        (
            replace(WALK["left"], times_us=T0 + 10_014 * np.arange(400)),
            "one rate, got 400 frames of right",
        ),
    ],
)
async def test_streams_that_were_not_recorded_together_are_refused_with_the_reason(
    changed: Recording, why: str, memory_archive: Archive
) -> None:
    await stored(memory_archive, {"left": changed, "right": WALK["right"]})
    for name in ("c3d", "mot"):
        with pytest.raises(InvalidData, match=why):
            await session_exports.prepare(memory_archive, NAME, name, ExportTables(), done_tables)
