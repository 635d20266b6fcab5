"""`advisor fit --identify URL`: the stacks that a server's KV cache can come from."""

import argparse

from advisor.catalog.load import Catalog
from advisor.cli.api_key import read_key
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.prose import write_text
from advisor.cli.table import Column, Row, write_table
from advisor.errors import InputError
from advisor.export.identify_document import identify_document
from advisor.fit.proof.declared import Declaration, Identified
from advisor.fit.proof.identify import Match
from advisor.quantities import text
from advisor.wording import observed as words
from advisor.wording.reasons import sentence
from advisor.workflows.identify import identify_endpoint

_COLUMNS = (
    Column("model"),
    Column("checkpoint"),
    Column("accelerator"),
    Column("TP", right=True),
    Column("PP", right=True),
    Column("KV cache", drop=3),
    Column("predicted blocks", right=True, drop=2),
    Column("apart/device", right=True),
    Column("held by", flows=True, drop=1),
    Column("only with", flows=True),
)


def run_identify(arguments: argparse.Namespace, catalog: Catalog, output: Output) -> int:
    """Ask the endpoint and print what it can be."""
    _refuse_what_servers_tell(arguments)
    declaration = Declaration(
        instance=arguments.instance,
        model=arguments.model,
        checkpoint=arguments.checkpoint,
        tensor_parallel_size=arguments.tp,
        pipeline_parallel_size=arguments.pp or (1 if arguments.tp else None),
        engine=arguments.engine,
        nodes=arguments.nodes,
        max_num_seqs=arguments.max_num_seqs,
        max_num_batched_tokens=arguments.max_num_batched_tokens,
        expert_parallel=arguments.expert_parallel or None,
    )
    found = identify_endpoint(catalog, arguments.identify, read_key(arguments), declaration, arguments.served_model)
    if output.json_mode:
        output.document(identify_document(found, sentence, today()))
    else:
        _write(found, output)
    if found.outcome == "too_little":
        return ExitCode.PROVES_NOTHING
    return ExitCode.YES if found.is_good else ExitCode.NO


def _refuse_what_servers_tell(arguments: argparse.Namespace) -> None:
    """InputError for flags that would be left aside: the server tells these itself, or they say nothing of it."""
    given = {
        "--all": arguments.all,
        "--context": arguments.context,
        "--concurrency": arguments.concurrency != 1,
        "--images": arguments.images,
        "--mm-encoder": arguments.mm_encoder != "weights",
        "--dp": arguments.dp,
        "--kv-dtype": arguments.kv_dtype,
        "--hybrid-kv": arguments.hybrid_kv,
        "--gpu-memory-utilization": arguments.gpu_memory_utilization,
        "--block-size": arguments.block_size,
        "--lnc": arguments.lnc,
        "--no-keep": arguments.no_keep,
    }
    for flag, value in given.items():
        if value not in (None, False):
            raise InputError(f"--identify takes what the server tells, and {flag} is no part of it", key=flag)


def _write(found: Identified, output: Output) -> None:
    write_text(f"{words.reported(found.observed)}   {found.observed.source}", output)
    write_text(words.outcome_of(found), output)
    search = found.identification
    if found.declared is not None and (nearest := found.nearest) is not None:
        write_text(f"{_name(nearest)}: {words.agreement(nearest.implied)}.", output)
    if search is not None and search.matches:
        output.line()
        write_table(_COLUMNS, [_row(match) for match in search.matches], output)
    elif search is not None and search.closest is not None:
        write_text(f"Nearest is {_name(search.closest)}: {words.agreement(search.closest.implied)}.", output)
    reasons = (*found.reasons, *(search.open_questions if search else ()))
    if reasons:
        output.line()
    for reason in reasons:
        write_text(f"{'!' if reason.severity.value == 'warning' else '-'} {sentence(reason)}", output)


def _row(match: Match) -> Row:
    seen = match.implied
    return (
        match.model.removeprefix("llama-4-"),
        match.checkpoint,
        match.accelerator,
        str(match.tensor_parallel_size),
        str(match.pipeline_parallel_size),
        "hybrid" if seen.hybrid else "full",
        text.count(seen.predicted_blocks),
        words.signed(seen.difference_bytes),
        ", ".join(
            holder.instance if holder.nodes == 1 else f"{holder.nodes} × {holder.instance}" for holder in match.holders
        ),
        words.settings_of(match),
    )


def _name(match: Match) -> str:
    stages = f" × PP {match.pipeline_parallel_size}" if match.pipeline_parallel_size > 1 else ""
    ranks = f" × DP {match.data_parallel_size}" if match.data_parallel_size > 1 else ""
    under = f" under {settings}" if (settings := words.settings_of(match)) else ""
    return f"{match.checkpoint} at TP {match.tensor_parallel_size}{stages}{ranks} on {match.accelerator}{under}"
