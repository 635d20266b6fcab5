"""`advisor recommend`: a workload in, a recommendation with evidence out."""

import argparse
from pathlib import Path
from typing import Any, get_args

from advisor.advice.workload import Purchase
from advisor.cli.card import write_card, write_why
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Parser, Subparsers, command, non_negative_float, positive_int, words
from advisor.errors import InputError, UnknownIdError
from advisor.export.document import Document
from advisor.export.recommendation_document import recommendation_document, with_provenance
from advisor.export.recommendation_file import read_recommendation, write_recommendation
from advisor.paths import user_paths
from advisor.slo import parse_slos
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.recommend import recommend, settings_from_file, workload_of

_WAYS = ", ".join(get_args(Purchase))


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor recommend --peak-rps 20 --slo ttft_p95_ms=500 --region eu-central-1 --out rec.toml",
        description=(
            "Which instance, how many, served how, at what cost, with which evidence, and what would change it.\n"
            "What you do not state is a default, and the answer lists it as assumed. Exit code 0: a pick; 1: none."
        ),
    )
    parser.add_argument("--workload", type=Path, metavar="FILE", help="TOML file of settings; flags override it")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="answer the workload of this file again"
    )
    parser.add_argument("--frozen", action="store_true", help="with --from: show the file as it stands")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the recommendation as TOML")
    parser.add_argument("--why", metavar="INSTANCE", help="say only why this instance is not, or is, the pick")
    _request_flags(parser)
    _batch_flags(parser)
    _constraint_flags(parser)


def _request_flags(parser: Parser) -> None:
    group = parser.add_argument_group("requests")
    group.add_argument("--model", metavar="ID", help="llama-4-scout, llama-4-maverick, both or unsure (llama-4-scout)")
    group.add_argument("--mode", choices=("online", "batch"), help="online or batch (online)")
    group.add_argument("--input-tokens", type=positive_int, metavar="N", help="prompt tokens, p50 (512)")
    group.add_argument("--input-tokens-p95", type=positive_int, metavar="N", help="prompt tokens, p95 (from p50)")
    group.add_argument("--output-tokens", type=positive_int, metavar="N", help="answer tokens, p50 (256)")
    group.add_argument("--prefix-tokens", type=positive_int, metavar="N", help="prompt tokens repeated across requests")
    group.add_argument("--images", action="store_true", default=None, help="requests carry images")
    group.add_argument("--peak-rps", type=non_negative_float, metavar="R", help="requests per second at peak (1)")
    group.add_argument("--mean-rps", type=non_negative_float, metavar="R", help="on average (a quarter of the peak)")
    group.add_argument("--slo", metavar="TARGETS", help="like ttft_p95_ms=500,itl_p95_ms=30 (none)")
    group.add_argument("--context", type=positive_int, metavar="N", help="longest request, prompt and answer (8192)")


def _batch_flags(parser: Parser) -> None:
    group = parser.add_argument_group("batch (totals of one run)")
    group.add_argument("--batch-input-tokens", type=_count, metavar="N", help="prompt tokens, like 1.8e9")
    group.add_argument("--batch-output-tokens", type=_count, metavar="N", help="answer tokens")
    group.add_argument("--deadline", type=_hours, metavar="H", help="finished within, like 12h")
    group.add_argument("--runs-per-month", type=non_negative_float, metavar="N", help="(30)")


