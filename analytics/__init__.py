"""Analytics: frames become numbers, each with its definition (`analytics.columns.definition`)."""

from analytics.balance import balance
from analytics.frame_stats import arrival_stats, frame_stats
from analytics.gait import gait, steps
from analytics.loading import loading_rates
from analytics.maps import mean_map, peak_map, pti_map
from analytics.pressure_time import pti, pti_map_max, pti_mean, pti_peak_curve
from analytics.region_stats import arch_index, region_curves, region_stats, usual_regions
from analytics.rolling import rolling
from analytics.stances import stances
from analytics.trends import drift
from analytics.velocity import cop_velocity

__all__ = [
    "arch_index",
    "arrival_stats",
    "balance",
    "cop_velocity",
    "drift",
    "frame_stats",
    "gait",
    "loading_rates",
    "mean_map",
    "peak_map",
    "pti",
    "pti_map",
    "pti_map_max",
    "pti_mean",
    "pti_peak_curve",
    "region_curves",
    "region_stats",
    "rolling",
    "stances",
    "steps",
    "usual_regions",
]
