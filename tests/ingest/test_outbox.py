from ingest import outbox
from ingest.outbox import Outbox


async def test_what_informs_is_dropped_and_counted_when_the_client_is_slow_and_answers_are_not(monkeypatch):
    monkeypatch.setattr(outbox, "MAX_OFFERED", 3)
    box = Outbox()
    for number in range(5):
        box.offer({"offered": number})
    box.push({"ack": 1})
    assert await box.next() == [{"offered": 0}, {"offered": 1}, {"offered": 2}, {"ack": 1}]
    assert box.dropped == 2
    assert not box.lost


async def test_a_client_that_never_reads_its_answers_is_lost_and_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(outbox, "MAX_WAITING", 3)
    box = Outbox()
    for number in range(100):
        box.push({"ack": number})
    assert box.lost
    assert len(await box.next()) == 3


async def test_nothing_waits_for_a_client_that_is_gone():
    box = Outbox()
    box.push({"ack": 1})
    box.close()
    box.push({"ack": 2})
    assert await box.next() == []
