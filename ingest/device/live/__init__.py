"""Live sources: a serial port, a UDP socket, or whatever an adapter brings, as the frames of one stream."""

from ingest.device.live.reading import Reader, live
from ingest.device.live.source import LiveSource, Measured

__all__ = ["LiveSource", "Measured", "Reader", "live"]
