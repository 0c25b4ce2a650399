"""Analytics: frames become numbers, each with its definition (`analytics.columns.definition`)."""

from analytics import columns
from analytics.base import filters
from analytics.frames.frame_stats import arrival_stats, frame_stats
from analytics.frames.surface import surface
from analytics.gait.butterfly import butterfly
from analytics.gait.curves import gait_line, stance_curves
from analytics.gait.last_steps import last_steps
from analytics.gait.loading import loading_rates
from analytics.gait.running_form import running_form, running_means, running_minutes
from analytics.gait.stances import stances
from analytics.gait.steps import gait, steps
from analytics.gait.symmetry import symmetry, symmetry_angle, symmetry_index
from analytics.jumps.jumps import jumps
from analytics.jumps.rebounds import drop_jumps, hops
from analytics.maps.maps import mean_map, peak_map, pti_map, stance_map
from analytics.maps.pressure_time import pti, pti_map_max, pti_mean, pti_peak_curve
from analytics.maps.quality import bad_cells, repair, tare
from analytics.prints.footprints import footprints
from analytics.prints.walk import walk, walk_means
from analytics.regions.arch import arch_index
from analytics.regions.cpei import cpei
from analytics.regions.phases import phases
from analytics.regions.ratios import dpli, foot_balance, foot_balance_curve, forefoot_ratio
from analytics.regions.region_stats import region_curves, region_stats, usual_regions
from analytics.regions.region_steps import region_means, region_steps
from analytics.regions.strike import strike_index
from analytics.seats.peak_index import peak_pressure_index
from analytics.seats.saddle import saddle
from analytics.seats.seat import seat
from analytics.sessions import batch
from analytics.sessions.change import change
from analytics.sessions.compare import compare, difference_curves, difference_map
from analytics.sessions.load import load_days, session_load
from analytics.sessions.norms import athlete_means, reference_bands
from analytics.sessions.reliability import reliability
from analytics.sessions.spm import spm
from analytics.sessions.trends import drift
from analytics.sessions.vendor_numbers import vendor_numbers
from analytics.streaming.alarms import alarms
from analytics.streaming.recent_load import recent_load
from analytics.streaming.rolling import rolling
from analytics.streaming.running import running
from analytics.sway.balance import balance
from analytics.sway.net_cop import body_balance, net_cop
from analytics.sway.romberg import romberg
from analytics.sway.single_leg import single_leg
from analytics.sway.spectrum import spectrum
from analytics.sway.standing import standing
from analytics.sway.velocity import cop_velocity

__distribution__ = "barograph"  # what another package of this name does not say
__all__ = [
    "alarms",
    "arch_index",
    "arrival_stats",
    "athlete_means",
    "bad_cells",
    "balance",
    "batch",
    "body_balance",
    "butterfly",
    "change",
    "columns",
    "compare",
    "cop_velocity",
    "cpei",
    "difference_curves",
    "difference_map",
    "dpli",
    "drift",
    "drop_jumps",
    "filters",
    "foot_balance",
    "foot_balance_curve",
    "footprints",
    "forefoot_ratio",
    "frame_stats",
    "gait",
    "gait_line",
    "hops",
    "jumps",
    "last_steps",
    "load_days",
    "loading_rates",
    "mean_map",
    "net_cop",
    "peak_map",
    "peak_pressure_index",
    "phases",
    "pti",
    "pti_map",
    "pti_map_max",
    "pti_mean",
    "pti_peak_curve",
    "recent_load",
    "reference_bands",
    "region_curves",
    "region_means",
    "region_stats",
    "region_steps",
    "reliability",
    "repair",
    "rolling",
    "romberg",
    "running",
    "running_form",
    "running_means",
    "running_minutes",
    "saddle",
    "seat",
    "session_load",
    "single_leg",
    "spectrum",
    "spm",
    "stance_curves",
    "stance_map",
    "stances",
    "standing",
    "steps",
    "strike_index",
    "surface",
    "symmetry",
    "symmetry_angle",
    "symmetry_index",
    "tare",
    "usual_regions",
    "vendor_numbers",
    "walk",
    "walk_means",
]
