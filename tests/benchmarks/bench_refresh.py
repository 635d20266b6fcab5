"""How much memory and time a refresh from a bulk price list of 450 MB takes, over loopback.

Run with `python tests/benchmarks/bench_refresh.py [MB]`. The list is made while it is sent, by another process; the
refresh is the command itself, in a process of its own, whose peak memory the kernel counts.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_TESTS = Path(__file__).parents[1]
_SERVER = """
import sys
from servers import feeds
with feeds.serving({**feeds.everything(), feeds.BULK_FILE: feeds.endless_bulk(int(sys.argv[1]))}) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def main(megabytes: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(_TESTS)}
    argv = [sys.executable, "-c", _SERVER, str(megabytes)]
    with (
        tempfile.TemporaryDirectory() as home,
        subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as server,
    ):
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        refresh = ["catalog", "refresh", "--region", "us-east-1", "--source", "bulk", "--json", "--base-url"]
        began = time.perf_counter()
        own = {**os.environ, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        done = subprocess.run(
            [sys.executable, "-m", "advisor", *refresh, url], env=own, capture_output=True, text=True, check=True
        )
        took = time.perf_counter() - began
        server.communicate()
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1_000
    found = json.loads(done.stdout)["feeds"][0]
    print(f"{megabytes} MB read in {took:.1f} s, {megabytes / took:.0f} MB/s; {found['prices']} prices kept")
    print(f"peak memory of the largest process: {peak_mb:.0f} MB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 450)
