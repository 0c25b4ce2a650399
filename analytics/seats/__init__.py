"""Seats and saddles: where a body sits, how evenly, and for how long."""
