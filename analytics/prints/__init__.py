"""Footprints on plates and walkways: found in space and time, and set against each other."""
