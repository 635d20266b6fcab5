"""`advisor schema`: the JSON Schema of a document, for editors and validators."""

import argparse

from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.export.schemas import schema_names, schema_text


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor schema recommendation > advisor.recommendation-1.schema.json",
        catalog=False,
        description=f"The JSON Schema of a document: {', '.join(schema_names())}.",
    )
    parser.add_argument("document", metavar="DOCUMENT")


def run(arguments: argparse.Namespace, output: Output) -> int:
    output.line(schema_text(arguments.document).rstrip())
    return ExitCode.YES
