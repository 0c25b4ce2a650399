import base64
import json

import numpy as np
import pytest

from barograph import Layout, codec
from ingest import messages
from ingest.messages import Refused, as_layout


def frame(**changes):
    return json.dumps(
        {"type": "pressure_frame", "workout_id": "w", "matrix": [[1, 2]], "nodes": 2, "timestamp": 1.0} | changes
    )


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("{bad", "bad_message", "message"),
        ("[" * 100_000, "bad_field", "message"),
        ('{"a":' * 5000, "bad_message", "message"),
        ("[]", "bad_field", "message"),
        ("", "bad_message", "message"),
        ('{"workout_id":"w"}', "unknown_event", "type"),
        ('{"type":"dance","workout_id":"w"}', "unknown_event", "type"),
        ('{"type":"pressure_frame","matrix":[[1]]}', "bad_field", "workout_id"),
        ('{"type":"pressure_frame","workout_id":7,"matrix":[[1]]}', "bad_field", "workout_id"),
        (frame(workout_id=""), "bad_field", "workout_id"),
        (frame(workout_id="a/b"), "bad_field", "workout_id"),
        (frame(workout_id="a\0b"), "bad_field", "workout_id"),
        (frame(workout_id="x" * 129), "bad_field", "workout_id"),
        (frame(stream="\n"), "bad_field", "stream"),
        (frame(matrix=[[1, "x"]]), "bad_field", "matrix"),
        (frame(matrix=[[1, float("inf")]]), "bad_field", "matrix"),
        (frame(matrix=[[1, float("nan")]]), "bad_field", "matrix"),
        (frame().replace("[[1, 2]]", "[[1e999, 2]]"), "bad_field", "matrix"),
    ],
)
def test_a_message_that_cannot_be_taken_names_code_and_field(text, code, field):
    with pytest.raises(Refused) as caught:
        messages.parse(text)
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.event()["type"] == "error"


@pytest.mark.parametrize(
    ("matrix", "code", "reason"),
    [
        ([], "bad_field", "at least one row"),
        ([[]], "bad_field", "at least one row"),
        ([[1, 2], [3]], "bad_field", "row 1 has 1"),
        ([[0.0] * 600] * 600, "too_large", "600 x 600"),
    ],
)
def test_a_matrix_that_is_none_is_refused_with_the_reason(matrix, code, reason):
    with pytest.raises(Refused, match=reason) as caught:
        messages.matrix_of(matrix)
    assert (caught.value.code, caught.value.field) == (code, "matrix")


def test_a_null_cell_is_missing():
    assert np.isnan(messages.matrix_of([[1.0, None]])).tolist() == [[False, True]]


def test_a_layout_of_ten_thousand_squared_is_refused_by_name():
    with pytest.raises(Refused) as caught:
        messages.layout_of({"rows": 10_000, "cols": 10_000})
    assert (caught.value.code, caught.value.field) == ("too_large", "layout.rows")


def test_a_layout_may_name_its_geometry_and_a_wrong_name_is_refused_with_near_ones():
    layout = messages.layout_of({"geometry": "moticon-opengo-7", "side": "left", "unit": "N/cm2", "dtype": "float32"})
    assert (layout.rows, layout.cols, layout.kind, layout.places) == (1, 16, "insole", "relative")
    assert layout.has_force
    for wrong, field in (({"geometry": "moticon-7", "side": "left"}, "geometry"), ({"geometry": "pedar-x"}, "side")):
        with pytest.raises(Refused) as caught:
            messages.layout_of(wrong)
        assert (caught.value.code, caught.value.field) == ("bad_field", f"layout.{field}")
    assert "pedar-x" in str(caught.value)


def test_a_layout_may_say_where_its_sensor_stands_and_a_wrong_place_is_refused_by_its_field():
    told = {"rows": 1, "cols": 2}
    assert messages.layout_of(told).place is None
    place = messages.layout_of({**told, "place": {"x_mm": -100, "turn_deg": 7}}).place
    assert (place.x_mm, place.y_mm, place.turn_deg) == (-100.0, 0.0, 7.0)
    for wrong, field in (
        (5, "place"),
        ({"z_mm": 1}, "place"),
        ({"turn_deg": 400}, "place.turn_deg"),
        ([1, 2], "place"),
    ):
        with pytest.raises(Refused) as caught:
            messages.layout_of({**told, "place": wrong})
        assert (caught.value.code, caught.value.field) == ("bad_field", f"layout.{field}")


