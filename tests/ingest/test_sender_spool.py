async def test_a_gap_whose_reason_the_server_has_no_room_for_does_not_stop_the_device(peer, tmp_path):
    path = tmp_path / "a.spool"
    await resumed(peer, path, live(0, 50))
    ((epoch, slots),) = peer.epochs.items()
    for seq in range(20, 50):
        del slots[seq]

    def before(message):
        if message["type"] == "gap":
            slots.update(dict.fromkeys(range(20, 50), "not_resent"))
            error = {"type": "error", "code": "too_many_gaps", "message": "1024 gaps", "retryable": False}
            return [error, peer.ack(epoch)]
        return None

    peer.before = before
    _, at = await resumed(peer, path, live(50, 10))
    assert (at.acked, at.connections) == (10, 1)
    assert peer.names() == [*range(20), *range(50, 60)]
