"""The access option on every RPC of the contract: present, and pointing at fields that exist."""

from collections.abc import Iterator

import pytest
from anpr.audit.v1 import audit_pb2, erasure_pb2, oversight_pb2
from anpr.ingest.v1 import camera_pb2, evidence_pb2, ingest_pb2
from anpr.matching.v1 import alert_pb2, decision_pb2, hotlist_pb2, sighting_pb2
from anpr.recognition.v1 import recognition_pb2
from google.protobuf.descriptor import Descriptor, MethodDescriptor, ServiceDescriptor

from services.common import access

CONTRACTS = (
    audit_pb2,
    erasure_pb2,
    oversight_pb2,
    camera_pb2,
    evidence_pb2,
    ingest_pb2,
    alert_pb2,
    decision_pb2,
    hotlist_pb2,
    sighting_pb2,
    recognition_pb2,
)
SERVICES: list[ServiceDescriptor] = [
    service for contract in CONTRACTS for service in contract.DESCRIPTOR.services_by_name.values()
]
METHODS: list[MethodDescriptor] = [method for service in SERVICES for method in service.methods]
RULES = access.rules(SERVICES)
PERSONAL = {"Sighting", "Alert", "HotlistEntry", "Decision", "Flag", "Entry", "PlateCount", "ClonePair"}


def _rule(method: MethodDescriptor) -> access.Rule:
    return RULES[f"/{method.containing_service.full_name}/{method.name}"]


def _end(message: Descriptor | None, path: tuple[str, ...]) -> None:
    """Raises when the path does not exist."""
    assert message is not None
    field = message.fields_by_name[path[0]]
    if len(path) > 1:
        _end(field.message_type, path[1:])


def _messages(message: Descriptor, seen: set[str]) -> Iterator[str]:
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    yield message.name
    for field in message.fields:
        if field.message_type is not None:
            yield from _messages(field.message_type, seen)


def test_the_contract_is_the_whole_of_it() -> None:
    assert {service.name for service in SERVICES} == {
        "AuditService",
        "ErasureService",
        "OversightService",
        "CameraService",
        "EvidenceService",
        "IngestService",
        "AlertService",
        "DecisionService",
        "HotlistService",
        "SightingService",
        "RecognitionService",
    }


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_every_rpc_declares_who_may_call_it_and_what_it_asks(method: MethodDescriptor) -> None:
    rule = _rule(method)
    assert rule.roles
    for path in rule.subject:
        _end(method.input_type, tuple(path.split(".")))
    if rule.results:
        results = method.output_type.fields_by_name[rule.results]
        assert results.is_repeated
        if rule.result_id:
            _end(results.message_type, rule.result_id)
    elif rule.result_id:
        _end(method.output_type, rule.result_id)


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_an_rpc_that_gives_personal_data_to_people_is_audited(method: MethodDescriptor) -> None:
    gives = PERSONAL & set(_messages(method.output_type, set()))
    only_services = _rule(method).roles <= {"service"}
    assert _rule(method).audited or not gives or only_services


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.full_name)
def test_auditors_and_admins_never_reach_sightings(method: MethodDescriptor) -> None:
    if "Sighting" in set(_messages(method.output_type, set())):
        assert _rule(method).roles.isdisjoint({"auditor", "admin", "technician", "camera", "edge"})
