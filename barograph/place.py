"""Where a sensor stands in the common frame of its session: two plates side by side, two feet of one body.

The frame is seen from above: x grows to the right, y to the front. Turns are counted against the clock.

Terms: place (docs/glossary.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from barograph.errors import InvalidData
from barograph.layout_values import number, shown

MOST_MM = 100_000.0
MOST_WIDTH_MM, MOST_TOE_OUT_DEG = 2000.0, 90.0


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a sensor stands: the middle of its rear edge, which of an insole is the heel, in mm of the common frame.

    About that point the sensor is turned by `turn_deg` against the clock.
    """

    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("x_mm", MOST_MM), ("y_mm", MOST_MM), ("turn_deg", 360.0)):
            object.__setattr__(self, name, within(f"place.{name}", getattr(self, name), -most, most))

    @property
    def said(self) -> str:
        """Where it stands, in words."""
        turned = f", turned by {self.turn_deg:g}°" if self.turn_deg else ""
        return f"x {self.x_mm:g} mm, y {self.y_mm:g} mm{turned}"

    def to_dict(self) -> dict[str, float]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> Place:
        """Make a place from JSON values; what is not given is 0, and an unknown field raises `InvalidData`."""
        names = ("x_mm", "y_mm", "turn_deg")
        if not isinstance(data, Mapping) or not data or (data.keys() - set(names)):
            raise InvalidData(f"place: expected some of {', '.join(names)}, got {shown(data)}", field="place")
        return cls(**data)

    @classmethod
    def feet(cls, stance_width_mm: object, toe_out_deg: object = 0.0) -> dict[str, Place]:
        """Return the places of a left and a right foot: heels so many mm apart, each foot turned outwards.

        0 lies between the heels. `InvalidData` says which number is out of its bounds.
        """
        half = within("stance_width_mm", stance_width_mm, 0.0, MOST_WIDTH_MM) / 2
        turn = within("toe_out_deg", toe_out_deg, -MOST_TOE_OUT_DEG, MOST_TOE_OUT_DEG)
        return {"left": cls(x_mm=-half, turn_deg=turn), "right": cls(x_mm=half, turn_deg=0.0 - turn)}


def stance_of(left: Place, right: Place) -> tuple[float, float] | None:
    """Return the mm between the heels and the toe-out in degrees of two feet; None where they stand otherwise."""
    width, toe_out = right.x_mm - left.x_mm, left.turn_deg
    level = left.y_mm == right.y_mm == 0.0 and left.x_mm == -right.x_mm and right.turn_deg == -toe_out
    return (width, toe_out) if level and 0.0 <= width <= MOST_WIDTH_MM else None


def within(name: str, value: object, least: float, most: float) -> float:
    """Return a number within its bounds, or raise `InvalidData` with its field."""
    found = number(name, value)
    if not least <= found <= most:
        raise InvalidData(f"{name}: expected {least:g} to {most:g}, got {shown(value)}", field=name)
    return found
