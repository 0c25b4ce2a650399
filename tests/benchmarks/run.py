"""`make bench`: every benchmark in one run, as a table on the screen and as rows in `build/bench.json`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bench_batch
import bench_frame
import bench_ingest
import bench_measures
import bench_peers
import bench_reading
import bench_stats
from rich.console import Console
from rich.table import Table


def main() -> None:
    rows = []
    for module in (bench_stats, bench_measures, bench_frame, bench_peers, bench_reading, bench_batch, bench_ingest):
        sys.stderr.write(f"{module.__name__} …\n")
        rows += module.rows()
    table = Table("row", "value", "unit", "ratio", "peer")
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f} x"
        table.add_row(
            row["row"],
            f"{row['value']:,.4g}" if row["value"] < 1e4 else f"{row['value']:,.0f}",
            row["unit"],
            ratio,
            row["peer"],
        )
    Console().print(table)
    out = Path(__file__).parents[2] / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
