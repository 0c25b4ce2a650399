"""Files that no reader takes: what they are, in plain words, and what to do."""

from __future__ import annotations

WORKBOOK = "an Excel workbook or another office document, which cannot be read; save the sheet as CSV and import that"
PACKED = "a compressed file; unpack it and import what is in it"
# How files begin that people drop here.
BEGINNINGS: dict[bytes, str] = {
    b"\xff\xfe": "text in UTF-16, which has to be saved as UTF-8",
    b"\xfe\xff": "text in UTF-16, which has to be saved as UTF-8",
    b"\xd0\xcf\x11\xe0": WORKBOOK,
    b"\x1f\x8b": PACKED,
    b"\x28\xb5\x2f\xfd": PACKED,
    b"7z\xbc\xaf": PACKED,
    b"Rar!": PACKED,
    b"%PDF": "a PDF, which has no frames that can be read; export the frames as text",
    b"\x89PNG": "a picture, which has no frames",
    b"\xff\xd8\xff": "a picture, which has no frames",
    b"\x93NUMPY": "a single array, which does not say of what sensor; barograph.files.write writes a Recording",
}
MOST_LETTERS = 60


def described(head: bytes) -> str:
    """Return what the first bytes of a file say that it is."""
    known = next((said for begin, said in BEGINNINGS.items() if head.startswith(begin)), None)
    if known is not None:
        return known
    if head.startswith(b"PK\x03\x04"):
        return WORKBOOK
    if not head.strip(b" \t\r\n\x00"):
        return "an empty file; export it again"
    if b"\x00" in head:
        return "a binary file of another program; export it as text (ASCII or CSV) there"
    return f"a text that begins with {_first_line(head)!r}"


def _first_line(head: bytes) -> str:
    lines = head.decode("utf-8", "replace").lstrip("\ufeff").split("\n")
    line = next((line.strip() for line in lines if line.strip()), "")
    plain = "".join(letter if letter.isprintable() else " " for letter in line)
    return plain if len(plain) <= MOST_LETTERS else f"{plain[:MOST_LETTERS]}..."