def _constraint_flags(parser: Parser) -> None:
    group = parser.add_argument_group("constraints")
    group.add_argument("--region", type=words, metavar="R,…", help="regions, or us, eu, any (us-east-1)")
    group.add_argument("--residency", choices=("us", "eu"), help="where data may be processed")
    group.add_argument("--buy", type=words, metavar="WAY,…", help=f"any of {_WAYS}")
    group.add_argument("--owned", metavar="TYPE=N,…", help="instances already paid for, like p4d.24xlarge=4")
    group.add_argument("--stack", choices=("vllm_nvidia", "any_nvidia", "neuron_too", "portable"), help="(vllm_nvidia)")
    group.add_argument("--engine", metavar="ID@VERSION", help="one engine, like vllm@0.33")
    group.add_argument("--allow-unsupported", action="store_true", default=None, help="undocumented Neuron paths too")
    group.add_argument("--precision-floor", choices=("bf16", "fp8", "int4"), help="lowest precision of weights (fp8)")
    group.add_argument("--redundancy", choices=("single", "n+1", "multi_az"), help="(n+1)")
    group.add_argument("--growth", type=non_negative_float, metavar="F", help="plan for this multiple of the peak (1)")
    group.add_argument("--budget-usd", type=_budget, metavar="N/month|N/run", help="most that it may cost")
    group.add_argument(
        "--objective",
        choices=("cheapest", "lowest_latency", "tokens_per_dollar", "strongest_evidence"),
        help="what wins among those that meet everything (cheapest)",
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    document = _document(arguments)
    if arguments.out is not None:
        write_recommendation(_file_form(document), arguments.out)
        output.note(f"advisor: wrote {arguments.out}")
    if output.json_mode:
        output.document(document)
    elif arguments.why is not None:
        _why(document, arguments, output)
    else:
        write_card(document, output)
    return ExitCode.YES if document["status"] in ("recommended", "not_distinguishable") else ExitCode.NO


def _document(arguments: argparse.Namespace) -> Document:
    if arguments.frozen and arguments.source is None:
        raise InputError("--frozen needs --from FILE", key="--frozen")
    if arguments.source is not None and arguments.frozen:
        return read_recommendation(arguments.source)
    knowledge = gather(open_catalog(arguments), user_paths())
    if arguments.source is not None:
        before = read_recommendation(arguments.source)
        from advisor.advice.advise import advise

        answer = advise(workload_of(before, knowledge), knowledge)
        document = recommendation_document(answer, sentence)
        if document["pick_hash"] == before["pick_hash"]:
            document["state"] = before["state"]
    else:
        answer = recommend(_settings(arguments), knowledge)
        document = recommendation_document(answer, sentence)
    return with_provenance(document, answer)


def _file_form(document: Document) -> Document:
    """The TOML form: the same tree, without the pointers that the rows of the file make redundant."""
    kept = {key: value for key, value in document["provenance"].items() if not key.startswith("/")}
    return {**document, "provenance": kept}


def _why(document: Document, arguments: argparse.Namespace, output: Output) -> None:
    catalog = open_catalog(arguments)
    catalog.instance(arguments.why)
    if not write_why(document, arguments.why, output):
        raise UnknownIdError(
            "instance in this answer", arguments.why, [row["instance_type"] for row in document["rejected"]]
        )


def _settings(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = settings_from_file(arguments.workload) if arguments.workload is not None else {}
    stated = {
        "model": arguments.model,
        "mode": arguments.mode,
        "input_tokens_p50": arguments.input_tokens,
        "input_tokens_p95": arguments.input_tokens_p95,
        "output_tokens_p50": arguments.output_tokens,
        "shared_prefix_tokens": arguments.prefix_tokens,
        "images": arguments.images,
        "peak_rps": arguments.peak_rps,
        "mean_rps": arguments.mean_rps,
        "context_tokens": arguments.context,
        "batch_input_tokens": arguments.batch_input_tokens,
        "batch_output_tokens": arguments.batch_output_tokens,
        "deadline_hours": arguments.deadline,
        "runs_per_month": arguments.runs_per_month,
        "regions_allowed": arguments.region,
        "residency": arguments.residency,
        "purchase_allowed": arguments.buy,
        "owned": _owned(arguments.owned),
        "stack": arguments.stack,
        "engine": arguments.engine,
        "allow_unsupported": arguments.allow_unsupported,
        "precision_floor": arguments.precision_floor,
        "redundancy": arguments.redundancy,
        "growth": arguments.growth,
        "objective": arguments.objective,
    }
    settings |= {key: value for key, value in stated.items() if value is not None}
    if arguments.budget_usd is not None:
        settings["budget_usd"], settings["budget_period"] = arguments.budget_usd
    for slo in parse_slos(arguments.slo or ""):
        settings[f"slo_{slo.metric}_ms_p{slo.percentile}"] = slo.limit_ms
    return settings


def _owned(text: str | None) -> dict[str, int] | None:
    from advisor.advice.tree import read_owned

    return None if text is None else read_owned(text)


def _count(text: str) -> int:
    """A token count that may be written like 1.8e9 or 2B."""
    shown = text.strip().lower().replace(",", "").replace("_", "")
    factor = {"k": 1e3, "m": 1e6, "b": 1e9}.get(shown[-1:], 1.0)
    try:
        number = float(shown.rstrip("kmb")) * factor
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of tokens") from None
    if not 1 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not at least 1")
    return round(number)


def _hours(text: str) -> float:
    try:
        number = float(text.strip().lower().removesuffix("h"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of hours, like 12h") from None
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0 hours")
    return number


def _budget(text: str) -> tuple[float, str]:
    amount, _, period = text.partition("/")
    if period not in ("month", "run"):
        raise argparse.ArgumentTypeError(f"'{text}' does not say its period: write 3000/run or 60000/month")
    return non_negative_float(amount.lstrip("$")), period
