"""`advisor fit --all`: every combination, the ones that run first."""

import json

import pytest

from advisor.catalog.load import Catalog
from advisor.cli.fit.many import requests_held, undominated
from advisor.cli.main import main
from advisor.export.fits_document import fits_document
from advisor.fit.batch import Degrees, RowMemory, TableRow
from advisor.fit.result import Verdict
from advisor.wording.reasons import sentence
from advisor.workflows.fit import request_of
from advisor.workflows.fit_all import Within, fit_all
from advisor.workflows.fit_question import FitQuestion
from fit.memories import seen as memory_seen

SCOUT = ("fit", "--model", "llama-4-scout", "--all")


def fits(capsys: pytest.CaptureFixture[str], *flags: str) -> list[dict[str, object]]:
    main([*SCOUT, "--json", *flags])
    found = json.loads(capsys.readouterr().out)["fits"]
    assert isinstance(found, list)
    return found


def test_what_is_stated_narrows_the_combinations(capsys: pytest.CaptureFixture[str]) -> None:
    one = fits(capsys, "--instance", "p5.48xlarge", "--checkpoint", "fp8")
    assert {(fit["instance"], fit["checkpoint"]) for fit in one} == {("p5.48xlarge", "fp8")}
    assert len(one) == 15, "TP 1 with up to 8 stages, TP 2 with 4, TP 4 with 2, TP 8"
    stated = fits(capsys, "--instance", "p5.48xlarge", "--tp", "4", "--pp", "2")
    assert [fit["checkpoint"] for fit in stated] == ["bf16", "fp8", "w4a16", "nvfp4"]


def test_verdicts_come_in_order_and_the_smallest_instance_first(capsys: pytest.CaptureFixture[str]) -> None:
    found = fits(capsys, "--checkpoint", "fp8", "--context", "131072", "--concurrency", "8")
    verdicts = [str(fit["verdict"]) for fit in found]
    assert verdicts == sorted(verdicts, key=[verdict.value for verdict in Verdict].index)
    instances = [str(fit["instance"]) for fit in found if fit["verdict"] == "fits"]
    assert instances.index("p4d.24xlarge") < instances.index("p5.48xlarge") < instances.index("p5en.48xlarge")


def test_the_document_says_where_its_numbers_come_from_once(capsys: pytest.CaptureFixture[str]) -> None:
    main([*SCOUT, "--json", "--checkpoint", "fp8"])
    document = json.loads(capsys.readouterr().out)
    assert document["provenance"]["/fits"]["level"] == "modelled"
    assert all("provenance" not in fit for fit in document["fits"])


def test_a_row_that_rests_on_a_measurement_says_so_in_the_document(catalog: Catalog) -> None:
    rows = fit_all(catalog, FitQuestion("llama-4-scout", ""), Within(tensor_parallel_size=8), (memory_seen(),))
    document = fits_document(rows, sentence)
    own = {pointer: entry["level"] for pointer, entry in document["provenance"].items() if pointer != "/fits"}
    assert own
    assert set(own.values()) == {"calibrated"}
    assert {document["fits"][int(pointer.removeprefix("/fits/"))]["instance"] for pointer in own} == {"p5.48xlarge"}


def test_a_context_that_block_tables_bound_is_marked_and_the_mark_explained(capsys: pytest.CaptureFixture[str]) -> None:
    asked = (*SCOUT, "--instance", "p5.48xlarge", "--checkpoint", "bf16", "--tp", "8", "--pp", "1")
    main([*asked])
    many = capsys.readouterr().out
    assert " 2.24M+ " in many
    assert "lower --max-num-seqs" in many
    main([*asked, "--max-num-seqs", "64"])
    few = capsys.readouterr().out
    assert " 6.87M " in few
    assert "+" not in few


def test_the_table_lists_every_instance_and_all_parallelisms_of_a_named_one(
    capsys: pytest.CaptureFixture[str], catalog: Catalog
) -> None:
    assert main([*SCOUT]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{instance} " in f"\n{text}" for instance in catalog.instances)
    assert main([*SCOUT, "--instance", "p5.48xlarge", "--checkpoint", "bf16"]) == 0
    whole = capsys.readouterr().out
    for degrees in ("1×1", "1×8", "2×4", "4×2", "8×1"):
        assert f" {degrees} " in whole


def test_nothing_that_runs_is_the_answer_no(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SCOUT, "--instance", "p5.4xlarge", "--checkpoint", "bf16"]) == 1
    assert "does not fit" in capsys.readouterr().out


def test_a_parallelism_that_is_worse_in_everything_is_left_out(catalog: Catalog) -> None:
    request = request_of(catalog, FitQuestion("llama-4-scout", "p5.48xlarge"))

    def row(tp: int, pp: int, longest: int, requests: float, verdict: Verdict = Verdict.FITS) -> TableRow:
        memory = RowMemory(0, 0, 0, 0, 0, 1, 1, longest, longest, requests)
        return TableRow(request, Degrees(tp, pp), tp * pp, verdict, memory)

    whole, halves, staged, tight = (
        row(8, 1, 900, 40),
        row(4, 1, 400, 15),
        row(4, 2, 800, 38),
        row(8, 1, 950, 50, Verdict.TIGHT),
    )
    assert [requests_held(each) for each in (whole, halves)] == [40, 30], "two replicas of half an instance"
    assert undominated([whole, halves, staged, tight]) == [whole, halves, tight]
