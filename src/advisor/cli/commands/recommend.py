"""`advisor recommend`: a workload in, a recommendation with evidence out."""

import argparse
from pathlib import Path

from advisor.cli.card import write_card, write_why
from advisor.cli.catalog_option import open_catalog
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command
from advisor.cli.workload_flags import add_workload_flags, stated_flags, workload_settings
from advisor.errors import InputError, UnknownIdError
from advisor.export.document import Document
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_file import read_recommendation, write_recommendation
from advisor.export.recommendation_provenance import with_provenance, without_provenance
from advisor.paths import user_paths
from advisor.wording.reasons import sentence
from advisor.workflows.knowledge import gather
from advisor.workflows.recommend import answer_again, recommend


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(
        commands,
        name,
        summary,
        run,
        example="advisor recommend --peak-rps 20 --slo ttft_p95_ms=500 --region eu-central-1 --out rec.toml",
        description=(
            "Which instance, how many, served how, at what cost, with which evidence, and what would change it.\n"
            "What you do not state is a default, and the answer lists it as assumed. Exit code 0: a pick; 1: none."
        ),
    )
    parser.add_argument("--workload", type=Path, metavar="FILE", help="TOML file of settings; flags override it")
    parser.add_argument(
        "--from", dest="source", type=Path, metavar="FILE", help="answer the workload of this file again"
    )
    parser.add_argument("--frozen", action="store_true", help="with --from: show the file as it stands")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the recommendation as TOML")
    parser.add_argument("--why", metavar="INSTANCE", help="say only why this instance is not, or is, the pick")
    add_workload_flags(parser)


def run(arguments: argparse.Namespace, output: Output) -> int:
    document = _document(arguments)
    if arguments.out is not None:
        write_recommendation(without_provenance(document), arguments.out)
        output.note(f"advisor: wrote {arguments.out}")
    if output.json_mode:
        output.document(document)
    elif arguments.why is not None:
        _why(document, arguments, output)
    else:
        write_card(document, output)
    return ExitCode.YES if document["status"] in ("recommended", "not_distinguishable") else ExitCode.NO


def _document(arguments: argparse.Namespace) -> Document:
    if arguments.source is None:
        return _answer(arguments)
    _refuse_more_than_the_file(arguments)
    before = read_recommendation(arguments.source)
    if arguments.frozen:
        return with_provenance(before)
    return with_provenance(answer_again(before, gather(open_catalog(arguments), user_paths()), sentence))


def _answer(arguments: argparse.Namespace) -> Document:
    if arguments.frozen:
        raise InputError("--frozen needs --from FILE", key="--frozen")
    answer = recommend(workload_settings(arguments), gather(open_catalog(arguments), user_paths()))
    return with_provenance(recommendation_document(answer, sentence))


def _refuse_more_than_the_file(arguments: argparse.Namespace) -> None:
    """--from answers the workload of a file as it stands, so nothing else may describe one."""
    beside = stated_flags(arguments) + (["--workload"] if arguments.workload is not None else [])
    if beside:
        raise InputError(
            f"--from answers the workload of its file, which {beside[0]} cannot change",
            hint=f"Leave out {' and '.join(beside)}, or state the workload without --from.",
            key="--from",
        )


def _why(document: Document, arguments: argparse.Namespace, output: Output) -> None:
    open_catalog(arguments).instance(arguments.why)
    if document["status"] == "out_of_scope":
        raise InputError("no instance is judged: the workload is out of scope", key="--why")
    if not write_why(document, arguments.why, output):
        mentioned = {row["instance_type"] for table in ("rejected", "alternative") for row in document.get(table, [])}
        raise UnknownIdError("word in this answer about", arguments.why, mentioned, key="--why")
