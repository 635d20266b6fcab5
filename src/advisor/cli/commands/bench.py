"""`advisor bench`: measure a live endpoint, and see what was measured."""

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from advisor.bench.plan import PRESETS
from advisor.catalog.load import Catalog
from advisor.cli.api_key import add_key_flags, read_key
from advisor.cli.bench_view import exit_code_of, what_it_proves, write_result
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import (
    Parser,
    Subparsers,
    command,
    concurrencies,
    non_negative_int,
    positive_float,
    positive_int,
)
from advisor.cli.table import Column, Row, write_table
from advisor.cli.watch import watch
from advisor.errors import UnknownIdError
from advisor.evidence.runs import RunRow
from advisor.evidence.subject import Statement
from advisor.export.benchmark_document import benchmark_document, runs_document
from advisor.paths import user_paths
from advisor.quantities.provenance import Level
from advisor.slo import parse_slos
from advisor.workflows.benchmark_defaults import DEFAULT_API, DEFAULT_PRESET
from advisor.workflows.benchmark_question import BenchmarkQuestion

if TYPE_CHECKING:
    from advisor.workflows.run_benchmark import Kept

# What runs a benchmark loads httpx and NumPy, so each action imports it for itself.

_EXAMPLE = "advisor bench run --endpoint http://localhost:8000 --preset quick"


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(commands, name, summary, None, example=_EXAMPLE)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    _add_run(actions)
    command(
        actions, "list", "every run that was made here, newest first", run_list, example="advisor bench list",
        catalog=False,
    )  # fmt: skip
    shown = command(
        actions, "show", "the result of a run, recomputed from what it wrote", run_show,
        example="advisor bench show last", catalog=False,
    )  # fmt: skip
    resumed = command(
        actions, "resume", "go on with a run that did not finish", run_resume, example="advisor bench resume last",
        catalog=False,
    )  # fmt: skip
    for each in (shown, resumed):
        each.add_argument("wanted", metavar="RUN", help="an id, the beginning of one, or last")
    add_key_flags(resumed)


def _add_run(actions: Subparsers) -> None:
    parser = command(
        actions,
        "run",
        "closed loop at a list of concurrencies, three repetitions, the median",
        run_run,
        example=_EXAMPLE + " --instance p5.48xlarge --checkpoint fp8 --tp 8",
        description=(
            "Keeps so many requests in flight, measures TTFT, ITL, TPOT, E2E and throughput, and judges whether the "
            "figures prove anything. Ctrl+C stops it and keeps what is measured.\n"
            "Exit code 0: every load valid; 1: an objective missed; 3: endpoint unusable; "
            "4: a load proves nothing, or leaves an objective undecided."
        ),
    )
    parser.add_argument("--endpoint", required=True, metavar="URL", help="root of the server, or its /v1 base")
    parser.add_argument("--model", metavar="NAME", help="name that the server serves (its only one)")
    parser.add_argument("--api", choices=("chat", "completions"), default=DEFAULT_API, help=f"({DEFAULT_API})")
    add_key_flags(parser)
    _add_plan_flags(parser)
    _add_subject_flags(parser)


def _add_plan_flags(parser: Parser) -> None:
    group = parser.add_argument_group("what to send; unstated values are the preset's")
    group.add_argument(
        "--preset", default=DEFAULT_PRESET, metavar="NAME", help=f"{', '.join(PRESETS)} ({DEFAULT_PRESET})"
    )
    group.add_argument("--concurrency", type=concurrencies, metavar="N,…", help="requests in flight, like 1,4,8,16")
    amount = group.add_mutually_exclusive_group()
    amount.add_argument("--requests", type=positive_int, metavar="N", help="requests at each load and repetition")
    amount.add_argument("--duration", type=positive_float, metavar="S", help="seconds instead of a count")
    group.add_argument("--input-tokens", type=positive_int, metavar="N", help="tokens of each prompt")
    group.add_argument("--output-tokens", type=positive_int, metavar="N", help="tokens of each answer, exactly")
    group.add_argument("--natural-eos", action="store_true", help="let answers end where the model ends them")
    group.add_argument("--repeat", type=positive_int, metavar="N", help="repetitions of each load (3)")
    group.add_argument("--warmup", type=non_negative_int, metavar="N", help="requests before each, not counted")
    group.add_argument("--timeout", type=positive_float, metavar="S", help="longest that one request may take")
    group.add_argument("--seed", type=non_negative_int, metavar="N", help="seed of the prompts (1)")
    group.add_argument("--slo", metavar="TARGETS", help="objectives to judge, like ttft_p95_ms=500,itl_p95_ms=30")


