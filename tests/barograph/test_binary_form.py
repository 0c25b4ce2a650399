"""The binary form: what goes in comes out, and nothing else is taken."""

from __future__ import annotations

import json
import struct
import tracemalloc

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as nst

from barograph.codec import (
    MAX_HEADER_BYTES,
    MAX_PAYLOAD_BYTES,
    compress,
    compress_all,
    decode,
    decode_block,
    decompress,
    decompress_all,
    encode,
    encode_block,
    frames_of,
    times_header,
    times_of,
    unpack,
)
from barograph.errors import CodecError, InvalidData
from barograph.frames import DTYPES, Block, Layout

names = st.text(min_size=1, max_size=8)
values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=20), st.floats(-1e9, 1e9))
headers = st.dictionaries(names, st.one_of(values, st.lists(values, max_size=3)), max_size=5)


@given(headers, st.binary(max_size=50))
def test_a_message_comes_out_as_it_went_in(header: dict[str, object], payload: bytes) -> None:
    message = encode(header, payload)
    found, data = decode(message)
    assert found == json.loads(json.dumps(header))
    assert bytes(data[: len(payload)]) == payload
    assert not any(data[len(payload) :])


@given(headers, st.binary(max_size=50))
def test_payload_and_message_end_on_multiples_of_8(header: dict[str, object], payload: bytes) -> None:
    message = encode(header, payload)
    (length,) = struct.unpack_from("<I", message)
    assert (4 + length) % 8 == len(message) % 8 == 0
    assert message[4 + length :][: len(payload)] == payload


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    dtype = DTYPES[draw(st.sampled_from(sorted(DTYPES)))]
    n, rows, cols = draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.integers(1, 5))
    cells = st.floats(allow_infinity=False, width=dtype.itemsize * 8) if dtype.kind == "f" else None  # type: ignore[arg-type]
    times = draw(st.lists(st.integers(-(1 << 61), 1 << 61), min_size=n, max_size=n))
    if draw(st.booleans()):
        step = draw(st.sampled_from([0, 1, 10_000, -10_000, 1 << 41]))
        times = [1_700_000_000_000_000 + step * i for i in range(n)]
    stats = draw(st.none() | nst.arrays(np.float32, (n, draw(st.integers(1, 4)))))
    return Block(
        e=draw(st.integers(0, 1 << 31)),
        seq=draw(st.integers(0, 1 << 53)),
        times_us=np.array(times, np.int64),
        received_us=draw(st.integers(0, (1 << 62) - 1)),
        frames=draw(nst.arrays(dtype, (n, rows, cols), elements=cells)),
        stats=stats,
    )


def same(a: Block, b: Block) -> bool:
    return (
        (a.e, a.seq, a.received_us) == (b.e, b.seq, b.received_us)
        and np.array_equal(a.times_us, b.times_us)
        and a.frames.dtype == b.frames.dtype
        and a.frames.shape == b.frames.shape
        and a.frames.tobytes() == b.frames.tobytes()
        and (a.stats is None) == (b.stats is None)
        and (a.stats is None or b.stats is None or np.array_equal(a.stats, b.stats, equal_nan=True))
    )


@given(blocks())
def test_a_block_comes_out_as_it_went_in(block: Block) -> None:
    header, found = decode_block(encode_block(block, {"type": "frames", "stream": "left"}))
    assert same(found, block)
    assert (header["type"], header["stream"]) == ("frames", "left")


def a_block(n: int = 3, k: int = 2) -> Block:
    times = np.array([1_700_000_000_000_000, 1_700_000_000_013_000, 1_700_000_000_027_001])[:n]
    frames = np.arange(n * 5 * 3, dtype="<u2").reshape(n, 5, 3)
    return Block(0, 7, times, 1_700_000_000_030_000, frames, np.ones((n, k), np.float32))


def refusal(message: bytes) -> CodecError | None:
    """Why a message is not taken, or None when it is."""
    try:
        decode_block(message)
    except CodecError as error:
        return error
    return None


@pytest.mark.parametrize("k", [1, 2])
def test_a_block_cut_off_anywhere_is_refused(k: int) -> None:
    block = a_block(k=k)
    message = encode_block(block, {"type": "frames"})
    whole = len(message.rstrip(b"\0"))
    for end in range(len(message)):
        if end < whole:
            with pytest.raises(CodecError):
                decode_block(message[:end])
        elif error := refusal(message[:end]):
            assert error.field == "data"
        else:
            assert same(decode_block(message[:end])[1], block), "only padding may be missing"


