"""Ages: warnings, since a catalogue grows old by itself, unless the caller states how old it may be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from advisor.catalog.ages import RULE_DAYS, Ages, PriceAge
from advisor.catalog.check.findings import Finding, doubtful, wrong
from advisor.catalog.check.subject import PricedRow, Subject
from advisor.catalog.prices import UNPLACED
from advisor.catalog.records.hardware import PurchaseOption
from advisor.errors import InputError
from advisor.quantities.text import counted

_HINT = "`advisor catalog refresh` brings newer ones."


def ages(subject: Subject) -> Iterator[Finding]:
    """Prices that hold and are old: those that stand out file by file, a kind that is past its rule as a whole once."""
    perished: dict[PurchaseOption, list[_Aged]] = defaultdict(list)
    for rows in _by_region(subject).values():
        told = Ages.among((row.price for row in rows), subject.today)
        aged = [_Aged(row, told.of(row.price)) for row in rows]
        yield from _standing_out(aged)
        if subject.max_age_days is not None:
            yield from _too_old(aged, subject.max_age_days)
        for each in aged:
            if each.row.price.option in told.perished:
                perished[each.row.price.option].append(each)
    for option, aged in perished.items():
        yield doubtful("old_kind", _together(aged, RULE_DAYS[option]))


@dataclass(frozen=True, slots=True)
class _Aged:
    row: PricedRow
    age: PriceAge


def _by_region(subject: Subject) -> dict[str, list[PricedRow]]:
    found: dict[str, list[PricedRow]] = defaultdict(list)
    for row in subject.current():
        if row.price.region != UNPLACED:
            found[row.price.region].append(row)
    return found


def _standing_out(aged: Sequence[_Aged]) -> Iterator[Finding]:
    for together in _by_kind(each for each in aged if each.age.is_marked):
        oldest = max(together, key=lambda each: each.age.days)
        rule = oldest.age.rule_days
        than = f"its kind may be {rule}" if oldest.age.days > rule else "most prices of its kind here are newer"
        others = f"; {counted(len(together) - 1, 'more row')} of this file like it" if len(together) > 1 else ""
        message = f"this price is {counted(oldest.age.days, 'day')} old, and {than}{others}"
        yield doubtful("old_price", oldest.row.error(message, "as_of", _HINT))
    for each in aged:
        if each.age.days < 0:
            error = each.row.error("this day is yet to come", "as_of", "State the day on which it was read.")
            yield doubtful("future_price", error)


def _too_old(aged: Sequence[_Aged], limit: int) -> Iterator[Finding]:
    for together in _by_kind(each for each in aged if each.age.days > limit):
        yield wrong("too_old", _together(together, limit))


def _together(aged: Sequence[_Aged], limit: int) -> InputError:
    """Many rows of one kind, told once at the oldest."""
    oldest = max(aged, key=lambda each: each.age.days)
    rows = counted(len(aged), f"{oldest.row.price.option.replace('_', ' ')} price")
    message = f"{rows} older than {counted(limit, 'day')}; this one is {counted(oldest.age.days, 'day')} old"
    return oldest.row.error(message, "as_of", _HINT)


def _by_kind(aged: Iterable[_Aged]) -> list[list[_Aged]]:
    found: dict[tuple[str, str], list[_Aged]] = defaultdict(list)
    for each in aged:
        found[str(each.row.file), each.row.price.option].append(each)
    return list(found.values())
