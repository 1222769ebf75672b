"""The process: what is not built says so, health tells the truth, and upkeep outlives its trouble."""

import asyncio
from pathlib import Path
from typing import Any

import grpc
import pytest
from anpr.matching.v1 import alert_pb2, decision_pb2, sighting_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.common import caller, refusals, server, settings
from services.common.errors import AuditUnavailable, StoreUnavailable
from services.common.settings import SettingsProblem
from services.matching.clients import NAME, AuditHealth
from services.matching.settings import Settings
from services.matching.store.alerts import Swept
from services.matching.upkeep import Sweeper
from tests.audit.keyring import RECEIPTS
from tests.engines import Scratch
from tests.matching.builders import context
from tests.matching.conftest import HORIZON, NOWHERE, Matching, what_is_served

NOT_BUILT: dict[str, tuple[str, Any, str]] = {
    "SearchSightings": ("sightings", sighting_pb2.SearchSightingsRequest, "officer"),
    "TrackVehicle": ("sightings", sighting_pb2.TrackVehicleRequest, "officer"),
    "CrossSearch": ("sightings", sighting_pb2.CrossSearchRequest, "officer"),
    "FindConvoys": ("sightings", sighting_pb2.FindConvoysRequest, "officer"),
    "FindClones": ("sightings", sighting_pb2.FindClonesRequest, "officer"),
    "VerifyAlert": ("alerts", alert_pb2.VerifyAlertRequest, "verifier"),
    "DisposeAlert": ("alerts", alert_pb2.DisposeAlertRequest, "verifier"),
    "RecordDecision": ("decisions", decision_pb2.RecordDecisionRequest, "magistrate_liaison"),
    "GetDecision": ("decisions", decision_pb2.GetDecisionRequest, "dpo"),
    "RevokeDecision": ("decisions", decision_pb2.RevokeDecisionRequest, "magistrate_liaison"),
}


@pytest.mark.postgres
@pytest.mark.parametrize("method", NOT_BUILT)
async def test_what_is_not_built_says_so_and_is_logged(matching: Matching, method: str) -> None:
    service, request, role = NOT_BUILT[method]
    who = caller.Caller("terminal-7", "p1", "u1", "zone-a", frozenset({role}))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await getattr(getattr(matching, service), method)(request(access=context()), metadata=who.metadata())
    assert (refused.value.code(), refusals.reason(refused.value)) == (grpc.StatusCode.UNIMPLEMENTED, "NOT_BUILT")
    assert matching.ledger.kinds() == ["INTENT", "OUTCOME UNIMPLEMENTED"]


@pytest.mark.postgres
async def test_with_audit_down_recording_serves_and_disclosing_does_not(scratch: Scratch) -> None:
    async with what_is_served(scratch) as served:
        assert served.whole is not None
        await served.whole()
        passes = {service.name: await _passes(check) for service, check in served.services.items()}
    assert passes == {
        "SightingService": True,
        "HotlistService": False,
        "AlertService": False,
        "DecisionService": False,
    }


async def _passes(check: server.Check) -> bool:
    try:
        await check()
    except AuditUnavailable:
        return False
    return True


@pytest.mark.parametrize("serves", [True, False])
async def test_audit_is_asked_for_its_health(serves: bool) -> None:
    status = health_pb2.HealthCheckResponse.SERVING if serves else health_pb2.HealthCheckResponse.NOT_SERVING
    audit = grpc.aio.server()
    servicer = health.aio.HealthServicer()
    await servicer.set(NAME, status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, audit)
    port = audit.add_insecure_port("127.0.0.1:0")
    await audit.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        if serves:
            await AuditHealth(channel).verify_serving()
        else:
            with pytest.raises(AuditUnavailable):
                await AuditHealth(channel).verify_serving()
    await audit.stop(0)


async def test_an_audit_that_does_not_answer_is_unavailable() -> None:
    async with grpc.aio.insecure_channel(NOWHERE) as channel:
        with pytest.raises(AuditUnavailable):
            await AuditHealth(channel).verify_serving()


class FailingStore:
    """The database is gone at first."""

    def __init__(self) -> None:
        self.calls = 0
        self.back = asyncio.Event()

    async def sweep(self, *_: object) -> Swept:
        self.calls += 1
        if self.calls == 1:
            raise StoreUnavailable("the database does not answer")
        self.back.set()
        return Swept(0, 0)


async def test_the_sweeper_outlives_a_database_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.matching.upkeep.SWEEP_EVERY_S", 0.01)
    store = FailingStore()
    task = asyncio.create_task(Sweeper(store, HORIZON).run())  # type: ignore[arg-type]
    await asyncio.wait_for(store.back.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _environment(folder: Path) -> dict[str, str]:
    file = folder / "file"
    file.write_bytes(bytes(32))
    names = ("DATABASE_PASSWORD_FILE", "READER_PASSWORD_FILE", "TOKEN_KEY_FILE")
    texts = {
        "LISTEN": "127.0.0.1:0",
        "REGION": "r",
        "ZONE": "z",
        "DATABASE": "dbname=x",
        "AUDIT_ADDRESS": "127.0.0.1:1",
        "AUDIT_RECEIPT_KEYS": RECEIPTS.verifier.encode(),
    }
    return {f"ANPR_{name}": value for name, value in {**texts, **dict.fromkeys(names, str(file))}.items()}


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    assert settings.load(Settings, _environment(tmp_path)).sweep_horizon_s == 3600


@pytest.mark.parametrize("horizon", ["0", "86401", "soon"])
def test_a_horizon_that_the_database_does_not_look_back_is_refused(tmp_path: Path, horizon: str) -> None:
    with pytest.raises(SettingsProblem):
        settings.load(Settings, {**_environment(tmp_path), "ANPR_SWEEP_HORIZON_S": horizon})
