"""A long JSON array inside an object, taken apart while it arrives: `{"name": [element, …], "other": …}`.

Only brackets, commas and strings are looked at here, so that the elements, one after the other, and in the end the
object without them can be given to a real JSON decoder (which reads a frame twenty times as fast as a parser that
takes any piece of text). Memory holds one unfinished element and the object without the array.
"""

from __future__ import annotations

import re

from werkzeug.exceptions import RequestEntityTooLarge

from barograph.errors import InvalidData

_STRING = rb'"(?:[^"\\]|\\.)*"'
_OUTSIDE = re.compile(_STRING + rb'|["\[\]{}]', re.S)
_BETWEEN = re.compile(_STRING + rb'|["\[\]{},]', re.S)
_WITHIN = re.compile(_STRING + rb'|\[[^\[\]{}"]*\]|["\[\]{}]', re.S)  # a row of numbers is one token
_BLANK = b" \t\r\n"


class Elements:
    """Takes text in pieces and gives complete elements of the array `name`; `rest` is all else, with `[]` for it."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self._opening = re.compile(rb'"' + re.escape(name.encode()) + rb'"\s*:\s*\Z')
        self._most_bytes = most_bytes
        self._text = bytearray()
        self._at = 0  # where to look on
        self._depth = 0
        self._inside = False
        self._found = False
        self._after_comma = False
        self._count = 0
        self.rest = bytearray()

    def feed(self, piece: bytes) -> list[bytes]:
        """Return the elements that are complete now."""
        self._text += piece
        done: list[bytes] = []
        start = 0
        while (token := self._next()) and token[0] != b'"':
            self._at = token.end()
            if self._inside:
                start = self._in_array(token[0], start, done)
            elif self._opens(token, start):
                start = self._at
            else:
                self._depth += (token[0] in b"[{") - (token[0] in b"]}") if len(token[0]) == 1 else 0
        self._at = token.start() if token else max(self._at, len(self._text))
        if not self._inside:
            self.rest += self._text[start : self._at]
            start = self._at
        del self._text[:start]
        self._at -= start
        if len(self._text) > self._most_bytes or len(self.rest) > self._most_bytes:
            raise RequestEntityTooLarge(f"body: expected at most {self._most_bytes} bytes an element")
        return done

    def _next(self) -> re.Match[bytes] | None:
        pattern = _OUTSIDE if not self._inside else _WITHIN if self._depth else _BETWEEN
        return pattern.search(self._text, self._at)

    def _opens(self, token: re.Match[bytes], start: int) -> bool:
        """Whether this token is the bracket that opens the array."""
        before = self._text[start : token.start()]
        if token[0] != b"[" or self._depth != 1 or not self._opening.search(self.rest[-200:] + before):
            return False
        if self._found:
            raise InvalidData("body: the array of frames is there twice", field="body")
        self.rest += before
        self._inside = self._found = True
        self._depth = 0
        return True

    def _in_array(self, token: bytes, start: int, done: list[bytes]) -> int:
        """Where the next element begins."""
        if len(token) > 1:
            return start
        if token in b"[{":
            self._depth += 1
        elif token in b"]}" and self._depth:
            self._depth -= 1
        elif not self._depth and token in b",]":
            self._element(bytes(self._text[start : self._at - 1]), token, done)
            return self._at
        elif not self._depth:
            raise InvalidData("body: a bracket closes that was never opened", field="body")
        return start

    def _element(self, text: bytes, token: bytes, done: list[bytes]) -> None:
        closes, empty = token == b"]", not text.strip(_BLANK)
        if not empty:
            done.append(text)
            self._count += 1
        elif not (closes and not self._after_comma):
            raise InvalidData("body: expected a frame before each comma and after it", field="body")
        self._after_comma = not closes
        if closes:
            self._inside = False
            self._depth = 1
            self.rest += b"[]"

    def end(self) -> bytes:
        """Return the object without the array: nothing more comes."""
        if self._inside:
            raise InvalidData("body: it ends in the middle of the array", field="body")
        return bytes(self.rest + self._text)
