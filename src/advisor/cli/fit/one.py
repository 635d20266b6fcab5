"""One verdict in full: memory of a device, cache, reasons and the serve command."""

from advisor.cli.fit.head import combination, stack
from advisor.cli.fit.styles import MARKS, STYLES
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Column, Row, write_table
from advisor.export.fit_document import fit_provenance
from advisor.fit.result import FitResult, KvCache
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.wording.reasons import sentence


def write_result(result: FitResult, output: Output) -> None:
    """The whole answer, for reading."""
    from rich.text import Text

    head = Text(result.verdict.value.upper().replace("_", " "), style=STYLES[result.verdict])
    head.append(f"   {combination(result)}", style="bold")
    write_text(head, output)
    write_text(f"{stack(result)} × {result.request.concurrency} concurrent", output)
    if result.per_device is not None and result.kv_cache is not None:
        output.line()
        _write_memory(result, output)
        output.line()
        _write_cache(result, output)
    output.line()
    for reason in result.reasons:
        write_text(f"{MARKS[reason.severity]} {sentence(reason)}", output)
    if result.serve_argv:
        _write_serve(result, output)


def _write_memory(result: FitResult, output: Output) -> None:
    assert result.per_device is not None
    device = result.per_device
    levels = fit_provenance(result).as_document()
    unit = "logical core" if result.request.engine.accelerators == "neuron" else "device"
    rows: tuple[tuple[str, float | None, Level], ...] = (
        (f"usable per {unit}", device.usable_bytes, _level(levels, "usable_bytes")),
        ("budget", device.budget_bytes, _level(levels, "budget_bytes")),
        ("weights", device.weights_bytes, _level(levels, "weights_bytes")),
        ("RoPE table", device.rope_table_bytes, _level(levels, "rope_table_bytes")),
        ("activation", device.activation_bytes, _level(levels, "activation_bytes")),
        ("non-torch", device.non_torch_bytes, _level(levels, "non_torch_bytes")),
        ("CUDA graphs", device.cuda_graph_bytes, _level(levels, "cuda_graph_bytes")),
        ("correction by measurement", device.correction_bytes, _level(levels, "correction_bytes")),
        ("KV cache available", device.kv_cache_bytes, _level(levels, "kv_cache_bytes")),
        ("KV cache needed", device.kv_needed_bytes, Level.DERIVED),
        (f"margin (± {text.gib(device.band_bytes)})", device.margin_bytes, _level(levels, "margin_bytes")),
    )
    table: list[Row] = []
    for label, amount, level in rows:
        if amount is None and label.startswith("correction"):
            continue
        shown = level if amount is not None else Level.UNKNOWN
        table.append((label, text.gib(amount), f"{output.glyph(shown)} {shown.value}"))
    write_table([Column(""), Column("", right=True), Column("")], table, output)


def _level(levels: dict[str, dict[str, str]], key: str) -> Level:
    return Level(levels.get(f"/per_device/{key}", levels["/per_device"])["level"])


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


def _write_serve(result: FitResult, output: Output) -> None:
    import shlex

    output.line()
    for name, value in result.serve_env:
        output.line(f"export {name}={shlex.quote(value)}")
    output.line(shlex.join(result.serve_argv))
