"""Barograph: pressure over time, recorded without loss, with numbers that can be checked."""

import warnings
from typing import TYPE_CHECKING, Any

from barograph import foreign as _foreign
from barograph.curve import Curve
from barograph.frames import Block, Gap, Layout, Place, Recording, Stream

if TYPE_CHECKING:
    from barograph.files import read_file
    from barograph.lab import Lab, connect

__version__ = "0.2.0.dev0"
__all__ = [
    "Block",
    "Curve",
    "Gap",
    "Lab",
    "Layout",
    "Place",
    "Recording",
    "Stream",
    "__version__",
    "connect",
    "read_file",
]

# What `barograph.<Tab>` offers: also what comes only when asked for.
_LAZY = {"Lab": "barograph.lab", "connect": "barograph.lab", "read_file": "barograph.files"}

if (_said := _foreign.foreign()) is not None:
    warnings.warn(_said, RuntimeWarning, stacklevel=2)


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    # `analytics` imports `barograph.frames` and must not drag the database drivers in, so these come when asked for.
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'barograph' has no attribute {name!r}")
