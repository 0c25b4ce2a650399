"""A protocol in words: how many trials of what length, and of how many conditions and sides."""

from __future__ import annotations

from barograph.protocols.protocol import Protocol


def amount(one: Protocol) -> str:
    """Return how much a protocol asks for: `3 trials of 20 s x 2 sides`."""
    steps = " x ".join(f"{len(many)} {what}" for many, what in ((one.conditions, "conditions"), (one.sides, "sides"))
                       if len(many) > 1)  # fmt: skip
    lasts = "until stopped by hand" if one.duration_s is None else f"of {one.duration_s:g} s"
    trials = f"{one.trials} trial{'s' * (one.trials != 1)} {lasts}"
    return f"{trials} x {steps}" if steps else trials
