"""`advisor audit`: recompute every claim of a published report, or check a pasted command."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.cli import audit_view as view
from advisor.cli import report_chart
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command, words
from advisor.cli.prose import write_text
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.entries import judged
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import TOPICS, Claim, Report, load_reports, read_report
from advisor.export.audit_document import audit_document
from advisor.wording.reasons import sentence

_EVERY = "all"


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor audit llama-4-serving-2026-02 --claim scout.cost.A",
        description=(
            "Recomputes what a report claims: from its own numbers, from physics, from the catalogue.\n"
            "Without a report, a summary of every one of the catalogue. A report of your own is a TOML file of the "
            "same form; README shows a small one.\n"
            "Verdicts: ok, rounding, wrong (not what its own numbers give), impossible (beyond physics), false_fact, "
            "suspicious (above uniform routing's limit), unverifiable.\n"
            "Exit code 1 with --strict where a claim is false: wrong, impossible or a false fact."
        ),
    )
    parser.add_argument("report", nargs="?", metavar="REPORT", help="a report's id, or a TOML file of your own")
    parser.add_argument("--report", dest="only", action="append", metavar="ID", help="the same; may be repeated")
    parser.add_argument("--verdict", type=words, metavar="V,V", help="only claims with these verdicts")
    parser.add_argument("--claim", metavar="ID", help="one claim with its arithmetic and all that is known of it")
    parser.add_argument(
        "--entries",
        nargs="?",
        const=_EVERY,
        metavar="TOPIC",
        help=f"what the report says beside its numbers: {', '.join(TOPICS)}",
    )
    parser.add_argument(
        "--command", dest="pasted", metavar="'vllm serve …'", help="check a pasted serve or install command"
    )
    report_chart.add_flag(parser)
    parser.add_argument("--strict", action="store_true", help="exit 1 where a claim shown is false")


def run(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    if arguments.pasted is not None and (arguments.report or arguments.only):
        raise InputError("a pasted command is checked by itself", key="--command", hint="Leave the report out.")
    asked = [*([arguments.report] if arguments.report else []), *(arguments.only or [])]
    reports = (
        _reports(tuple(dict.fromkeys(asked)), catalog) if arguments.pasted is None else [_pasted(arguments.pasted)]
    )
    if arguments.chart:
        false = report_chart.write_chart(reports, arguments.chart, catalog, output)
        return ExitCode.NO if arguments.strict and false else ExitCode.YES
    claims = [claim for report in reports for claim in _audited(report, catalog, asked)]
    shown = _chosen(claims, arguments)
    if output.json_mode:
        output.document(audit_document(reports, claims, sentence, shown))
    else:
        _write(reports, claims, shown, arguments, output)
    false = any(claim.verdict.is_false for claim in shown)
    return ExitCode.NO if arguments.strict and false else ExitCode.YES


def _reports(asked: Sequence[str], catalog: Catalog) -> list[Report]:
    """The reports of the catalogue with these ids, or in these files; all of the catalogue's for none."""
    known = load_reports(catalog)
    return [_report(each, known) for each in asked] if asked else list(known.values())


def _report(wanted: str, known: dict[str, Report]) -> Report:
    if wanted in known:
        return known[wanted]
    if wanted.endswith(".toml") or Path(wanted).exists():
        return read_report(Path(wanted))
    raise UnknownIdError("report, and no file,", wanted, known)


def _pasted(text: str) -> Report:
    """A report that claims of one command that it runs."""
    claim = Claim("command", "this command runs", "command", parameters={"command": text})
    return Report("command", "A pasted command", "", "", "", "", "bf16", None, None, {}, (), (claim,))


def _audited(report: Report, catalog: Catalog, asked: Sequence[str]) -> list[AuditedClaim]:
    try:
        return audit(report, catalog)
    except InputError as error:
        files = [each for each in asked if Path(each).stem == report.id]
        error.file = error.file or (files[0] if files else report.id)
        raise


def _chosen(claims: list[AuditedClaim], arguments: argparse.Namespace) -> list[AuditedClaim]:
    """The claims that --claim and --verdict leave. InputError for a name that none has."""
    if arguments.claim:
        found = [claim for claim in claims if arguments.claim in (claim.id, claim.id.partition("/")[0])]
        if not found:
            raise UnknownIdError("claim", arguments.claim, {claim.id for claim in claims}, key="--claim")
        claims = found
    if arguments.verdict:
        verdicts = [_verdict(name) for name in arguments.verdict]
        claims = [claim for claim in claims if claim.verdict in verdicts]
    return claims


def _verdict(name: str) -> AuditVerdict:
    known = {verdict.value: verdict for verdict in AuditVerdict}
    found = known.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
    if found is None:
        raise InputError(f"there is no verdict '{name}'", key="--verdict", hint=f"Use {', '.join(known)}.")
    return found


def _write(
    reports: Sequence[Report],
    claims: Sequence[AuditedClaim],
    shown: Sequence[AuditedClaim],
    arguments: argparse.Namespace,
    output: Output,
) -> None:
    if arguments.entries is not None and arguments.entries not in (_EVERY, *TOPICS):
        raise UnknownIdError("topic", arguments.entries, TOPICS, key="--entries")
    is_chosen = bool(arguments.claim or arguments.verdict)
    is_whole = bool(arguments.report or arguments.only or is_chosen)
    blocks = 0
    for report in reports:
        own = [claim for claim in shown if claim.report == report.id]
        if is_chosen and not own:
            continue
        if blocks:
            output.line()
        blocks += 1
        if arguments.claim or arguments.pasted is not None:
            _write_each(own, report, output)
            continue
        view.write_title(report, output)
        if arguments.entries is not None:
            topic = None if arguments.entries == _EVERY else arguments.entries
            view.write_entries(list(judged(report, claims)), topic, output)
            continue
        view.write_summary(own, output)
        if is_whole:
            view.write_claims(own, output)
    _write_end(blocks, is_whole or arguments.pasted is not None or arguments.entries is not None, output)


def _write_each(claims: Sequence[AuditedClaim], report: Report, output: Output) -> None:
    for number, claim in enumerate(claims):
        if number:
            output.line()
        view.write_claim(claim, report, output)


def _write_end(blocks: int, is_whole: bool, output: Output) -> None:
    """What there is to do next, or that nothing was found."""
    if not blocks:
        write_text("No claim has such a verdict.", output)
    elif not is_whole:
        output.line()
        write_text("advisor audit REPORT shows its claims; --verdict wrong,impossible those of all reports.", output)
