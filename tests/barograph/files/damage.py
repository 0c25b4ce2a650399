"""Ways in which a file is damaged, each with a name, and what is said of one that is."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from barograph.errors import FileFormatError

NUMBER = re.compile(rb"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")
INSTEAD = (b"word", b"NaN", b"inf", b"-1", b"1e308", b"9" * 400, b"", b"0", b"\xff", b"1,5", b"0x10", b"1_000")
SEPARATORS = (b"\t", b",", b" ")

Damage = Iterator[tuple[str, bytes]]


def places(data: bytes, n: int, seed: int = 1) -> list[int]:
    """At most `n` places in the data, its ends among them."""
    if len(data) <= n:
        return list(range(len(data)))
    chosen = random.Random(seed).sample(range(1, len(data) - 1), n - 2)
    return [0, *sorted(chosen), len(data) - 1]


def cuts(data: bytes, n: int) -> Damage:
    """The file ends too early."""
    for place in places(data, n):
        yield f"cut at byte {place}", data[:place]


def turned(data: bytes, n: int) -> Damage:
    """A byte has another value."""
    for i, place in enumerate(places(data, n, seed=2)):
        bit = 1 << i % 8
        yield f"bit {i % 8} turned in byte {place}", data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def emptied(data: bytes, n: int) -> Damage:
    """A part is zeros, as after a crash, or was lost, or is there twice."""
    for place in places(data, n, seed=3):
        part = data[place : place + 16]
        yield f"zeros in bytes {place} to {place + 15}", data[:place] + bytes(len(part)) + data[place + 16 :]
        yield f"bytes {place} to {place + 15} lost", data[:place] + data[place + 16 :]
        yield f"bytes {place} to {place + 15} twice", data[:place] + part + data[place:]


def lines(data: bytes, n: int) -> Damage:
    """A line was lost, is there twice, or has its columns twice; all lines have a column more."""
    all_ = data.split(b"\n")
    for k in places(bytes(len(all_)), n, seed=4):
        yield f"line {k + 1} lost", b"\n".join([*all_[:k], *all_[k + 1 :]])
        yield f"line {k + 1} twice", b"\n".join([*all_[: k + 1], *all_[k:]])
        for separator in SEPARATORS:
            if separator in all_[k]:
                doubled = all_[k] + separator + all_[k]
                yield f"columns of line {k + 1} twice", b"\n".join([*all_[:k], doubled, *all_[k + 1 :]])
                break
    yield "lines in reverse", b"\n".join(reversed(all_))


def numbers(data: bytes, n: int) -> Damage:
    """A number is a word, none, far too large, or not there."""
    found = list(NUMBER.finditer(data))
    for i, k in enumerate(places(bytes(len(found)), n, seed=5)):
        for text in (INSTEAD[i % len(INSTEAD)], INSTEAD[(i + 5) % len(INSTEAD)]):
            start, stop = found[k].span()
            yield f"{text[:8]!r} for the number at byte {start}", data[:start] + text + data[stop:]


def text_damage(data: bytes, n: int) -> Damage:
    """All of it, of a text file."""
    for way in (cuts, turned, emptied, lines, numbers):
        yield from way(data, n)


def binary_damage(data: bytes, n: int) -> Damage:
    """All that a binary file can have."""
    for way in (cuts, turned, emptied):
        yield from way(data, n)


@contextmanager
def refused_at(line: int, expected: str) -> Iterator[None]:
    """What is within has to refuse a file of any name, at a line, with what was expected there."""
    with pytest.raises(FileFormatError) as caught:
        yield
    message = str(caught.value)
    assert f"any name.dat, line {line}: expected " in message
    assert expected in message