@pytest.mark.parametrize("extra", [1, 7, 8, 1000])
def test_a_payload_longer_than_its_header_says_is_refused(extra: int) -> None:
    for block in (a_block(), Block(0, 0, np.arange(3), 0, np.zeros((3, 5, 3), "<u2"))):
        with pytest.raises(CodecError, match="data: expected"):
            decode_block(encode_block(block, {}) + bytes(extra))


def changed(block: Block, **fields: object) -> bytes:
    header, payload = decode(encode_block(block, {}))
    return encode({name: value for name, value in (header | fields).items() if value is not ...}, bytes(payload))


@pytest.mark.parametrize("value", [..., None, -1, 0, 4, 1 << 24, 1 << 25, 1 << 70, 2.0, "3", True, [3]])
@pytest.mark.parametrize("name", ["n", "rows", "cols"])
def test_sizes_that_lie_are_refused(name: str, value: object) -> None:
    with pytest.raises(CodecError):
        decode_block(changed(a_block(), **{name: value}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dtype", "float16"), ("dtype", "object"), ("dtype", None), ("dtype", "uint8"), ("dtype", 7), ("dtype", []),
        ("encoding", "zip"), ("encoding", 3), ("encoding", "zstd"),
        ("e", -1), ("e", 1 << 32), ("e", ...), ("seq", -1), ("seq", (1 << 53) + 1), ("seq", 1.5),
        ("received_us", None), ("received_us", 1 << 63),
        ("times_us", [1, 2]), ("times_us", [1, 2, None]), ("times_us", [1, 2, 3.0]), ("times_us", [1, 2, 1 << 63]),
        ("times_us", [1, 2, True]), ("times_us", "abc"), ("times_us", ...), ("stats", 65), ("stats", -1), ("stats", 3),
        ("stats", 1), ("stats", "2"), ("stats", None),
    ],
)  # fmt: skip
def test_a_header_field_that_is_wrong_is_refused(name: str, value: object) -> None:
    with pytest.raises(CodecError) as refused:
        decode_block(changed(a_block(), **{name: value}))
    assert refused.value.field in (name, "data", "t0_us")


@pytest.mark.parametrize(
    "message",
    [
        b"", b"\0", b"\1\0\0", b"\0\0\0\0", b"\5\0\0\0{}", b"\xff\xff\xff\xff{}", b"\2\0\0\0[]", b"\2\0\0\0\xff\xfe",
        b"\4\0\0\0null", b"\1\0\0\x001", b"\3\0\0\0{,}", struct.pack("<I", MAX_HEADER_BYTES + 1) + b"{}",
        struct.pack("<I", 200_000) + b"[" * 200_000, struct.pack("<I", 10) + b'{"a":NaN} ',
        struct.pack("<I", 12) + b'{"a":"\xed\xa0\x80"}',
    ],
)  # fmt: skip
def test_bytes_that_are_no_message_are_refused(message: bytes) -> None:
    with pytest.raises(CodecError) as refused:
        decode(message)
    assert refused.value.field == "message"


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda payload: encode({"n": 1, "rows": 1}, payload)))
def test_any_bytes_are_a_message_or_refused_by_name(data: bytes) -> None:
    if error := refusal(data):
        assert str(error).startswith(f"{error.field}: ")


@given(st.binary(max_size=2000))
def test_what_is_packed_is_unpacked(data: bytes) -> None:
    assert decompress(compress(data), len(data)) == data


@pytest.mark.parametrize("declared", [True, False])
def test_packed_data_of_another_size_is_refused(declared: bool) -> None:
    packed = zstandard.ZstdCompressor(write_content_size=declared).compress(bytes(1000))
    assert decompress(packed, 1000) == bytes(1000)
    for size in (0, 1, 999, 1001, 1 << 20):
        with pytest.raises(CodecError, match=f"data: expected {size} bytes after unpacking"):
            decompress(packed, size)


def bomb(declared: bool) -> bytes:
    """A few KB that unpack to 256 MiB."""
    packer = zstandard.ZstdCompressor(write_content_size=declared).compressobj(size=256 << 20 if declared else -1)
    return b"".join([packer.compress(bytes(1 << 20)) for _ in range(256)]) + packer.flush()


