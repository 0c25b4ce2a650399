"""The one binary form: wire, live feed, archive payloads and HTTP.

    u32 little-endian header length | UTF-8 JSON header | payload

The payload starts at the next multiple of 8 bytes and is itself padded with zeros to a multiple of 8, so that a
reader may map it in place; `encode` pads the header with blanks, which JSON ignores. The header of a Block says
`n`, `rows`, `cols`, `dtype`, `encoding` ("raw" or "zstd"), `times_us` or (`t0_us`, `dt_us`), and, when statistics
follow the frames in the payload, `stats`: the number of float32 columns. A payload that does not have exactly the
size that its header says is refused. Blocks may stand one after the other in one message, for each says where it ends.
"""

from __future__ import annotations

import io
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import zstandard

from barograph.errors import CodecError, InvalidData
from barograph.frames import DTYPES, Block, Ints, Layout

MAX_HEADER_BYTES = 256 << 10
MAX_PAYLOAD_BYTES = 64 << 20
MOST_BATCH_FRAMES = 1 << 16  # times and statistics of very small frames take far more room than the frames
MOST_BATCH_BYTES = 8 << 20
MOST_WINDOW_BYTES = 16 << 20  # a few bytes may ask for 128 MiB to look back in, before anything is unpacked
ZSTD_LEVEL = 1
MAX_STEP_US = 1 << 40
_LENGTH = struct.Struct("<I")
_local = threading.local()

Header = dict[str, Any]


def _padding(length: int) -> int:
    return -length % 8


def encode(header: Mapping[str, Any], *payload: bytes | bytearray | memoryview) -> bytes:
    """Return one message of the binary form; each part of its payload is copied once, and padded."""
    text = msgspec.json.encode(header)
    text += b" " * _padding(_LENGTH.size + len(text))
    padded = (piece for part in payload for piece in (part, bytes(_padding(len(part)))))
    return b"".join((_LENGTH.pack(len(text)), text, *padded))


def split(message: bytes | memoryview) -> tuple[memoryview, memoryview]:
    """Return the header's bytes and the payload (padding included) of a message, or `CodecError`."""
    view = memoryview(message)
    if len(view) < _LENGTH.size:
        raise CodecError(f"message: expected 4 bytes of header length, got {len(view)} bytes in all", field="message")
    (length,) = _LENGTH.unpack_from(view)
    if length > MAX_HEADER_BYTES:
        raise CodecError(
            f"message: a header of {length} bytes is too long; at most {MAX_HEADER_BYTES}", field="message"
        )
    start = _LENGTH.size + length
    if start > len(view):
        raise CodecError(f"message: its header says {length} bytes, but only {len(view) - 4} follow", field="message")
    return view[_LENGTH.size : start], view[min(start + _padding(start), len(view)) :]


def decode(message: bytes | memoryview) -> tuple[Header, memoryview]:
    """Return the header and payload (padding included) of a message, or `CodecError`."""
    text, payload = split(message)
    try:
        header = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CodecError(f"message: its header is not JSON: {error}", field="message") from error
    if not isinstance(header, dict):
        raise CodecError("message: expected a JSON object as header", field="message")
    return header, payload


def compress(data: bytes | memoryview) -> bytes:
    """Compress with zstd at level 1, with one compressor per thread."""
    return bytes(_compressor().compress(data))


def compress_all(chunks: Sequence[bytes | memoryview]) -> list[bytes]:
    """Compress each chunk by itself, in one call: the GIL is given away once, and not fought for after every chunk."""
    if not chunks:
        return []
    packed: Any = _compressor().multi_compress_to_buffer(list(chunks))
    return [chunk.tobytes() for chunk in packed]


def decompress_all(chunks: Sequence[bytes], sizes: Sequence[int]) -> list[bytes | memoryview]:
    """Return what `decompress` makes of each chunk, in one call where all declare the size that they should have."""
    try:
        declared = [zstandard.frame_content_size(chunk) for chunk in chunks]
        if not chunks or declared != list(sizes):
            return [decompress(chunk, size) for chunk, size in zip(chunks, sizes, strict=True)]
        unpacked: Any = _decompressor().multi_decompress_to_buffer(list(chunks))
    except zstandard.ZstdError as error:
        raise CodecError(f"data: not zstd: {error}", field="data") from error
    return [memoryview(chunk) for chunk in unpacked]


