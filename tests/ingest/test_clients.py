"""Batches for matching: whole, in order, and small enough."""

import pytest
from anpr.common.v1 import plate_pb2
from anpr.matching.v1 import sighting_pb2
from hypothesis import given
from hypothesis.strategies import integers, lists

from services.ingest import clients
from services.ingest.clients import MAX_BYTES, MAX_READS
from services.ingest.errors import ReadsRefused


def _read(number: int, size_bytes: int = 0) -> plate_pb2.Read:
    return plate_pb2.Read(read_id=str(number), adapter_version="x" * size_bytes)


@given(sizes=lists(integers(0, MAX_BYTES // 3), max_size=12))
def test_no_batch_is_larger_than_matching_takes_and_no_read_is_left_out(sizes: list[int]) -> None:
    reads = [_read(number, size_bytes) for number, size_bytes in enumerate(sizes)]
    found = list(clients.batches(reads))
    assert [read for batch in found for read in batch] == reads
    assert all(found)
    for batch in found:
        assert sighting_pb2.RecordSightingsRequest(reads=batch).ByteSize() < 1.1 * MAX_BYTES


def test_batches_of_small_reads_are_full() -> None:
    assert [len(batch) for batch in clients.batches(map(_read, range(600)))] == [MAX_READS, MAX_READS, 88]


def test_a_read_that_no_message_holds_is_refused_here() -> None:
    with pytest.raises(ReadsRefused) as refused:
        list(clients.batches([_read(1), _read(2, MAX_BYTES)]))
    assert refused.value.facts["by"] == "MESSAGE_TOO_LARGE"
