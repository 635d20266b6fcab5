"""The API key of an endpoint: from an environment variable or a prompt, never from the command line."""

import argparse
import sys
from typing import TYPE_CHECKING

from advisor.cli.parser import Parser
from advisor.errors import CancelledError, InputError

if TYPE_CHECKING:  # the flags stand on commands that mostly ask no endpoint
    from advisor.bench.target import Secret


def add_key_flags(parser: Parser) -> None:
    """The two ways to give a key."""
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--api-key-env", metavar="NAME", help="environment variable that holds the API key")
    ways.add_argument("--api-key-prompt", action="store_true", help="ask for the API key")


def read_key(arguments: argparse.Namespace) -> "Secret | None":
    """The key that the flags ask for; None where they ask for none."""
    if arguments.api_key_prompt:
        return _asked()
    from advisor.workflows.credentials import key_from

    return key_from(arguments.api_key_env)


def _asked() -> "Secret":
    if not sys.stdin.isatty():
        raise InputError(
            "nobody can be asked for the API key here", hint="Use --api-key-env NAME.", key="--api-key-prompt"
        )
    from getpass import getpass

    from advisor.bench.target import Secret

    try:
        return Secret(getpass("API key: "))
    except EOFError:
        raise CancelledError("no API key was given") from None
