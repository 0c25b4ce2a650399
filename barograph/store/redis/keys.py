"""The keys of the live feed.

What stands in braces decides about the slot of a cluster, so that all streams of a workout lie at one server, and one
command reads them. Workouts spread over the servers.
"""

from __future__ import annotations

import uuid

from barograph.frames import Stream

PREFIX = "barograph:live"
_WRITTEN = {"%": "%25", ":": "%3A", "{": "%7B", "}": "%7D"}
_TABLE = str.maketrans(_WRITTEN)


def key_of(stream: Stream) -> str:
    """Return the stream's key; ':', '{' and '}' within a name are written as in a URL, so that no two share one."""
    return f"{PREFIX}:{{{stream.workout_id.translate(_TABLE)}}}:{stream.stream.translate(_TABLE)}"


def slot_name(key: str) -> str:
    """Return what two keys have in common that one command may name together, in a cluster too."""
    return key.partition("}")[0]


def trial_key(tag: str) -> str:
    """Return a new key that no stream has, in the slot of a tag: for an entry that only shows that one is taken."""
    return f"{PREFIX}::{{{tag}}}:{uuid.uuid4().hex}"
