"""A feed by TLS: one server of Redis, and a cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from valkey_cluster import PASSWORD, ValkeyCluster, tls_in, valkey_cluster

from barograph.errors import LiveAway
from barograph.frames import Stream
from barograph.store.redis import RedisLive

STREAMS = [Stream(f"walk-{number}", side) for number in range(12) for side in ("left", "right")]


@pytest.fixture(scope="module")
def by_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyCluster]:
    """Three masters, which talk by TLS with each other, too."""
    home = tmp_path_factory.mktemp("tls")
    with valkey_cluster(home, replicas=False, tls=tls_in(home)) as made:
        yield made


def place(cluster: ValkeyCluster) -> str:
    """Who asks, and one server."""
    return f":{PASSWORD.replace(' ', '%20')}@127.0.0.1:{cluster.nodes[0].port}"


async def test_a_cluster_is_published_to_and_followed_by_tls(by_tls: ValkeyCluster) -> None:
    assert by_tls.url.startswith("rediss+cluster://")
    live = await RedisLive.connect(by_tls.url, 5.0)
    try:
        await live.ping()
        await live.publish([(stream, stream.workout_id.encode()) for stream in STREAMS])
        found = await live.follow(dict.fromkeys(STREAMS, "0"), 1)
        assert {(entry.stream, entry.message) for entry in found} == {(one, one.workout_id.encode()) for one in STREAMS}
    finally:
        await live.close()


@pytest.mark.parametrize("scheme", ["rediss", "rediss+cluster"])
async def test_a_server_whose_certificate_nobody_known_signed_is_not_talked_to(
    by_tls: ValkeyCluster, scheme: str
) -> None:
    live = await RedisLive.connect(f"{scheme}://{place(by_tls)}", 5.0)
    with pytest.raises(LiveAway, match="certificate"):
        await live.ping()
    await live.close()


async def test_a_single_server_is_talked_to_by_tls_and_without_is_not(by_tls: ValkeyCluster) -> None:
    tls = by_tls.nodes[0].tls
    assert tls
    live = await RedisLive.connect(f"rediss://{place(by_tls)}?ssl_ca_certs={tls.certificate}", 5.0)
    with pytest.raises(LiveAway, match=r"one server of a cluster: expected redis\+cluster://"):  # so it was understood
        await live.ping()
    await live.close()
    live = await RedisLive.connect(f"redis://{place(by_tls)}", 5.0)
    with pytest.raises(LiveAway, match="did not"):
        await live.ping()
    await live.close()