@pytest.mark.parametrize("declared", [True, False])
def test_a_bomb_is_not_unpacked(declared: bool) -> None:
    packed = bomb(declared)
    assert len(packed) < 1 << 17
    tracemalloc.start()
    with pytest.raises(CodecError, match="data: expected 1000 bytes"):
        decompress(packed, 1000)
    header = {"n": 256, "rows": 1024, "cols": 1024, "dtype": "uint8", "encoding": "zstd", "t0_us": 0, "dt_us": 1}
    with pytest.raises(CodecError, match="n: expected at most"):
        decode_block(encode(header | {"e": 0, "seq": 0, "received_us": 0}, packed))
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_packed_data_that_is_damaged_or_cut_off_is_refused() -> None:
    packed = compress(np.random.default_rng(0).integers(0, 9, 4000).astype("u1").tobytes())
    for end in range(0, len(packed), 7):
        with pytest.raises(CodecError):
            decompress(packed[:end], 4000)
    for broken in (b"", b"not zstd at all", b"\0" * 100):
        with pytest.raises(CodecError):
            decompress(broken, 100)


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6))
def test_many_chunks_in_one_call_are_packed_and_unpacked_each_by_itself(chunks: list[bytes]) -> None:
    packed = compress_all(chunks)
    assert [decompress(one, len(chunk)) for one, chunk in zip(packed, chunks, strict=True)] == chunks
    assert [bytes(one) for one in decompress_all(packed, [len(chunk) for chunk in chunks])] == chunks


def test_one_bad_chunk_among_many_is_refused() -> None:
    good, undeclared = compress(bytes(50)), zstandard.ZstdCompressor(write_content_size=False).compress(bytes(50))
    assert [bytes(one) for one in decompress_all([good, undeclared], [50, 50])] == [bytes(50)] * 2
    damaged = bytearray(compress(np.random.default_rng(0).integers(0, 9, 4000).astype("u1").tobytes()))
    damaged[20:40] = bytes(20)
    for chunks, sizes in (([good, good], [50, 51]), ([good, b"zip"], [50, 3]), ([good, bytes(damaged)], [50, 4000])):
        with pytest.raises(CodecError):
            decompress_all(chunks, sizes)
    with pytest.raises(CodecError):
        decompress_all([good, bomb(declared=True)], [50, 50])


@given(st.lists(st.integers(-(1 << 61), 1 << 61), min_size=1, max_size=20))
def test_times_come_out_as_they_went_in(times: list[int]) -> None:
    array = np.array(times, np.int64)
    assert times_of(times_header(array), len(times)).tolist() == times


def test_evenly_spaced_times_take_two_numbers() -> None:
    assert times_header(np.array([5, 15, 25])) == {"t0_us": 5, "dt_us": 10}
    assert times_header(np.array([25, 15, 5])) == {"times_us": [25, 15, 5]}
    assert times_header(np.array([5])) == {"times_us": [5]}


def test_raw_data_may_have_its_padding_or_not() -> None:
    assert bytes(unpack(b"abc", 3, "raw")) == b"abc"
    assert bytes(unpack(b"abc\0\0\0\0\0", 3, "raw")) == b"abc"
    for data in (b"ab", b"abc\0", b"abc\0\0\0\0\0\0"):
        with pytest.raises(CodecError, match="data: expected 3 bytes"):
            unpack(data, 3, "raw")


LAYOUT = Layout(rows=5, cols=3, dtype="uint16")


def test_a_batch_is_read_in_its_layout() -> None:
    frames = np.arange(60, dtype="<u2").reshape(4, 5, 3)
    for encoding, data in (("raw", frames.tobytes()), ("zstd", compress(frames.tobytes()))):
        found = frames_of(data, 4, LAYOUT, encoding)
        assert found.dtype == frames.dtype
        assert np.array_equal(found, frames)


@pytest.mark.parametrize("n", [0, -1, 3, 5, 1 << 20, 1 << 60])
def test_a_batch_of_another_size_is_refused(n: int) -> None:
    for encoding, data in (("raw", bytes(120)), ("zstd", compress(bytes(120)))):
        with pytest.raises(InvalidData) as refused:
            frames_of(data, n, LAYOUT, encoding)
        assert refused.value.field in ("n", "data")


def test_a_batch_has_a_bounded_number_of_frames_however_small_they_are() -> None:
    small = Layout(rows=1, cols=1, dtype="uint8")
    assert len(frames_of(bytes(1 << 16), 1 << 16, small, "raw")) == 1 << 16
    with pytest.raises(InvalidData, match="n: expected 1 to 65536 frames and at most 8 MiB a batch, got 65537 frames"):
        frames_of(bytes((1 << 16) + 1), (1 << 16) + 1, small, "raw")


def test_a_message_of_the_largest_size_is_taken() -> None:
    frames = np.zeros((MAX_PAYLOAD_BYTES >> 20, 1024, 1024), "u1")
    block = Block(0, 0, np.arange(len(frames)), 0, frames)
    assert same(decode_block(encode_block(block, {}))[1], block)
