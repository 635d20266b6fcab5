"""`advisor verify`: run the benchmark that would confirm a recommendation."""

import argparse
from functools import partial
from pathlib import Path

from advisor.cli.api_key import add_key_flags, read_key
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_text
from advisor.cli.watch import watch
from advisor.evidence.verification import Outcome, Status, Trial, Verification
from advisor.export.verify_document import verify_document
from advisor.paths import user_paths
from advisor.quantities import text
from advisor.wording.benchmark import slo_line
from advisor.wording.figures import name_of, spread
from advisor.wording.reasons import sentence
from advisor.workflows.benchmark_defaults import DEFAULT_API

_EXIT_CODES = {
    Outcome.CONFIRMED: ExitCode.YES,
    Outcome.REFUTED: ExitCode.NO,
    Outcome.INCONCLUSIVE: ExitCode.PROVES_NOTHING,
}
_STYLES = {Outcome.CONFIRMED: "bold green", Outcome.REFUTED: "bold red", Outcome.INCONCLUSIVE: "bold yellow"}


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor verify rec.toml --endpoint http://10.0.3.7:8000 --update",
        description=(
            "Measures one live replica at the load that the recommendation plans for it, and near it where that does "
            "not decide. Every run is kept as evidence.\n"
            "Exit code 0: confirmed; 1: refuted; 3: endpoint unusable; 4: inconclusive."
        ),
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a recommendation file")
    parser.add_argument("--endpoint", required=True, metavar="URL", help="one replica, served as the file says")
    parser.add_argument("--model", metavar="NAME", help="name that the server serves (its only one)")
    parser.add_argument("--api", choices=("chat", "completions"), default=DEFAULT_API, help=f"({DEFAULT_API})")
    parser.add_argument("--pool", metavar="ID", help="which model's pool, where the file has several")
    parser.add_argument("--update", action="store_true", help="write confirmed or refuted into the file")
    add_key_flags(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.verify import VerifyQuestion, verify, write_state  # loads httpx and NumPy

    question = VerifyQuestion(arguments.file, arguments.endpoint, arguments.model, arguments.api, arguments.pool)
    show = partial(watch, output=output)
    found = verify(question, open_catalog(arguments), user_paths(), read_key(arguments), show)
    if arguments.update:
        write_state(arguments.file, found.model, found.outcome)
    if output.json_mode:
        output.document(verify_document(found, sentence))
    else:
        _write(found, output)
    return _EXIT_CODES[found.outcome]


def _write(found: Verification, output: Output) -> None:
    write_text(found.outcome.value.upper(), output, style=_STYLES[found.outcome])
    for reason in found.reasons:
        write_text(sentence(reason), output)
    output.line()
    for trial in found.trials:
        write_text(_trial(trial, found.rate_rps), output)
        for slo in trial.point.slos:
            write_text(f"  {slo_line(slo)}", output)
    for claim in found.claims:
        verdict = "as modelled" if claim.status is Status.HOLDS else "not as modelled"
        claimed = spread(claim.low, claim.high, "ms")
        measured = text.milliseconds(claim.measured)
        write_text(f"{name_of(claim.id)}: {measured} measured, {claimed} claimed, {verdict}", output)


def _trial(trial: Trial, rate_rps: float) -> str:
    return (
        f"{trial.concurrency} concurrent, prompts of {trial.input_tokens} tokens: {text.rate(trial.rate_rps)} of "
        f"{text.rate(rate_rps)} req/s, {trial.verdict.value.replace('_', ' ')}, run {trial.run_id}"
    )
