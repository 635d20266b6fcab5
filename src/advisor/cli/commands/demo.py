"""`advisor demo`: the whole journey on the built-in endpoint."""

import argparse
import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from advisor.cli.bench_view import write_result
from advisor.cli.card import write_card
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.prose import write_heading, write_text
from advisor.cli.watch import watch
from advisor.export.recommendation_file import write_recommendation
from advisor.export.recommendation_provenance import with_provenance
from advisor.paths import user_paths
from advisor.wording.reasons import sentence

if TYPE_CHECKING:
    from advisor.workflows.demo import Demo, Step

_FILE = Path("advisor-demo.toml")
_STEPS: "dict[Step, str]" = {
    "workload": "1. A stated workload is answered ({})",
    "endpoint": "2. The built-in endpoint starts at {}",
    "benchmark": "3. It is benchmarked, run {}",
}


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor demo --out rec.toml",
        description=(
            "Answers a stated workload, benchmarks the built-in endpoint at 1, 4 and 8 concurrent requests, shows "
            "what that proves, and writes the recommendation. Takes some seconds; needs no network, no accelerator.\n"
            "What the built-in endpoint measures is simulated, and changes no recommendation."
        ),
    )
    parser.add_argument("--out", type=Path, default=_FILE, metavar="FILE", help=f"where to write it ({_FILE})")


def run(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.demo import demo  # loads httpx and NumPy

    def on_step(step: "Step", detail: str) -> None:
        output.note(f"advisor: {_STEPS[step].format(detail)}")

    found = demo(open_catalog(arguments), user_paths(), sentence, partial(watch, output=output), on_step)
    write_recommendation(found.document, arguments.out)
    if output.json_mode:
        output.document(with_provenance(found.document))
    else:
        _write(found, arguments.out, output)
    return ExitCode.YES


def _write(found: "Demo", file: Path, output: Output) -> None:
    from advisor.workflows.demo import WORKLOAD

    write_heading("Workload", output)
    for key, value in WORKLOAD.items():
        output.line(f"{key} = {', '.join(value) if isinstance(value, tuple) else value}")
    output.line()
    write_heading("Benchmark of the built-in endpoint", output)
    write_result(found.kept.result, output)
    count = len(found.kept.evidence)
    changed = "as it was without them" if found.is_unchanged else "another than without them"
    write_text(f"{count} figures are kept, all of them simulated; the recommendation is {changed}.", output)
    output.line()
    write_heading("Recommendation", output)
    write_card(found.document, output)
    output.line()
    output.line(f"Written to {file}. Next:")
    output.line(f"  advisor recheck {shlex.quote(str(file))}")
    output.line(f"  advisor verify {shlex.quote(str(file))} --endpoint URL")
