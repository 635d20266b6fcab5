"""Sentences for the reasons of the fit checker."""

from advisor.catalog.records.engines import Engine


def cache_name(engine: Engine) -> str:
    """What to call the cache of an engine that has one kind of it only."""
    return "token pool" if engine.memory_model in ("static_share", "free_share") else "contiguous"


SENTENCES = {
    "tp_heads": (
        "Total number of attention heads ({attention_heads}) must be divisible by "
        "tensor parallel size ({tensor_parallel_size})."
    ),
    "tp_kv_heads": "{kv_heads} KV heads can be neither divided nor replicated over TP {tensor_parallel_size}.",
    "tp_vocabulary": "The vocabulary ({vocabulary_size}) is not divisible by TP {tensor_parallel_size}.",
    "tp_intermediate": "The expert size ({intermediate_size}) is not divisible by TP {tensor_parallel_size}.",
    "dp_intermediate": (
        "The expert size ({intermediate_size}, in scale groups of {scale_group}) is not divisible by {ranks}, the "
        "devices of all data-parallel ranks; --expert-parallel keeps experts whole."
    ),
    "block_size": "A KV block of {block_size} tokens is no multiple of {step}, which the attention kernels need.",
    "tp_cores": "TP {tensor_parallel_size} does not divide the instance's {devices} logical cores.",
    "pp_layers": "{layers} layers cannot be spread over {pipeline_parallel_size} pipeline stages here.",
    "too_few_devices": "It needs {needed} devices; {instance} has {devices}.",
    "tp_spans_instances": (
        "TP {tensor_parallel_size} is more than the {devices} devices of one instance: every layer would wait for "
        "the network. Keep tensor parallelism within an instance and add pipeline stages."
    ),
    "idle_devices": "One replica leaves {idle} of {devices} devices idle; there is room for {replicas} in all.",
    "neuron_full_mha": (
        "TP {tensor_parallel_size} is no multiple of the 8 KV heads: Neuron falls back to full multi-head "
        "attention with {padded_heads} heads, which multiplies the KV cache."
    ),
    "tensor_parallel_defaulted": "No degree was stated: the largest valid one on this instance is used.",
    "no_accelerator": "{instance} has no accelerator. A CPU instance is not a serving choice for Llama 4.",
    "rates_unknown": "Nobody has published {rates} of {accelerator}, so no speed can be computed for it.",
    "engine_accelerator": "{engine} does not run on {accelerator}.",
    "engine_not_advised": ("{engine} is judged here with less certainty than vLLM, and advice does not pick it."),
    "engine_older_than_known": (
        "{engine} {version} is older than the oldest version read ({oldest_known}); it may not serve Llama 4 at all."
    ),
    "engine_newer_than_known": (
        "{engine} {version} is newer than the newest version read ({newest_known}); its memory plan may differ."
    ),
    "compute_capability_unknown": (
        "{accelerator} states no compute capability, so it is not known which formats it runs."
    ),
    "format_unsupported": (
        "{accelerator} (compute capability {compute_capability}) does not run {format} of Llama 4 under "
        "{engine} {version}."
    ),
    "format_unread": "Which GPUs run {format} under this version of {engine} was not read.",
    "format_needs_newer_engine": (
        "{engine} {version} does not run {format} of Llama 4 on {accelerator} (compute capability "
        "{compute_capability}); {since} does."
    ),
    "bf16_as_fp16": (
        "{accelerator} (compute capability {compute_capability}) has no BF16: the engine casts the weights to FP16, "
        "and nobody has published Llama 4 that way."
    ),
    "fp8_weight_only": (
        "{accelerator} has no FP8 arithmetic: the weights are stored in FP8 and multiplied in BF16, "
        "which saves memory but no compute."
    ),
    "nvfp4_weight_only": (
        "{accelerator} has no FP4 arithmetic: Marlin kernels widen the weights, which saves memory but no compute. "
        "NVIDIA supports NVFP4 on Blackwell only, and nobody has published Llama 4 this way."
    ),
    "fp8_kv_unverified": (
        "An FP8 KV cache on compute capability {compute_capability} runs only if FlashInfer is picked: nobody has "
        "published that, and Triton, the backend after it, raises below {native_from}."
    ),
    "host_memory_short": (
        "{instance} has {memory_bytes} of host memory and the checkpoint {checkpoint_bytes}: from slow storage the "
        "load may run out of host memory. Its page cache holds the files once for all replicas."
    ),
    "cpu_memory_holds": (
        "Its {memory_bytes} of memory would hold weights of {weights_bytes} and a KV cache of {kv_bytes}."
    ),
    "cpu_memory_short": (
        "Its {memory_bytes} of memory do not hold weights of {weights_bytes} and a KV cache of {kv_bytes}."
    ),
    "cpu_decode_bound": (
        "One stream reads {read_bytes} for each token: at {memory_bandwidth_gb_per_s} GB/s that is at most "
        "{tokens_per_s} tokens/s (modelled, an upper bound that nothing reaches)."
    ),
    "cpu_bandwidth_unknown": (
        "One stream reads {read_bytes} for each token; the memory bandwidth of {instance} is not known."
    ),
    "neuron_family_unsupported": ("{engine} does not support Llama 4 on the {family} family. Supported: {supported}."),
    "other_engine_supports": "Try --engine {engines}, which has published runs on this family.",
    "neuron_format": "No Neuron path for {weight_format} weights of Llama 4 is known.",
    "neuron_fp8_undocumented": (
        "FP8 weights of {model} on Neuron exist in source code only; every published run uses BF16."
    ),
    "neuron_context": "This path is valid up to {limit_tokens} tokens; {context_tokens} are asked for.",
    "neuron_context_undocumented": "AWS documents {limit_tokens} tokens for Llama 4; {context_tokens} are asked for.",
    "neuron_beta": (
        "Llama 4 is beta in Neuron {version}: tested on Trn2, accurate up to 8,192 tokens, and compiled outside vLLM "
        "before serving."
    ),
    "neuron_stabilised": (
        "Llama 4 is beta in Neuron {version}, with the stability fix of 2.27.1; it is compiled before serving."
    ),
    "neuron_pinned": (
        "Llama 4 on Neuron is beta and a legacy path: AWS says to pin SDK 2.28 for it, and the model must be compiled "
        "before serving."
    ),
    "neuron_degraded": (
        "Neuron {version} supports NxD Inference on Trn2 and newer only and removed the prefill kernel that Llama 4 "
        "used: AWS says to pin 2.28."
    ),
    "neuron_maintenance": (
        "In Neuron {version} NxD Inference, the only path of Llama 4, is in maintenance, and the new vLLM Neuron "
        "plugin has no recipe for it: AWS says to pin 2.28."
    ),
    "neuron_lnc_shares_bank": (
        "LNC {lnc} makes {logical_cores} logical cores, of which {usual_lnc} share a memory bank of {bank_gib} GiB: "
        "{core_gib} GiB for each. AWS documents Llama 4 with LNC {usual_lnc} only."
    ),
    "neuron_degree_undocumented": (
        "TP {tensor_parallel_size} is not among the degrees that AWS documents on {family}: {documented}."
    ),
    "neuron_run_unpublished": (
        "Nobody has published {model} on {family} at TP {tensor_parallel_size}; published degrees: {published}."
    ),
    "neuron_batch_unpublished": (
        "The largest batch that anybody has published of {model} at this degree is {published}; {concurrency} are "
        "asked for."
    ),
    "neuron_cache_capped": (
        "The vLLM Neuron plugin of this release gives the cache at most {share} of the budget, {available_bytes} per "
        "core, unless VLLM_NEURON_KV_GMU_BUDGET_CAP_FRACTION is set."
    ),
    "neuron_bank_exceeded": (
        "The compiler places all tensors of a compiled program in one memory bank of {bank_bytes}: it would refuse "
        "this before anything is served."
    ),
    "memory_would_hold": (
        "By arithmetic alone the memory would do: {weights_bytes} of weights per device leave {available_bytes}, and "
        "{needed_bytes} are needed for the cache."
    ),
    "memory_would_not_hold": (
        "Nor would the memory do: {weights_bytes} of weights per device and {needed_bytes} of cache, where "
        "{budget_bytes} are to be had."
    ),
    "neuron_community": "{engine} is a community path that AWS does not document for Llama 4; text only.",
    "neuron_overheads_unknown": (
        "Activation and runtime memory on Neuron are not published; the band has to cover them."
    ),
    "no_vision": "{engine} serves text only; the workload has images.",
    "context_over_model_limit": (
        "{model} is limited to {limit_tokens} tokens on this path; {context_tokens} are asked for."
    ),
    "weights_exceed_budget": (
        "Weights and overheads exceed the budget of {budget_bytes} per device by {over_bytes}, before any KV cache."
    ),
    "kv_short": "The KV cache is {short_bytes} per device short; {available_bytes} are left for it.",
    "starts_without_room": (
        "{engine} {version} starts all the same: its start-up check does not ask for a whole request. It then prints "
        "a maximum concurrency of {max_concurrency}x for {context_tokens} tokens."
    ),
    "headroom_short": (
        "Block tables for {max_num_seqs} requests of {context_tokens} tokens take {block_table_bytes} after the cache "
        "has its size: {late_bytes} in all, and the budget leaves {headroom_bytes}. Lower max_num_seqs."
    ),
    "request_table_short": (
        "The request table, {rows} rows of {context_tokens} and 4 bytes each, takes {table_bytes}, and the share "
        "leaves {headroom_bytes} beside weights and cache. State a shorter --context-length or fewer "
        "--max-running-requests."
    ),
    "request_table": (
        "The request table takes {table_bytes} of the {headroom_bytes} beside weights and cache: {rows} rows of "
        "{context_tokens}."
    ),
    "local_layers_keep": (
        "By default the chunked-local layers of {engine} {version} keep {share} of the context; "
        "--swa-full-tokens-ratio can lower that to a chunk."
    ),
    "overhead_calibrated": (
        "{overhead_bytes} beside weights and cache rest on one observation; where the doubt is larger than the margin, "
        "try it."
    ),
    "cache_share_of_free": "The cache gets {share} of what is free once the weights are loaded.",
    "plan_overheads_unknown": (
        "Activation and runtime memory of {engine} are not published; the band has to cover them."
    ),
    "reference_code": ("{engine} is no server: it runs one batch and keeps the whole context in every layer."),
    "settings_absent": "{engine} has no known setting for this with Llama 4: {settings}.",
    "tables_bound_context": (
        "The cache would hold one request of {held_tokens} tokens, but block tables for {max_num_seqs} requests leave "
        "room for {longest_tokens} only: --max-num-seqs {enough} makes room for all of it."
    ),
    "within_band": "The margin of {margin_bytes} per device lies within the ±{band_bytes} doubt of the overheads.",
    "concurrency_over_max_num_seqs": (
        "{concurrency} requests exceed max_num_seqs {limit}: the rest would wait in the queue."
    ),
    "hybrid_kv": (
        "The hybrid KV cache is {state} by default in {engine} {version}. On, it holds far more context; PR 46553 "
        "and 21761 report about 2 ms or 12 % of decode latency for it."
    ),
    "checkpoint_assumed": "The quantisation layout of {checkpoint} was not published in full: its size is assumed.",
}
