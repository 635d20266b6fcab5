"""The audit of the source report: golden verdicts with the arithmetic that they rest on."""

from pathlib import Path

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import load_reports, read_report

REPORT = "llama-4-serving-2026-02"


@pytest.fixture(scope="module")
def audited(catalog: Catalog) -> dict[str, AuditedClaim]:
    return {claim.id: claim for claim in audit(load_reports(catalog)[REPORT], catalog)}


@pytest.mark.parametrize(
    ("claim", "recomputed"),
    [
        ("scout.cost.A", 6.503),
        ("scout.cost.B", 3.389),
        ("scout.cost.C", 10.895),
        ("scout.cost.D", 3.571),
        ("scout.cost.E", 1.279),
        ("maverick.cost.A", 9.75),
        ("maverick.cost.D", 5.68),
        ("scout.cost.delta.B", -47.9),
        ("scout.cost.delta.C", 67.5),
        ("scout.cost.delta.D", -45.1),
        ("scout.cost.delta.E", -80.3),
        ("trainium2.cost.share", 45.8),
        ("h100.scaling", 4.565),
    ],
)
def test_wrong_claims_with_what_follows_from_their_own_inputs(
    audited: dict[str, AuditedClaim], claim: str, recomputed: float
) -> None:
    assert audited[claim].verdict is AuditVerdict.WRONG
    assert audited[claim].recomputed == pytest.approx(recomputed, rel=1e-3)


@pytest.mark.parametrize("metric", ["ttft", "itl", "throughput"])
@pytest.mark.parametrize("scenario", ["B", "C", "D", "E"])
def test_differences_that_do_follow(audited: dict[str, AuditedClaim], metric: str, scenario: str) -> None:
    assert audited[f"scout.{metric}.delta.{scenario}"].verdict is AuditVerdict.OK


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("price.A", AuditVerdict.FALSE_FACT),
        ("price.B", AuditVerdict.OK),
        ("price.C", AuditVerdict.FALSE_FACT),
        ("price.D", AuditVerdict.FALSE_FACT),
        ("price.E", AuditVerdict.FALSE_FACT),
        ("scout.experts_per_token", AuditVerdict.FALSE_FACT),
        ("scout.layers", AuditVerdict.FALSE_FACT),
        ("maverick.context", AuditVerdict.FALSE_FACT),
        ("scout.single_h100", AuditVerdict.IMPOSSIBLE),
        ("maverick.bf16.p5", AuditVerdict.IMPOSSIBLE),
        ("scout.context.8xh100", AuditVerdict.OK),
        ("maverick.context.8xh100", AuditVerdict.OK),
        ("scout.inf2", AuditVerdict.UNVERIFIABLE),
        ("availability", AuditVerdict.UNVERIFIABLE),
    ],
)
def test_facts_against_the_catalogue(audited: dict[str, AuditedClaim], claim: str, verdict: AuditVerdict) -> None:
    assert audited[claim].verdict is verdict


def test_a_price_that_does_not_exist_is_not_recomputed(audited: dict[str, AuditedClaim]) -> None:
    assert audited["price.D"].recomputed is None


@pytest.mark.parametrize(("scenario", "limit"), [("A", 125), ("B", 55.6), ("C", 45.5), ("D", 100), ("E", 71.4)])
def test_one_stream_cannot_yield_more_than_one_over_itl(
    audited: dict[str, AuditedClaim], scenario: str, limit: float
) -> None:
    claim = audited[f"scout.throughput.{scenario}.1/streams"]
    assert claim.verdict is AuditVerdict.IMPOSSIBLE
    assert claim.recomputed == pytest.approx(limit, rel=2e-3)


def test_24_of_25_cells_exceed_even_the_same_expert_limit(audited: dict[str, AuditedClaim]) -> None:
    cells = {key: claim.verdict for key, claim in audited.items() if key.startswith("scout.") and "/roofline" in key}
    assert len(cells) == 25
    assert [key for key, verdict in cells.items() if verdict is not AuditVerdict.IMPOSSIBLE] == [
        "scout.throughput.D.32/roofline"
    ]
    assert cells["scout.throughput.D.32/roofline"] is AuditVerdict.SUSPICIOUS


def test_every_claim_of_the_text_names_its_line(audited: dict[str, AuditedClaim]) -> None:
    without = {claim.id for claim in audited.values() if claim.source_line is None}
    assert all("(chart)" in audited[claim].text for claim in without)


def report(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "own.toml"
    head = '[report]\ntitle = "ours"\ninput_tokens = 512\noutput_tokens = 128\n[scenario.A]\ninstance = "p5.48xlarge"\n'
    path.write_text(head + body, encoding="utf-8")
    return path


def test_a_report_of_ones_own_is_audited(tmp_path: Path, catalog: Catalog) -> None:
    body = (
        '[[figure]]\nid = "t"\nscenario = "A"\nmodel = "llama-4-scout"\nmetric = "output_tokens_per_s"\nvalue = 1200\n'
        'unit = "tokens/s"\nconcurrency = 8\n'
    )
    (claim,) = audit(read_report(report(tmp_path, body)), catalog)
    assert claim.verdict is AuditVerdict.OK
    assert claim.recomputed == pytest.approx(2165, rel=1e-3)


@pytest.mark.parametrize(
    ("checkpoint", "value", "verdict"),
    [
        ("fp8", 1, AuditVerdict.OK),
        ("fp8", 0, AuditVerdict.FALSE_FACT),
        ("bf16", 1, AuditVerdict.IMPOSSIBLE),
        ("bf16", 0, AuditVerdict.OK),
    ],
)
def test_a_claim_that_it_does_not_fit_is_judged_too(
    tmp_path: Path, catalog: Catalog, checkpoint: str, value: int, verdict: AuditVerdict
) -> None:
    body = (
        f'[[claim]]\nid = "c"\ntext = "x"\ncheck = "fits"\nvalue = {value}\nunit = ""\nmodel = "llama-4-maverick"\n'
        f'checkpoint = "{checkpoint}"\ninstance = "p5.48xlarge"\ncontext_tokens = 8192\n'
    )
    (claim,) = audit(read_report(report(tmp_path, body)), catalog)
    assert claim.verdict is verdict


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('[[figure]]\nid = "t"\nscenario = "A"\n', "missing"),
        ('[[figure]]\nid = "t"\nvalu = 3\n', "unknown key. Did you mean value"),
        ('[[claim]]\nid = "c"\ntext = "x"\ncheck = "magic"\nvalue = 1\nunit = ""\n', "there is no check 'magic'"),
        ('[[claim]]\nid = "c"\ntext = "x"\ncheck = "ratio"\nvalue = 1\nunit = ""\n', "needs of ="),
    ],
)
def test_a_report_that_cannot_be_audited_says_what_is_wrong(
    tmp_path: Path, catalog: Catalog, body: str, complaint: str
) -> None:
    with pytest.raises(InputError) as raised:
        audit(read_report(report(tmp_path, body)), catalog)
    assert complaint in raised.value.sentence()


def test_a_figure_of_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    body = '[[figure]]\nid = "t"\nscenario = "Z"\nmodel = "m"\nmetric = "x"\nvalue = 1\nunit = ""\n'
    with pytest.raises(UnknownIdError, match="no scenario 'Z'"):
        read_report(report(tmp_path, body))
