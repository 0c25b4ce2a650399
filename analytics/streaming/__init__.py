"""Numbers of frames as they come: rolling windows, live tiles, alarms, running."""
