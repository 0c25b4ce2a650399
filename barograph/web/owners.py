"""Whose program is at the other end of a connection over loopback: the kernel knows, and answers at once.

Linux says of each socket of the machine which user made it (sock_diag(7)). Elsewhere, and of a connection that is gone,
it is not known.
"""

from __future__ import annotations

import socket
import struct
import sys
from typing import Any

from barograph.networks import Address, address_of

# <linux/netlink.h>, <linux/sock_diag.h>, <linux/inet_diag.h>
_SOCK_DIAG, _BY_FAMILY, _REQUEST, _ERROR = 4, 20, 1, 2
_HEAD = struct.Struct("=IHHII")
_ASKED = struct.Struct("=BBBxI")  # family, protocol, extensions; states
_PLACES = struct.Struct("!HH16s16s")  # both ports and both addresses, of which the first is the socket's own
_ANY = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)  # on any interface, whatever its cookie
_UID_AT = _HEAD.size + 4 + _PLACES.size + len(_ANY) + 12
_OWNED = struct.Struct("=II")
PATIENCE_S = 0.2


def owner_of(scope: Any) -> int | None:
    """Return the user whose program made a request over loopback, by its ASGI scope; None where that is not known."""
    client, server = scope.get("client"), scope.get("server")
    if sys.platform != "linux" or not client or not server:
        return None
    theirs, ours = address_of(client[0]), address_of(server[0])
    if theirs is None or ours is None or not theirs.is_loopback or theirs.version != ours.version:
        return None
    try:
        return _ask((theirs, int(client[1])), (ours, int(server[1])))
    except OSError:
        return None


def _ask(socket_at: tuple[Address, int], other_at: tuple[Address, int]) -> int | None:
    family = socket.AF_INET6 if socket_at[0].version == 6 else socket.AF_INET
    packed = [at.packed.ljust(16, b"\0") for at, _ in (socket_at, other_at)]
    places = _PLACES.pack(socket_at[1], other_at[1], *packed) + _ANY
    body = _ASKED.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + places
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG) as asking:
        asking.settimeout(PATIENCE_S)
        asking.send(_HEAD.pack(_HEAD.size + len(body), _BY_FAMILY, _REQUEST, 1, 0) + body)
        answer = asking.recv(4096)
    _, kind, *_ = _HEAD.unpack_from(answer)
    if kind == _ERROR or len(answer) < _UID_AT + _OWNED.size:  # there is no such socket
        return None
    uid, inode = _OWNED.unpack_from(answer, _UID_AT)
    return uid if inode else None  # of one that no program holds any more, the kernel says root
