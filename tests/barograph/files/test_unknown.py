"""Files of no known format: the answer says what the file is and what to do, and never shows bytes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from barograph import read_file
from barograph.errors import FileFormatError


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (packed("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook or another office document"),
        (packed("xl/worksheets/sheet1.xml"), "which cannot be read; save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "an Excel workbook"),
        (b"\x1f\x8b\x08" + bytes(20), "a compressed file; unpack it"),
        (b"", "an empty file"), (b"\r\n  \n", "an empty file"),
        (b"\x01\x00\x02\x00 abc", "a binary file of another program"),
        (b"%PDF-1.7\n", "a PDF"), (b"time;left;right\n0;1;2\n", "a text that begins with 'time;left;right'"),
        (b"\xe4\xf6" * 100, "a text that begins with '"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.xlsx", "walk.npz"])
def test_an_unknown_file_is_named_in_plain_words(tmp_path: Path, data: bytes, said: str, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileFormatError) as refused:
        read_file(tmp_path / name)
    words = str(refused.value)
    assert said in words
    assert "b'" not in words
    assert "\\x" not in words
    assert len(words.removeprefix(str(tmp_path))) < 400
