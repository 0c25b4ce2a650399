"""Stances, steps and strides, their curves, and left against right."""
