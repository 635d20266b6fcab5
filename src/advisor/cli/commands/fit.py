"""`advisor fit`: verdict, memory per device and reasons."""

import argparse
from typing import TYPE_CHECKING

from advisor.cli.api_key import add_key_flags
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.fit.flags import add_flags, question_of
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.errors import InputError
from advisor.export.fit_document import fit_document
from advisor.paths import user_paths
from advisor.wording.reasons import sentence
from advisor.workflows.fit import fit
from advisor.workflows.measured_memory import measured_memory

if TYPE_CHECKING:
    from advisor.fit.memory.measured import MeasuredMemory


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor fit --model llama-4-scout --instance p5.48xlarge --context 131072 --concurrency 16",
        description=(
            "Will this checkpoint, at this context and concurrency, run on this instance? Why not, what would "
            "make it fit, and what serves it.\n"
            "Exit code 0: fits or tight; 1: does not fit, invalid or unsupported.\n"
            "With --identify, 0: found, or the declaration agrees; 1: it is contradicted, or nothing explains the "
            "server; 3: unusable; 4: it says too little.\n"
            "With --verify or --log, 0: the prediction agrees; 1: it differs; 3: endpoint unusable; 4: proves nothing. "
            "What is not stated is taken from the server.\n"
            "What agrees is kept as your own measurement of the instance, and later answers rest on it: --no-keep "
            "leaves it out, advisor evidence forget ID removes it."
        ),
    )
    add_flags(parser)
    parser.add_argument(
        "--all", action="store_true", help="every instance, checkpoint and parallelism within what is stated"
    )
    server = parser.add_argument_group("a running server")
    live = server.add_mutually_exclusive_group()
    live.add_argument("--verify", metavar="URL", help="compare the prediction with what the server says of its memory")
    live.add_argument("--log", metavar="FILE", help="compare it with a vLLM start-up log; - reads standard input")
    live.add_argument("--identify", metavar="URL", help="which stacks its KV cache can come from; --instance tests one")
    server.add_argument("--served-model", metavar="NAME", help="one of several models that the server serves")
    server.add_argument(
        "--no-keep", action="store_true", help="compare only: do not keep it as evidence, as for somebody else's log"
    )
    add_key_flags(parser)
    parser.add_argument(
        "--no-measured", action="store_true", help="the catalogue's overheads, not those that were measured here"
    )


def run(arguments: argparse.Namespace, output: Output) -> int:
    catalog = open_catalog(arguments)
    if arguments.identify is not None:
        from advisor.cli.fit.identify import run_identify  # as below: a verdict alone must not wait for it

        return run_identify(arguments, catalog, output)
    if arguments.verify is not None or arguments.log is not None:
        from advisor.cli.fit.verify import run_verify

        return run_verify(arguments, catalog, output)
    if arguments.no_keep:
        raise InputError("there is nothing to keep without --verify or --log", hint="Leave it out.", key="--no-keep")
    if arguments.all:
        from advisor.cli.fit.many import run_all  # one verdict need not wait for the table of all

        return run_all(arguments, catalog, _measured(arguments), output)
    question = question_of(arguments, instance=arguments.instance or "")
    if arguments.instance is None:
        raise InputError(
            "no instance was named", hint="Add --instance TYPE, or --all for every instance.", key="--instance"
        )
    result = fit(catalog, question, _measured(arguments))
    if output.json_mode:
        output.document(fit_document(result, sentence))
    else:
        from advisor.cli.fit.one import write_result

        write_result(result, output)
    return ExitCode.YES if result.verdict.runs else ExitCode.NO


def _measured(arguments: argparse.Namespace) -> "tuple[MeasuredMemory, ...]":
    return () if arguments.no_measured else measured_memory(user_paths())
