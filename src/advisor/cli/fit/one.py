"""One verdict in full: what decides it, what would make it fit, the memory, the cache, and the serve command."""

from collections.abc import Iterable

from advisor.cli.fit.cache import holds_any, said_with_cache, write_cache
from advisor.cli.fit.head import capacity, combination, stack
from advisor.cli.fit.ledger import write_ledger
from advisor.cli.fit.styles import MARKS, STYLES
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.fit.result import FitResult, Remedy, ServeCommand, Verdict
from advisor.quantities import text
from advisor.reasons import Reason, Severity
from advisor.wording.reasons import sentence
from advisor.wording.remedies import flags
from advisor.wording.serve_script import script

_SCRIPT_WIDTH = 100
_WANTED = {
    Verdict.TIGHT: "fit beyond doubt",
    Verdict.DOES_NOT_FIT: "fit",
    Verdict.INVALID: "run",
    Verdict.UNSUPPORTED: "run",
}


def write_result(result: FitResult, output: Output) -> None:
    """The whole answer, for reading; the first lines say all that a decision needs."""
    _write_verdict(result, output)
    told = [reason for reason in result.reasons if not said_with_cache(result, reason.code)]
    weighty = [reason for reason in told if reason.severity is not Severity.INFO]
    _write_reasons(weighty, output)
    if result.remedies:
        output.line()
        _write_remedies(result, output)
    if result.per_device is not None:
        output.line()
        write_ledger(result, output)
    if holds_any(result):
        output.line()
        write_cache(result, output)
    notes = [reason for reason in told if reason.severity is Severity.INFO]
    if notes:
        output.line()
        _write_reasons(notes, output)
    if result.serve is not None:
        output.line()
        output.line(f"# Serve it with {result.request.engine.name} {result.request.engine_version}:")
        _write_serve(result.serve, output)


def _write_verdict(result: FitResult, output: Output) -> None:
    from rich.text import Text

    word = result.verdict.value.upper().replace("_", " ")
    write_text(Text.assemble((word, STYLES[result.verdict]), (f"   {combination(result)}", "bold")), output)
    write_text(f"{stack(result)} × {result.request.concurrency} concurrent", output)
    if result.verdict.runs:
        write_text(capacity(result), output)


def _write_reasons(reasons: Iterable[Reason], output: Output) -> None:
    for reason in reasons:
        write_text(f"{MARKS[reason.severity]} {sentence(reason)}", output)


def _write_remedies(result: FitResult, output: Output) -> None:
    from rich.text import Text

    output.line(f"What would make it {_WANTED[result.verdict]}, each by itself:")
    for remedy in result.remedies:
        what = f": {sentence(remedy.reason)} {_left(remedy)}"
        write_text(Text.assemble("→ ", (flags(remedy), "bold"), what), output)


def _left(remedy: Remedy) -> str:
    spare = text.gib(remedy.margin_bytes)
    return f"Leaves {spare}: tight." if remedy.verdict is Verdict.TIGHT else f"Leaves {spare}."


def _write_serve(serve: ServeCommand, output: Output) -> None:
    for line in script(serve, min(output.console.width, _SCRIPT_WIDTH)):
        output.line(line)
