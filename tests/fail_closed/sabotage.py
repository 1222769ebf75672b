"""Lines that make calls fail closed, each with a replacement that disables it. `row`: the test that must fail then."""

from tests.chaos.sabotage import Sabotage

AUDITED = "services/common/audited.py"
SABOTAGES = {
    "warning-ignored": Sabotage(
        "services/audit/sequencer.py",
        'if self._notices or result.statusmessage != "COMMIT":',
        'if result.statusmessage != "COMMIT":',
        "a commit that was not waited for passes for one",
        "test_no_rpc_gives_anything_away[a commit is cancelled",
    ),
    "intent-not-awaited": Sabotage(
        AUDITED,
        "self._intent = await self._append(self._fields(self._intent_id, audit_pb2.ENTRY_KIND_INTENT))",
        "self._intent = Promise(0, ''); "
        "_keep(asyncio.ensure_future(self._append(self._fields(self._intent_id, audit_pb2.ENTRY_KIND_INTENT))))",
        "a method runs before its intent is durable",
        "test_no_rpc_gives_anything_away[the process is dead",
    ),
    "outcome-not-awaited": Sabotage(
        AUDITED,
        "promise = await self._append(outcome)",
        "promise = Promise(0, ''); _keep(asyncio.ensure_future(self._append(outcome)))",
        "a result leaves before its outcome is durable",
        "test_results_that_are_ready_are_withheld",
    ),
    "stream-ungated": Sabotage(
        AUDITED,
        "yield await undisturbed(disclosure.disclose(response, page=page))",
        "yield response",
        "messages of a stream leave without an outcome",
        "test_a_watch_that_is_open_gives_no_alert",
    ),
}
