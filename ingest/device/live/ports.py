"""A serial port and a UDP socket as live sources of described frames."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from barograph.errors import InvalidData
from barograph.extras import command
from ingest.device.live.description import MOST_FRAME_BYTES, Description
from ingest.device.live.framing import Decoder, Faults
from ingest.device.live.lines import decoder
from ingest.device.live.source import LiveSource, Measured

if TYPE_CHECKING:
    import serial

WAIT_S = 0.2
GATHER_S = 0.002  # so that not every byte is a reading of its own
MOST_READ_BYTES = 1 << 16
RECEIVE_BYTES = 1 << 20
OTHER_AFTER_S = 2.0
LOOPBACK = "127.0.0.1"


class SerialSource(LiveSource):
    """Described frames from a serial port; what pyserial can open."""

    def __init__(self, port: str, description: Description) -> None:
        if not description.text and not description.header:
            expected = "a header: without one nothing says where a frame begins on a serial line"
            raise InvalidData(f"header: expected {expected}", field="header")
        self.layout = description.layout
        self._name = port
        self._described = description
        self._faults = Faults()
        self._decoder: Decoder = decoder(description, self._faults)
        self._port: serial.Serial | None = None

    def open(self) -> None:
        """Open the port, and drop what it had before."""
        try:
            import serial
        except ImportError as error:
            raise InvalidData(f"serial: expected pyserial; {command('serial')}", field="source") from error
        try:
            self._port = serial.serial_for_url(self._name, self._described.baud, timeout=WAIT_S, exclusive=True)
            self._port.reset_input_buffer()
        except ValueError as error:
            raise InvalidData(f"{self._name}: expected a serial port: {error}", field="source") from error
        except OSError as error:
            raise OSError(f"{self._name} cannot be opened: {error.strerror or error}") from error

    def read(self) -> list[Measured]:
        """Return the frames that came; `OSError` when the port is gone."""
        if (port := self._port) is None:
            raise OSError(f"{self._name} is not open")
        try:
            data = port.read(1)
            if data:
                time.sleep(GATHER_S)
                data += port.read(min(port.in_waiting, MOST_READ_BYTES))
        except (OSError, TypeError) as error:  # pyserial: TypeError when the port was closed while it read
            raise OSError(f"{self._name} is gone: {error}") from error
        now_us = time.monotonic_ns() // 1000
        return self._decoder.feed(data, now_us) if data else self._decoder.silent(now_us)

    def close(self) -> None:
        """Close the port; half a frame is dropped."""
        self._decoder.cut()
        if self._port is not None:
            self._port.close()
            self._port = None

    def told(self) -> str:
        """Return what came and was no frame."""
        return self._faults.told()


class UdpSource(LiveSource):
    """Described frames in datagrams: a datagram is one or more whole frames, or lines.

    The first that sends is listened to; others are counted, until it was silent for `OTHER_AFTER_S`. Who may send is
    not asked: anybody who reaches the port.
    """

    def __init__(self, host: str, port: int, description: Description) -> None:
        self.layout = description.layout
        self.address = (host, port)
        self._faults = Faults()
        self._decoder: Decoder = decoder(description, self._faults, whole=True)
        self._socket: socket.socket | None = None
        self._sender: tuple[object, ...] | None = None
        self._heard_s = 0.0

    def open(self) -> None:
        """Open the socket."""
        host, port = self.address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        self._socket.settimeout(WAIT_S)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            raise OSError(f"udp:{host}:{port} cannot be listened on: {error.strerror or error}") from error
        self.address = (host, self._socket.getsockname()[1])

    def read(self) -> list[Measured]:
        """Return the frames of the next datagram."""
        if self._socket is None:
            raise OSError(f"udp:{self.address[1]} is not open")
        try:
            data, sender = self._socket.recvfrom(MOST_FRAME_BYTES + 1)
        except TimeoutError:
            return []
        now_us = time.monotonic_ns() // 1000
        if sender != self._sender and self._sender is not None and now_us / 1e6 - self._heard_s < OTHER_AFTER_S:
            self._faults.add("datagrams of another sender", said=f"{sender[0]} sends too")
            return []
        self._sender, self._heard_s = sender, now_us / 1e6
        out = self._decoder.feed(data, now_us) + self._decoder.silent(now_us)
        self._decoder.cut()
        return out

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def told(self) -> str:
        """Return what came and was no frame."""
        return self._faults.told()
