"""What commands say of files that cannot be read: the path once, then what was expected."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from naming import repeated

from barograph.cli.importing import import_files
from barograph.servers.embedded import Servers
from barograph.settings import load
from barograph.store.records import About

FILES = {
    "empty.csv": b"", "words.csv": b"hello\n", "sheet.xlsx": b"PK\x03\x04" + bytes(60),
    "a.npz": b"PK\x05\x06" + bytes(18), "a.parquet": b"PAR1" + bytes(20),
    "cut.csv": b"# barograph csv 1\n# layout: {}\n",
}  # fmt: skip


def test_an_import_names_each_file_once(
    servers: Servers, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    paths = [*(tmp_path / name for name in FILES), tmp_path / "none.csv"]
    with pytest.raises(click.ClickException):
        import_files(load(mongo_url=servers.mongo_url, database=database), paths, "run", None, About())
    said = [line for line in capsys.readouterr().err.splitlines() if line.strip()]
    for path in paths:
        text = next(line for line in said if path.name in line)
        assert text.count(path.name) == 1, text
        assert repeated(text) == [], text
