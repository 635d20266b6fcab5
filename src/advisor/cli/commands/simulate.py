"""`advisor simulate`: the built-in endpoint in the foreground."""

import argparse

from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.simulator.profile import PROFILES, parse_profile
from advisor.simulator.server import Announcement, serve
from advisor.workflows.credentials import key_from


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor simulate --port 8000 --profile default,per_stream_ms=0.1,seed=7",
        catalog=False,
        description=(
            "Serves an OpenAI-compatible streaming endpoint on loopback that behaves like a batching engine.\n"
            f"Profiles: {', '.join(PROFILES)}; a key after a comma overrides one figure: t0_ms (floor of a step), "
            "per_expert_ms (reading all experts), per_stream_ms, prefill_tokens_per_s, max_num_seqs, seed.\n"
            "Every response says that it is simulated; what is measured on it is never evidence about an instance."
        ),
    )
    parser.add_argument("--host", default="127.0.0.1", metavar="H", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="port, 0 for a free one (8000)")
    parser.add_argument("--profile", default="default", metavar="P", help="how fast it is (default)")
    parser.add_argument("--api-key-env", metavar="NAME", help="variable with the key that clients must send")


def run(arguments: argparse.Namespace, output: Output) -> int:
    def announce(ready: Announcement) -> None:
        if output.json_mode:
            output.line(ready.line())
        else:
            output.line(f"{ready.url}   model {ready.model}, profile {ready.profile}, simulated")
            output.note("Ctrl+C stops it. Try: advisor bench run --preset quick --endpoint " + ready.url)

    profile = parse_profile(arguments.profile)
    key = key_from(arguments.api_key_env)
    revealed = key.reveal() if key is not None else None
    serve(profile, arguments.host, arguments.port, on_ready=announce, api_key=revealed)
    return ExitCode.YES
