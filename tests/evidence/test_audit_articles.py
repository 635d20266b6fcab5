"""The audit of the two articles: golden verdicts, each with the arithmetic that it rests on."""

import pytest

from advisor.catalog.load import Catalog
from advisor.evidence.audit.engine import audit
from advisor.evidence.audit.entries import about, judged
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import TOPICS, load_reports

OK, ROUNDING, WRONG = AuditVerdict.OK, AuditVerdict.ROUNDING, AuditVerdict.WRONG
IMPOSSIBLE, FALSE_FACT, OPEN = AuditVerdict.IMPOSSIBLE, AuditVerdict.FALSE_FACT, AuditVerdict.UNVERIFIABLE


@pytest.fixture(scope="module")
def graviton(catalog: Catalog) -> dict[str, AuditedClaim]:
    return {claim.id: claim for claim in audit(load_reports(catalog)["graviton-llama-3-2"], catalog)}


@pytest.fixture(scope="module")
def trainium(catalog: Catalog) -> dict[str, AuditedClaim]:
    return {claim.id: claim for claim in audit(load_reports(catalog)["trainium-inferentia-2025-12"], catalog)}


@pytest.mark.parametrize(
    ("claim", "recomputed", "verdict"),
    [
        ("inf2.node", 4738, WRONG),
        ("inf2.three", 14214, OK),
        ("inf2.cluster", 14214, WRONG),
        ("graviton.ondemand", 24770, WRONG),
        ("graviton.ondemand.rate", 13.06, OK),
        ("graviton.half", 74.3, WRONG),
        ("saving", -70.0, OK),
        ("saving.listed", 74.3, WRONG),
        ("reserved", 15444.5, OK),
        ("savings_plan.all", 12356, WRONG),
        ("savings_plan.share", 13283, WRONG),
        ("savings_plan.needed", 17.25, WRONG),
        ("fee", 262.80, WRONG),
        ("fee.rate", 0.564, WRONG),
        ("fee.exists", 0, FALSE_FACT),
        ("inf2.per_million", 150.1, WRONG),
        ("graviton.per_million", 43.4, WRONG),
        ("per_million.saving", -70.2, ROUNDING),
        ("yearly", 1044, WRONG),
        ("yearly.bills", 357840, WRONG),
        ("volume", 106.5, WRONG),
        ("p99.little", 171_429, IMPOSSIBLE),
        ("p99.little.50", 66_964, IMPOSSIBLE),
        ("p99.stream.rate", 364, OK),
        ("p99.stream", 7.62, IMPOSSIBLE),
        ("requests", 0.7467, IMPOSSIBLE),
        ("throughput.delta", 3.70, OK),
        ("latency.delta", 3.52, OK),
        ("power.delta", -20.0, OK),
        ("case.saving", -72.0, OK),
        ("carbon", -22.9, WRONG),
        ("case.throughput", 11.6, OK),
        ("case.throughput.base", 15.74, WRONG),
        ("neuron.cores", 0, FALSE_FACT),
        ("neuron.cores.48xlarge", 0, FALSE_FACT),
        ("model.70b", None, FALSE_FACT),
        ("model.405b", None, FALSE_FACT),
        ("r8g.96xlarge", 0, FALSE_FACT),
        ("r8g.196xlarge", 0, FALSE_FACT),
        ("vllm.neuron", 0, FALSE_FACT),
        ("script", None, OPEN),
    ],
)
def test_the_graviton_article(
    graviton: dict[str, AuditedClaim], claim: str, recomputed: float | None, verdict: AuditVerdict
) -> None:
    assert graviton[claim].verdict is verdict
    assert graviton[claim].recomputed == (recomputed if recomputed is None else pytest.approx(recomputed, rel=2e-3))


