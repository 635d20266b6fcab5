"""What published selection guides would pick for this workload, and what becomes of that pick."""

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.advice.assessment import Assessment
from advisor.advice.candidates import Removal
from advisor.advice.recommendation import PublishedAdvice
from advisor.advice.workload import Workload


@dataclass(frozen=True, slots=True)
class ReportPick:
    """One line of a report's selection guide. objective and model are empty where the line does not ask them."""

    report: str
    text: str
    pick: str
    objective: str
    model: str
    line: int | None


def judge_published(
    picks: Sequence[ReportPick], workload: Workload, chosen: Assessment | None, rejected: Sequence[Removal]
) -> tuple[PublishedAdvice, ...]:
    """The guides' lines that speak to this workload: agrees, rejected with the gate, or serves at a higher cost."""
    removed = {removal.instance_type: removal for removal in rejected}
    found = []
    for line in picks:
        if (line.objective and line.objective != workload.objective) or (line.model and line.model != workload.model):
            continue
        reason = removed[line.pick].reason if line.pick in removed else None
        agrees = chosen is not None and chosen.instance_type == line.pick
        verdict = "agrees" if agrees else "serves, not the pick" if reason is None else "rejected"
        found.append(PublishedAdvice(line.report, line.text, line.pick, verdict, reason, line.line))
    return tuple(found)
