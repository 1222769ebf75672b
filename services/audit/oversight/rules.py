"""The rules over single look-ups and what went before them. Those that compare officers are in volume.py.

A rule that fits again and again raises one flag for a period, named after the first look-up of the period that it is about: of
the day, or of fixed spans of 14 and 90 days. What it counts is a sliding span all the same.
"""

from collections.abc import Callable, Iterable, Sequence

from services.audit.oversight.lookup import DAY_MS, OWN_SYSTEM, Lookup
from services.audit.oversight.placeholder import is_placeholder
from services.audit.oversight.rule import Earlier, Finding, Rule, Seen
from services.audit.oversight.sentence import alone, listed, what, who
from services.audit.oversight.vehicle_rules import colleague_vehicle, own_vehicle, protected_vehicle

MINUTE_MS = 60 * 1000
SAME_SEARCH_MS = 15 * MINUTE_MS  # pages of one search are look-ups of their own in the log


def _repeated_plate(seen: Seen) -> Finding | None:
    limit, days = seen.thresholds["lookups"], seen.thresholds["days"]
    if not seen.lookup.is_search or not seen.lookup.plates:
        return None
    plate = seen.lookup.plates[0]
    same = [one for one in (*seen.earlier, seen.lookup) if one.is_search and plate in one.plates]
    recent = _searches(one for one in same if seen.lookup.time_ms - one.time_ms < days * DAY_MS)
    cases = {one.content.case_reference for one in recent}
    if len(recent) < limit or (len(cases) == 1 and "" not in cases):
        return None
    words = (
        f"{who(seen)} looked {plate} up {len(recent)} times within {days} days, under {len(cases)} different case references"
        f"{', one of them empty' if '' in cases else ''}; {limit} times or more ask for a look."
    )
    return Finding(words, _first_of_span(same, seen.lookup, days * DAY_MS), tuple(recent))


def _off_shift(seen: Seen) -> Finding | None:
    off = [one for one in (*seen.earlier, seen.lookup) if one.day == seen.lookup.day and _is_off(seen, one)]
    if not off or off[-1] is not seen.lookup:
        return None
    away = (seen.reference.nearest_shift(seen.lookup.officer, seen.lookup.time_ms) or 0) // MINUTE_MS
    words = (
        f"{who(seen)} made {what(seen)} {away} minutes away from the nearest shift in the roster; more than"
        f" {seen.thresholds['margin_minutes']} ask for a look. It is number {len(off)} of that day (UTC)."
    )
    return Finding(words, off[0], tuple(off))


def _is_off(seen: Seen, one: Lookup) -> bool:
    """Off duty, by a roster that has the officer on duty about that time: of others it is not known."""
    away = seen.reference.nearest_shift(one.officer, one.time_ms)
    if away is None:
        return False
    return seen.thresholds["margin_minutes"] * MINUTE_MS < away <= seen.thresholds["known_days"] * DAY_MS


def _placeholder_reason(seen: Seen) -> Finding | None:
    same = [
        one for one in (*seen.earlier, seen.lookup) if one.day == seen.lookup.day and is_placeholder(one.content.reason)
    ]
    if not same or same[-1] is not seen.lookup:
        return None
    words = (
        f'{who(seen)} gave "{seen.lookup.content.reason}" as the reason of {what(seen)}: it says nothing.'
        f" It is number {len(same)} of that day (UTC)."
    )
    return Finding(words, same[0], tuple(same))


def _shared_case(seen: Seen) -> Finding | None:
    limit, days = seen.thresholds["officers"], seen.thresholds["days"]
    case = seen.lookup.content.case_reference
    if not case:
        return None
    same = [one for one in (*seen.earlier, seen.lookup) if one.content.case_reference == case]
    first: dict[str, Lookup] = {}
    for one in same:
        if seen.lookup.time_ms - one.time_ms < days * DAY_MS:
            first.setdefault(one.officer, one)
    if len(first) <= limit:
        return None
    words = (
        f"The case reference {case} was used by {len(first)} officers within {days} days; more than {limit} ask for a look."
        " A number that goes round is no reason of anybody."
    )
    return Finding(words, _first_of_span(same, seen.lookup, days * DAY_MS), tuple(first.values()))


