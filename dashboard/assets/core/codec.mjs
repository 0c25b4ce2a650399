// The binary form of barograph/codec.py in the browser:
//   u32 little-endian header length | UTF-8 JSON header | payload
// The payload starts at a multiple of 8 bytes, so frames and statistics are read in place, without a copy.

const CELLS = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array, float64: Float64Array };
const text = new TextDecoder();

const padded = (length) => length + ((8 - (length % 8)) % 8);

/** Header and the offset of the payload of the message that begins at `from`. */
export function decode(buffer, from = 0) {
  const length = new DataView(buffer).getUint32(from, true);
  if (from + 4 + length > buffer.byteLength) {
    throw new RangeError(`a header of ${length} bytes in a message of ${buffer.byteLength - from}`);
  }
  const header = JSON.parse(text.decode(new Uint8Array(buffer, from + 4, length)));
  return { header, start: from + padded(4 + length) };
}

/** (n) times in µs since 1970, from `times_us` or from `t0_us` and `dt_us`. */
export function timesOf(header) {
  if (header.times_us) return Float64Array.from(header.times_us);
  const dt = header.dt_us ?? 0;
  return Float64Array.from({ length: header.n }, (_, i) => header.t0_us + i * dt);
}

/** A Block: times, `frames` (n·rows·cols) unless the message has none, `stats` (n·k) unless it has none. */
export function decodeBlock(buffer, from = 0) {
  const { header, start } = decode(buffer, from);
  const { n, rows = 0, cols = 0, stats: k = 0 } = header;
  const Cells = CELLS[header.dtype] ?? Uint8Array;
  const size = n * rows * cols;
  const frames = size ? new Cells(buffer, start, size) : null;
  const at = start + padded(size * Cells.BYTES_PER_ELEMENT);
  const stats = k ? new Float32Array(buffer, at, n * k) : null;
  return { header, times: timesOf(header), frames, stats, k, cells: rows * cols, end: padded(at + n * k * 4) };
}

/** Blocks one after the other, as an answer over HTTP holds them. */
export function decodeBlocks(buffer) {
  const blocks = [];
  for (let from = 0; from < buffer.byteLength; from = blocks.at(-1).end) blocks.push(decodeBlock(buffer, from));
  return blocks;
}
