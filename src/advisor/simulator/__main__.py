"""`python -m advisor.simulator`: serve a simulated endpoint; one line of JSON on stdout says where."""

import argparse
import os
import sys
from collections.abc import Sequence

from advisor.errors import AdvisorError, InputError, printable
from advisor.simulator.profile import PROFILES, parse_profile
from advisor.simulator.server import LOOPBACK, Announcement, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop; 0 when stopped, 2 when the arguments cannot be used, 130 before it began."""
    options = _parser().parse_args(arguments)
    try:
        serve(
            parse_profile(options.profile),
            options.host,
            options.port,
            on_ready=_announce,
            api_key=_api_key(options.api_key_env),
            exit_on_stdin_eof=options.exit_on_stdin_eof,
        )
    except AdvisorError as error:
        sys.stderr.write(error.sentence() + "\n")
        return 2
    except KeyboardInterrupt:  # before the server took over the signals
        return 130
    return 0


def _announce(announcement: Announcement) -> None:
    sys.stdout.write(announcement.line() + "\n")
    sys.stdout.flush()


def _api_key(variable: str | None) -> str | None:
    """The key in an environment variable, given by name so that no process list shows the key."""
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise InputError(f"the environment variable {printable(variable)} holds no API key", key="--api-key-env")
    return key


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m advisor.simulator",
        description="Serve a simulated OpenAI-compatible endpoint with stated step times.",
        epilog="example: python -m advisor.simulator --port 8000 --profile default,t0_ms=5,seed=7",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--profile", default="default", help=f"{', '.join(PROFILES)}; then ,key=value …")
    parser.add_argument("--api-key-env", metavar="NAME", help="environment variable that holds the key to ask for")
    parser.add_argument("--exit-on-stdin-eof", action="store_true", help="stop when stdin ends: die with the parent")
    return parser


if __name__ == "__main__":
    sys.exit(main())
