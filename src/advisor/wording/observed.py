"""Sentences about what a running server, or its log, tells of its memory, and what is concluded from it."""

SENTENCES = {
    "no_metrics_route": "The server has no /metrics, so its KV cache cannot be seen.",
    "no_cache_metrics": "Its /metrics holds neither vLLM's cache_config_info nor SGLang's figures of its KV cache.",
    "no_block_count": (
        "{engine_metric} states no number of blocks: vLLM 0.8 leaves it out, and its start-up log says it (--log FILE)."
    ),
    "engines_differ": "The blocks of {engines} data-parallel engines do not divide evenly: their mean is shown.",
    "identify_outside_catalogue": (
        "Accelerators and precisions that the catalogue does not hold could report the same, and are not excluded."
    ),
    "identify_model_untold": (
        "The server calls its model '{served}', which names no repository of the catalogue: every model and checkpoint "
        "was tried (--model and --checkpoint narrow it)."
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
        "Servers do not publish max_num_seqs: the default of the device is taken; fewer sequences leave more cache."
    ),
}
