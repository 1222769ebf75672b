"""When a result may leave."""

import asyncio

import pytest

from services.audit.errors import EntryNotFound, LogBehind
from services.audit.release import Heads, Policy, Release
from services.common.errors import Invalid
from tests.audit.logs import Parts, entry, outcome, running

pytestmark = pytest.mark.postgres


def test_the_policy_is_by_purpose_and_for_results_alone() -> None:
    policy = Policy("*=durable, oversight=witnessed,judicial_offence=integrated")
    asked = entry(purpose="oversight")
    assert policy.of(outcome(asked, purpose="oversight")) is Release.WITNESSED
    assert policy.of(outcome(asked, purpose="judicial_offence")) is Release.INTEGRATED
    assert policy.of(outcome(asked, purpose="administrative_2")) is Release.DURABLE
    assert policy.of(asked) is Release.DURABLE
    assert policy.of(outcome(asked, purpose="oversight", status="NOT_FOUND")) is Release.DURABLE
    assert Policy("").of(outcome(asked)) is Release.DURABLE
    assert Policy("*=integrated").of(outcome(asked, purpose="oversight")) is Release.INTEGRATED


@pytest.mark.parametrize("text", ["durable", "*=soon", "=durable", "oversight=durable,oversight=integrated"])
def test_a_policy_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="release policy"):
        Policy(text)


async def test_who_waits_for_a_signed_head_is_told_when_his_entry_is_under_it(parts: Parts) -> None:
    await parts.integrator.verify()
    await parts.log.append([entry(), entry()])
    heads = Heads(parts.store)
    waiting = asyncio.ensure_future(heads.until(1, Release.INTEGRATED))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    async with running(parts.integrator.run):
        note = await waiting
    assert int(note.splitlines()[1]) > 1


async def test_a_head_that_does_not_come_is_a_refusal(parts: Parts) -> None:
    await parts.integrator.verify()
    await parts.log.append([entry()])
    with pytest.raises(LogBehind):
        await Heads(parts.store, within_s=0.2).until(0, Release.INTEGRATED)
    with pytest.raises(Invalid):
        await Heads(parts.store).until(0, Release.DURABLE)
    with pytest.raises(EntryNotFound):
        await Heads(parts.store).until(1, Release.INTEGRATED)
