"""The ten charts of the source report: as published, recomputed, and by the best evidence."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from advisor.advice.advise import Knowledge
from advisor.catalog.layers import shipped_root
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import AdvisorError, InputError, UnknownIdError
from advisor.evidence.audit.verdicts import AuditVerdict
from advisor.evidence.charts.answers import Cell, ComputedChart
from advisor.export.chart_document import chart_document
from advisor.export.document import uncovered_numbers
from advisor.quantities.provenance import Level
from advisor.wording import report_charts as words
from advisor.wording.reasons import sentence
from advisor.workflows.report_charts import OpenReport, open_report, report_named
from evidence.points import measured

REPORT = "llama-4-serving-2026-02"
CHARTS = (
    "overview",
    "infrastructure",
    "model-spec",
    "ttft",
    "itl",
    "throughput",
    "concurrency",
    "cost",
    "key-findings",
    "recommendation",
)


@pytest.fixture(scope="module")
def opened(knowledge: Knowledge) -> OpenReport:
    return open_report(knowledge, report_named(knowledge, REPORT))


@pytest.fixture(scope="module")
def charts(opened: OpenReport) -> dict[str, ComputedChart]:
    return {chart.id: opened.chart(chart.id) for chart in opened.chart_list}


def numbers(chart: ComputedChart, side: str) -> list[list[float | None]]:
    """A column of a chart, group by group."""
    return [[getattr(cell, side).value for cell in group.cells] for group in chart.groups]


def cells(charts: Mapping[str, ComputedChart], chart: str) -> dict[str, Cell]:
    return {cell.id: cell for cell in charts[chart].cells}


def test_a_report_has_the_ten_charts_that_were_published(charts: dict[str, ComputedChart]) -> None:
    assert tuple(charts) == CHARTS


@pytest.mark.parametrize(
    ("chart", "published"),
    [
        (
            "overview",
            [
                [120, 280, 350, 150, 200],
                [8, 18, 22, 10, 14],
                [4200, 1800, 1400, 3500, 2800],
                [0.85, 0.72, 0.52, 0.35, 0.28],
                [None] * 4,
            ],
        ),
        ("ttft", [[120, 280, 350, 150, 200], [250, 300], [133, 192, 25, 67]]),
        ("itl", [[8, 18, 22, 10, 14], [12, 15], [125, 175, 25, 75]]),
        ("throughput", [[4200, 1800, 1400, 3500, 2800], [2800, 2200], [-57, -67, -17, -33]]),
        (
            "concurrency",
            [
                [4200, 1800, 1400, 3500, 2800],
                [14800, 5600, 4200, 12500, 9800],
                [24500, 8400, 6800, 21000, 16200],
                [35200, 11200, 8500, 30800, 22400],
                [42000, 12800, 9200, 38500, 28000],
            ],
        ),
        ("cost", [[0.85, 0.72, 0.52, 0.35, 0.28], [1.28, 0.74], [-15, -39, -59, -67]]),
        ("key-findings", [[-58, -67], [120, 4200], [83, 41, 41], [None], [3.2, 3.2]]),
    ],
)
def test_what_was_published(charts: dict[str, ComputedChart], chart: str, published: list[list[float]]) -> None:
    assert numbers(charts[chart], "published") == published


def test_the_infrastructure_as_published(charts: dict[str, ComputedChart]) -> None:
    shown = {
        group.title: [words.shown(cell.published) for cell in group.cells] for group in charts["infrastructure"].groups
    }
    assert shown == {
        "Accelerators": ["8", "8", "8", "16", "12"],
        "Memory per accelerator": ["80", "40", "48", "96", "32"],
        "Memory type": ["HBM3", "HBM2", "GDDR6", "HBM", "HBM"],
        "Memory of all accelerators": ["640", "320", "384", "1,536", "384"],
        "Network": ["3,200", "400", "400", "3,200", "200"],
        "Price of an hour, on demand": ["98.32", "21.96", "54.91", "45.00", "12.89"],
        "Price of an accelerator-hour": ["12.29", "2.75", "6.86", "2.81", "1.07"],
        "Interconnect": ["NVSwitch", "NVSwitch", "PCIe Gen5", "NeuronLink", "NeuronLink"],
        "Interconnect, both directions together": ["900", "600", "192"],
    }


@pytest.mark.parametrize(
    ("chart", "cell", "recomputed", "verdict"),
    [
        ("cost", "scout.cost.A", 6.503, "wrong"),
        ("cost", "scout.cost.C", 10.895, "wrong"),
        ("cost", "maverick.cost.A", 9.754, "wrong"),
        ("cost", "maverick.cost.D", 5.682, "wrong"),
        ("cost", "scout.cost.delta.C", 67.5, "wrong"),
        ("key-findings", "h100.scaling", 4.565, "wrong"),
        ("key-findings", "trainium2.throughput.share", 83.33, "ok"),
        ("key-findings", "trainium2.cost.share", 45.77, "wrong"),
        ("infrastructure", "network.E", 100, "false_fact"),
        ("infrastructure", "price.A", 55.04, "false_fact"),
        ("model-spec", "scout.layers", 48, "false_fact"),
        ("model-spec", "scout.hidden_size", 5120, "false_fact"),
        ("model-spec", "scout.attention_heads", 40, "false_fact"),
        ("model-spec", "maverick.context", 1_048_576, "false_fact"),
        ("model-spec", "scout.context", 10_485_760, "ok"),
        ("model-spec", "scout.total", 108.64, "ok"),
        ("model-spec", "maverick.total", 401.58, "ok"),
        ("throughput", "scout.throughput.A.1", 125, "impossible"),
        ("throughput", "scout.throughput.E.1", 71.43, "impossible"),
    ],
)
def test_what_follows_from_the_reports_own_numbers_and_from_facts(
    charts: dict[str, ComputedChart], chart: str, cell: str, recomputed: float, verdict: str
) -> None:
    found = cells(charts, chart)[cell]
    assert found.recomputed.value == pytest.approx(recomputed, rel=1e-3)
    assert found.verdict.value == verdict


def test_growth_under_load_differs_by_half_not_by_three(charts: dict[str, ComputedChart]) -> None:
    growth = list(charts["key-findings"].groups[-1].cells)[-1]
    assert growth.recomputed.value == pytest.approx(1.522, abs=0.001)
    assert growth.verdict is AuditVerdict.WRONG


def test_a_gpu_reached_over_pcie_is_of_the_fourth_generation(charts: dict[str, ComputedChart]) -> None:
    link = cells(charts, "infrastructure")["interconnect.C"]
    assert (words.shown(link.published), words.shown(link.recomputed)) == ("PCIe Gen5", "PCIe Gen4")
    assert link.verdict is AuditVerdict.FALSE_FACT


def test_throughput_stands_beside_the_limits_of_the_memory(charts: dict[str, ComputedChart]) -> None:
    limits = numbers(charts["concurrency"], "recomputed")
    assert limits[0] == pytest.approx([827, 384, 213, 1433, 326], rel=0.002)
    assert limits[-1] == pytest.approx([4453, 2067, 1148, 7710, 1755], rel=0.002)
    assert {cell.recomputed.bound for cell in charts["concurrency"].cells} == {"at_most"}


def test_latency_stands_beside_its_floor(charts: dict[str, ComputedChart]) -> None:
    assert numbers(charts["ttft"], "recomputed")[0] == pytest.approx([8, 17, 31, 5, 20], abs=0.5)
    assert numbers(charts["itl"], "recomputed")[0] == pytest.approx([1.2, 2.6, 4.7, 0.70, 3.1], abs=0.05)
    assert charts["ttft"].groups[0].cells[0].recomputed.bound == "at_least"


class TestBestEvidence:
    def test_published_runs_of_the_same_engine_and_gpus_calibrate_it(self, charts: dict[str, ComputedChart]) -> None:
        best = cells(charts, "itl")["scout.itl.A"].best
        assert best.level is Level.CALIBRATED
        assert "vLLM 0.8.3" in best.provenance.source
        assert best.inputs["engine"] == "vLLM 0.8.3"

    def test_figures_at_another_load_are_shown_beside_it(self, charts: dict[str, ComputedChart]) -> None:
        nearby = cells(charts, "concurrency")["scout.throughput.A.32"].best.nearby
        assert words.nearby(nearby[0]) == "2,650 tok/s, bf16, 1000/1000 tokens, 64 in flight, vllm 0.8.3"

    def test_what_was_published_of_trainium_calibrates_prefill_and_decode(
        self, charts: dict[str, ComputedChart]
    ) -> None:
        first, between = cells(charts, "ttft")["scout.ttft.D"], cells(charts, "itl")["scout.itl.D"]
        assert first.best.level is between.best.level is Level.CALIBRATED
        assert first.best.value == pytest.approx(214, rel=0.05)
        assert between.best.value == pytest.approx(29.2, rel=0.05)
        assert between.over_best == pytest.approx(10 / 29.2, rel=0.05)

    def test_nobody_knows_llama_4_on_inferentia2(self, charts: dict[str, ComputedChart]) -> None:
        found = [cell for cell in charts["concurrency"].cells if cell.scenario == "E"]
        assert {cell.best.level for cell in found} == {Level.UNKNOWN}
        assert {reason.code for cell in found for reason in cell.best.reasons} == {"neuron_family_unsupported"}

    def test_a_machine_without_list_price_names_where_it_is_sold_instead(
        self, charts: dict[str, ComputedChart]
    ) -> None:
        price = cells(charts, "infrastructure")["price.D"]
        assert price.recomputed.value is None
        assert price.best.value == 35.7608
        assert words.remarks(price.best) == [
            "trn2.48xlarge has no list price in us-east-1: this is the price of a Capacity Block in us-east-2."
        ]

    def test_a_precision_that_does_not_fit_is_answered_at_one_that_does(self, charts: dict[str, ComputedChart]) -> None:
        best = cells(charts, "throughput")["maverick.throughput.A.1"].best
        assert best.inputs["checkpoint"] == "fp8"
        assert "not as bf16" in words.remarks(best)[0]

    def test_an_efficiency_of_another_load_says_so(self, charts: dict[str, ComputedChart]) -> None:
        cell = cells(charts, "throughput")["scout.throughput.A.1"]
        assert "from 64 requests in flight; none is known of 1" in " ".join(words.remarks(cell.best))

    def test_what_is_unknown_names_only_what_is_missing(self, charts: dict[str, ComputedChart]) -> None:
        unknown = cells(charts, "cost")["scout.cost.delta.E"].best
        assert unknown.value is None
        assert [reason.code for reason in unknown.reasons] == ["neuron_family_unsupported"]

    def test_the_same_pick_for_two_models_says_of_which(self, charts: dict[str, ComputedChart]) -> None:
        remarks = " ".join(
            words.remarks(next(cell for cell in charts["recommendation"].cells if cell.label == "several models").best)
        )
        assert "drops out for Maverick" in remarks
        assert "would serve Scout" in remarks

    def test_cost_carries_the_doubt_of_the_throughput(self, charts: dict[str, ComputedChart]) -> None:
        cost, speed = (
            cells(charts, "cost")["scout.cost.A"].best,
            cells(charts, "throughput")["scout.throughput.A.1"].best,
        )
        assert cost.value == pytest.approx(55.04 / ((speed.value or 0) * 3600) * 1e6)
        assert cost.level is speed.level
        assert (cost.high or 0) / (cost.low or 1) == pytest.approx((speed.high or 0) / (speed.low or 1))

    def test_a_run_of_ones_own_at_the_same_shape_comes_before_everything(self, knowledge: Knowledge) -> None:
        run = replace(measured(32, 1900, run="run 1"), accelerator="H100-80GB", output_tokens=128)
        known = replace(knowledge, points=[*knowledge.points, run])
        best = cells({"c": open_report(known, report_named(known, REPORT)).chart("concurrency")}, "c")[
            "scout.throughput.A.32"
        ].best
        assert (best.value, best.level, best.provenance.source) == (1900, Level.MEASURED, "run 1")


class TestChoices:
    def test_a_choice_is_held_against_the_reports_own_recomputed_numbers(
        self, charts: dict[str, ComputedChart]
    ) -> None:
        rows = {cell.label: cell for cell in charts["recommendation"].cells}
        assert (rows["general production"].recomputed.words, rows["general production"].verdict.value) == ("E", "wrong")
        assert rows["latency-sensitive"].verdict is AuditVerdict.OK

    def test_advisor_answers_the_same_question_and_says_what_became_of_the_pick(
        self, charts: dict[str, ComputedChart]
    ) -> None:
        row = next(cell for cell in charts["recommendation"].cells if cell.label == "production on a budget")
        assert "inf2" not in row.best.words
        assert [reason.code for reason in row.best.reasons] == ["pick_rejected", "neuron_family_unsupported"]

    def test_winners_that_doubt_cannot_tell_apart_are_all_named(self, charts: dict[str, ComputedChart]) -> None:
        best = {cell.label: cell.best for cell in charts["overview"].groups[-1].cells}
        assert best["cost"].words == "B or A"
        assert words.remarks(best["cost"]) == ["Nobody knows this of E."]

    def test_a_word_cannot_be_verified_against_a_number(self, charts: dict[str, ComputedChart]) -> None:
        card = next(cell for cell in charts["recommendation"].cells if words.shown(cell.published) == "very high")
        assert card.verdict is AuditVerdict.UNVERIFIABLE
        assert card.best.value is not None


def test_every_number_of_every_chart_has_a_level_and_a_source(charts: dict[str, ComputedChart]) -> None:
    for chart in charts.values():
        for cell in chart.cells:
            assert cell.published.level is Level.CLAIMED
            for answer in cell.answers:
                assert answer.provenance.source
                assert (answer.value is None and not answer.words) == (answer.level is Level.UNKNOWN)
    assert not uncovered_numbers(chart_document(REPORT, charts.values(), sentence))


def test_evidence_never_rests_on_a_claim(charts: dict[str, ComputedChart]) -> None:
    assert all(cell.best.level is not Level.CLAIMED for chart in charts.values() for cell in chart.cells)


@pytest.fixture
def overlay(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "charts").mkdir()
    yield tmp_path / "charts" / f"{REPORT}.toml"


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('"scout.ttft.A"', '"scout.ttft.Z"', "scout.ttft.Z"),
        ('fact = "memory_type"', 'fact = "memory"', "memory_type"),
        ('{ scenario = "A", value = 900 }', '{ scenario = "X", value = 900 }', "scenario"),
        ('{ scenario = "A", value = 900 }', '{ scenario = "A", valu = 900 }', "Did you mean value"),
        ('{ scenario = "A", value = 900 }', '{ scenario = "A", value = "much" }', "value"),
        ('{ scenario = "A", value = 900 }', '{ scenario = "A" }', "states a ref"),
        ('title = "Network"', 'titel = "Network"', "titel"),
        ("as_of = 2026-08-21", 'as_of = "soon"', "soon"),
    ],
)
def test_a_mistake_in_a_chart_file_names_the_file_and_what_is_wrong(
    overlay: Path, before: str, after: str, complaint: str
) -> None:
    text = (shipped_root() / "charts" / overlay.name).read_text(encoding="utf-8")
    assert before in text
    overlay.write_text(text.replace(before, after, 1), encoding="utf-8")
    catalog = load_catalog([overlay.parents[1]])
    known = Knowledge(catalog, [])
    with pytest.raises(AdvisorError) as caught:
        open_report(known, report_named(known, REPORT))
    assert caught.value.file == str(overlay)
    assert complaint in caught.value.sentence()


def test_a_chart_that_there_is_not_is_answered_with_those_that_there_are(opened: OpenReport) -> None:
    with pytest.raises(UnknownIdError, match="ttfb"):
        opened.chart("ttfb")


def test_a_report_without_charts_says_which_have_some(opened: OpenReport, catalog: Catalog) -> None:
    with pytest.raises(InputError, match="has no charts"):
        replace(opened, charts=None).chart("ttft")
