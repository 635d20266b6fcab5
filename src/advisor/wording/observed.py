"""Sentences about what a running server, or its log, tells of its memory, and what is concluded from it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from advisor.quantities import text

if TYPE_CHECKING:  # every command has these sentences, and only some of them look at a server
    from advisor.fit.proof.declared import Declaration, Identified, Outcome
    from advisor.fit.proof.identify import Match
    from advisor.fit.proof.implied import Implied
    from advisor.fit.proof.observed import Observed

SENTENCES = {
    "no_metrics_route": "The server has no /metrics, so its KV cache cannot be seen.",
    "no_cache_metrics": "Its /metrics holds neither vLLM's cache_config_info nor SGLang's figures of its KV cache.",
    "no_block_count": (
        "{engine_metric} states no number of blocks: vLLM 0.8 leaves it out, and its start-up log says it (--log FILE)."
    ),
    "engines_differ": "The blocks of {engines} data-parallel engines do not divide evenly: their mean is shown.",
    "memory_silent": "It tells no KV cache that follows from its devices' memory.",
    "memory_impossible": (
        "Its KV cache is larger than this stack could hold beside the weights ({predicted_bytes} per device are "
        "predicted): it runs on something else."
    ),
    "memory_implausible": (
        "Its KV cache leaves {beside_bytes} per device beside the weights, more than any overhead that was measured: "
        "it runs on something else, or other processes share its devices."
    ),
    "memory_unexplained": (
        "It differs by more than the doubt of the prediction, and nothing in it rules out other hardware than is "
        "stated. A start-up log that names the device's memory (VLLM_LOGGING_LEVEL=DEBUG, then --log) would."
    ),
    "overheads_measured": (
        "The overheads are those that {place} showed of this very stack on {day}, {beside_bytes} beside the weights: "
        "not the catalogue's (--no-measured takes those)."
    ),
    "overheads_measured_elsewhere": (
        "The overheads are those that {place} showed of {stack} on {day}, {beside_bytes} beside its weights, under the "
        "same engine version and accelerator: not the catalogue's (--no-measured takes those)."
    ),
    "overheads_conflict": (
        "Measurements disagree: {place} showed {apart_bytes} per device more or less on {day}. It is not averaged in."
    ),
    "identify_outside_catalogue": (
        "Accelerators and precisions that the catalogue does not hold could report the same, and are not excluded."
    ),
    "identify_model_untold": (
        "The server calls its model '{served}', which names no repository of the catalogue: every model and checkpoint "
        "was tried (--model and --checkpoint narrow it), and nothing holds if it is no Llama 4."
    ),
    "identify_checkpoint_untold": (
        "The server calls its model '{served}', which does not tell the checkpoint: all were tried "
        "(--checkpoint narrows it)."
    ),
    "identify_hybrid_untold": (
        "{engine} {version} does not say whether its KV cache is hybrid: both states were tried, which hold four "
        "times apart."
    ),
    "identify_utilization_untold": (
        "The server does not tell its gpu_memory_utilization: the default of its version, {share}, is taken."
    ),
    "identify_settings_untold": (
        "Servers do not publish max_num_seqs: the default of the device is tried, then 256 and 64, which leave more "
        "cache."
    ),
    "identify_experts_untold": (
        "The server does not tell whether experts are whole on a device (--enable-expert-parallel): both were tried."
    ),
    "identify_experts_alike": (
        "Expert parallelism cannot be seen: with one data-parallel rank each device holds as many weights either way."
    ),
    "identify_encoder_untold": (
        "How the vision encoder is loaded cannot be told from other overheads: it is taken to be sharded, and whole on "
        "each device or not loaded it would move a device's cache by less than its {encoder_bytes}."
    ),
    "identify_nothing_runs": (
        "No combination of the catalogue can serve what it reports: {context_tokens} tokens of context, this data type "
        "of the cache, so many ranks."
    ),
    "identify_version_old": "It says that its version is {version}; vLLM serves Llama 4 from {since} on.",
    "identify_simulated": (
        "The built-in endpoint answered: it has no accelerator, and its figures say nothing about an instance."
    ),
    "identify_engine": "Only vLLM's KV cache can be identified; this server says that it is {engine}.",
    "identify_version_untold": (
        "The server does not tell its version, which decides its memory plan (--engine vllm@VERSION states it)."
    ),
    "identify_pinned": (
        "A flag sets the size of its KV cache (--kv-cache-memory-bytes or --num-gpu-blocks-override), so it says "
        "nothing of the devices' memory."
    ),
    "identify_cache_untold": "The server does not tell a KV cache that can be judged (data type {cache_dtype}).",
    "identify_version_denied": "The server says that its version is {told}; {stated} is stated.",
    "identify_model_denied": "The server says that it serves {served}; {stated} is stated.",
}
"""Reasons by their code."""

_OUTCOMES: "Mapping[Outcome, str]" = {
    "found": "{matches} of {tried} combinations explain it{settings}.",
    "nothing_consistent": "None of {tried} combinations explains it.",
    "corroborated": "It agrees with {declared}; {matches} of {tried} combinations explain it{settings}.",
    "contradicted": "It is not what {declared} would report; {matches} of {tried} combinations explain it{settings}.",
    "unexplained": (
        "It is further from what {declared} should report than the doubt of the overheads, and not impossible: another "
        "version or setting may explain it; {matches} of {tried} combinations do{settings}."
    ),
    "too_little": "It says too little to be identified.",
}


def outcome_of(found: "Identified") -> str:
    """What an identification came to, in one sentence."""
    search = found.identification
    matches = search.matches if search else ()
    assumed = sum(match.needs_settings for match in matches)
    return _OUTCOMES[found.outcome].format(
        matches=len(matches),
        tried=f"{search.tried if search else 0:,}",
        declared=declared_of(found.declaration),
        settings=f", {assumed} of them only under settings that it does not tell" if assumed else "",
    )


def signed(size_bytes: float) -> str:
    """`+0.2 GiB`, `−82 MiB`, and `0 MiB` for less than would show."""
    shown = text.gib(abs(size_bytes))
    return shown if shown.startswith("0 ") else f"{'+' if size_bytes > 0 else '−'}{shown}"


def settings_of(match: "Match") -> str:
    """`--max-num-seqs 256`: the settings under which alone a combination explains the server."""
    stated = (("--max-num-batched-tokens", match.max_num_batched_tokens), ("--max-num-seqs", match.max_num_seqs))
    numbers = (f"{flag} {value}" for flag, value in stated if value is not None)
    return " ".join((*(("--enable-expert-parallel",) if match.expert_parallel else ()), *numbers))


def declared_of(declaration: "Declaration") -> str:
    """`p5.48xlarge at TP 8`: what was declared."""
    size = declaration.tensor_parallel_size
    parts = (declaration.model, declaration.checkpoint, f"TP {size}" if size else None, declaration.engine)
    stated = " ".join(part for part in parts if part)
    where = declaration.instance or ""
    if where and declaration.nodes > 1:
        where = f"{declaration.nodes} × {where}"
    return f"{where} ({stated})" if where and stated else where or stated or "nothing"


def reported(observed: "Observed") -> str:
    """`vLLM 0.33.0 serves scout: 439,400 blocks of 16 tokens, context 131,072, share 0.92`."""
    engine = " ".join(part for part in (observed.engine, observed.engine_version) if part) or "An unnamed engine"
    told = (
        None if observed.blocks is None else f"{observed.blocks:,} blocks",
        None if observed.block_tokens is None else f"{observed.block_tokens} tokens each",
        None if observed.max_model_len is None else f"context {text.tokens(observed.max_model_len)}",
        None if observed.cache_dtype is None else f"KV cache {observed.cache_dtype}",
        None if observed.gpu_memory_utilization is None else f"{observed.gpu_memory_utilization:g} of memory",
        None if observed.engines == 1 else f"{observed.engines} data-parallel ranks",
    )
    return f"{engine} serves {observed.served_model or '?'}: {', '.join(part for part in told if part) or 'no figures'}"


def agreement(seen: "Implied") -> str:
    """How far an observed cache is from the predicted one, and what that would mean."""
    from advisor.fit.proof.implied import Consistency

    more = "more" if seen.difference_bytes >= 0 else "less"
    size = f"{seen.blocks:,} blocks of {seen.predicted_blocks:,} predicted"
    apart = f"{text.gib(abs(seen.difference_bytes))} {more} per device, the doubt is ± {text.gib(seen.band_bytes)}"
    if seen.consistency is Consistency.IMPOSSIBLE:
        return f"{size}: {apart}; that is more than its memory holds beside the weights"
    if seen.consistency is Consistency.IMPLAUSIBLE:
        return f"{size}: {apart}; no overhead that was ever measured is so large"
    return f"{size}: {apart}"
