"""What loading the catalogue costs, beside the first paint of a bare Textual app, and what is read before ours paints.

    uv run python tests/benchmarks/bench_catalog.py [--rounds 9]

Every figure is of a fresh interpreter. Rounds take turns, so that a busy machine slows both sides; printed are
medians. The design allows 60 ms for the whole catalogue. Not a test: nothing here passes or fails.
"""

import argparse
import subprocess
import sys
from statistics import median

from bench_startup import BARE_APP, OUR_APP, a_home_of_its_own, painted_s

_LOADING = """
import time
from advisor.catalog.load import load_catalog
from advisor.evidence.published import all_published_points, published_points
begun = time.perf_counter()
catalog = load_catalog()
{asked}
print(time.perf_counter() - begun)
"""
_RECORDS = "catalog.instances, catalog.models, catalog.engines, catalog.managed, catalog.ultraservers"
_PRICES = "[catalog.prices.current(region) for region in catalog.prices.regions()]"
_ASKED = {
    "one instance": "catalog.accelerator_of(catalog.instance('p5.48xlarge'))",
    "all instances": "catalog.instances",
    "one region": "catalog.prices.current('us-east-1')",
    "all regions": _PRICES,
    "advice's figures": "published_points(catalog)",
    "all figures": "all_published_points(catalog)",
    "everything": f"{_RECORDS}, catalog.interruptions, {_PRICES}",
}
_READ_BEFORE_PAINT = """
import sys
read = set()
def hear(event, arguments):
    if event == "open" and "/catalog/" in str(arguments[0]) and not str(arguments[0]).endswith((".py", ".pyc")):
        read.add(str(arguments[0]).rpartition("/catalog/")[2])
sys.addaudithook(hear)
from advisor.tui.app import AdvisorApp, make_app
AdvisorApp.on_ready = lambda self: self.exit(sorted(read))
print(", ".join(make_app().run(headless=True, size=(80, 24))) or "nothing")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Costs of loading the catalogue.")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with a_home_of_its_own():
        bare_s: list[float] = []
        ours_s: list[float] = []
        loading_s: dict[str, list[float]] = {name: [] for name in _ASKED}
        for _ in range(rounds + 1):
            bare_s.append(painted_s(["-c", BARE_APP]))
            ours_s.append(painted_s(["-c", OUR_APP]))
            for name, asked in _ASKED.items():
                loading_s[name].append(float(_said(_LOADING.format(asked=asked))))
        # The first round only fills caches.
        bare = median(bare_s[1:])
        print(f"{'what':<24}{'ms':>8}{'ratio':>8}   to the first paint of a Textual app of one widget")
        for name, spent in loading_s.items():
            print(f"{'load ' + name:<24}{median(spent[1:]) * 1e3:>8.1f}{median(spent[1:]) / bare:>8.3f}")
        ratio = median(ours / theirs for ours, theirs in zip(ours_s[1:], bare_s[1:], strict=True))
        print(f"{'first paint of the app':<24}{median(ours_s[1:]) * 1e3:>8.1f}{ratio:>8.3f}")
        print(f"read before that paint: {_said(_READ_BEFORE_PAINT)}")


def _said(script: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


if __name__ == "__main__":
    main()
