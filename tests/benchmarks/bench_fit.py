"""What fit costs: one question, and the whole catalogue with every checkpoint and parallelism at once.

    uv run python tests/benchmarks/bench_fit.py [--rounds 9]

One question is timed in pure Python, all of them one by one and as columns of NumPy; the
design allows 50 ms for all of them. Rounds take turns, so that a busy machine slows every side; printed are medians,
and the ratio to a pass of plain arithmetic of known length. Not a test: nothing here passes or fails.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from time import perf_counter

from advisor.catalog.load import Catalog, load_catalog
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from advisor.fit.table import fit_table
from advisor.workflows.fit import engine_for, fit
from advisor.workflows.fit_question import FitQuestion

_REPEATS = 200
_CONTEXTS = (8_192, 131_072, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description="Costs of the fit checker.")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    catalog = load_catalog()
    request = fit(catalog, FitQuestion("llama-4-scout", "p5.48xlarge")).request
    pipelined = replace(request, nodes=2, pipeline_parallel_size=5, tensor_parallel_size=2)
    everything = list(every_request(catalog, "llama-4-scout")) + list(every_request(catalog, "llama-4-maverick"))
    table = fit_table(everything)
    asked: dict[str, tuple[Callable[[], object], int]] = {
        "check_fit, one instance": (lambda: ask_often(request), _REPEATS),
        "check_fit, five stages on two instances": (lambda: ask_often(pipelined), _REPEATS),
        "table, every combination": (lambda: fit_table(everything), 1),
        "check_fit, every combination": (lambda: ask_each(rows), 1),
        "plain arithmetic": (arithmetic, 1),
    }
    rows = [row.asked for row in table]
    spent_s: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds + 1):
        for name, (ask, times) in asked.items():
            begun = perf_counter()
            ask()
            spent_s[name].append((perf_counter() - begun) / times)
    # The first round only fills caches.
    unit = median(spent_s["plain arithmetic"][1:])
    print(f"{len(everything)} questions, {len(table)} rows (instance × checkpoint × parallelism)")
    print(f"{'what':<44}{'ms':>10}{'ratio':>10}   to a million additions")
    for name, spent in spent_s.items():
        print(f"{name:<44}{median(spent[1:]) * 1e3:>10.3f}{median(spent[1:]) / unit:>10.3f}")


def every_request(catalog: Catalog, model_id: str) -> Iterator[FitRequest]:
    """Every instance with every checkpoint of a model."""
    model = catalog.model(model_id)
    for instance in catalog.instances.values():
        engine, version = engine_for(catalog, instance, None)
        for checkpoint in model.checkpoints.values():
            yield FitRequest(model, checkpoint, instance, catalog.accelerator_of(instance), engine, version)


def ask_often(request: FitRequest) -> None:
    for turn in range(_REPEATS):
        check_fit(replace(request, context_tokens=_CONTEXTS[turn % len(_CONTEXTS)]))


def ask_each(requests: list[FitRequest]) -> None:
    for request in requests:
        check_fit(request)


def arithmetic() -> int:
    total = 0
    for number in range(1_000_000):
        total += number
    return total


if __name__ == "__main__":
    main()
