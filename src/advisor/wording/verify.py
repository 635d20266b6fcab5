"""Sentences for what a verification found."""

SENTENCES = {
    "verify_confirmed": "One replica carries {rate_rps} req/s within every target, with {concurrency} in flight.",
    "verify_refuted": (
        "No load near {concurrency} in flight brings {rate_rps} req/s within every target on one replica."
    ),
    "verify_undecided": (
        "After {trials} trials neither is beyond doubt: that one replica carries {rate_rps} req/s within every "
        "target, nor that it does not."
    ),
    "verify_long_prompts_hold": "The targets hold even where every prompt has {long_tokens} tokens.",
    "verify_long_prompts_undecided": (
        "With prompts of the median length it holds; where every prompt has {long_tokens} tokens it does not "
        "beyond doubt, and the workload lies between."
    ),
    "verify_simulated": "The built-in endpoint answered: it says nothing about an instance.",
    "verify_contradicted": "The server is not what the file recommends: it differs in {contradictions}.",
    "verify_not_valid": "The run {run_id} proves nothing: it is {verdict}. See advisor bench show {run_id}.",
}
