"""What people corrected of a session, as its pages use it: corrections of prints, and masks by hand of each stream."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

import numpy as np

from analytics.regions.by_hand import HandMasks
from barograph.store.correcting import WALKED_OVER, sensor_of
from barograph.store.corrections import Corrections, Ground, MaskVersion, PrintFix, PrintsVersion
from barograph.store.records import StreamInfo
from dashboard.reading.context import Context
from dashboard.reading.print_fixes import Fix

KEPT, AUTOMATIC = "masks version", "automatic masks, version 1"
OF_PRINTS = "Masks by hand of a plate are of its single prints: they stand on Footprints, not over the whole plate."


@dataclass(frozen=True)
class ByHand:
    """What was corrected: versions that are kept with the session, and what its address says of prints.

    What the address says goes before what is kept.
    """

    kept: Corrections
    said: tuple[Fix, ...] | None

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The corrections of prints that are done."""
        if self.said is not None:
            return self.said
        return tuple(map(fix_of, self.fixed.fixes)) if self.fixed else ()

    @property
    def fixed(self) -> PrintsVersion | None:
        """The corrections of prints that are kept and hold."""
        return self.kept.fixed

    def of_stream(self, stream: str) -> list[Mapping[str, object]]:
        """Return the corrections of the prints of a stream, as `analytics.footprints` takes them."""
        return [dict(one.said) for one in self.fixes if one.stream == stream]

    def masks(self, info: StreamInfo) -> list[HandMasks]:
        """Return the masks by hand of a stream, the one that goes first before all others.

        One without labels says that what is found is used.
        """
        sensor = "" if info.layout is None else sensor_of(info.layout)
        own = [one for one in reversed(self.kept.masks) if one.stream == info.stream.stream and not one.withdrawn_us]
        return [hand_of(one) for one in (*own, *self.kept.of_athlete) if one.sensor == sensor]

    def mask(self, info: StreamInfo) -> HandMasks | None:
        """Return the masks by hand of an insole; None where those are used that are found."""
        if info.layout is None or info.layout.kind in WALKED_OVER or info.side is None:
            return None
        first = next((one for one in self.masks(info) if one.side == info.side), None)
        return first if first is not None and first.labels.any() else None

    def of_prints(self, info: StreamInfo) -> bool:
        """Return whether somebody drew masks for the prints of a plate, which no other tab can use."""
        walked = info.layout is not None and info.layout.kind in WALKED_OVER
        return walked and any(one.labels.any() for one in self.masks(info))


async def by_hand(context: Context) -> ByHand:
    """Return what was corrected of a session, and what the address says of its prints."""
    kept = await context.parts.archive.corrections.of(context.workout.workout_id)
    return ByHand(kept, context.query.fixes)


def hand_of(one: MaskVersion) -> HandMasks:
    """Return masks that are kept, as `analytics` takes them."""
    ground = one.ground or Ground(places="cells", rows=1, cols=1)
    labels = np.frombuffer(one.labels or b"\0" * (ground.rows * ground.cols), np.uint8)
    return HandMasks(
        labels.reshape(ground.rows, ground.cols), one.side, ground.places, ground.row, ground.col,
        ground.pitch_mm or (1.0, 1.0), ground.x_mm, ground.y_mm, ground.length_mm, one.mark, named(one),
    )  # fmt: skip


def named(one: MaskVersion) -> str:
    """Return what tables call masks: their version, and the session that they were drawn in where it is another one."""
    return f"{one.name}, drawn in {one.workout_id}" if one.workout_id else one.name


def masks_name(made: str) -> str:
    """Return which version of masks regions are: one that was kept, or what was found, which is version 1."""
    return made if made.startswith(KEPT) else AUTOMATIC


def key_of(masks: Sequence[HandMasks]) -> str:
    """Return a text that differs for other masks, "" of none; what is made with them is kept under it."""
    if not masks:
        return ""
    said = [(one.labels.tobytes(), *(value for name, value in vars(one).items() if name != "labels")) for one in masks]
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()


def fix_of(one: PrintFix) -> Fix:
    """Return a correction that is kept as an address has it."""
    stream = quote(one.stream, safe="")
    side = [one.side] if one.do == "side" and one.side else []
    ends = [f"{x:g},{y:g}" for x, y in one.line or ()]
    return Fix(one.stream, "|".join([stream, one.do, *one.marks, *side, *ends]), tuple(one.said().items()))


def items_of(fixes: Sequence[Fix]) -> list[dict[str, object]]:
    """Return corrections as they are kept, as JSON."""
    return [{"stream": one.stream, **one.said} for one in fixes]
