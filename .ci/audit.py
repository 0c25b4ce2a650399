"""Ask whether known weaknesses are reported of what is locked, where a network is; nothing is installed or changed.

    python .ci/audit.py

Ends with 0 where there is none, 1 where there are some, and 3 where nobody could be asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKED = ROOT / "locked.txt"
AWAY = "Not audited: nobody who knows of weaknesses could be reached; run `make audit` where a network is."


def report(told: str) -> int:
    """Print what pip-audit found, one line each; the exit code."""
    packages = json.loads(told)["dependencies"]
    found = [(one, each) for one in packages for each in one.get("vulns", ())]
    for one, each in found:
        mended = ", ".join(each["fix_versions"]) or "no version yet"
        print(f"{one['name']} {one['version']}: {each['id']}, mended in {mended}")
    left = sorted(one["name"] for one in packages if "skip_reason" in one)
    if left:
        print(f"Nothing was answered of {len(left)}: {', '.join(left[:10])}{', …' if len(left) > 10 else ''}")
    if len(left) == len(packages):
        print(AWAY)
        return 3
    print(f"{len(packages) - len(left)} packages of {LOCKED.name}: {len(found)} known weaknesses")
    return 1 if found else 0


def main() -> int:
    """Ask, and say what was answered, or that nobody was there."""
    command = [
        Path(sys.executable).with_name("pip-audit"), "--requirement", LOCKED, "--require-hashes", "--disable-pip",
        "--format", "json", "--progress-spinner", "off", "--desc", "off",
    ]  # fmt: skip
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if ran.stdout.lstrip().startswith("{"):
        return report(ran.stdout)
    print(ran.stderr.strip()[-2000:], file=sys.stderr)
    print(AWAY)
    return 3


if __name__ == "__main__":
    sys.exit(main())
