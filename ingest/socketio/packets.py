"""Socket.IO packets and the messages of `/ws` that they mean, so that one core reads both. No socket, no clock.

An event's payload is not decoded here: its JSON goes to the core as text, with the event's name in `type`. What is
no packet, or one that no client of ours has a reason to send, becomes an event without a name, which the core refuses
by name; so a bad packet costs its sender an error, and never an exception in the server.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
from socketio import packet

from barograph import codec
from ingest.receipts import RECEIPT

MAX_ATTACHMENTS = 1  # `data` of `frames`; a packet that announces more would have them all kept until the last is here
NAMELESS = ""
_KINDS = (packet.CONNECT, packet.DISCONNECT, packet.EVENT, packet.BINARY_EVENT)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_BROKEN = re.compile(r'\["(\w{1,64})",(.*)\]\s*\Z', re.S)


class Json:
    """The JSON of python-socketio: arguments of an event stay as they came."""

    @staticmethod
    def loads(text: str) -> Any:
        """Return a list of a name and undecoded arguments; anything else decoded."""
        if not text.startswith("["):
            return msgspec.json.decode(text)
        try:
            name, *arguments = _list.decode(text)
        except (msgspec.DecodeError, RecursionError):
            if (found := _BROKEN.match(text)) is None:
                raise
            return [found[1], found[2].encode()]  # the core says what is wrong with it
        return [msgspec.json.decode(name), *arguments]

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        """Return JSON text without blanks."""
        return msgspec.json.encode(value).decode()


class Attached(msgspec.Struct):
    """An event's payload, decoded, with binary in its place."""

    fields: Any


class Packet(packet.Packet):  # type: ignore[misc]
    """A packet that can always be read."""

    json = Json

    def __init__(self, *args: Any, encoded_packet: str | bytes | None = None, **more: Any) -> None:
        super().__init__(*args, encoded_packet=encoded_packet, **more)
        if encoded_packet is not None and not encoded_packet:
            self.decode(encoded_packet)

    def decode(self, encoded_packet: str | bytes) -> int:
        """Read a packet, and say how many attachments follow it."""
        try:
            count: int = super().decode(encoded_packet)
            self._check(encoded_packet, count)
        except (ValueError, TypeError, LookupError, RecursionError, msgspec.MsgspecError):
            self.packet_type, self.namespace, self.id, self.data = packet.EVENT, None, None, [NAMELESS]
            return 0
        return count

    def _check(self, encoded_packet: str | bytes, count: int) -> None:
        event = self.packet_type in (packet.EVENT, packet.BINARY_EVENT)
        if not isinstance(encoded_packet, str):
            raise TypeError("an attachment of no packet")
        if self.packet_type not in _KINDS or count != (self.packet_type == packet.BINARY_EVENT) * MAX_ATTACHMENTS:
            raise ValueError("no packet of a client")
        if event and not (isinstance(self.data, list) and self.data and isinstance(self.data[0], str)):
            raise ValueError("no event")

    @classmethod
    def data_is_binary(cls, data: Any) -> bool:
        """Return False: nothing that the server says is binary, and looking for it would cost more than sending."""
        return False

    @classmethod
    def reconstruct_binary(cls, data: Any, attachments: Sequence[bytes]) -> Any:
        """Return the event with its attachment in place."""
        try:
            fields = [msgspec.json.decode(argument) for argument in data[1:]]
            return [data[0], *(Attached(super(Packet, cls).reconstruct_binary(each, attachments)) for each in fields)]
        except (LookupError, TypeError, RecursionError, msgspec.MsgspecError):
            return [NAMELESS]


def message_of(event: str, arguments: Sequence[Any]) -> str | bytes:
    """Return the message of `/ws` that an event means; one that means none is text that the core refuses."""
    payload = arguments[0] if arguments else b"{}"
    if isinstance(payload, Attached):
        return _binary(event, payload.fields)
    text = bytes(payload) if isinstance(payload, bytes | msgspec.Raw) else msgspec.json.encode(payload)
    if not text.startswith(b"{"):
        return text.decode(errors="replace")
    rest = text[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return (b'{"type":' + msgspec.json.encode(event) + comma + rest).decode(errors="replace")


def _binary(event: str, fields: Any) -> str | bytes:
    """The binary form where the attachment is `data`; elsewhere JSON, which says what is wrong with it."""
    if not isinstance(fields, dict):
        return msgspec.json.encode(fields).decode()
    data = fields.pop("data", b"")
    if not isinstance(data, bytes):
        return msgspec.json.encode({**fields, "data": data, "type": event}).decode()
    return codec.encode({**fields, "type": event}, data)


def packet_of(message: dict[str, Any]) -> Packet:
    """Return what the server says, as an event or as the acknowledgement of one."""
    if message["type"] == RECEIPT:
        return Packet(packet.ACK, [message["result"]], id=message["id"])
    payload = dict(message)
    return Packet(packet.EVENT, [str(payload.pop("type")), payload])