@pytest.mark.parametrize(
    ("claim", "name", "value"),
    [
        ("inf2.per_million", "times as high", 121),
        ("graviton.per_million", "times as high", 117),
        ("inf2.per_million", "tokens/s that the claim needs", 13_073),
        ("graviton.per_million", "tokens/s that the claim needs", 13_143),
        ("volume", "tokens/s on average", 45.7),
        ("p99.stream", "TB/s that the claim needs", 51.3),
        ("p99.stream", "times the machine", 47.7),
        ("requests", "tokens/s that the claim needs", 45_000),
        ("large", "USD/h that the claim implies", 0.213),
    ],
)
def test_what_else_follows_from_the_article(
    graviton: dict[str, AuditedClaim], claim: str, name: str, value: float
) -> None:
    assert graviton[claim].also[name] == pytest.approx(value, rel=4e-3)


def test_a_price_per_token_below_what_any_machine_costs_is_impossible(graviton: dict[str, AuditedClaim]) -> None:
    assert graviton["large"].verdict is IMPOSSIBLE


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("inferentia2.cores", FALSE_FACT),
        ("inf2.accelerators", FALSE_FACT),
        ("fp8.both", FALSE_FACT),
        ("inferentia2.fp8", OK),
        ("inf2.llama3-70b", OPEN),
        ("inf2.best", OPEN),
        ("deploy.changes", OPEN),
    ],
)
def test_the_trainium_article(trainium: dict[str, AuditedClaim], claim: str, verdict: AuditVerdict) -> None:
    assert trainium[claim].verdict is verdict


def test_what_is_known_stands_beside_a_claim_that_nobody_can_judge(trainium: dict[str, AuditedClaim]) -> None:
    claim = trainium["inf2.llama3-70b"]
    assert claim.recomputed is None
    assert list(claim.also.values()) == [pytest.approx(115.2, abs=0.1)]
    assert trainium["inferentia2.cores"].recomputed == 2


@pytest.mark.parametrize("report", ["graviton-llama-3-2", "trainium-inferentia-2025-12", "llama-4-serving-2026-02"])
def test_every_entry_is_short_has_a_line_and_a_topic(catalog: Catalog, report: str) -> None:
    entries = load_reports(catalog)[report].entries
    assert len(entries) > 40
    for entry in entries:
        assert entry.line and entry.section
        assert entry.topic in TOPICS
        assert len(entry.text) < 200


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("environment", ("EKS 1.31", "CUDA 12.4", "MetaShuffling")),
        ("moe", ("experts are overloaded",)),
        ("deployment", ("EFS", "NVMe", "S3", "vLLM-Neuron or DJL LMI", "NLB", "ALB", "Application Load Balancer")),
        ("observability", ("Neuron Monitor with Prometheus", "85 %", "60 % batch utilisation")),
        ("tuning", ("max-num-seqs 256", "max-num-batched-tokens 8,192", "prefix", "short ones wait")),
        (
            "operations",
            ("HPA", "KEDA", "every 30 s, and 3 failures", "10 requests as a smoke test"),
        ),
        ("operations", ("standby node", "rollback")),
        ("security", ("internal VPC addresses only",)),
        ("power", ("240 W", "carbon")),
        ("availability", ("scarce",)),
        ("references", ("https://ai.meta.com", "llama-serving/graviton4-benchmarks")),
    ],
)
def test_the_whole_content_can_be_looked_up_by_topic(catalog: Catalog, topic: str, words: tuple[str, ...]) -> None:
    said = " ".join(each.entry.text for each in about(catalog, topic))
    assert [word for word in words if word not in said] == []


def test_an_entry_carries_the_verdicts_of_its_claims(catalog: Catalog) -> None:
    report = load_reports(catalog)["graviton-llama-3-2"]
    by_id = {each.entry.id: each for each in judged(report, audit(report, catalog))}
    assert by_id["breakdown.fee"].verdicts == (WRONG, WRONG, FALSE_FACT)
    assert not by_id["breakdown.fee"].holds
    assert by_id["tip.smoke"].verdicts == ()
    assert by_id["tip.smoke"].holds
