"""What a filter asks for, and which of several leaves nothing."""

from collections.abc import Sequence
from math import inf

from advisor.wording.catalog_columns import HEADINGS, bound
from advisor.workflows.catalog.filters import Condition, Is, Named, OneOf, Removal, Says, Unknown, Within
from advisor.workflows.catalog.search import Unfinished

LANGUAGE = "8x   >=80GiB   total>=600   <40$   fp8   nvlink   family=p5   vcpus>=96   or any word"
"""A line that shows what a filter may say."""


def meaning(term: Condition | Unfinished) -> str:
    """A term of a filter line as it was understood: `GiB each ≥ 80`."""
    match term:
        case Within():
            return _bounds(term)
        case Is():
            return HEADINGS[term.column.key].heading
        case OneOf():
            return f"{HEADINGS[term.column.key].heading} {', '.join(sorted(term.values))}"
        case Named():
            return f"{HEADINGS[term.column.key].heading} '{term.words}'"
        case Unknown():
            known = f", but {' and '.join(term.near)}" if term.near else ""
            return f"{term.stated}? there is no {term.name}{known}"
        case Says():
            return f"'{term.stated}'"
        case Unfinished():
            return f"{term.stated} …"
        case _:
            return term.stated


def removed(removals: Sequence[Removal], total: int) -> list[str]:
    """For each filter how many rows it removes, and how many would be left without it; the way out first."""
    found = sorted(removals, key=lambda each: -each.left_without)
    return [_removed(each, total) for each in found]


def _removed(removal: Removal, total: int) -> str:
    unknown = f", {removal.unknown} of them because the figure is not known" if removal.unknown else ""
    left = f"without it {removal.left_without} would be left" if removal.left_without else "without it none either"
    return f"{removal.condition.stated} removes {removal.removed} of {total}{unknown}; {left}"


def _bounds(term: Within) -> str:
    heading = "accelerators" if term.column.key == "accelerator_count" else HEADINGS[term.column.key].heading
    if term.low == term.high:
        return f"{heading} = {bound(term.low)}"
    if term.low == -inf:
        return f"{heading} {'<' if term.below else '≤'} {bound(term.high)}"
    if term.high == inf:
        return f"{heading} {'>' if term.above else '≥'} {bound(term.low)}"
    return f"{heading} {bound(term.low)}–{bound(term.high)}"