def _add_subject_flags(parser: Parser) -> None:
    group = parser.add_argument_group("what the endpoint runs on; stated, the figures become evidence")
    group.add_argument("--instance", metavar="TYPE", help="like p5.48xlarge")
    group.add_argument("--checkpoint", metavar="ID", help="bf16, fp8, w4a16 or nvfp4 (by the served name)")
    group.add_argument("--tp", type=positive_int, metavar="N", help="tensor_parallel_size")
    group.add_argument("--serves", metavar="ID", help="llama-4-scout or llama-4-maverick (by the served name)")
    group.add_argument("--engine", metavar="ID@VERSION", help="like vllm@0.33.0 (as the server says)")


def run_run(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.run_benchmark import begin, keep, prepare

    paths, catalog, question = user_paths(), open_catalog(arguments), _question(arguments)
    _check_ids(question.statement, catalog)
    prepared = prepare(question, catalog, read_key(arguments))
    if prepared.preflight.refused:
        output.note(f"advisor: the endpoint refuses {', '.join(prepared.preflight.refused)}; going on without")
    run = begin(prepared, paths, datetime.now(UTC))
    output.note(f"advisor: run {run.run_id}")
    ended = watch(run, output)
    kept = keep(run.path, paths)
    _report(kept, output)
    return exit_code_of(kept.result, ended)


def run_resume(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.run_benchmark import go_on, keep
    from advisor.workflows.runs import find_run

    paths = user_paths()
    run = go_on(find_run(arguments.wanted, paths), read_key(arguments))
    ended = watch(run, output)
    kept = keep(run.path, paths)
    _report(kept, output)
    return exit_code_of(kept.result, ended)


def run_show(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.run_benchmark import keep
    from advisor.workflows.runs import find_run

    paths = user_paths()
    kept = keep(find_run(arguments.wanted, paths), paths)
    _report(kept, output)
    return what_it_proves(kept.result)


def run_list(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.runs import list_runs

    del arguments
    rows = list_runs(user_paths())
    if output.json_mode:
        output.document(runs_document(rows))
    else:
        _write_list(rows, output)
    return ExitCode.YES


def _question(arguments: argparse.Namespace) -> BenchmarkQuestion:
    return BenchmarkQuestion(
        endpoint=arguments.endpoint,
        model=arguments.model,
        api=arguments.api,
        preset=arguments.preset,
        changes={
            "concurrencies": arguments.concurrency,
            "requests_per_cell": arguments.requests,
            "duration_s": arguments.duration,
            "input_tokens": arguments.input_tokens,
            "output_tokens": arguments.output_tokens,
            "ignore_eos": False if arguments.natural_eos else None,
            "repetitions": arguments.repeat,
            "warmup_requests": arguments.warmup,
            "timeout_s": arguments.timeout,
            "seed": arguments.seed,
            "slos": parse_slos(arguments.slo) if arguments.slo else None,
        },
        statement=Statement(
            instance=arguments.instance,
            checkpoint=arguments.checkpoint,
            tensor_parallel_size=arguments.tp,
            model=arguments.serves,
            engine=arguments.engine,
        ),
    )


def _check_ids(statement: Statement, catalog: Catalog) -> None:
    """Whether the catalogue knows what is stated, also where a simulated endpoint would never ask."""
    if statement.instance is not None:
        catalog.instance(statement.instance)
    if statement.engine is not None:
        catalog.engine(statement.engine.partition("@")[0])
    models = [catalog.model(statement.model)] if statement.model is not None else [*catalog.models.values()]
    known = {checkpoint for model in models for checkpoint in model.checkpoints}
    if statement.checkpoint is not None and statement.checkpoint not in known:
        raise UnknownIdError("checkpoint", statement.checkpoint, known, key="--checkpoint")


def _report(kept: "Kept", output: Output) -> None:
    if output.json_mode:
        output.document(benchmark_document(kept.result))
    else:
        write_result(kept.result, output)
        output.note(f"advisor: kept in {kept.path}")


def _write_list(rows: list[RunRow], output: Output) -> None:
    if not rows:
        output.line("no run was made here yet")
        return
    columns = (
        Column("run"),
        Column(""),
        Column("state"),
        Column("", drop=3),
        Column("model", drop=1),
        Column("endpoint", drop=2),
        Column("loads"),
        Column("verdicts", flows=True),
    )
    write_table(columns, [_row(row, output) for row in rows], output)


def _row(row: RunRow, output: Output) -> Row:
    if row.meta is None or row.plan is None:
        return (row.id, output.glyph(Level.UNKNOWN), "unreadable", "", "", "", "", row.broken or "")
    simulated = row.meta.simulated
    return (
        row.id,
        output.glyph(Level.SIMULATED) if simulated else "",
        row.meta.state.value,
        "simulated" if simulated else "",
        row.meta.model,
        row.meta.endpoint,
        ",".join(map(str, row.plan.concurrencies)),
        ", ".join(verdict.replace("_", " ") for verdict in dict.fromkeys(row.verdicts)),
    )
