"""Sentences for what a running server, or its log, does not say."""

SENTENCES = {
    "no_metrics_route": "The server has no /metrics, so its KV cache cannot be seen.",
    "no_cache_metrics": "Its /metrics holds neither vLLM's cache_config_info nor SGLang's figures of its KV cache.",
    "no_block_count": (
        "{engine_metric} states no number of blocks: vLLM 0.8 leaves it out, and its start-up log says it (--log FILE)."
    ),
    "engines_differ": "The blocks of {engines} data-parallel engines do not divide evenly: their mean is shown.",
}