@pytest.mark.parametrize(
    ("curve", "field"),
    [
        (5, "curve"), ({}, "curve.kind"), ({"kind": ["power"], "numbers": [[1, 1]]}, "curve.kind"),
        ({"kind": "power", "numbers": {"a": 1}}, "curve.numbers"),
        ({"kind": "power", "numbers": [[1, 1]] * 3}, "curve.numbers"),
        ({"kind": "power", "numbers": [[1, None]]}, "curve.numbers[0]"),
        ({"kind": "power", "numbers": [[1, 0]]}, "curve.numbers"),
        ({"kind": "exponential", "numbers": [[1, 1e9, 0]]}, "curve.numbers"),
    ],
)  # fmt: skip
def test_a_layout_may_have_a_curve_and_what_is_none_is_refused_by_its_field(curve, field):
    told = {"rows": 1, "cols": 2, "dtype": "uint8", "unit": "kPa"}
    good = messages.layout_of({**told, "curve": {"kind": "power", "numbers": [[0.5, 1.2]]}})
    assert good.curve.numbers == ((0.5, 1.2),)
    with pytest.raises(Refused) as caught:
        messages.layout_of({**told, "curve": curve})
    assert (caught.value.code, caught.value.field) == ("bad_field", f"layout.{field}")


@pytest.mark.parametrize("name", ["rows", "cols", "dtype", "unit", "kind", "mask", "pitch_mm", "scale"])
def test_a_wrong_field_of_a_layout_is_named(name):
    with pytest.raises(Refused) as caught:
        messages.layout_of({"rows": 2, "cols": 2} | {name: {"no": "such"}})
    assert caught.value.field == f"layout.{name}"


@pytest.mark.parametrize(
    ("timestamp", "expected_us"),
    [
        (1_700_000_000, 1_700_000_000_000_000),
        (1_700_000_000.25, 1_700_000_000_250_000),
        (1_700_000_000_250, 1_700_000_000_250_000),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000),
        ("2023-11-14T22:13:20", 1_700_000_000_000_000),
        ("2023-11-14T23:13:20.5+01:00", 1_700_000_000_500_000),
    ],
)
def test_a_timestamp_is_seconds_milliseconds_or_iso(timestamp, expected_us):
    assert messages.time_us_of(timestamp) == expected_us


@pytest.mark.parametrize("timestamp", ["yesterday", 1e300, ""])
def test_a_timestamp_that_is_no_time_is_refused(timestamp):
    with pytest.raises(Refused, match="timestamp"):
        messages.time_us_of(timestamp)


def test_nodes_may_be_a_count_or_the_mask():
    assert messages.mask_of(6, 6) is None
    assert messages.mask_of([1, 0, True], 3) == (1, 0, 1)
    with pytest.raises(Refused, match="nodes"):
        messages.mask_of([1, 0], 3)
    with pytest.raises(Refused, match="nodes"):
        messages.mask_of(7, 6)


def test_a_batch_is_the_same_as_json_text_and_in_the_binary_form():
    data = np.arange(4, dtype="<u2").tobytes()
    head = {"type": "frames", "workout_id": "w", "epoch": "e", "seq": 3, "n": 2, "t0_us": 10, "dt_us": 5}
    binary = messages.parse(codec.encode(head, data))
    text = messages.parse(json.dumps(head | {"data": base64.b64encode(data).decode()}))
    assert bytes(binary.data) == text.data == data
    assert binary.times().tolist() == text.times().tolist() == [10, 15]


MESSAGE = codec.encode({"type": "frames", "workout_id": "w", "epoch": "e", "seq": 0, "n": 1, "t0_us": 0}, bytes(8))


@pytest.mark.parametrize("end", range(len(MESSAGE) - 8))
def test_a_binary_message_cut_in_its_header_is_refused(end):
    with pytest.raises(Refused) as caught:
        messages.parse(MESSAGE[:end])
    assert (caught.value.code, caught.value.field) == ("bad_message", "message")


@pytest.mark.parametrize("end", range(1, 9))
def test_a_binary_message_cut_in_its_payload_has_that_much_less_data(end):
    assert len(messages.parse(MESSAGE[:-end]).data) == 8 - end


@pytest.mark.parametrize(
    ("dtype", "value", "fits"),
    [
        ("float32", 3.4e38, True), ("float32", 3.5e38, False), ("float32", -1e300, False), ("float32", 0.1, True),
        ("float64", 1e308, True), ("uint8", 255.0, True), ("uint8", 255.5, False), ("uint8", 256.0, False),
        ("uint16", -1.0, False), ("uint8", float("nan"), False), ("float32", float("nan"), True), (None, 1e308, True),
    ],
)  # fmt: skip
def test_a_matrix_becomes_the_layouts_type_or_is_refused(dtype, value, fits):
    layout = None if dtype is None else Layout(rows=1, cols=1, dtype=dtype)
    matrix = np.array([[value]])
    if fits:
        np.testing.assert_allclose(as_layout(matrix, layout)[0], matrix, rtol=1e-6)
    else:
        with pytest.raises(Refused, match="matrix: expected") as refused:
            as_layout(matrix, layout)
        assert (refused.value.code, refused.value.field) == ("bad_field", "matrix")
