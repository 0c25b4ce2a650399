"""Every error Barograph raises on purpose.

BarographError
├── InvalidData        a value, array, layout or block that breaks its contract
│   └── CodecError     bytes that are not a message of the binary form
├── FileFormatError    a file that no reader takes; names file, line and expectation
├── NotFound           a workout or stream that is not stored
├── StorageAway        the archive did not answer in time; whether a write happened is unknown
├── LiveAway           the live feed did not answer; nothing is lost by that
├── SettingsError      a setting that cannot be used
└── EmbeddedError      an embedded server that cannot be started (`barograph.embedded`)
"""


class BarographError(Exception):
    """Base of all errors that Barograph raises on purpose."""


class InvalidData(BarographError, ValueError):
    """A value that breaks its contract; `field` names it."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class CodecError(InvalidData):
    """Bytes that are not a message of the binary form."""


class FileFormatError(BarographError):
    """A file that cannot be read; the message names file, line and what was expected."""


class NotFound(BarographError, LookupError):
    """A workout or stream that is not stored."""


class StorageAway(BarographError):
    """The archive did not answer in time: whether a write happened is unknown."""


class LiveAway(BarographError):
    """The live feed did not answer; the archive has every frame."""


class SettingsError(BarographError):
    """A setting that cannot be used; the message names it."""
