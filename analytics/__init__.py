"""Analytics: frames become numbers, each with its definition (`analytics.columns.definition`)."""

from analytics.alarms import alarms
from analytics.arch import arch_index
from analytics.balance import balance
from analytics.butterfly import butterfly
from analytics.compare import compare, difference_curves, difference_map
from analytics.curves import excursion_index, gait_line, stance_curves
from analytics.frame_stats import arrival_stats, frame_stats
from analytics.gait import gait, steps
from analytics.last_steps import last_steps
from analytics.loading import loading_rates
from analytics.maps import mean_map, peak_map, pti_map, stance_map
from analytics.pressure_time import pti, pti_map_max, pti_mean, pti_peak_curve
from analytics.quality import bad_cells, repair, tare
from analytics.recent_load import recent_load
from analytics.region_stats import region_curves, region_stats, usual_regions
from analytics.region_steps import region_means, region_steps
from analytics.rolling import rolling
from analytics.running import running
from analytics.spectrum import spectrum
from analytics.stances import stances
from analytics.standing import standing
from analytics.symmetry import symmetry, symmetry_angle, symmetry_index
from analytics.trends import drift
from analytics.velocity import cop_velocity

__all__ = [
    "alarms",
    "arch_index",
    "arrival_stats",
    "bad_cells",
    "balance",
    "butterfly",
    "compare",
    "cop_velocity",
    "difference_curves",
    "difference_map",
    "drift",
    "excursion_index",
    "frame_stats",
    "gait",
    "gait_line",
    "last_steps",
    "loading_rates",
    "mean_map",
    "peak_map",
    "pti",
    "pti_map",
    "pti_map_max",
    "pti_mean",
    "pti_peak_curve",
    "recent_load",
    "region_curves",
    "region_means",
    "region_stats",
    "region_steps",
    "repair",
    "rolling",
    "running",
    "spectrum",
    "stance_curves",
    "stance_map",
    "stances",
    "standing",
    "steps",
    "symmetry",
    "symmetry_angle",
    "symmetry_index",
    "tare",
    "usual_regions",
]