def _compressor() -> zstandard.ZstdCompressor:
    compressor: zstandard.ZstdCompressor | None = getattr(_local, "compressor", None)
    if compressor is None:
        compressor = _local.compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
    return compressor


def decompress(data: bytes | memoryview, size: int) -> bytes:
    """Decompress exactly `size` bytes, or raise `CodecError`; a bomb is never unpacked beyond `size` + 1."""
    try:
        if zstandard.frame_content_size(data) == size:
            out = _decompressor().decompress(data)  # never more than the frame declares
        else:
            with _decompressor().stream_reader(io.BytesIO(data)) as reader:
                out = reader.read(size + 1)
    except zstandard.ZstdError as error:
        raise CodecError(f"data: not zstd: {error}", field="data") from error
    if len(out) != size:
        came = "more" if len(out) > size else str(len(out))
        raise CodecError(f"data: expected {size} bytes after unpacking, got {came}", field="data")
    return bytes(out)


def _decompressor() -> zstandard.ZstdDecompressor:
    decompressor: zstandard.ZstdDecompressor | None = getattr(_local, "decompressor", None)
    if decompressor is None:
        decompressor = _local.decompressor = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW_BYTES)
    return decompressor


def unpack(data: bytes | memoryview, size: int, encoding: str) -> bytes | memoryview:
    """Unpack `size` bytes of a payload in `encoding`; zero padding to 8 bytes may follow raw data."""
    if encoding == "zstd":
        return decompress(data, size)
    if encoding != "raw":
        raise CodecError(f"encoding: expected raw or zstd, got {encoding!r}", field="encoding")
    if len(data) not in (size, size + _padding(size)):
        raise CodecError(f"data: expected {size} bytes (n x rows x cols x cell), got {len(data)}", field="data")
    return data[:size]


