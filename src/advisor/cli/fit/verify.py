"""`advisor fit --verify URL` and `--log FILE`: predicted beside observed, and what it means."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.cli.api_key import read_key
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.fit.flags import question_of, stated_by
from advisor.cli.fit.head import combination, stack
from advisor.cli.fit.styles import MARKS
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import InputError
from advisor.export.verification_document import verified_document
from advisor.fit.proof.compare import Line, Outcome
from advisor.fit.proof.observed import Observed
from advisor.paths import user_paths
from advisor.quantities.provenance import Level
from advisor.wording import compared as words
from advisor.wording.reasons import sentence
from advisor.workflows.fit import judged
from advisor.workflows.keep_memory import Kept, keep_memory
from advisor.workflows.verify_fit import Verified, verify_fit

_EXITS = {
    Outcome.AGREES: ExitCode.YES,
    Outcome.DIFFERS: ExitCode.NO,
    Outcome.PROVES_NOTHING: ExitCode.PROVES_NOTHING,
}
_STYLES = {Outcome.AGREES: "bold green", Outcome.DIFFERS: "bold red", Outcome.PROVES_NOTHING: "bold yellow"}


def run_verify(arguments: argparse.Namespace, catalog: Catalog, output: Output) -> int:
    """Ask the server or read the log, compare, and print."""
    _check_flags(arguments)
    question = question_of(arguments, instance=arguments.instance)
    judged(catalog, question)  # a question that cannot be asked is refused before the network is touched
    found = verify_fit(catalog, question, _observed(arguments), stated_by(arguments))
    kept = Kept(None) if arguments.no_keep else _keep(found, output)
    if output.json_mode:
        document = verified_document(found.result, found.observed, found.comparison, sentence, today(), kept.memory)
        output.document(document)
    else:
        _write(found, output)
    _note(kept, output)
    return _EXITS[found.comparison.outcome]


def _keep(found: Verified, output: Output) -> Kept:
    """Enter what was seen as evidence. A ledger that cannot be written to costs the entry, not the comparison."""
    try:
        return keep_memory(found.result, found.observed, found.comparison, user_paths(), datetime.now(UTC))
    except InputError as error:
        output.note(f"advisor: not kept as evidence: {error.sentence()}")
        return Kept(None)


def _note(kept: Kept, output: Output) -> None:
    for reason in kept.reasons:
        output.note(f"advisor: not kept as evidence: {sentence(reason)}")
    if kept.memory is not None:
        output.note(f"advisor: {words.kept(kept.memory, kept.replaced)}")


def _check_flags(arguments: argparse.Namespace) -> None:
    flag = "--verify" if arguments.verify is not None else "--log"
    if arguments.all:
        raise InputError(
            f"{flag} compares one combination, and --all asks about every one",
            hint="Name the instance instead of --all.",
            key=flag,
        )
    if arguments.instance is None:
        other = f"advisor fit --identify {arguments.verify or 'URL'}"
        raise InputError(
            "no instance was named, so there is no prediction to compare with",
            hint=f"Add --instance TYPE; {other} lists the stacks that would explain the server.",
            key="--instance",
        )
    if arguments.log is not None and (arguments.api_key_env or arguments.api_key_prompt):
        raise InputError("a log needs no API key", hint="Leave the key out, or use --verify URL.", key="--log")


def _observed(arguments: argparse.Namespace) -> Observed:
    from advisor.workflows.check_fit_against_server import observe, observe_log, observe_log_stream  # loads httpx

    if arguments.verify is not None:
        return observe(arguments.verify, read_key(arguments), model=arguments.served_model)
    if arguments.log == "-":
        return observe_log_stream(sys.stdin.buffer, "standard input")
    return observe_log(Path(arguments.log))


def _write(found: Verified, output: Output) -> None:
    from rich.text import Text

    comparison, observed = found.comparison, found.observed
    head = Text(comparison.outcome.value.upper().replace("_", " "), style=_STYLES[comparison.outcome])
    head.append(f"   {combination(found.result)}", style="bold")
    write_text(head, output)
    write_text(f"{stack(found.result)}   against {observed.source}", output)
    if comparison.lines:
        output.line()
        _write_lines(found, output)
    output.line()
    write_text(words.verdict(comparison, observed), output)
    for reason in comparison.reasons:
        write_text(f"{MARKS[reason.severity]} {sentence(reason)}", output)
    if taken := words.taken(comparison):
        write_text(f"- Taken from the {words.whose(observed)}: {taken}.", output)


def _write_lines(found: Verified, output: Output) -> None:
    seen = Level.SIMULATED if found.observed.simulated else Level.MEASURED
    columns = (
        Column("per device"),
        Column(f"predicted {output.glyph(Level.MODELLED)}", right=True),
        Column(f"{seen.value} {output.glyph(seen)}", right=True),
        Column("error", right=True),
        Column("limit", right=True, drop=1),
        Column(""),
    )
    write_table(columns, [_row(line) for line in found.comparison.lines], output)


def _row(line: Line) -> Row:
    return (
        words.quantity(line.quantity),
        words.amount(line.predicted, line.unit),
        words.amount(line.observed, line.unit),
        words.apart(line),
        f"± {words.amount(line.limit, line.unit)}",
        Cell("within", "green") if line.within else Cell("BEYOND", "bold red"),
    )
