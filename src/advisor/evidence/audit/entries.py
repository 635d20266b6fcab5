"""What reports say beside their numbers, with what the audit found: for the plan and the advice to cite."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.catalog.load import Catalog
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import Entry, Report, load_reports


@dataclass(frozen=True, slots=True)
class JudgedEntry:
    """One entry of a report, and the verdicts of the claims that judge it, in its own order; none: nothing does."""

    report: str
    entry: Entry
    verdicts: tuple[AuditVerdict, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing of it was found false."""
        return not any(verdict.is_false for verdict in self.verdicts)


def judged(report: Report, claims: Iterable[AuditedClaim]) -> Iterator[JudgedEntry]:
    """The entries of a report with the verdicts of its audited claims."""
    verdicts: Mapping[str, AuditVerdict] = {claim.id: claim.verdict for claim in claims if claim.report == report.id}
    for entry in report.entries:
        yield JudgedEntry(report.id, entry, tuple(verdicts[each] for each in entry.claims if each in verdicts))


def about(catalog: Catalog, topic: str) -> Sequence[JudgedEntry]:
    """What all reports of the catalogue say on one topic of `TOPICS`, each with its verdicts."""
    found: list[JudgedEntry] = []
    for report in load_reports(catalog).values():
        if report.about(topic):
            found += [each for each in judged(report, audit(report, catalog)) if each.entry.topic == topic]
    return found
