"""Run with a file's path: read it as an upload is read, then whole, and say what came of it and the memory it took."""

import json
import re
import sys
from pathlib import Path

from barograph import files
from barograph.errors import FileFormatError


def streamed(path: Path) -> int:
    return sum(len(part) for one in files.open_file(path) for _, part in one.blocks(64))


def whole(path: Path) -> int:
    return sum(len(one) for one in files.read_file(path))


def main() -> None:
    said: dict[str, object] = {}
    for way in (streamed, whole)[: 1 if "--streamed" in sys.argv else 2]:
        try:
            said[way.__name__] = way(Path(sys.argv[1]))
        except FileFormatError as error:
            said[way.__name__] = str(error)
    # Not getrusage(): its peak begins with that of the process that started this one.
    said["mib"] = int(re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) / 1024
    print(json.dumps(said))


if __name__ == "__main__":
    main()
