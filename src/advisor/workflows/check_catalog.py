"""Read a whole catalogue, whatever is wrong with it, and try it against every rule."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from advisor.catalog.check.ages import ages
from advisor.catalog.check.citations import citations, listed_sources, repeated_records
from advisor.catalog.check.findings import Finding, Severity, wrong
from advisor.catalog.check.markets import commitments, duplicates, offered, spot_market
from advisor.catalog.check.multipliers import family_multipliers
from advisor.catalog.check.overlays import ended_discounts, unheard_regions
from advisor.catalog.check.sources import cited_sources, uncited_sources
from advisor.catalog.check.subject import PricedRow, Subject
from advisor.catalog.check.traps import dates, memory_traps, names, network_traps, rate_traps, repetitions
from advisor.catalog.load import INSTANCE_FILES, Catalog
from advisor.catalog.prices import DISCOUNTS
from advisor.workflows.engine_rules import engine_tables
from advisor.workflows.read_catalog import read_records

RULES: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    duplicates,
    offered,
    family_multipliers,
    spot_market,
    commitments,
    memory_traps,
    rate_traps,
    network_traps,
    names,
    repetitions,
    engine_tables,
    dates,
    cited_sources,
    uncited_sources,
    unheard_regions,
    ended_discounts,
    ages,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found, the worst first, and how much it looked at."""

    findings: tuple[Finding, ...]
    instances: int
    prices: int

    def count(self, severity: Severity) -> int:
        return sum(finding.severity == severity for finding in self.findings)

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong; what is only doubtful does not count."""
        return not self.count("error")


def check_catalog(catalog: Catalog, today: date, max_age_days: int | None = None) -> Checked:
    """Try a catalogue that was opened leniently, so that every mistake is found and not only the first.

    max_age_days makes an error of every price older than that; without it ages are warnings.
    """
    rows = [PricedRow(price, path, line) for price, path, line in catalog.prices.placed()]
    subject = Subject(
        instances=catalog.instances,
        accelerators=catalog.accelerators,
        tables={**catalog.layers.tables(*INSTANCE_FILES), **catalog.layers.tables("accelerators.toml")},
        rows=rows,
        citations=list(citations(catalog.layers)),
        listed=listed_sources(catalog.layers),
        discounts=catalog.layers.tables(DISCOUNTS),
        repeated=list(repeated_records(catalog.layers)),
        today=today,
        engines=catalog.engines,
        engine_tables=catalog.layers.tables("engines.toml"),
        models=catalog.models,
        max_age_days=max_age_days,
    )
    read_records(catalog)
    found = [wrong("unreadable", error) for error in catalog.complaints.found]
    told = {_place(finding) for finding in found}  # what kept a record from being read is not told by a rule again
    found += [finding for rule in RULES for finding in rule(subject) if _place(finding) not in told]
    return Checked(tuple(sorted(found, key=lambda finding: finding.order)), len(catalog.instances), len(rows))


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.error.file, finding.error.line, finding.error.key
