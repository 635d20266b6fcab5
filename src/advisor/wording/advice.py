"""Sentences for what a recommendation removes, cautions about and leaves out."""

SENTENCES = {
    "stack_excludes_neuron": "The workload asks for NVIDIA; this instance carries {accelerator}.",
    "other_engine_wanted": "The workload asks for {wanted}; this would run {engine}.",
    "undocumented_path": (
        "{engine} is not documented by AWS for Llama 4 here. Allow undocumented paths to consider it, marked as such."
    ),
    "not_offered_in_region": "AWS does not offer it in {regions}.",
    "price_unknown": "It is sold that way ({purchases}), but no price is known. It is sold as {sold_as}.",
    "not_sold_that_way": "It is not sold as {purchases} there. It is sold as {sold_as}.",
    "spot_cannot_serve_online": "Spot capacity can end within two minutes: it serves batches, not people who wait.",
    "cannot_carry_one_request": "One replica cannot carry a single request at this shape within 80 % utilisation.",
    "cannot_hold_one_request": "The KV cache does not hold one request at this length.",
    "slo_missed": "{target} is expected at {value_ms} and misses {limit_ms} with at least 90 % probability.",
    "deadline_before_ready": "Starting up takes longer than the deadline of {deadline_hours} hours.",
    "over_budget": "It costs {cost_usd} a {period}, over the budget of {budget_usd}.",
    "pools_over_budget": "Together the pools cost {cost_usd} a {period}, over the budget of {budget_usd}.",
    "nothing_feasible": "No instance meets everything that was asked.",
    "no_managed_price_here": "No per-token price is known for {regions}; prices are known for {known_for}.",
    "price_derived": (
        "The price of {instance} in {region} is derived from the us-east-1 list price and the region's multiplier; "
        "no list price for the region was found."
    ),
    "price_discounted": (
        "The price of {instance} in {region} is the list price of {list_usd_per_hour} less your discount {discount}."
    ),
    "price_stale": "The price of {instance} dates from {as_of}, longer ago than such prices hold.",
    "spot_interrupts": "{instance} on spot can be interrupted at two minutes' notice, and its price moves by the day.",
    "spot_band": "Of {instance} on spot in {region}, AWS took back {band} in a month ({as_of}).",
    "capacity_block_term": (
        "{instance} is priced as a Capacity Block: paid up front, at most 182 days, re-priced in steps of months."
    ),
    "images_not_timed": (
        "Requests carry images: their encoder's memory is counted, but neither its time nor the tokens of an image are."
    ),
    "owned_instances": "{instances} {instance} are already owned and count as paid for.",
}
