"""Analytics: frames become numbers, each with its definition (`analytics.columns.definition`)."""

from analytics.frame_stats import arrival_stats, frame_stats

__all__ = ["arrival_stats", "frame_stats"]
