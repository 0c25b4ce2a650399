"""A Dockerfile as stages and steps, as far as ours goes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field


@dataclass
class Stage:
    """What one stage begins with, an image or another stage, and its steps in order: (word, what follows it)."""

    parent: str
    steps: list[tuple[str, str]] = field(default_factory=list)


def stages(text: str) -> dict[str, Stage]:
    """Return the stages of a Dockerfile by name, in order; `ValueError` for a word that ours do not use."""
    found: dict[str, Stage] = {}
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    for line in (one.strip() for one in lines):
        word, _, rest = line.partition(" ")
        if not line or line.startswith("#"):
            continue
        if word == "FROM":
            parent, _, name = rest.partition(" AS ")
            found[name] = Stage(parent)
        elif word in ("RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD"):
            list(found.values())[-1].steps.append((word, rest))
        else:
            raise ValueError(f"Dockerfile: expected a word that is known here, got {word}")
    return found
