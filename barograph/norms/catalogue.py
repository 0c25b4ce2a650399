"""Published bands by name: files `norms/NAME.toml` that a lab puts into its data directory.

The project has none of its own: no published value is known with certainty whose sensor and protocol are those of a
session here. A lab writes down what it reads in a paper, with its source.
"""

from __future__ import annotations

import difflib
from pathlib import Path

from barograph.errors import FileFormatError, InvalidData
from barograph.layout_values import shown
from barograph.norms.published import Published, check_name, loads
from barograph.own_files import OwnFiles

OWN = "norms"  # folder in the data directory
MOST_BYTES = 256 << 10
TEMPLATE = """\
# A published reference band: write down what the paper says, and nothing that it does not say.
version = 1
title = ""            # what it is called here
source = ""           # authors, year, title, journal, pages
doi = ""              # 10.…; may stay away
population = ""       # who was measured, in the paper's words
n = 0                 # how many people
sex = ""              # F, M or X where all were; else stays ""
age = ""              # years as "18-25", or ""
sport = ""
device = ""           # the sensor of the paper, with its resolution and rate
protocol = ""         # how they were tested: barefoot or which shoes, speed, which steps, how many trials
kinds = []            # kinds of session here that are done in the same way: ["walk"]
sensors = []          # kinds of sensor here that measure the same: ["plate"], or ["insole 1 × 99 pedar"]

# One table for each measure, by its name here (docs/reference.md), with the values as published: percentiles ...
# [measures.max_peak_kpa]
# unit = "kPa"
# p5 = …
# p50 = …
# p95 = …
# ... or mean and sd, from which the band is made as of a normal curve, and which says so.
"""

_FILES = OwnFiles(OWN, MOST_BYTES, check_name, loads)


def names(data_dir: Path | None) -> tuple[str, ...]:
    """Return all names in the order of the alphabet."""
    return tuple(path.stem for path in _FILES.paths(data_dir))


def named(name: str, data_dir: Path | None) -> Published:
    """Return a published band by its name.

    `InvalidData` with near names for another one, and with the file and what was expected for a file that is none.
    """
    if own := _FILES.path(name, data_dir):
        try:
            return checked(own)
        except FileFormatError as error:
            raise InvalidData(f"norms: expected values that can be used, got {error}", field="norms") from error
    there = names(data_dir)
    near = difflib.get_close_matches(str(name)[:60].lower(), there, n=4, cutoff=0.5)
    expected = f"one of {', '.join(near or there)}" if there else f"a file of the folder {OWN} in the data directory"
    raise InvalidData(f"norms: expected {expected}, got {shown(name)}", field="norms")


def usable(data_dir: Path | None) -> tuple[Published, ...]:
    """Return all that can be used."""
    wrong = problems(data_dir)
    return tuple(named(name, data_dir) for name in names(data_dir) if name not in wrong)


def checked(path: Path) -> Published:
    """Return the published band in a file, named as the file; `FileFormatError` with path and what was expected."""
    return _FILES.checked(path)


def problems(data_dir: Path | None) -> dict[str, str]:
    """Return what is wrong with files of the lab, by name; nothing where all can be used."""
    return _FILES.problems(data_dir)
