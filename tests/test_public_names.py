"""The names that users import, and where from: one that goes is a change to announce."""

from __future__ import annotations

import importlib

import pytest

PUBLIC = {
    "barograph": "Block Curve Gap Lab Layout Place Recording Stream __version__ connect read_file",
    "analytics": """
        alarms
        arch_index
        arrival_stats
        athlete_means
        bad_cells
        balance
        batch
        body_balance
        butterfly
        change
        columns
        compare
        cop_velocity
        cpei
        difference_curves
        difference_map
        dpli
        drift
        drop_jumps
        filters
        foot_balance
        foot_balance_curve
        footprints
        forefoot_ratio
        frame_stats
        gait
        gait_line
        hops
        jumps
        last_steps
        load_days
        loading_rates
        mean_map
        net_cop
        peak_map
        peak_pressure_index
        phases
        pti
        pti_map
        pti_map_max
        pti_mean
        pti_peak_curve
        recent_load
        reference_bands
        region_curves
        region_means
        region_stats
        region_steps
        reliability
        repair
        rolling
        romberg
        running
        running_form
        running_means
        running_minutes
        saddle
        seat
        session_load
        single_leg
        spectrum
        spm
        stance_curves
        stance_map
        stances
        standing
        steps
        strike_index
        surface
        symmetry
        symmetry_angle
        symmetry_index
        tare
        usual_regions
        vendor_numbers
        walk
        walk_means
    """,
    "analytics.columns": "definition",
    "analytics.regions": "Regions drawn find foot found_or_proportions grid labelled overlap thirds",
    "analytics.sim": "Athlete Foot gaussian run simulate stand stream walk",
}
MODULES = ("batch", "columns", "filters", "regions", "sim")


@pytest.mark.parametrize(("module", "name"), [(module, name) for module in PUBLIC for name in PUBLIC[module].split()])
def test_a_public_name_is_where_users_import_it_from(module: str, name: str) -> None:
    assert getattr(importlib.import_module(module), name) is not None


@pytest.mark.parametrize("module", ["barograph", "analytics"])
def test_no_name_becomes_public_by_accident(module: str) -> None:
    assert sorted(importlib.import_module(module).__all__) == sorted(PUBLIC[module].split())


@pytest.mark.parametrize("name", MODULES)
def test_modules_for_notebooks_come_with_the_package(name: str) -> None:
    exec(f"from analytics import {name}; assert {name}.__name__.startswith('analytics')")
