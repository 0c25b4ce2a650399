"""A published band of one measure, as a file of a lab has it."""

from __future__ import annotations

WALKING_ADULTS = """
title = "Walking adults"
source = "A paper that this test made up"
population = "people who walked"
protocol = "own speed"
device = "an insole"
n = 40
kinds = ["walk"]
sensors = ["insole"]
[measures.max_total_force_n]
unit = "N"
mean = 600
sd = 100
"""
