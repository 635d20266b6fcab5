"""What Evidence says: runs, figures and audited claims as table rows, and the details under them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.text import Text
from textual.content import Content

from advisor.evidence.audit.verdicts import AuditedClaim
from advisor.evidence.points import EvidencePoint
from advisor.evidence.reports import Report
from advisor.evidence.runs import RunRow
from advisor.fit.memory.measured import MeasuredMemory
from advisor.quantities.provenance import Level
from advisor.tui.views.text import badge, lines, muted
from advisor.wording import audited as said
from advisor.wording import benchmark
from advisor.wording import evidence as words

if TYPE_CHECKING:
    from advisor.bench.meta import RunMeta  # loads NumPy

_VERDICT_MARKS = {
    "ok": "✓ ok",
    "rounding": "✓ rounding",
    "wrong": "✗ wrong",
    "impossible": "✗ impossible",
    "false_fact": "✗ false fact",
    "suspicious": "! suspicious",
    "unverifiable": "? unverifiable",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column: its title, and its width where there is little room (0: left out) and where there is much.

    right: its cells are numbers, and end below each other.
    """

    title: str
    narrow: int
    wide: int
    right: bool = False

    @property
    def label(self) -> Text:
        return Text(self.title, justify="right" if self.right else "left")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows for one panel: headings, cells, and what the drawer says of each row. opens: the report of each."""

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Text, ...], ...]
    details: Sequence[Content]
    empty: str
    opens: Sequence[str] = ()


def runs(found: Sequence[RunRow], points: Sequence[EvidencePoint]) -> Table:
    """The benchmarks that were made here, newest first."""
    rows, details = [], []
    for run in found:
        if run.meta is None:
            broken = run.broken or "it cannot be read"
            rows.append((Text(Level.UNKNOWN.glyph), Text(run.id[:16]), Text(run.id), Text("unreadable"), Text("")))
            details.append(lines(Content.assemble(badge(Level.UNKNOWN), f"   {run.id}"), broken))
            continue
        valid = sum(verdict == "valid" for verdict in run.verdicts)
        rows.append(
            (
                Text(run_level(run.meta, run.verdicts).glyph),
                Text(run.meta.started[:16].replace("T", " ")),
                Text(run.meta.model),
                Text(run.meta.state.value),
                Text(f"{valid} of {len(run.verdicts)} valid" if run.verdicts else ""),
            )
        )
        details.append(_run_details(run, run.meta, [point for point in points if point.run_id == run.id]))
    headings = (
        Heading("", 1, 1),
        Heading("started", 16, 16),
        Heading("model", 25, 47),
        Heading("state", 10, 10),
        Heading("points", 14, 30),
    )
    empty = "No runs yet. B opens Bench: b starts one against an endpoint you have, o against the built-in one."
    return Table(headings, tuple(rows), tuple(details), empty)


def run_level(meta: "RunMeta", verdicts: Sequence[str]) -> Level:
    """What the run is evidence for its subject: measured only where the user states one and nothing speaks
    against it."""
    if meta.simulated:
        return Level.SIMULATED
    is_vouched = meta.subject.get("vouched_by") in ("user", "server")
    return Level.MEASURED if "valid" in verdicts and is_vouched else Level.UNKNOWN


def _run_details(run: RunRow, meta: "RunMeta", points: Sequence[EvidencePoint]) -> Content:
    shown: list[Content | str] = [
        Content.assemble(badge(run_level(meta, run.verdicts)), f"   {run.id}   {meta.endpoint}"),
        muted(benchmark.subject_line(meta)),
    ]
    by_load: dict[float, list[str]] = {}
    for point in points:
        if point.load_value is not None:
            by_load.setdefault(point.load_value, []).append(f"{words.figure_name(point)} {words.figure_value(point)}")
    shown += [f"{load:>6g} concurrent   {'   '.join(metrics)}" for load, metrics in by_load.items()]
    return lines(*shown)


def memory(found: Sequence[MeasuredMemory]) -> Table:
    """Memory that engines were seen to use, newest first."""
    rows = tuple(
        (
            Text(each.provenance.level.glyph),
            Text(words.stack_of(each)),
            Text(each.stack.instance),
            Text(f"{each.stack.engine} {each.stack.engine_version}"),
            Text(words.cache_of(each), justify="right"),
            Text(words.beside_of(each), justify="right"),
            Text(each.observed_at[:10]),
        )
        for each in found
    )
    headings = (
        Heading("", 1, 1),
        Heading("memory of", 16, 30),
        Heading("on", 11, 18),
        Heading("engine", 0, 14),
        Heading("KV cache", 14, 16, right=True),
        Heading("beside weights", 14, 14, right=True),
        Heading("as of", 10, 10),
    )
    empty = "Nothing was compared yet. v in Fit compares a verdict with a running server, as advisor fit --verify does."
    return Table(headings, rows, tuple(_memory_details(each) for each in found), empty)


def _memory_details(memory: MeasuredMemory) -> Content:
    stack, is_simulated = memory.stack, memory.provenance.level is Level.SIMULATED
    return lines(
        Content.assemble(badge(memory.provenance.level), f"   {memory.id}   {memory.provenance.source}"),
        f"{words.beside_of(memory)} beside weights and RoPE table on each {stack.accelerator}: "
        + ("no answer rests on it" if is_simulated else "fit takes that, not the catalogue's overheads"),
        muted(f"advisor evidence forget {memory.id} removes it"),
        muted(words.settings_of(memory)),
    )


def audited(claims: Sequence[AuditedClaim]) -> Table:
    """Claims of published reports beside what follows from them."""
    rows = tuple(
        (
            Text(_VERDICT_MARKS[claim.verdict.value]),
            Text(said.claimed(claim), justify="right"),
            Text(said.recomputed(claim), justify="right"),
            Text(claim.unit),
            Text(claim.text),
        )
        for claim in claims
    )
    details = tuple(
        lines(
            Content.assemble((f"{_VERDICT_MARKS[claim.verdict.value]}   ", "bold"), claim.text),
            f"claimed {said.claimed(claim)} {claim.unit}, recomputed {said.recomputed(claim)}",
            said.because(claim),
            muted(
                f"{said.inputs(claim.inputs)}"
                f"   {claim.report}{f', line {claim.source_line}' if claim.source_line else ''}"
            ),
        )
        for claim in claims
    )
    headings = (
        Heading("verdict", 14, 14),
        Heading("claimed", 8, 10, right=True),
        Heading("recomputed", 10, 10, right=True),
        Heading("unit", 13, 14),
        Heading("claim", 20, 76),
    )
    opens = tuple(claim.report for claim in claims)
    return Table(headings, rows, details, "The catalogue holds no reports.", opens)


def reports(found: Iterable[Report], audits: Mapping[str, Sequence[AuditedClaim]], charted: Collection[str]) -> Table:
    """Published reports, those with charts first, each with what became of its claims; Enter opens one."""
    rows, details, opens = [], [], []
    for report in sorted(found, key=lambda each: each.id not in charted):
        counts = Counter(claim.verdict for claim in audits[report.id])
        false = sum(number for verdict, number in counts.items() if verdict.is_false)
        charts = "✓" if report.id in charted else ""
        numbers = (str(counts.total()), str(false), str(len(report.entries)))
        rows.append(
            (Text(report.title), Text(report.as_of), *(Text(each, justify="right") for each in numbers), Text(charts))
        )
        said = ", ".join(f"{number} {_VERDICT_MARKS[verdict.value]}" for verdict, number in counts.most_common())
        about = " · ".join(part for part in (report.author, report.as_of, report.location) if part)
        details.append(lines(Content.styled(report.title, "bold"), muted(about), said, muted("⏎ opens it")))
        opens.append(report.id)
    headings = (
        Heading("report", 30, 84),
        Heading("as of", 10, 10),
        Heading("claims", 6, 8, right=True),
        Heading("false", 5, 8, right=True),
        Heading("entries", 7, 8, right=True),
        Heading("charts", 6, 6),
    )
    return Table(headings, tuple(rows), details, "The catalogue holds no reports.", opens)


def tabs(current: str, counts: dict[str, int]) -> Content:
    """The panels, the current one marked."""
    parts = [
        Content.styled(f" {name} {count} ", "bold reverse" if name.lower() == current else "$secondary")
        for name, count in counts.items()
    ]
    return Content.assemble(Content(" ").join(parts), ("   t next panel", "$secondary"))
