"""Sentences for what the columns of a report's charts take for granted."""

SENTENCES = {
    "other_checkpoint": "{model} runs there as {used}, not as {wanted}: the figure is of {used}.",
    "fitted_at_other_load": "Its efficiency is from {loads} requests in flight; none is known of {concurrency}.",
    "capacity_block_instead": (
        "{instance} has no list price in {region}: this is the price of a Capacity Block in {sold_in}."
    ),
    "scenarios_unknown": "Nobody knows this of {scenarios}.",
    "pick_agrees": "advisor picks {instance} for {model} too.",
    "pick_rejected": "{instance} drops out for {model}:",
    "pick_serves": "{instance} would serve {model}, but it is not the pick.",
    "pick_unpriced": "{instance} has no known price for this way of buying.",
}
