"""How many of the mutants that `make mutants` made a test found out, and the names of the others.

A mutant is found out when a test fails by it or never ends. `mutmut show NAME` says what it changed.
"""

import json
from pathlib import Path

MADE = Path(__file__).parents[1] / "mutants" / "analytics"
GROUPS = {
    "frames": tuple(f"frames/{name}" for name in ("basic_set", "contact", "floor", "frame_stats", "gradient", "shape")),
    "balance": ("sway/balance",),
    "gait": ("gait/stances", "gait/steps"),
    "jumps": tuple(
        f"jumps/{name}"
        for name in ("flights", "force", "jumps", "measures", "motion", "rebounds", "result", "weighing")
    ),
    "net balance": ("sway/net_cop", "sway/single_leg"),
    "change": ("sessions/reliability", "sessions/change"),
    "running": ("gait/running_form",),
    "seats": tuple(f"seats/{name}" for name in ("above", "peak_index", "saddle", "seat")),
}
ALIVE = (0, 5, 33)  # exit codes: all tests passed, there was none, none covers it


def codes(module: str) -> dict[str, int]:
    """How the tests ended under each mutant of a module that was looked at."""
    path = MADE / f"{module}.py.meta"
    found = json.loads(path.read_text())["exit_code_by_key"] if path.exists() else {}
    return {name: code for name, code in found.items() if code is not None}


def main() -> None:
    """Print a line for each group, and one for each mutant that lives."""
    for group, modules in GROUPS.items():
        ended = {name: code for module in modules for name, code in codes(module).items()}
        alive = [name for name, code in ended.items() if code in ALIVE]
        found = len(ended) - len(alive)
        share = f"{100 * found / len(ended):.1f} %" if ended else "none were made"
        print(f"{group}: {found} of {len(ended)} found out, {share}")
        for name in alive:
            print(f"  {name}")


if __name__ == "__main__":
    main()
