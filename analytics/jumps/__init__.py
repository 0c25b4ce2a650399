"""Jumps: flights of a total force, and what an athlete did before and after them."""