def _wide_search(seen: Seen) -> Finding | None:
    lookup, limits = seen.lookup, seen.thresholds
    faults = []
    fixed = sum(character.isalnum() for character in lookup.pattern)
    if lookup.pattern and fixed < limits["fixed_characters"]:
        faults.append(f"a pattern with {fixed} fixed characters (fewer than {limits['fixed_characters']})")
    days = _days(lookup)
    if days > limits["window_days"]:
        faults.append(f"a window of {days} days (more than {limits['window_days']})")
    if lookup.cameras > limits["cameras"]:
        faults.append(f"{lookup.cameras} cameras (more than {limits['cameras']})")
    if not lookup.is_search or not faults:
        return None
    return alone(seen, f"{who(seen)} made {what(seen)} with {listed(faults)}.")


def _days(lookup: Lookup) -> int:
    if lookup.from_ms is None or lookup.until_ms is None:
        return 0
    return -(-(lookup.until_ms - lookup.from_ms) // DAY_MS)


def _enumeration(seen: Seen) -> Finding | None:
    limit, minutes, apart = (seen.thresholds[name] for name in ("plates", "minutes", "characters_apart"))
    if not _is_guess(seen.lookup):
        return None
    plate = seen.lookup.plates[0]
    similar = [
        one
        for one in (*seen.earlier, seen.lookup)
        if _is_guess(one)
        and seen.lookup.time_ms - one.time_ms < minutes * MINUTE_MS
        and _apart(one.plates[0], plate) <= apart
    ]
    found = {one.plates[0] for one in similar}
    if len(found) < limit:
        return None
    day = [one for one in (*seen.earlier, seen.lookup) if _is_guess(one) and one.day == seen.lookup.day]
    words = (
        f"{who(seen)} looked up {len(found)} plates within {minutes} minutes that differ from {plate} in at most {apart}"
        f" characters, and found nothing each time; {limit} or more look like guessing."
    )
    return Finding(words, day[0], tuple(similar))


def _is_guess(one: Lookup) -> bool:
    return one.is_search and one.results == 0 and one.content.status == "OK" and len(one.plates) == 1


def _apart(left: str, right: str) -> int:
    """In how many places two plates differ; more than any threshold when one is longer."""
    if len(left) != len(right):
        return max(len(left), len(right))
    return sum(a != b for a, b in zip(left, right, strict=True))


def _old_data(seen: Seen) -> Finding | None:
    """Matching refuses such look-ups: one that was answered all the same says that this check failed."""
    lookup, days = seen.lookup, seen.thresholds["days"]
    if lookup.content.status != "OK" or lookup.from_ms is None or not lookup.is_search:
        return None
    age = -(-(lookup.time_ms - lookup.from_ms) // DAY_MS)
    is_administrative = lookup.content.purpose.startswith("administrative")
    if age <= days or (lookup.content.decision_id and not is_administrative):
        return None
    why = (
        "for an administrative purpose, which never reaches so far back"
        if is_administrative
        else "without a decision of the prosecutor"
    )
    words = (
        f"{who(seen)} was given data from up to {age} days before (more than {days}) {why}: {lookup.results} results."
    )
    return alone(seen, words)


def _foreign_region(seen: Seen) -> Finding | None:
    limit = seen.thresholds["unnamed"]
    if "peer_region" not in seen.lookup.content.roles:
        return None
    same = [
        one
        for one in (*seen.earlier, seen.lookup)
        if one.day == seen.lookup.day and "peer_region" in one.content.roles and not one.content.on_behalf_of
    ]
    if len(same) < limit or same[-1] is not seen.lookup:
        return None
    words = (
        f"Another region ({seen.lookup.content.client}) asked {len(same)} times on one day (UTC) without naming the person for"
        f" whom; {limit} or more ask for a look."
    )
    return Finding(words, same[0], tuple(same))


def _on_behalf(seen: Seen) -> Finding | None:
    limit = seen.thresholds["lookups"]
    same = [one for one in (*seen.earlier, seen.lookup) if one.day == seen.lookup.day and _is_for_another(one)]
    if len(same) < limit or same[-1] is not seen.lookup:
        return None
    others = {one.content.on_behalf_of for one in same}
    words = (
        f"{who(seen)} made {len(same)} look-ups on one day (UTC) on behalf of {len(others)} other persons; {limit} or more ask"
        " for a look."
    )
    return Finding(words, same[0], tuple(same))


def _is_for_another(one: Lookup) -> bool:
    return len(one.concerned) > 1 and "peer_region" not in one.content.roles


def _searches(same: Iterable[Lookup]) -> list[Lookup]:
    """One of each search: the pages after the first repeat its query, its case and its person shortly after."""
    found: list[Lookup] = []
    last: dict[tuple[str, str], int] = {}
    for one in same:
        key = (one.content.query, one.content.case_reference)
        if key not in last or one.time_ms - last[key] > SAME_SEARCH_MS:
            found.append(one)
        last[key] = one.time_ms
    return found


def _first_of_span(same: Sequence[Lookup], lookup: Lookup, span_ms: int) -> Lookup:
    """The first of them in the same fixed span of time."""
    return next(one for one in same if one.time_ms // span_ms == lookup.time_ms // span_ms)


def _outside(find: Callable[[Seen], Finding | None]) -> Callable[[Seen], Finding | None]:
    """The rule for look-ups of vehicles: reading the log itself is checked by whoever reads it."""
    return lambda seen: None if seen.lookup.system == OWN_SYSTEM else find(seen)


RULES: tuple[Rule, ...] = (
    Rule(
        "own_vehicle",
        1,
        "An own vehicle, or one of the own household, was looked up, listed or searched for in the log.",
        {},
        own_vehicle,
    ),
    Rule("colleague_vehicle", 1, "A vehicle of a colleague, or of the household of one.", {}, colleague_vehicle),
    Rule("protected_vehicle", 1, "A vehicle on the protected list.", {}, _outside(protected_vehicle)),
    Rule(
        "repeated_plate",
        1,
        "The same officer looked the same plate up again and again, under different case references or none.",
        {"lookups": 3, "days": 14},
        _outside(_repeated_plate),
        Earlier.PLATE,
        suspects=lambda seen: seen.lookup.is_search and bool(seen.lookup.plates),
        least=3,
    ),
    Rule(
        "off_shift",
        1,
        "A look-up far from every shift of an officer who is in the roster.",
        {"margin_minutes": 60, "known_days": 7},
        _outside(_off_shift),
        Earlier.DAY,
        suspects=lambda seen: _is_off(seen, seen.lookup),
    ),
    Rule(
        "placeholder_reason",
        1,
        "A reason that says nothing.",
        {},
        _placeholder_reason,
        Earlier.DAY,
        suspects=lambda seen: is_placeholder(seen.lookup.content.reason),
    ),
    Rule(
        "shared_case",
        1,
        "One case reference was used by many officers.",
        {"officers": 5, "days": 90},
        _outside(_shared_case),
        Earlier.CASE,
        suspects=lambda seen: bool(seen.lookup.content.case_reference),
        least=6,
    ),
    Rule(
        "wide_search",
        1,
        "A search so wide that it finds whoever passes: wildcards, a long window, many cameras.",
        {"fixed_characters": 4, "window_days": 92, "cameras": 200},
        _outside(_wide_search),
    ),
    Rule(
        "enumeration",
        1,
        "Many look-ups of similar plates that found nothing: somebody guesses.",
        {"plates": 5, "minutes": 60, "characters_apart": 2},
        _outside(_enumeration),
        Earlier.GUESSES,
        of_outcomes=True,
        suspects=lambda seen: _is_guess(seen.lookup),
        least=5,
    ),
    Rule(
        "old_data",
        1,
        "Data older than 30 days was given without a decision of the prosecutor, or for an administrative purpose.",
        {"days": 30},
        _outside(_old_data),
        of_outcomes=True,
    ),
    Rule(
        "foreign_region",
        1,
        "Another region asked without naming the person for whom.",
        {"unnamed": 1},
        _outside(_foreign_region),
        Earlier.DAY,
        suspects=lambda seen: "peer_region" in seen.lookup.content.roles and not seen.lookup.content.on_behalf_of,
    ),
    Rule(
        "on_behalf",
        1,
        "Many look-ups on behalf of other persons.",
        {"lookups": 5},
        _outside(_on_behalf),
        Earlier.DAY,
        suspects=lambda seen: _is_for_another(seen.lookup),
    ),
)
