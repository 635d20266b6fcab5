"""`advisor fit`: verdict, memory per device and reasons."""

import argparse
from collections.abc import Iterable

from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command, non_negative_float, positive_int
from advisor.cli.prose import write_text
from advisor.cli.table import Cell, Column, Row, write_table
from advisor.errors import InputError
from advisor.export.fit_document import fit_document, fit_provenance, overhead_origin
from advisor.fit.request import DEFAULT_CONTEXT_TOKENS
from advisor.fit.result import FitResult, KvCache, Verdict
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit, fit_everywhere
from advisor.workflows.fit_question import DEFAULT_CHECKPOINT, FitQuestion

_STYLES = {
    Verdict.FITS: "bold green",
    Verdict.TIGHT: "bold yellow",
    Verdict.DOES_NOT_FIT: "bold red",
    Verdict.INVALID: "bold red",
    Verdict.UNSUPPORTED: "bold red",
}


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor fit --model llama-4-scout --instance p5.48xlarge --context 131072 --concurrency 16",
        description=(
            "Will this checkpoint, at this context and concurrency, run on this instance, and why not.\n"
            "Exit code 0: fits or tight; 1: does not fit, invalid or unsupported."
        ),
    )
    parser.add_argument("--model", required=True, metavar="ID", help="llama-4-scout or llama-4-maverick")
    parser.add_argument("--instance", metavar="TYPE", help="an EC2 instance type, like p5.48xlarge")
    parser.add_argument(
        "--checkpoint", default=DEFAULT_CHECKPOINT, metavar="ID", help="bf16, fp8, w4a16 or nvfp4 (bf16)"
    )
    parser.add_argument(
        "--context",
        type=positive_int,
        default=DEFAULT_CONTEXT_TOKENS,
        metavar="N",
        help=f"tokens of one request, prompt and answer ({DEFAULT_CONTEXT_TOKENS})",
    )
    parser.add_argument("--concurrency", type=positive_int, default=1, metavar="N", help="requests held at once (1)")
    parser.add_argument("--tp", type=positive_int, metavar="N", help="tensor_parallel_size (the largest valid one)")
    parser.add_argument("--pp", type=positive_int, default=1, metavar="N", help="pipeline_parallel_size (1)")
    parser.add_argument("--kv-dtype", choices=("auto", "fp8"), default="auto", help="KV cache data type (auto)")
    parser.add_argument("--hybrid-kv", choices=("on", "off"), help="force the hybrid KV cache (the version's default)")
    parser.add_argument("--engine", metavar="ID@VERSION", help="vllm@0.33, neuron, optimum-neuron (by accelerator)")
    parser.add_argument("--gpu-memory-utilization", type=non_negative_float, metavar="F", help="share of memory to use")
    parser.add_argument("--max-num-seqs", type=positive_int, metavar="N", help="vLLM's limit of running requests")
    parser.add_argument("--max-num-batched-tokens", type=positive_int, metavar="N", help="vLLM's tokens in one step")
    parser.add_argument("--all", action="store_true", help="every instance and checkpoint instead of one")


