"""What a description of a frame may say, and what is wrong with one that says something else."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from barograph.cli import app
from barograph.errors import InvalidData
from ingest.device.live.description import described, read_description
from ingest.device.live.explaining import explained

WHOLE = {"rows": 2, "cols": 3, "dtype": "uint16"}
PARTS = ["header", "length:uint16", "sequence:uint8", "time:uint32", "skip:2", "cells", "checksum"]
FULL = {**WHOLE, "header": "AA 55", "checksum": "crc16-ccitt", "frame": PARTS, "baud": 9600}


def test_fields_have_their_places_and_the_length_what_it_counts():
    given = described(FULL)
    assert [(field.name, field.start, field.stop) for field in given.fields] == [
        ("header", 0, 2), ("length", 2, 4), ("sequence", 4, 5), ("time", 5, 9), ("skip", 9, 11), ("cells", 11, 23),
        ("checksum", 23, 25),
    ]  # fmt: skip
    assert (given.nbytes, given.expected_length) == (25, 21)
    lengths = [described({**FULL, "length_counts": counted}).expected_length for counted in ("frame", "rest", "cells")]
    assert lengths == [25, 21, 12]


def test_without_a_list_of_parts_a_frame_is_header_cells_checksum():
    assert [field.name for field in described({**WHOLE, "header": "01", "checksum": "xor"}).fields] == [
        "header", "cells", "checksum",
    ]  # fmt: skip
    assert [field.name for field in described(WHOLE).fields] == ["cells"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [("uint8", "uint8"), ("int16", "float32"), ("uint16", "uint16"), ("int32", "float64"), ("float32", "float32")],
)
def test_a_layout_has_the_narrowest_type_that_holds_every_value(sent, stored):
    layout = described({**WHOLE, "dtype": sent, "layout": {"pitch_mm": [5, 5], "unit": "kPa"}}).layout
    assert (layout.dtype, layout.pitch_mm, layout.unit) == (stored, (5.0, 5.0), "kPa")


def test_a_layout_may_name_its_geometry():
    layout = described(
        {"rows": 1, "cols": 99, "dtype": "uint8", "layout": {"geometry": "pedar-x", "side": "left"}}
    ).layout
    assert (layout.geometry.name, layout.places, layout.kind) == ("pedar-x", "mm", "insole")
    with pytest.raises(InvalidData, match="geometry: expected pedar-x with its 99 cells"):
        described({**WHOLE, "layout": {"geometry": "pedar-x", "side": "left"}})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"row": 1}, "row: expected one of the keys"),
        ({"rows": None}, "rows: expected a whole number of 1 or more"),
        ({"dtype": "int12"}, "dtype: expected one of uint8, uint16"),
        ({"dtype": None}, "dtype: expected one of uint8"),
        ({"header": "AA5"}, "header: expected 1 to 16 bytes in hexadecimal"),
        ({"header": 5}, "header: expected 1 to 16 bytes"),
        ({"header": ""}, "frame: expected header as its first part"),
        ({"frame": ["cells", "header", "checksum"]}, "frame: expected header as its first part"),
        ({"frame": ["header", "checksum"]}, "frame: expected cells among its parts"),
        ({"frame": ["header", "cells", "cells", "checksum"]}, "frame: expected cells once, got 2 times"),
        ({"frame": ["header", "checksum", "cells"]}, "frame: expected checksum as its last part"),
        ({"frame": ["header", "cells"]}, "frame: expected checksum as its last part"),
        ({"frame": ["header", "sequence", "cells", "checksum"]}, "frame: expected sequence with its type"),
        ({"frame": ["header", "sequence:int8", "cells", "checksum"]}, "after length, sequence, time"),
        ({"frame": ["header", "skip:0", "cells", "checksum"]}, "a number of bytes after skip"),
        ({"frame": ["header", "skip:65508", "cells", "checksum"]}, "a number of bytes after skip"),
        ({"frame": ["header", "node", "cells", "checksum"]}, "frame: expected parts out of header"),
        ({"frame": "cells"}, "frame: expected a list of parts"),
        ({"rows": 200, "cols": 200}, "frame: expected at most 65507 bytes"),
        ({"rows": 20, "frame": [*PARTS[:1], "length:uint8", "skip:255", *PARTS[5:]]}, "a length that holds"),
        ({"checksum": "md5"}, "checksum: expected one of none, sum8, xor, crc16-ccitt"),
        ({"baud": 0}, "baud: expected a whole number from 1"),
        ({"baud": True}, "baud: expected a whole number from 1"),
        ({"byte_order": "middle"}, "byte_order: expected one of little, big"),
        ({"time_unit": "min"}, "time_unit: expected one of us, ms, s"),
        ({"separator": "."}, "separator: expected one character"),
        ({"layout": 3}, "layout: expected a table"),
        ({"layout": {"rows": 3}}, "layout.rows: expected it beside the table"),
        ({"layout": {"unit": "stone"}}, "unit: expected one of raw"),
        ({"format": "text"}, "header: expected none in text"),
        ({"format": "text", "header": "", "frame": ["length:uint8", "cells"]}, "in text no header or length"),
    ],
)
def test_what_is_wrong_with_a_description_is_named_with_what_was_expected(changed, message):
    given = {name: value for name, value in {**FULL, **changed}.items() if value is not None}
    with pytest.raises(InvalidData, match=message):
        described(given)


@pytest.mark.parametrize(
    ("text", "message"),
    [(b"rows = ", "expected TOML"), (b"\xff", "expected TOML"), (b"rows = 1\ncols = 1\n", "dtype: expected one of")],
)
def test_a_file_that_is_no_description_is_named(tmp_path, text, message):
    path = tmp_path / "mat.toml"
    path.write_bytes(text)
    with pytest.raises(InvalidData, match=rf"mat\.toml: {message}"):
        read_description(path)
    with pytest.raises(InvalidData, match="cannot be read"):
        read_description(tmp_path / "none.toml")


def test_a_frame_is_printed_byte_by_byte(tmp_path):
    assert explained(described(FULL)) == [
        "a frame of 25 bytes, 2 x 3 cells of uint16, little-endian:",
        "  0-1         header    AA 55",
        "  2-3         length    uint16, always 21: bytes after this field",
        "  4           sequence  uint8, 1 more each frame, 0 after 255",
        "  5-8         time      uint32, the sensor's clock in us, 0 again after 4,295 s",
        "  9-10        skip      not read",
        "  11-22       cells     6 x uint16, row by row: row 0, column 0 at 11, row 1, column 2 at 21",
        "  23-24       checksum  crc16-ccitt of bytes 0-22",
        "on a serial line of 9600 baud at most 38.4 frames a second",
    ]
    path = tmp_path / "mat.toml"
    path.write_text('rows = 1\ncols = 2\ndtype = "uint8"\nformat = "text"\nframe = ["sequence", "cells"]\n')
    said = CliRunner().invoke(app, ["send", "--check", "--frame", str(path)])
    assert said.exit_code == 0
    assert said.output.endswith("  sequence: uint64, 1 more each frame, 0 after 18446744073709551615\n"
                                "  2 cells of uint8, 1 x 2, row by row\n")  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serial:/dev/null"], "expected --frame FILE"),
        (["serial:", "--frame", "mat.toml"], "expected serial:/dev/ttyUSB0"),
        (["udp:lots", "--frame", "mat.toml"], "expected udp:PORT"),
        (["udp:70000", "--frame", "mat.toml"], "expected udp:PORT"),
        (["serial:/dev/null", "--frame", "mat.toml"], "a header: without one"),
        (["udp:5005", "--frame", "mat.toml", "--start", "own"], "a live source is measured now"),
        (["udp:5005", "--frame", "mat.toml", "--speed", "max"], "a live source is measured now"),
        (["sim:walk", "--frame", "mat.toml"], "--frame is for serial: and udp:"),
        (["walk.asf", "--check"], "expected --frame FILE, or a SOURCE that is live"),
        (["sim:walk", "--check", "--frame", "mat.toml"], "a SOURCE that is live"),
        (["python:none.py:Mat"], "a file that is there"),
        (["python:mat.py:Mat", "--frame", "mat.toml"], "an adapter makes its frames itself"),
        (["python:mat.py:Other"], "expected a class Other"),
        (["python:mat.py:Half"], "no open"),
    ],
)
def test_what_is_wrong_with_a_live_source_is_said_before_anything_is_sent(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mat.toml").write_text('rows = 1\ncols = 2\ndtype = "uint8"\n')
    (tmp_path / "mat.py").write_text("class Half:\n    layout = None\n")
    said = CliRunner().invoke(app, ["send", *arguments, "--workout", "w"])
    assert said.exit_code != 0
    assert message in " ".join(said.output.split())
