"""What every recommendation rests on: the catalogue, published figures, and what was measured here."""

from collections.abc import Sequence

from advisor.advice.advise import Knowledge
from advisor.advice.published import ReportPick
from advisor.catalog.load import Catalog
from advisor.evidence.ledger import Ledger
from advisor.evidence.points import EvidencePoint
from advisor.evidence.published import all_published_points, published_points
from advisor.evidence.reports import load_reports
from advisor.paths import UserPaths
from advisor.quantities.provenance import Level
from advisor.workflows.measured_memory import measured_memory


def gather(catalog: Catalog, paths: UserPaths) -> Knowledge:
    """Catalogue, published points, the ledger's measured points and memory, and the picks of published reports."""
    measured = [point for point in Ledger(paths.ledger).points() if point.level is Level.MEASURED]
    points = [*published_points(catalog), *measured]
    return Knowledge(catalog, points, _report_picks(catalog), measured_memory(paths))


def all_points(catalog: Catalog, paths: UserPaths) -> Sequence[EvidencePoint]:
    """Every figure that can be shown: simulated ones, and those of models that advice never considers, included."""
    return [*Ledger(paths.ledger).points(), *all_published_points(catalog)]


def _report_picks(catalog: Catalog) -> list[ReportPick]:
    return [
        ReportPick(report.id, guide.text, guide.pick, guide.objective, guide.model, guide.line)
        for report in load_reports(catalog).values()
        for guide in report.guides
    ]
