"""Every error Barograph raises on purpose.

BarographError
├── InvalidData        a value, array, layout or block that breaks its contract
│   └── CodecError     bytes that are not a message of the binary form
├── FileFormatError    a file that no reader takes; names file, line and expectation
│   └── NotSaid        a file that does not say what it takes to read it; names what to ask
├── Refused            what is not taken, or not yet: a code, the field, when to try again
├── NotFound           a workout or stream that is not stored
│   └── Gone           a workout that was erased: devices cannot make it anew
├── AccessDenied       what whoever asks may not do, or a token that is not taken
├── StorageAway        the archive did not answer in time; whether a write happened is unknown
│   └── ServerAway     a server on another machine did not answer, or could not; asked several times
├── Unreadable         what is sealed and cannot be opened: its key is not there, or it was changed
├── LiveAway           the live feed did not answer; nothing is lost by that
├── BackupError        a backup that is not whole, not ours or newer, or an instance that none can be restored into
├── SettingsError      a setting that cannot be used
├── NotInstalled       what needs a package that is not installed; the message says what to install
└── EmbeddedError      an embedded server that cannot be started (`barograph.servers.embedded`)
"""

from __future__ import annotations

from typing import Any

MOST_MESSAGE, MOST_FIELD = 1000, 128  # characters


class BarographError(Exception):
    """Base of all errors that Barograph raises on purpose."""


def shortened(text: str, most: int) -> str:
    """Return a text with its end cut off where it is too long: it may repeat what somebody sent."""
    return text if len(text) <= most else text[: most - 2] + " …"


class InvalidData(BarographError, ValueError):
    """A value that breaks its contract; `field` names it."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(shortened(message, MOST_MESSAGE))
        self.field = None if field is None else shortened(field, MOST_FIELD)


class CodecError(InvalidData):
    """Bytes that are not a message of the binary form."""


class FileFormatError(BarographError):
    """A file that cannot be read; the message names file, line and what was expected."""


class NotSaid(FileFormatError):
    """A file that does not say what it takes to read it.

    `asks` names what: rate, pitch, side, or map, which is what lines and columns of a text are.
    """

    def __init__(self, message: str, asks: tuple[str, ...]) -> None:
        super().__init__(message)
        self.asks = asks


class Refused(BarographError):
    """A message that is not taken, and what to tell whoever sent it."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(shortened(message, MOST_MESSAGE))
        self.code = code
        self.field = None if field is None else shortened(field, MOST_FIELD)
        self.retry_after_s = retry_after_s

    def event(self, **about: Any) -> dict[str, Any]:
        """Return the `error` event that says so."""
        return {
            "type": "error",
            **about,
            "code": self.code,
            "message": str(self),
            "field": self.field,
            "retryable": self.retry_after_s is not None,
            "retry_after_s": self.retry_after_s,
        }


class Unreadable(BarographError):
    """What is sealed and cannot be opened: its key is not there or was destroyed, or somebody changed it."""


class NotFound(BarographError, LookupError):
    """A workout or stream that is not stored."""


class Gone(NotFound):
    """A workout that was erased; only a person makes a new one of its name."""


class KeyGone(Unreadable, Gone):
    """What is sealed belonged to somebody or something that was erased: its key was destroyed."""


class AccessDenied(BarographError):
    """What was asked is not allowed to whoever asks, or the token is not taken."""


class StorageAway(BarographError):
    """The archive did not answer in time: whether a write happened is unknown."""


class ServerAway(StorageAway):
    """A server on another machine that did not answer, or could not: whether a write happened is unknown."""


class FramesAway(StorageAway):
    """Frames in cold storage that cannot be read now: it does not answer, is not set here, or lacks them."""


class LiveAway(BarographError):
    """The live feed did not answer; the archive has every frame.

    `streams` are those of which it is away, none where that is all; `entries` is what was read of the others.
    """

    def __init__(self, message: str, *, streams: frozenset[Any] = frozenset(), entries: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.streams, self.entries = streams, entries


class NotInstalled(BarographError, ImportError):
    """What needs a package of an extra that is not installed; the message has the command that installs it."""


class BackupError(BarographError):
    """A backup that is not whole, not ours or newer, or an instance into which none can be restored."""


class SettingsError(BarographError):
    """A setting that cannot be used; the message names it."""
