"""A described frame byte by byte, for whoever writes the other side."""

from __future__ import annotations

from ingest.device.live import checksums
from ingest.device.live.description import UNITS_US, Description, Field

BITS_PER_BYTE = 10  # on a serial line: a start bit, eight, a stop bit


def explained(given: Description) -> list[str]:
    """Return lines that say what stands where."""
    layout = given.layout
    order = "column by column" if given.by_columns else "row by row"
    if given.text:
        parts = [_in_text(given, field, order) for field in given.fields]
        return [f"a line of numbers with {given.separator!r} between them, ended by a line feed:", *parts]
    ending = "little-endian" if given.little else "big-endian"
    head = f"a frame of {given.nbytes} bytes, {layout.rows} x {layout.cols} cells of {given.dtype}, {ending}:"
    rows = [f"  {_places(field):<12}{field.name:<10}{_said(given, field, order)}".rstrip() for field in given.fields]
    rate = given.baud / BITS_PER_BYTE / given.nbytes
    out = [head, *rows, f"on a serial line of {given.baud} baud at most {rate:.1f} frames a second"]
    if given.header and given.checksum in checksums.WEAK:
        out.append("a frame is taken when the next header follows it, or the line falls silent")
    if not given.header:
        out.append("without a header for UDP alone, where a datagram is one or more whole frames")
    return out


def _places(field: Field) -> str:
    return f"{field.start}" if field.nbytes == 1 else f"{field.start}-{field.stop - 1}"


def _in_text(given: Description, field: Field, order: str) -> str:
    if field.name == "checksum":
        digits = 2 * checksums.BYTES[given.checksum]
        return f"  then * and {digits} digits: {given.checksum} of all before the *, in hexadecimal"
    if field.name == "cells":
        layout = given.layout
        return f"  {layout.cells} cells of {given.dtype}, {layout.rows} x {layout.cols}, {order}"
    return f"  {field.name}: {_counter(given, field)}" if field.name != "skip" else "  a number that is not read"


def _said(given: Description, field: Field, order: str) -> str:
    if field.name == "header":
        return given.header.hex(" ").upper()
    if field.name == "length":
        of = {"frame": "all bytes", "rest": "bytes after this field", "cells": "bytes of the cells"}
        return f"{field.kind}, always {given.expected_length}: {of[given.length_counts]}"
    if field.name == "skip":
        return "not read"
    if field.name == "checksum":
        return f"{given.checksum} of bytes {given.checked_from}-{field.start - 1}"
    if field.name == "cells":
        each = given.cell_type.itemsize
        last = f"row {given.layout.rows - 1}, column {given.layout.cols - 1} at {field.stop - each}"
        return f"{given.layout.cells} x {given.dtype}, {order}: row 0, column 0 at {field.start}, {last}"
    return _counter(given, field)


def _counter(given: Description, field: Field) -> str:
    if field.name == "sequence":
        return f"{field.kind}, 1 more each frame, 0 after {(1 << field.bits) - 1}"
    wraps_s = (1 << field.bits) * UNITS_US[given.time_unit] / 1e6
    wraps = f", 0 again after {wraps_s:,.0f} s" if wraps_s < 1e7 else ""
    return f"{field.kind}, the sensor's clock in {given.time_unit}{wraps}"
