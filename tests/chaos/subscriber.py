"""`python -m tests.chaos.subscriber GATEWAY FILE`: watches alerts for ever, and is killed at any moment.

Alerts are durable in the file before their token is: after a kill it may get some again, and must miss none.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import TextIO

import grpc
from anpr.matching.v1 import alert_pb2, alert_pb2_grpc

from services.common import ledger, refusals
from services.common.channels import open_channel
from services.local.desk import INVESTIGATION
from tests.chaos import people
from tests.chaos.records import Alert, encode_batch, read_lines, write_line

AGAIN_S = 0.2
HANDLING_S = 0.05  # between the alerts and their token: a kill that falls here brings the batch again


async def main(gateway: str, path: Path) -> None:
    token = _resume(path)
    with path.open("a") as file:
        async with open_channel(gateway) as channel:
            watch = alert_pb2_grpc.AlertServiceStub(channel).WatchAlerts
            while True:
                request = alert_pb2.WatchAlertsRequest(access=INVESTIGATION, resume_token=token)
                try:
                    async for batch in watch(request, metadata=people.WATCHER.metadata()):
                        _keep(file, batch)
                        await asyncio.sleep(HANDLING_S)
                        token = batch.resume_token
                        _durable(file, "token", {"token": token})
                except grpc.aio.AioRpcError as refused:
                    words = f"WatchAlerts {refused.code().name} {refusals.reason(refused)}: {refused.details()}"
                    _durable(file, "refused", {"words": words, "is_fault": not people.is_of_a_kill(refused)})
                await asyncio.sleep(AGAIN_S)


def _resume(path: Path) -> str:
    """The token of the last batch that was written whole; a line that was cut off by a kill goes."""
    text = path.read_text() if path.exists() else ""
    with path.open("a") as file:
        file.truncate(len(text[: text.rfind("\n") + 1].encode()))
    tokens = [line["token"] for line in read_lines(path) if line["kind"] == "token"]
    return str(tokens[-1]) if tokens else ""


def _keep(file: TextIO, batch: alert_pb2.WatchAlertsResponse) -> None:
    alerts = [_alert(alert) for alert in batch.alerts]
    digest = ledger.digest(alert.alert_id for alert in alerts)
    answer = people.answer("WatchAlerts", batch.receipt, len(alerts), digest)
    _durable(file, "batch", encode_batch(answer, alerts))


def _alert(alert: alert_pb2.Alert) -> Alert:
    read = alert.sighting.read
    passage = (alert.hotlist.hotlist_id, read.capture.camera_id, read.capture.sequence, read.plate.text)
    return Alert(alert.position, alert.alert_id, passage)


def _durable(file: TextIO, kind: str, content: dict[str, object]) -> None:
    write_line(file, kind, content)
    file.flush()
    os.fsync(file.fileno())


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
