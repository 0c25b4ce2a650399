"""The simulated jumper: the force of both feet together through a countermovement jump or a drop jump, in closed form.

Every ten seconds one jump. Its impulses are known, so its height is: v²/2g by impulse and g·t²/8 by flight time are one
number, and the velocity is 0 again at the end.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from barograph.frames import Floats, Ints

GRAVITY = 9.80665
CYCLE_S = 10.0
STAND_S, BOX_M = 4.0, 0.30
# A countermovement jump: body weight less DIP · sin², then body weight and more by half a sine.
DIP, DIP_S, PUSH, PUSH_S = 0.55, 0.4, 1.12, 0.5
# A drop jump: off the box within UNLOAD_S, the fall, half a sine of contact, REBOUND m/s at take-off.
UNLOAD_S, CONTACT_S, REBOUND_M_S = 0.15, 0.21, 2.25
# The landing overshoots, so that the body comes up again, and rises to rest.
LANDING_S, RISE_S, OVER = 0.25, 0.5, 1.12


class Parts(NamedTuple):
    """When the parts of jumps (m,) begin, seconds after each jump's cycle began; `v` is the velocity at take-off."""

    off: Floats
    touchdown: Floats
    push: Floats
    takeoff: Floats
    landing: Floats
    v: Floats


def parts_of(kind: str, stronger: Floats) -> Parts:
    """Return the parts of jumps; `stronger` (m,) is by how much each is, as a part of the push."""
    same, v = np.zeros_like(stronger), (1.0 + stronger) * REBOUND_M_S
    if kind == "drop":
        touchdown = same + STAND_S + UNLOAD_S + _fall()[0]
        takeoff = touchdown + CONTACT_S
        push = touchdown
    else:
        touchdown = push = same + STAND_S + DIP_S
        takeoff = push + PUSH_S
        v = GRAVITY * (PUSH * (1.0 + stronger) * PUSH_S * 2.0 / np.pi - DIP * DIP_S / 2.0)
    return Parts(same + STAND_S, touchdown, push, takeoff, takeoff + 2.0 * v / GRAVITY, v)


def _fall() -> tuple[float, float]:
    """Seconds of free fall after the box is left, and the velocity at touch-down."""
    # While unloading, the way is g T² (1/4 − 1/π²), and the velocity g T / 2.
    way, begun = GRAVITY * UNLOAD_S**2 * (0.25 - 1.0 / np.pi**2), GRAVITY * UNLOAD_S / 2.0
    down = float(np.sqrt(begun**2 + 2.0 * GRAVITY * (BOX_M - way)))
    return (down - begun) / GRAVITY, down


def force_bw(kind: str, tau: Floats, parts: Parts) -> Floats:
    """Return the force of both feet in body weights at (n,) seconds of a cycle, of jumps with parts (n,)."""
    since_off, since_touch, since_push, since_takeoff, since_landing = (tau - begin for begin in parts[:5])
    before = _box(since_off) if kind == "drop" else 1.0 - DIP * np.sin(np.pi * since_off / DIP_S) ** 2
    if kind == "drop":
        peak = ((parts.v + _fall()[1]) / GRAVITY / CONTACT_S + 1.0) * np.pi / 2.0
        push = peak * np.sin(np.pi * since_touch / CONTACT_S)
    else:
        stronger = (parts.v / GRAVITY + DIP * DIP_S / 2.0) * np.pi / 2.0 / PUSH_S
        push = 1.0 + stronger * np.sin(np.pi * since_push / PUSH_S)
    return np.select(
        [tau < parts.off, tau < parts.touchdown, since_takeoff < 0, since_landing < 0],
        [1.0, before, push, 0.0],
        _landed(since_landing, parts.v / GRAVITY),
    )


def _box(since: Floats) -> Floats:
    """Off the box: from body weight to nothing by half a cosine."""
    ramp = np.clip(since / UNLOAD_S, 0.0, 1.0)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * ramp))


def _landed(since: Floats, v_g: Floats) -> Floats:
    """Landing and the rise after it, of a velocity of `v_g` times g."""
    hit = OVER * v_g * np.pi / 2.0 / LANDING_S * np.sin(np.pi * since / LANDING_S)
    rise = (OVER - 1.0) * v_g * 2.0 / RISE_S * np.sin(np.pi * (since - LANDING_S) / RISE_S) ** 2
    return np.select([since < LANDING_S, since < LANDING_S + RISE_S], [1.0 + hit, 1.0 - rise], 1.0)


def on_toes(tau: Floats, parts: Parts) -> Floats:
    """Return (n,) how much of the load the forefoot has: 0 as in standing, 1 at take-off and at landing."""
    pushed = np.clip((tau - parts.push) / (parts.takeoff - parts.push), 0.0, 1.0)
    landed = np.clip(1.0 - (tau - parts.landing) / LANDING_S, 0.0, 1.0)
    return np.where(tau < parts.landing, pushed, landed)


def events_us(kind: str, parts: Parts) -> Ints:
    """Return (m, 3) µs of the first jumps: onset (of a drop jump touch-down), take-off, landing."""
    begun = CYCLE_S * np.arange(len(parts.v))
    onset = parts.touchdown if kind == "drop" else parts.off
    rows = np.column_stack([begun + onset, begun + parts.takeoff, begun + parts.landing])
    return np.rint(rows * 1e6).astype(np.int64)
