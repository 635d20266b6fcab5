"""The JSON contracts: valid against their shipped schemas, complete, every number with its origin."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from advisor.advice.advise import Knowledge, advise
from advisor.advice.workload import workload_from
from advisor.bench.records import RunState
from advisor.bench.result import Gate, SloResult, Verdict
from advisor.catalog.load import Catalog
from advisor.evidence.audit.engine import audit
from advisor.evidence.reports import load_reports
from advisor.evidence.runs import RunRow
from advisor.evidence.verification import ClaimCheck, Outcome, Status, Verification, trial_of
from advisor.export.audit_document import audit_document
from advisor.export.benchmark_document import benchmark_document, runs_document
from advisor.export.catalog_document import FilterCount, catalog_document, prices_document
from advisor.export.chart_document import chart_document
from advisor.export.document import Document, uncovered_numbers
from advisor.export.evidence_document import evidence_document
from advisor.export.fit_document import fit_document
from advisor.export.identify_document import identify_document
from advisor.export.recommendation_document import recommendation_document
from advisor.export.recommendation_provenance import with_provenance
from advisor.export.schemas import DIRECTORY, file_name, generate, schema_names, schema_text
from advisor.export.verification_document import verified_document
from advisor.export.verify_document import verify_document
from advisor.fit.proof.declared import identify_observed
from advisor.fit.proof.observed import Observed
from advisor.reasons import warning
from advisor.slo import Slo
from advisor.wording.evidence import caveats
from advisor.wording.reasons import sentence
from advisor.workflows.catalog.prices import prices_of
from advisor.workflows.catalog.rows import Buying, entry_of, instance_rows, price_ages
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.report_charts import open_report, report_named
from advisor.workflows.verify_fit import verify_fit
from evidence.results import point, result
from fit.memories import seen as memory_seen
from fit.test_identify import LOGGED
from today import TODAY

_QUESTIONS = {
    "fits": FitQuestion("llama-4-scout", "p5.48xlarge"),
    "old": FitQuestion("llama-4-maverick", "p5.48xlarge", "fp8", "vllm@0.8.3"),
    "neuron": FitQuestion("llama-4-scout", "trn2.48xlarge"),
    "refused": FitQuestion("llama-4-scout", "inf2.48xlarge"),
    "cpu": FitQuestion("llama-4-scout", "r8g.48xlarge"),
}


def documents(catalog: Catalog, knowledge: Knowledge) -> Iterator[tuple[str, Document]]:
    for question in _QUESTIONS.values():
        yield "fit", fit_document(fit(catalog, question), sentence)
    for seen in (LOGGED, Observed("http://10.0.0.7:8000", started=True, simulated=True)):
        compared = verify_fit(catalog, _QUESTIONS["fits"], seen)
        yield "fit", verified_document(compared.result, seen, compared.comparison, sentence, TODAY)
    for seen in (LOGGED, Observed("http://10.0.0.7:8000")):
        yield "identify", identify_document(identify_observed(catalog, seen), sentence, TODAY)
    for settings in (
        {"peak_rps": 5.0, "slo_ttft_ms_p95": 500},
        {"model": "both"},
        {"model": "unsure", "budget_usd": 50_000.0},
        {"budget_usd": 1.0},
        {"mode": "batch", "batch_input_tokens": 10**9, "batch_output_tokens": 10**8, "purchase_allowed": ("spot",)},
    ):
        answer = advise(workload_from(settings, catalog), knowledge)
        yield "recommendation", with_provenance(recommendation_document(answer, sentence))
    filters = [FilterCount("--fp8", 3, 0, 11)]
    asked: tuple[tuple[str, Buying], ...] = (
        ("eu-central-1", "on_demand"),
        ("us-east-1", "spot"),
        ("us-east-1", "savings_plan"),
    )
    for region, way in asked:
        entries = [entry_of(catalog, row) for row in instance_rows(catalog, region, way)]
        yield "catalog", catalog_document(entries, region, price_ages(catalog, region, TODAY), way, filters)
    yield (
        "prices",
        prices_document(prices_of(catalog, "p5.48xlarge", None), lambda region: price_ages(catalog, region, TODAY)),
    )
    reports = load_reports(catalog)
    yield (
        "audit",
        audit_document(
            list(reports.values()), [claim for report in reports.values() for claim in audit(report, catalog)], sentence
        ),
    )
    opened = open_report(knowledge, report_named(knowledge, "llama-4-serving-2026-02"))
    yield "chart", chart_document(opened.report.id, [opened.chart("cost"), opened.chart("model-spec")], sentence)
    yield "evidence", evidence_document(knowledge.points, catalog.layers.sources, caveats, [memory_seen()])
    for measured in (
        result(point(1, gates=[Gate("errors", True, 0.0, 0.1, Verdict.FAILED)])),
        result(simulated=True),
        result(point(4, verdict=Verdict.NOT_STEADY), subject={}, state=RunState.CANCELLED),
    ):
        yield "benchmark", benchmark_document(measured)
    yield "runs", runs_document([RunRow("20261118T140000Z-0a1b2c", Path("/runs"), None, None, (), "no run")])
    yield "verify", verify_document(verification(), sentence)


def verification() -> Verification:
    target = Slo("ttft", 95, 500.0)
    trial = trial_of(result(point(8, slos=[SloResult(str(target), 1.0, 0.94, 1.0, holds=True, is_resolved=False)])))
    claim = ClaimCheck("ttft_p95_ms", 100.0, 80.0, 120.0, 48.0, Status.MISSED)
    why = warning("verify_undecided", rate_rps=2.0, trials=1)
    return Verification("rec.toml", "llama-4-scout", 2.0, (target,), Outcome.INCONCLUSIVE, (trial,), (claim,), (why,))


def closed(schema: Any) -> Any:
    """The schema with every object closed: a document may then have no key that the contract lacks."""
    if isinstance(schema, dict):
        inner = {key: closed(value) for key, value in schema.items()}
        return {**inner, "additionalProperties": False} if "properties" in schema else inner
    return [closed(item) for item in schema] if isinstance(schema, list) else schema


def test_documents_match_their_contract_key_by_key(catalog: Catalog, knowledge: Knowledge) -> None:
    seen = set()
    for name, document in documents(catalog, knowledge):
        as_written = json.loads(json.dumps(document, allow_nan=False))
        jsonschema.validate(as_written, closed(json.loads(schema_text(name))))
        seen.add(name)
    measured = {"benchmark", "runs", "verify"}
    assert seen == {"fit", "recommendation", "catalog", "prices", "audit", "chart", "evidence", "identify"} | measured


def test_every_number_shown_has_an_origin(catalog: Catalog, knowledge: Knowledge) -> None:
    for name, document in documents(catalog, knowledge):
        assert uncovered_numbers(document) == [], name


def test_a_number_without_an_origin_is_found() -> None:
    document = {"a": {"b": 1}, "c": [2, {"d": 3}], "provenance": {"/a": {}}}
    assert uncovered_numbers(document) == ["/c/0", "/c/1/d"]


def test_the_shipped_schemas_are_what_the_models_generate() -> None:
    assert {file_name(name): text for name, text in generate().items()} == {
        path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.glob("*.json")
    }


@pytest.mark.parametrize("name", schema_names())
def test_schemas_are_valid_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(schema_text(name)))