def whole(header: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """Return a whole number of the header between `low` and `high`, or `CodecError` that names it."""
    value = header.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise CodecError(f"{name}: expected a whole number from {low} to {high}, got {str(value)[:40]}", field=name)
    return value


def times_header(times_us: Ints) -> Header:
    """Return `t0_us` and `dt_us` when the times are evenly spaced and do not go back, else `times_us`."""
    steps = times_us[1:] - times_us[:-1]
    if len(steps) and 0 <= steps[0] <= MAX_STEP_US and (steps == steps[0]).all():
        return {"t0_us": int(times_us[0]), "dt_us": int(steps[0])}
    return {"times_us": times_us.tolist()}


def times_of(header: Mapping[str, Any], n: int) -> Ints:
    """Return (n,) int64 µs from `times_us`, or `t0_us` and `dt_us`."""
    if (times := header.get("times_us")) is not None:
        good = isinstance(times, list) and len(times) == n and all(type(t) is int and abs(t) < 1 << 62 for t in times)
        if not good:
            raise CodecError(f"times_us: expected {n} whole microseconds", field="times_us")
        return np.array(times, np.int64)
    t0 = whole(header, "t0_us", -(1 << 62), 1 << 62)
    dt = whole(header, "dt_us", 0, MAX_STEP_US) if n > 1 else 0
    return t0 + dt * np.arange(n, dtype=np.int64)


def encode_block(block: Block, header: Mapping[str, Any]) -> bytes:
    """Return a Block as a message: `header` (type, stream, …) plus what is needed to read the Block back."""
    n, rows, cols = block.frames.shape
    head: Header = {
        **header, "e": block.e, "seq": block.seq, "n": n, "rows": rows, "cols": cols,
        "dtype": block.frames.dtype.name, "encoding": "raw", "received_us": block.received_us,
        **times_header(block.times_us),
    }  # fmt: skip
    payload = [bytes_of(block.frames)]
    if block.stats is not None and block.stats.shape[1]:
        head["stats"] = block.stats.shape[1]
        payload.append(bytes_of(block.stats.astype("<f4", copy=False)))
    return encode(head, *payload)


def bytes_of(array: np.ndarray[Any, Any]) -> memoryview:
    """Return the bytes of an array, row after row; those of the array itself where they lie so."""
    return np.ascontiguousarray(array).data.cast("B")


def decode_block(message: bytes | memoryview) -> tuple[Header, Block]:
    """Return the header and Block of a message that `encode_block` made."""
    header, payload = decode(message)
    return header, block_of(header, payload)


def block_of(header: Header, payload: memoryview) -> Block:
    """Return the Block of a message that was decoded already."""
    frames, rest = _frames_in(header, payload)
    stats = None
    if "stats" in header:
        n, k = len(frames), whole(header, "stats", 1, 64)
        stats = np.frombuffer(unpack(rest, 4 * n * k, "raw"), "<f4").reshape(n, k)
    elif len(rest):
        raise CodecError(f"data: expected the frames alone, but {len(rest)} bytes follow them", field="data")
    return Block(
        e=whole(header, "e", 0, 1 << 31), seq=whole(header, "seq", 0, 1 << 53), times_us=times_of(header, len(frames)),
        received_us=whole(header, "received_us", 0, 1 << 62), frames=frames, stats=stats,
    )  # fmt: skip


def in_turn(message: bytes | memoryview) -> Iterator[memoryview]:
    """Yield the blocks of a message that holds several, one after the other, each as a message by itself.

    Frames are raw, and a block may have statistics only; what is no block is the whole of a message.
    """
    rest = memoryview(message)
    while len(rest):
        header, payload = decode(rest)
        stop = len(rest) - len(payload) + _payload_bytes(header) if "n" in header else len(rest)
        if stop > len(rest):
            raise CodecError(f"message: a block of {stop} bytes, but only {len(rest)} are left", field="message")
        yield rest[:stop]
        rest = rest[stop:]


def _payload_bytes(header: Header) -> int:
    n, k = whole(header, "n", 1, 1 << 24), whole(header, "stats", 1, 64) if "stats" in header else 0
    n_cells, dtype = _cells(header) if "rows" in header else (0, DTYPES["uint8"])
    frames, stats = n_cells * dtype.itemsize, 4 * n * k
    return frames + _padding(frames) + stats + _padding(stats)


def _cells(header: Header) -> tuple[int, np.dtype[Any]]:
    """How many cells the frames of a header have in all, and of which type."""
    n, rows, cols = (whole(header, name, 1, 1 << 24) for name in ("n", "rows", "cols"))
    if (name := header.get("dtype")) not in tuple(DTYPES):
        raise CodecError(f"dtype: expected one of {', '.join(DTYPES)}, got {str(name)[:40]!r}", field="dtype")
    return n * rows * cols, DTYPES[name]


def _frames_in(header: Header, payload: memoryview) -> tuple[np.ndarray[Any, Any], memoryview]:
    """(n, rows, cols) frames at the front of a payload, and what follows; raw frames unless nothing follows."""
    n_cells, dtype = _cells(header)
    size = n_cells * dtype.itemsize
    if size > MAX_PAYLOAD_BYTES:
        raise CodecError(f"n: expected at most {MAX_PAYLOAD_BYTES} bytes of frames, got {size}", field="n")
    encoding = header.get("encoding", "raw")
    start = size + _padding(size) if encoding == "raw" else len(payload)
    raw = unpack(payload[:start], size, encoding)
    return np.frombuffer(raw, dtype).reshape(header["n"], header["rows"], header["cols"]), payload[start:]


def frames_of(data: bytes | memoryview, n: int, layout: Layout, encoding: str) -> np.ndarray[Any, Any]:
    """Return (n, rows, cols) frames of a batch from a device, checked against its layout."""
    size = n * layout.frame_bytes
    if not 1 <= n <= MOST_BATCH_FRAMES or size > MOST_BATCH_BYTES:
        raise InvalidData(
            f"n: expected 1 to {MOST_BATCH_FRAMES} frames and at most {MOST_BATCH_BYTES >> 20} MiB a batch, got {n} "
            f"frames of {layout.frame_bytes} bytes",
            field="n",
        )
    raw = unpack(data, size, encoding)
    return np.frombuffer(raw, layout.numpy_dtype).reshape(n, layout.rows, layout.cols)
