"""Sentences for what an audit found beside its numbers."""

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    "stale_price": "{usd_per_hour} was the list price on {seen}; by {changed} it was another.",
    "price_slip": "Within one per cent of the list price {usd_per_hour}: a slip of the pen.",
    "sold_as_capacity_block": "It is sold as a Capacity Block, in {region} for {usd_per_hour} an hour.",
    "sizes_that_exist": "The family {family} has the sizes {sizes}.",
    "known_fact": "{statement}",
    "figure_model_unknown": "The catalogue does not hold the model '{model}'; nearest: {known}.",
    "figure_without_shape": "No input_tokens and output_tokens are stated, so the bytes of a step are not known.",
    "figure_without_rates": "{instance} has no accelerator of known bandwidth.",
    "figure_without_load": "The figure states no concurrency.",
    "command_unreadable": "The command cannot be read: {mistake}.",
    "command_unknown": "This is no serve or install command that the catalogue knows.",
    "install_unchecked": "Of an install command only the extras of a serving engine's package are checked.",
    "extra_exists": "{package} {version} has the extra '{extra}'.",
    "extra_missing": "{package} {version} has no extra '{extra}'; it has {extras}.",
    "flag_removed": "{flag} is gone from {program} by version {by}: {instead}.",
    "flag_unknown": "{program} {version} has no flag {flag} (nearest: {likely}).",
    "flag_without_value": "{flag} takes a value, and none follows.",
    "flag_value_unseen": "{flag} is {value}, which only the shell knows: it is not checked.",
    "flag_needs_whole": "{flag} takes a whole number from 1 on, not '{value}'.",
    "flag_needs_length": "{flag} takes a number of tokens such as 8192 or 8k, not '{value}'.",
    "flag_needs_length_or_auto": "{flag} takes a number of tokens such as 131072 or 128K, or auto, not '{value}'.",
    "flag_needs_share": "{flag} takes a share above 0 and up to 1, not '{value}'.",
    "argument_surplus": "'{argument}' belongs to no flag, and {program} takes no argument beside the model.",
    "model_unknown": "The catalogue does not hold the model '{model}': its TP rule and context are not checked.",
    "context_beyond_base": (
        "{model}'s base model holds {limit_tokens} tokens, the Instruct model more; {context_tokens} are asked for."
    ),
    "context_beyond_model": "{model} holds {limit_tokens} tokens; {context_tokens} are asked for.",
    "context_unset": "Without --max-model-len {limit_tokens} tokens are planned for: more than most machines hold.",
    "neuron_pads_heads": (
        "vLLM refuses TP {tensor_parallel_size}; the Neuron plug-ins pad the heads to {padded_heads} and take it."
    ),
}
