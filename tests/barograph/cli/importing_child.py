"""Run `barograph` with these arguments, and say last how it ended and the memory it took."""

import json
import re
import sys
from pathlib import Path

from barograph.cli import app


def main() -> None:
    ended: object = 0
    try:
        app(sys.argv[1:], prog_name="barograph")
    except SystemExit as end:
        ended = end.code
    # Not getrusage(): its peak begins with that of the process that started this one.
    peak = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]
    print(json.dumps({"ended": ended, "mib": int(peak) / 1024}))


if __name__ == "__main__":
    main()
