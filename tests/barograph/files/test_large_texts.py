"""Large texts: a child reads each in parts, within a memory that they exceed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHILD = Path(__file__).with_name("hostile.py")
# What Python and its libraries take, and some frames: less than those and one copy of the text.
MOST_MIB = 100
FRAME = re.compile(r"(?:Frame |FRAME,|Page |\[Data)?\d")
TEXT_BYTES = 40 << 20


def footscan() -> Iterator[str]:
    rows = "\n".join(["\t".join(["0.0"] * 512)] * 255)
    for k in range(TEXT_BYTES // len(rows) + 1):
        yield f"Frame {k} ({k * 8}.00 ms)\n{rows}\n" + "\t".join([f"{k % 7}.5"] * 512) + "\n\n"


def zebris() -> Iterator[str]:
    cells = "\t" + "\t".join(f"x{k}" for k in range(1, 513)) + "\n"
    cells += "".join(f"y{k}\t" + "\t".join(["0.50" if k == 9 else "0.00"] * 512) + "\n" for k in range(1, 257)) + "}\n"
    n = TEXT_BYTES // len(cells) + 1
    yield "Platform {\nColumns\t512\nLines\t256\nCell width,mm\t8.5\nCell height,mm\t8.5\nUnits\tkPa\n"
    yield f"Frame count\t{n}\n\n"
    yield from (f"Frame {k} {{\nTime, ms\t{k}\n\n{cells}" for k in range(n))


def xsensor_wide() -> Iterator[str]:
    yield "Frame,Date,Time,Sensor,Units," + ",".join(f"S_{k // 64 + 1}_{k % 64 + 1}" for k in range(4096)) + "\n"
    cells = ",".join([f"0.5{'0' * 60}"] * 4096)
    for k in range(TEXT_BYTES // len(cells) + 1):
        yield f"{k},2026-03-04,08:{k // 60:02}:{k % 60:02},a mat,psi,{cells}\n"


def apd() -> Iterator[str]:
    rows = "\n".join(["\t".join(["-1"] * 512)] * 255 + ["\t".join(["0.5"] * 512)]) + "\n"
    n = TEXT_BYTES // len(rows) + 1
    yield "[General]\nSource=<<zebris>>\nDate=1/4/2017\nTime=18.23.47\nUnitPressure=N/cm2\n[Technical]\n"
    yield f"SensCountX=256\nSensCountY=512\nLDistX=8\nLDistY=8\nMinIdx=0\nMaxIdx={n - 1}\nTimeDiff=5\n[Data]\n{rows}"
    yield from (f"[Data{k}]\n{rows}" for k in range(n))


def moticon() -> Iterator[str]:
    cells = [f"left pressure {k}[N/cm²]" for k in range(1, 17)]
    yield "# Size: 7\n# time\t" + "\t".join(cells) + "\tnotes[]\n"
    row = "\t".join(["1.25"] * 16) + f"\t0.{'5' * 40_000}\n"
    yield from (f"{k / 100:.2f}\t{row}" for k in range(TEXT_BYTES // len(row) + 1))


def loadsol() -> Iterator[str]:
    yield "loadapp_2024_01_17_14_48_48_148.loadflux\ncomment\n\tA-L::heel\tA-L::medial\tA-L\tA-L::xAcc\n"
    yield "Time[secs]\tForce[N]\tForce[N]\tForce[N]\t[g]\n"
    row = f"100.000\t50.000\t150.000\t0.{'5' * 40_000}\n"
    yield from (f"{k / 200:.3f}\t{row}" for k in range(TEXT_BYTES // len(row) + 1))


def pedar() -> Iterator[str]:
    n = TEXT_BYTES // (198 * 62)
    yield "file name:\tlong.sol\tdate/time\t25.04.23 10.49\nsensor type: y-1865l\n"
    yield f"total time [secs]: {n / 100:.3f}\ttime per frame [secs]: 0.01000\tscanning rate [Hz]: 100\n"
    yield "pressure values in\tkPa\nleft insole: 1\nright insole: 1\ntime[secs]"
    yield "".join(f"\t{k}" for k in [*range(1, 100), *range(1, 100)]) + "\n"
    row = "\t".join([f"0.5{'0' * 60}"] * 198)
    yield from (f"{k / 100:.5f}\t{row}\n" for k in range(1, n + 1))


def tekscan() -> Iterator[str]:
    rows = "\n".join([",".join([f"0.5{'0' * 60}"] * 256)] * 64) + "\n\n"
    n = TEXT_BYTES // len(rows) + 1
    yield f"DATA_TYPE MOVIE\nROWS 64\nCOLS 256\nSECONDS_PER_FRAME 0.01\nSTART_FRAME 1\nEND_FRAME {n}\nUNITS kPa\n"
    yield "ASCII_DATA @@\n"
    yield from (f"Frame {k}\n{rows}" for k in range(1, n + 1))
    yield "@@\n"


def xsensor() -> Iterator[str]:
    yield "File:,a.xsn\nUnits:,kPa\n"
    rows = "\n".join([",".join([f"0.5{'0' * 60}"] * 256)] * 64) + "\n"
    for k in range(TEXT_BYTES // len(rows) + 1):
        yield f"FRAME,{k}\nDate, 2022 Aug 16\nTime, 08:{k // 60:02}:{k % 60:02}.5\nSENSOR,a mat\nRows,64\nColumns,256\n"
        yield f"Sensel Width (cm),1\nSensel Height (cm),1\nSENSELS\n{rows}"


def emed() -> Iterator[str]:
    cells = "\t".join([f"0.5{'0' * 60}"] * 64) + "\t1.00\n"
    head = "File: a.dat\tMatrix: 64x95\nSensor area: 0.25 cm²\tTime/picture:10.0 ms\nSensor size: 0.500x0.500 cm\n"
    table = "\t" + "\t".join(map(str, range(1, 65))) + "\tForce\n"
    table += "".join(f"{row}\t{cells}" for row in range(1, 96)) + f"Force\t{cells}"
    for k in range(1, TEXT_BYTES // len(table) + 2):
        yield f"Page {k}\n{head}Pict-No.: {k}\n{table}\f"


MAKERS: dict[str, Callable[[], Iterator[str]]] = {
    "footscan": footscan,
    "zebris": zebris,
    "wide": xsensor_wide,
    "apd": apd,
    "moticon": moticon,
    "loadsol": loadsol,
    "pedar": pedar,
    "tekscan": tekscan,
    "xsensor": xsensor,
    "emed": emed,
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_large_text_is_read_in_parts(name: str, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    with path.open("w") as file:
        n = sum(file.write(text) > 0 and FRAME.match(text) is not None for text in MAKERS[name]())
    assert path.stat().st_size > TEXT_BYTES
    done = subprocess.run([sys.executable, str(CHILD), str(path), "--streamed"], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr[-2000:]
    said: dict[str, Any] = json.loads(done.stdout)
    assert said["streamed"] == n * (2 if name == "pedar" else 1)  # a frame of each insole
    assert said["mib"] < MOST_MIB, said
