"""Every column has one definition, and its name follows from the layout."""

import subprocess
import sys

import pytest

from analytics.columns import GROUPS, arrival_columns, definition, definitions, frame_columns
from analytics.definitions.frames import frame_definitions
from barograph import Layout
from barograph.geometry import Geometry

LAYOUTS = {
    "insole": Layout(rows=4, cols=3, unit="kPa", pitch_mm=(5, 5)),
    "areas without pitch": Layout(rows=4, cols=3, unit="mmHg", cell_area_mm2=50.0),
    "pressure without areas": Layout(rows=4, cols=3, unit="kPa"),
    "raw": Layout(rows=4, cols=3),
    "raw with pitch": Layout(rows=4, cols=3, pitch_mm=(5, 5)),
    "forces of a grid": Layout(rows=4, cols=3, unit="N", pitch_mm=(5, 5)),
    "forces of a grid without pitch": Layout(rows=4, cols=3, unit="N"),
    **{
        f"cells in {unit}, places {places}": Layout(rows=1, cols=2, unit=unit, geometry=geometry)  # type: ignore[arg-type]
        for unit in ("kPa", "N", "raw")
        for places, geometry in {
            "none": Geometry(places="none"),
            "relative": Geometry(places="relative", x=(0.0, 0.5), y=(0.0, 1.0)),
            "mm": Geometry(places="mm", x=(0.0, 10.0), y=(0.0, 20.0)),
        }.items()
    },
}


def test_the_basic_set_of_a_calibrated_insole_is_in_the_agreed_order() -> None:
    assert arrival_columns(LAYOUTS["insole"]) == (
        "total_force_n",
        "peak_kpa",
        "contact_area_cm2",
        "contact_pct",
        "cop_x_mm",
        "cop_y_mm",
        "load_left_pct",
        "load_right_pct",
        "load_front_pct",
        "load_back_pct",
    )


@pytest.mark.parametrize("name", ["raw", "raw with pitch"])
def test_an_uncalibrated_stream_never_carries_newtons_or_kpa(name: str) -> None:
    columns = frame_columns(LAYOUTS[name])
    assert columns[:2] == ("raw_sum", "raw_peak")
    assert not [column for column in columns if column.endswith(("_n", "_kpa")) or "kpa" in column]
    assert {definition(column).unit for column in columns}.isdisjoint({"N", "kPa"})


def test_a_pressure_without_areas_has_a_sum_but_no_force() -> None:
    assert arrival_columns(LAYOUTS["pressure without areas"])[:3] == (
        "pressure_sum_kpa",
        "peak_kpa",
        "contact_area_cell",
    )


def test_a_stream_without_a_pitch_has_its_positions_in_cells() -> None:
    columns = frame_columns(LAYOUTS["areas without pitch"])
    assert {"cop_x_cell", "peak_y_cell", "contact_area_cm2", "total_force_n"} <= set(columns)
    assert not [column for column in columns if column.endswith("_mm")]


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_column_is_defined(layout: Layout) -> None:
    for name in frame_columns(layout):
        column = definition(name)
        assert column.name == name
        assert column.meaning.endswith(".")
        assert column.formula
        assert column.source.endswith(".")
        assert column.title[0].isupper()


def test_every_per_frame_definition_belongs_to_a_column_of_some_layout() -> None:
    used = {name for layout in LAYOUTS.values() for name in frame_columns(layout)}
    assert used == {column.name for column in frame_definitions()}


def test_every_definition_is_whole_and_there_once() -> None:
    everything = [column for group in GROUPS for column in group()]
    assert len(everything) == len(definitions())
    for column in everything:
        assert column.meaning.endswith("."), column.name
        assert column.source.endswith("."), column.name
        assert column.formula, column.name
        assert column.title[0].isupper() or column.title[0].isdigit(), column.name


def test_a_column_made_of_another_has_its_unit_and_names_it() -> None:
    largest = definition("max_total_force_n")
    assert (largest.unit, largest.title) == ("N", "Maximum of total force")
    assert "v is total_force_n" in largest.meaning
    assert definition("rate_cop_x_mm_s").unit == "mm/s"
    assert definition("rate_n_dead_s").unit == "1/s"
    assert definition("mean_loaded_kpa").title == "Mean of loaded cells"
    assert definition("sd_mean_loaded_kpa").unit == "kPa"


def test_a_name_ends_with_its_unit() -> None:
    endings = {"N": "_n", "kPa": "_kpa", "cm²": "_cm2", "%": "_pct", "mm": "_mm"}
    for column in definitions().values():
        if column.unit in endings:
            assert column.name.endswith(endings[column.unit]), column.name


def test_an_unknown_column_has_no_definition() -> None:
    with pytest.raises(KeyError):
        definition("total_force_kg")
    with pytest.raises(KeyError):
        definition("max_total_force_kg")


def test_analytics_imports_no_driver_and_no_server() -> None:
    code = "import sys, analytics, analytics.sim; print(' '.join(m for m in sys.modules if '.' not in m))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert {"motor", "pymongo", "bson", "redis", "quart", "dash", "uvicorn"}.isdisjoint(loaded)


@pytest.mark.parametrize("server", ["ingest.app", "dashboard.app"])
def test_a_server_starts_without_the_parts_of_scipy_that_it_may_need_later(server: str) -> None:
    code = f"import sys, {server}; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert server in loaded
    assert {"scipy.signal", "scipy.stats", "scipy.spatial", "scipy.ndimage", "scipy.optimize"}.isdisjoint(loaded)
