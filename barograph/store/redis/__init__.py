"""The live feed in Redis or Valkey: one server, or a cluster. Everything that touches Redis is in this package.

`keys` names the keys, `servers` says which client asks for which of them, `windows` bounds what is kept, and `feed` is
the live port.
"""

from barograph.store.redis.feed import RedisLive
from barograph.store.redis.keys import key_of

__all__ = ["RedisLive", "key_of"]
