from barograph.store.records import Clock
from ingest.clock import ClockExchange


def test_without_a_ping_nothing_is_known():
    assert ClockExchange().estimate is None


def test_the_shortest_round_trip_wins_and_half_of_it_is_the_error():
    exchange, device_behind_us = ClockExchange(), 5_000_000
    server_us = 1_000_000_000
    for there_us, back_us in [(900, 900), (100, 300), (4000, 100)]:
        sent_us = server_us - device_behind_us
        server_us += there_us
        exchange.ping(sent_us, server_us)
        exchange.pong(server_us)
        server_us += back_us
    # Its pong was 300 on the way back and the next ping 4000 here: 4300 in all. 900 + 100 is the shortest.
    assert exchange.estimate == Clock(device_behind_us + 100 - 500, 500)
    assert abs(exchange.estimate.offset_us - device_behind_us) <= exchange.estimate.error_us


def test_one_ping_gives_an_offset_of_unknown_error():
    exchange = ClockExchange()
    exchange.ping(1_000, 4_000)
    assert exchange.estimate == Clock(3_000, None)