def run(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    if arguments.all:
        results = list(fit_everywhere(catalog, _question(arguments, instance="")))
        return _many(results, output)
    if arguments.instance is None:
        raise InputError(
            "no instance was named", hint="Add --instance TYPE, or --all for every instance.", key="--instance"
        )
    result = fit(catalog, _question(arguments, instance=arguments.instance))
    if output.json_mode:
        output.document(fit_document(result, sentence))
    else:
        _write(result, output)
    return ExitCode.YES if result.verdict.runs else ExitCode.NO


def _question(arguments: argparse.Namespace, instance: str) -> FitQuestion:
    return FitQuestion(
        model=arguments.model,
        instance=instance,
        checkpoint=arguments.checkpoint,
        engine=arguments.engine,
        context_tokens=arguments.context,
        concurrency=arguments.concurrency,
        tensor_parallel_size=arguments.tp,
        pipeline_parallel_size=arguments.pp,
        kv_dtype=arguments.kv_dtype,
        gpu_memory_utilization=arguments.gpu_memory_utilization,
        max_num_seqs=arguments.max_num_seqs,
        max_num_batched_tokens=arguments.max_num_batched_tokens,
        hybrid_kv=None if arguments.hybrid_kv is None else arguments.hybrid_kv == "on",
    )


def _many(results: list[FitResult], output: Output) -> int:
    if output.json_mode:
        output.document({"schema": "advisor.fits/1", "fits": [fit_document(result, sentence) for result in results]})
    else:
        _write_table(results, output)
    return ExitCode.YES if any(result.verdict.runs for result in results) else ExitCode.NO


def _write_table(results: Iterable[FitResult], output: Output) -> None:
    columns = (
        Column("instance"),
        Column("checkpoint"),
        Column("TP", right=True),
        Column("verdict"),
        Column("margin/device", right=True, drop=1),
        Column("longest context", right=True, drop=2),
        Column("reason", below=True),
    )
    write_table(columns, [_row(result) for result in results], output)


def _row(result: FitResult) -> Row:
    device, cache = result.per_device, result.kv_cache
    return (
        result.request.instance.id,
        result.request.checkpoint.id,
        str(result.parallelism.tensor_parallel_size),
        Cell(result.verdict.value.replace("_", " "), _STYLES[result.verdict]),
        text.gib(device.margin_bytes) if device else "",
        text.tokens(cache.max_context_tokens) if cache and result.verdict.runs else "",
        "" if result.verdict is Verdict.FITS else sentence(result.reasons[0]),
    )


def _write(result: FitResult, output: Output) -> None:
    from rich.text import Text

    request = result.request
    head = Text(result.verdict.value.upper().replace("_", " "), style=_STYLES[result.verdict])
    head.append(f"   {request.model.name} {request.checkpoint.id} on {_hardware(result)}", style="bold")
    write_text(head, output)
    write_text(
        f"{request.engine.name} {request.engine_version}   TP {result.parallelism.tensor_parallel_size}"
        f"{_stages(request.pipeline_parallel_size)}   context {text.tokens(request.context_tokens)}"
        f" × {request.concurrency} concurrent",
        output,
    )
    if result.per_device is not None and result.kv_cache is not None:
        output.line()
        _write_memory(result, output)
        output.line()
        _write_cache(result, output)
    output.line()
    for reason in result.reasons:
        write_text(f"{_mark(reason.severity.value)} {sentence(reason)}", output)
    if result.serve_argv:
        _write_serve(result, output)


def _hardware(result: FitResult) -> str:
    request = result.request
    if request.accelerator is None:
        return f"{request.instance.id}, no accelerator"
    return f"{request.instance.id}, {request.instance.accelerator_count} × {request.accelerator.name}"


def _stages(pipeline_parallel_size: int) -> str:
    return f" × PP {pipeline_parallel_size}" if pipeline_parallel_size > 1 else ""


def _write_memory(result: FitResult, output: Output) -> None:
    assert result.per_device is not None
    device = result.per_device
    levels = fit_provenance(result).as_document()
    overhead = overhead_origin(result).level
    unit = "logical core" if result.request.engine.accelerators == "neuron" else "device"
    rows: tuple[tuple[str, float | None, Level], ...] = (
        (f"usable per {unit}", device.usable_bytes, _level(levels, "usable_bytes")),
        ("budget", device.budget_bytes, _level(levels, "budget_bytes")),
        ("weights", device.weights_bytes, _level(levels, "weights_bytes")),
        ("RoPE table", device.rope_table_bytes, _level(levels, "rope_table_bytes")),
        ("activation", device.activation_bytes, overhead),
        ("non-torch", device.non_torch_bytes, overhead),
        ("CUDA graphs", device.cuda_graph_bytes, overhead),
        ("KV cache available", device.kv_cache_bytes, Level.MODELLED),
        ("KV cache needed", device.kv_needed_bytes, Level.DERIVED),
        (f"margin (± {text.gib(device.band_bytes)})", device.margin_bytes, Level.MODELLED),
    )
    table: list[Row] = []
    for label, amount, level in rows:
        shown = level if amount is not None else Level.UNKNOWN
        table.append((label, text.gib(amount), f"{output.glyph(shown)} {shown.value}"))
    write_table([Column(""), Column("", right=True), Column("")], table, output)


def _level(levels: dict[str, dict[str, str]], key: str) -> Level:
    return Level(levels[f"/per_device/{key}"]["level"])


def _write_cache(result: FitResult, output: Output) -> None:
    states = [("hybrid on", result.hybrid_on), ("hybrid off", result.hybrid_off)]
    if result.hybrid_on is None and result.hybrid_off is None:
        states = [("contiguous", result.kv_cache)]
    rows = [
        (label + (" *" if cache == result.kv_cache else ""), *_cells(cache))
        for label, cache in states
        if cache is not None
    ]
    headings = ("blocks", "tokens", "longest context", "requests at context")
    write_table([Column("KV cache"), *(Column(heading, right=True) for heading in headings)], rows, output)


def _cells(cache: KvCache) -> tuple[str, ...]:
    blocks = "" if cache.blocks is None else text.count(cache.blocks)
    return (
        blocks,
        text.tokens(cache.capacity_tokens),
        text.tokens(cache.max_context_tokens),
        f"{cache.max_concurrency_at_context:,.1f}",
    )


def _mark(severity: str) -> str:
    return {"error": "×", "warning": "!", "info": "-"}[severity]


def _write_serve(result: FitResult, output: Output) -> None:
    import shlex

    output.line()
    for name, value in result.serve_env:
        output.line(f"export {name}={shlex.quote(value)}")
    output.line(shlex.join(result.serve_argv))
