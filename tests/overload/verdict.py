"""What a run shows: a table, the slowest part in a sentence, and what must hold."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from services.local.instance import SERVICES
from tests.overload import samples as measured
from tests.overload.experiment import Outcome
from tests.overload.ledger import Count
from tests.overload.sampler import OBSERVER, PARTS, SENDER
from tests.overload.samples import Sample
from tests.overload.tally import Tally

Say = Callable[[str], None]
OURS = (*SERVICES, "gateway")
GROWTH_MB = 50.0
ROOM_WORDS = "too many frames wait"
EVERY = 20  # samples a printed line


def show(outcome: Outcome, say: Say) -> bool:
    """Prints everything; whether all of it holds."""
    _course(outcome.samples, say)
    _usage(outcome.samples, say)
    _answers(outcome, say)
    say(slowest(outcome))
    checks = [*outcome.counts, *_checks(outcome)]
    say("")
    for check in checks:
        say(f"{'ok  ' if check.holds else 'FAIL'} {check.words}: {check.found} of {check.wanted}")
    return all(check.holds for check in checks)


def slowest(outcome: Outcome) -> str:
    """Names the part with the most processor time and the queue that grew, with figures."""
    seen = outcome.samples
    shares = sorted(((measured.cores(seen, name), name) for name in _present(seen, PARTS)), reverse=True)
    (most, name), (next_most, next_name) = shares[:2]
    refused = _sum(seen).refused
    at_gate = sum(count for words, count in refused.items() if ROOM_WORDS not in words)
    later = seen[len(seen) // 2 :]
    queues = {
        "recognition (frames that wait to be read)": sum(one.waiting for one in later) / len(later) - seen[0].waiting,
        "matching (frames that wait to be sent)": sum(one.read for one in later) / len(later) - seen[0].read,
    }
    queue, longer = max(queues.items(), key=lambda item: item[1])
    stage = (
        f"the queue that grew is that of {queue}, {longer:.0f} longer in the second half than at the start"
        if longer > outcome.limit
        or refused.total() > 2 * at_gate  # more than a second's work, or the limit was reached
        else f"no queue behind the door grew ({', '.join(f'{word} {by:+.0f}' for word, by in queues.items())}), so it is the "
        "door: arrival, put and commit of a frame"
    )
    return (
        f"slowest part: {name}, {most:.2f} of the {sum(share for share, _ in shares):.2f} cores that the suite used, "
        f"{measured.machine(seen):.2f} busy on the machine (then {next_name}, {next_most:.2f}); "
        f"{stage}; {at_gate} refusals at the gate, {refused.total() - at_gate} for want of room behind it."
    )


def _checks(outcome: Outcome) -> Iterable[Count]:
    seen = outcome.samples
    total = _sum(seen)
    yield Count(
        "refusals that are OVERLOADED",
        sum(n for words, n in total.refused.items() if words.startswith("OVERLOADED:")),
        total.refused.total(),
    )
    ends = total.acknowledged + total.left + total.dropped + total.unanswered
    yield Count("frames of the cameras whose end is known", ends, total.taken)
    yield Count("refusals without a delay", total.undelayed, 0)
    yield Count("streams that broke", total.broken.total(), 0)
    yield Count("frames without any answer at the end", total.unanswered, 0)
    for name in _present(seen, OURS):
        memory = measured.memory(seen, name)
        yield Count(f"{name}: MB of memory grown above {GROWTH_MB:.0f}", max(0, round(memory.grown_mb - GROWTH_MB)), 0)
    down = {outcome.plan.down}
    lies = [sorted(one.unhealthy - down) for one in seen if one.unhealthy - down]
    yield Count("seconds in which a service that works did not say so", len(lies), 0)
    most = max(one.waiting + one.read for one in seen)
    yield Count("frames that waited above the limit", max(0, most - outcome.plan.frames_waiting), 0)
    yield Count("runs in which that limit was reached", int(any(ROOM_WORDS in words for words in total.refused)), 1)


def _course(seen: Sequence[Sample], say: Say) -> None:
    say(
        "    s  taken/s  tries/s  acked/s  refused/s  done/s  waiting   read   p50 ms   p99 ms  "
        + "  ".join(f"{name} MB" for name in OURS)
    )
    for start in range(0, len(seen) - 1, EVERY):
        part = seen[start : start + EVERY + 1]
        span_s, total = part[-1].at_s - part[0].at_s, _sum(part[1:])
        sizes = "  ".join(
            f"{part[-1].usage[name].rss_bytes / measured.MB if name in part[-1].usage else 0:{len(name) + 3}.0f}"
            for name in OURS
        )
        say(
            f"{part[-1].at_s - seen[0].at_s:5.0f} {total.taken / span_s:8.1f} {total.attempts / span_s:8.1f} "
            f"{total.acknowledged / span_s:8.1f} {total.refused.total() / span_s:10.1f} "
            f"{(part[-1].done - part[0].done) / span_s:7.1f} {part[-1].waiting:8d} {part[-1].read:6d} "
            f"{measured.percentile(total.latencies_ms, 0.5):8.0f} {measured.percentile(total.latencies_ms, 0.99):8.0f}  {sizes}"
        )


def _usage(seen: Sequence[Sample], say: Say) -> None:
    senders = tuple(sorted({name for one in seen for name in one.usage if name.startswith(SENDER)}))
    say("\npart                cores   MB first    last   grown  spread")
    for name in (*_present(seen, PARTS), *senders):
        memory = measured.memory(seen, name)
        say(
            f"{name:18} {measured.cores(seen, name):6.2f} {memory.first_mb:10.0f} {memory.last_mb:7.0f} "
            f"{memory.grown_mb:7.1f} {memory.spread_mb:7.1f}"
        )
    say(f"{OBSERVER:18} {measured.cores(seen, OBSERVER):6.2f}")
    say(f"{'whole machine':18} {measured.machine(seen):6.2f}\n")


def _answers(outcome: Outcome, say: Say) -> None:
    seen, total = outcome.samples, _sum(outcome.samples)
    seconds = outcome.plan.seconds
    say(
        f"limit {outcome.limit:.1f}/s; in {seconds:g} s the cameras took {total.taken} frames ({total.taken / seconds:.1f}/s), "
        f"sent {total.attempts} times, {total.acknowledged} acknowledged ({total.acknowledged / seconds:.1f}/s, "
        f"{total.duplicates} for the second time), {total.refused.total()} refusals; left at the cameras: {total.left}, "
        f"of which without room there: {total.dropped}"
    )
    for words, count in total.refused.most_common():
        say(f"  refused {count:7d}  {words}")
    for words, count in total.broken.most_common():
        say(f"  broken  {count:7d}  {words}")
    ages = outcome.ages
    say(
        f"from capture to matching: {ages.in_time:.0%} within a minute, median {ages.median_s:.1f} s, "
        f"longest {ages.longest_s:.0f} s; drained in {outcome.drained_s:.0f} s"
    )
    unhealthy = Counter(name for one in seen for name in one.unhealthy)
    if unhealthy:
        say("  seconds without SERVING: " + ", ".join(f"{name} {count}" for name, count in unhealthy.items()))


def _present(seen: Sequence[Sample], names: Iterable[str]) -> list[str]:
    return [name for name in names if sum(name in one.usage for one in seen[len(seen) // 5 :]) > 2]


def _sum(seen: Sequence[Sample]) -> Tally:
    total = Tally()
    for one in seen:
        total.add(one.tally)
    return total
