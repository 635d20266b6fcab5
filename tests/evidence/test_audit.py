"""The audit of the source report: golden verdicts with the arithmetic that they rest on."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.audit.engine import CHECKS, audit
from advisor.evidence.audit.forms import FORMS
from advisor.evidence.audit.rates import streams_limit
from advisor.evidence.audit.verdicts import AuditedClaim, AuditVerdict
from advisor.evidence.reports import load_reports, read_report

REPORT = "llama-4-serving-2026-02"


@pytest.fixture(scope="module")
def audited(catalog: Catalog) -> dict[str, AuditedClaim]:
    return {claim.id: claim for claim in audit(load_reports(catalog)[REPORT], catalog)}


COSTS = {  # at 1, 4, 8, 16 and 32 requests
    "A": (6.503, 1.845, 1.115, 0.776, 0.650),
    "B": (3.389, 1.089, 0.726, 0.545, 0.477),
    "C": (10.895, 3.632, 2.243, 1.794, 1.658),
    "D": (3.571, 1.000, 0.595, 0.406, 0.325),
    "E": (1.279, 0.365, 0.221, 0.160, 0.128),
}
UNDERSTATED = {"A": (7.65, 32131), "B": (4.71, 8472), "C": (20.95, 29332), "D": (10.20, 35714), "E": (4.57, 12788)}
STREAMS = {"A": (125, 33.6), "B": (55.6, 32.4), "C": (45.5, 30.8), "D": (100, 35.0), "E": (71.4, 39.2)}
AT_32_STREAMS = {"A": 4000, "B": 1778, "C": 1455, "D": 3200, "E": 2286}
LIMITS = {  # uniform routing at 1, 4, 8, 16, 32; the same-expert extreme at 32
    "A": (827, 1659, 2165, 2928, 4453, 23889),
    "B": (384, 770, 1005, 1359, 2067, 11089),
    "C": (213, 428, 558, 755, 1148, 6161),
    "D": (1433, 2872, 3748, 5069, 7710, 41360),
    "E": (326, 654, 853, 1154, 1755, 9413),
}
TIMES_THE_LIMIT = {
    "A": (5.1, 8.9, 11.3, 12.0, 9.4),
    "B": (4.7, 7.3, 8.4, 8.2, 6.2),
    "C": (6.6, 9.8, 12.2, 11.3, 8.0),
    "D": (2.4, 4.4, 5.6, 6.1, 5.0),
    "E": (8.6, 15.0, 19.0, 19.4, 16.0),
}
LOADS = (1, 4, 8, 16, 32)
SCENARIOS = tuple("ABCDE")
FALSE = AuditVerdict.FALSE_FACT


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_no_load_explains_the_column_of_costs(audited: dict[str, AuditedClaim], scenario: str) -> None:
    claim = audited[f"scout.cost.{scenario}"]
    times, needed = UNDERSTATED[scenario]
    others = [claim.also[f"USD/1M at scout.throughput.{scenario}.{load}"] for load in LOADS[1:]]
    assert claim.verdict is AuditVerdict.WRONG
    assert (claim.recomputed, *others) == pytest.approx(COSTS[scenario], abs=6e-4)
    assert claim.also["times as high"] == pytest.approx(times, rel=2e-3)
    assert claim.also["tokens/s that the claim needs"] == pytest.approx(needed, rel=1e-4)


@pytest.mark.parametrize(
    ("scenario", "alone", "at_32", "published"),
    [("B", -47.9, -26.7, -15.3), ("C", 67.5, 155, -38.8), ("D", -45.1, -50.1, -58.8), ("E", -80.3, -80.3, -67.1)],
)
def test_cost_differences_follow_from_the_wrong_column_only(
    audited: dict[str, AuditedClaim], scenario: str, alone: float, at_32: float, published: float
) -> None:
    claim = audited[f"scout.cost.delta.{scenario}"]
    assert claim.verdict is AuditVerdict.WRONG
    assert claim.recomputed == pytest.approx(alone, abs=0.06)
    assert claim.also[f"% at scout.throughput.{scenario}.32"] == pytest.approx(at_32, abs=0.06)
    assert claim.also["% from the published costs"] == pytest.approx(published, abs=0.06)


@pytest.mark.parametrize(
    ("claim", "recomputed", "verdict"),
    [
        ("maverick.cost.A", 9.75, AuditVerdict.WRONG),
        ("maverick.cost.D", 5.68, AuditVerdict.WRONG),
        ("trainium2.throughput.share", 83.3, AuditVerdict.OK),
        ("inferentia2.throughput.share", 66.7, AuditVerdict.OK),
        ("trainium2.cost.share", 45.8, AuditVerdict.WRONG),
        ("trainium2.cost.per_token.published", 41.2, AuditVerdict.OK),
        ("trainium2.cost.per_token", 54.9, AuditVerdict.WRONG),
        ("scout.cost.saving.low", -58.8, AuditVerdict.ROUNDING),
        ("scout.cost.saving.high", -67.1, AuditVerdict.OK),
        ("scope.D.vs.C", -32.7, AuditVerdict.WRONG),
        ("scope.E.vs.C", -46.2, AuditVerdict.WRONG),
        ("scope.D.vs.B", -51.4, AuditVerdict.WRONG),
        ("scope.E.vs.B", -61.1, AuditVerdict.WRONG),
        ("h100.scaling", 4.57, AuditVerdict.WRONG),
        ("h100.scaling.growth", 1.52, AuditVerdict.WRONG),
        ("price.A", 55.04, FALSE),
        ("price.B", 21.96, AuditVerdict.OK),
        ("price.C", 30.13, FALSE),
        ("price.D", None, FALSE),
        ("price.E", 12.98, FALSE),
        ("scout.experts_per_token", 1, FALSE),
        ("scout.layers", 48, FALSE),
        ("scout.hidden_size", 5120, FALSE),
        ("scout.attention_heads", 40, FALSE),
        ("scout.kv_heads", 8, AuditVerdict.OK),
        ("maverick.context", 1_048_576, FALSE),
        ("scout.total", 108.64, AuditVerdict.OK),
        ("scout.active", 17.17, AuditVerdict.OK),
        ("maverick.total", 401.6, AuditVerdict.OK),
        ("network.E", 100, FALSE),
        ("network.D", 3200, AuditVerdict.OK),
        ("pcie.C", 4, FALSE),
    ],
)
def test_what_follows_instead(
    audited: dict[str, AuditedClaim], claim: str, recomputed: float | None, verdict: AuditVerdict
) -> None:
    assert audited[claim].verdict is verdict
    assert audited[claim].recomputed == (recomputed if recomputed is None else pytest.approx(recomputed, rel=2e-3))


@pytest.mark.parametrize(
    ("metric", "deltas"),
    [
        ("ttft", (133.3, 191.7, 25.0, 66.7)),
        ("itl", (125, 175, 25, 75)),
        ("throughput", (-57.1, -66.7, -16.7, -33.3)),
    ],
)
def test_differences_that_do_follow(audited: dict[str, AuditedClaim], metric: str, deltas: tuple[float, ...]) -> None:
    claims = [audited[f"scout.{metric}.delta.{scenario}"] for scenario in SCENARIOS[1:]]
    assert {claim.verdict for claim in claims} == {AuditVerdict.OK}
    assert [claim.recomputed for claim in claims] == pytest.approx(deltas, abs=0.06)


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("scout.single_h100", AuditVerdict.IMPOSSIBLE),
        ("maverick.bf16.p5", AuditVerdict.IMPOSSIBLE),
        ("scout.context.8xh100", AuditVerdict.OK),
        ("maverick.context.8xh100", AuditVerdict.OK),
        ("maverick.fp8", AuditVerdict.OK),
        ("maverick.minimum", FALSE),
        ("scout.bf16.B", AuditVerdict.OK),
        ("scout.bf16.C", AuditVerdict.OK),
        ("scout.inf2", AuditVerdict.UNVERIFIABLE),
        ("scout.trn2.32", AuditVerdict.UNVERIFIABLE),
        ("availability", AuditVerdict.UNVERIFIABLE),
        ("command.gpu", AuditVerdict.WRONG),
        ("command.neuron", AuditVerdict.WRONG),
        ("command.install", AuditVerdict.WRONG),
        ("fp8.gpu_only", FALSE),
    ],
)
def test_statements_against_the_fit_checker_and_the_catalogue(
    audited: dict[str, AuditedClaim], claim: str, verdict: AuditVerdict
) -> None:
    assert audited[claim].verdict is verdict


def test_a_checkpoint_that_does_not_fit_is_weighed(audited: dict[str, AuditedClaim]) -> None:
    scout, maverick = audited["scout.single_h100"].also, audited["maverick.bf16.p5"].also
    assert (scout["GB of weights"], scout["GiB of weights"]) == pytest.approx((217.28, 202.4), rel=1e-3)
    assert maverick["GB of weights"] == pytest.approx(803.17, rel=1e-4)


def test_a_price_says_until_when_it_was_right_or_how_the_instance_is_sold(audited: dict[str, AuditedClaim]) -> None:
    (stale,), (block,), (slip,) = (audited[f"price.{scenario}"].reasons for scenario in "ADE")
    assert (stale.code, stale.params["seen"], stale.params["changed"]) == ("stale_price", "2025-04-28", "2025-06-23")
    assert (block.code, block.params["region"]) == ("sold_as_capacity_block", "us-east-2")
    assert block.params["usd_per_hour"] == pytest.approx(35.7608)
    assert slip.code == "price_slip"
    assert audited["price.C"].also["% off"] == pytest.approx(82.2, abs=0.1)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_one_stream_cannot_yield_more_than_one_over_itl(audited: dict[str, AuditedClaim], scenario: str) -> None:
    claim = audited[f"scout.throughput.{scenario}.1/streams"]
    assert claim.verdict is AuditVerdict.IMPOSSIBLE
    assert (claim.recomputed, claim.also["times the limit"]) == pytest.approx(STREAMS[scenario], rel=2e-3)
    assert claim.also["tokens/s of 32 streams at that ITL"] == pytest.approx(AT_32_STREAMS[scenario], abs=1)


def test_at_32_requests_the_report_contradicts_its_own_itl(audited: dict[str, AuditedClaim]) -> None:
    claim = audited["scout.throughput.A.32/streams"]
    assert claim.verdict is AuditVerdict.WRONG
    assert claim.also["ms of ITL that the claim needs"] == pytest.approx(0.762, abs=5e-4)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_25_limits_of_the_roofline(audited: dict[str, AuditedClaim], scenario: str) -> None:
    cells = [audited[f"scout.throughput.{scenario}.{load}/roofline"] for load in LOADS]
    *limits, extreme = LIMITS[scenario]
    assert [cell.recomputed for cell in cells] == pytest.approx(limits, rel=2e-3)
    assert [cell.also["times the limit"] for cell in cells] == pytest.approx(TIMES_THE_LIMIT[scenario], abs=0.051)
    assert cells[-1].also["tokens/s if every token took the same expert"] == pytest.approx(extreme, rel=1e-3)


def test_24_of_25_cells_exceed_even_the_same_expert_limit(audited: dict[str, AuditedClaim]) -> None:
    cells = {key: claim for key, claim in audited.items() if key.startswith("scout.") and "/roofline" in key}
    assert len(cells) == 25
    (other,) = [key for key, claim in cells.items() if claim.verdict is not AuditVerdict.IMPOSSIBLE]
    assert (other, cells[other].verdict) == ("scout.throughput.D.32/roofline", AuditVerdict.SUSPICIOUS)
    assert cells[other].claimed / cells[other].also["tokens/s if every token took the same expert"] == pytest.approx(
        0.93, abs=0.005
    )


@pytest.mark.parametrize(("metric", "floors"), [("itl", (1.2, 2.6, 4.7, 0.70, 3.1)), ("ttft", (8, 17, 31, 5, 20))])
def test_the_latencies_are_above_their_floors(
    audited: dict[str, AuditedClaim], metric: str, floors: tuple[float, ...]
) -> None:
    claims = [audited[f"scout.{metric}.{scenario}/floor"] for scenario in SCENARIOS]
    assert {claim.verdict for claim in claims} == {AuditVerdict.OK}
    assert [claim.recomputed for claim in claims] == pytest.approx(floors, rel=0.09)


def test_every_claim_of_the_text_names_its_line(audited: dict[str, AuditedClaim]) -> None:
    without = {claim.id for claim in audited.values() if claim.source_line is None}
    assert without
    assert all("(chart)" in audited[claim].text for claim in without)


CLAIM = '[[claim]]\nid = "c"\ntext = "x"\n'
ARITHMETIC = CLAIM + 'check = "arithmetic"\nvalue = 1\n'
BATCH = 'check = "little"\nof = "concurrency"\nrequests_per_s = 1.139\nlatency_ms = 25200\n'


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
        (CLAIM + 'check = "ratoi"\nvalue = 1\n', "Did you mean ratio"),
        (CLAIM + 'check = "ratio"\nof = 1\nbase = 2\n', "needs value ="),
        (
            CLAIM + 'check = "ratio"\nvalue = 1\nof = 1\nbase = 2\nbsae = 3\n',
            "claim c, bsae: the check 'ratio' has no such key. Did you mean base",
        ),
        (
            CLAIM + 'check = "ratio"\nvalue = 1\nof = [1]\nbase = 2\n',
            "this is a number, the id",
        ),
        (CLAIM + 'check = "usd_per_million"\nvalue = 1\nprice = 1\n', "one of throughput"),
        (
            CLAIM + 'check = "ratio"\nvalue = 1\nof = "z"\nbase = 2\n',
            "no figure or claim in own",
        ),
        (
            CLAIM + 'check = "fits"\nmodel = "llama-4-scot"\ncheckpoint = "bf16"\ninstance = "p5.48xlarge"\n',
            "claim c: there is no model 'llama-4-scot'. Did you mean llama-4-scout",
        ),
        ('[entry]\nid = "e"\n', "entry: this is a list: of tables, each [[name]] in double brackets"),
        (ARITHMETIC + 'formula = "a ** 2"\na = 1\n', "write numbers, names, + - * / and brackets"),
        (ARITHMETIC + 'formula = "a * b"\na = 1\n', "needs b = "),
        (ARITHMETIC + 'formula = "a * a"\na = 1e300\n', "so large or small"),
        (ARITHMETIC + 'formula = "a / (a - a)"\na = 1\n', "no result"),
        (ARITHMETIC + 'formula = "a"\na = { list_price = "p5.48xlrge" }\n', "Did you mean p5.48xlarge"),
        (ARITHMETIC + 'formula = "a"\na = { list_price = "trn2.48xlarge" }\n', "has no list price in us-east-1"),
        (ARITHMETIC + 'formula = "a"\na = { price = "p5.48xlarge" }\n', "Write { list_price = ID }"),
    ],
)
def test_a_report_that_cannot_be_audited_says_what_is_wrong(
    tmp_path: Path, catalog: Catalog, body: str, complaint: str
) -> None:
    with pytest.raises(InputError) as raised:
        audit(read_report(report(tmp_path, body)), catalog)
    assert complaint in raised.value.sentence()


def test_a_figure_of_an_unknown_scenario_is_refused(tmp_path: Path) -> None:
    body = '[[figure]]\nid = "t"\nscenario = "Z"\nmodel = "m"\nmetric = "ttft_ms"\nvalue = 1\nunit = ""\n'
    with pytest.raises(UnknownIdError, match="no scenario 'Z'"):
        read_report(report(tmp_path, body))


def test_every_check_says_what_it_needs_and_every_form_has_a_check() -> None:
    assert set(CHECKS) == set(FORMS)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        ('check = "little"\nvalue = 32\nof = "concurrency"\nrequests_per_s = 1.139\nlatency_ms = 25200\n', "ok"),
        (
            'check = "little"\nvalue = 20\nof = "concurrency"\nrequests_per_s = 1.139\nlatency_ms = 25200\n',
            "impossible",
        ),
        ('check = "little"\nvalue = 9\nof = "requests_per_s"\nconcurrency = 8\nlatency_ms = 1000\n', "impossible"),
        ('check = "little"\nvalue = 7\nof = "requests_per_s"\nconcurrency = 8\nlatency_ms = 1000\n', "ok"),
        ('check = "streams"\nvalue = 1001\nitl_ms = 8\nconcurrency = 8\n', "ok"),
        ('check = "streams"\nvalue = 1100\nitl_ms = 8\nconcurrency = 8\n', "impossible"),
        ('check = "streams"\nvalue = 0\nitl_ms = 8\nconcurrency = 8\n', "ok"),
        ('check = "usd_per_million"\nvalue = 0\nprice = 98.32\nthroughput = 4200\n', "wrong"),
        ('check = "roofline"\nvalue = 2000\nscenario = "A"\nmodel = "llama-4-scout"\nconcurrency = 8\n', "ok"),
        ('check = "roofline"\nvalue = 3000\nscenario = "A"\nmodel = "llama-4-scout"\nconcurrency = 8\n', "suspicious"),
        ('check = "instance_exists"\ninstance = "p5.48xlarge"\n', "ok"),
        ('check = "instance_exists"\ninstance = "zz9.large"\n', "unverifiable"),
        ('check = "list_price"\nvalue = 55\ninstance = "p5.48xlarge"\nregion = "us-east-1"\n', "ok"),
        ('check = "list_price"\nvalue = 13\ninstance = "inf2.48xlarge"\nregion = "us-east-1"\n', "rounding"),
    ],
)
def test_the_reusable_checks_on_a_claim_of_ones_own(tmp_path: Path, catalog: Catalog, body: str, verdict: str) -> None:
    claim = f'[[claim]]\nid = "c"\ntext = "x"\n{body}'
    (found,) = audit(read_report(report(tmp_path, claim)), catalog)
    assert found.verdict == verdict


@pytest.mark.parametrize(
    ("figure", "code"),
    [
        ('model = "llama-4-scot"\nmetric = "itl_ms"\n', "figure_model_unknown"),
        ('model = "llama-4-scot"\nmetric = "output_tokens_per_s"\nconcurrency = 8\n', "figure_model_unknown"),
        ('model = "llama-4-scout"\nmetric = "output_tokens_per_s"\n', "figure_without_load"),
    ],
)
def test_a_figure_that_physics_cannot_limit_says_why(tmp_path: Path, catalog: Catalog, figure: str, code: str) -> None:
    body = f'[[figure]]\nid = "t"\nscenario = "A"\nvalue = 9\nunit = ""\n{figure}'
    (claim,) = audit(read_report(report(tmp_path, body)), catalog)
    assert claim.verdict is AuditVerdict.UNVERIFIABLE
    assert [reason.code for reason in claim.reasons] == [code]


def test_a_report_without_a_request_shape_or_on_a_cpu_says_so(tmp_path: Path, catalog: Catalog) -> None:
    body = '[[figure]]\nid = "t"\nscenario = "A"\nmodel = "llama-4-scout"\nmetric = "itl_ms"\nvalue = 9\nunit = "ms"\n'
    path = report(tmp_path, body)
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace("input_tokens = 512\n", ""), encoding="utf-8")
    assert audit(read_report(path), catalog)[0].reasons[0].code == "figure_without_shape"
    path.write_text(whole.replace("p5.48xlarge", "r8g.48xlarge"), encoding="utf-8")
    assert audit(read_report(path), catalog)[0].reasons[0].code == "figure_without_rates"
    path.write_text(whole.replace("p5.48xlarge", "p5.48xlrge"), encoding="utf-8")
    with pytest.raises(UnknownIdError, match=r"p5\.48xlrge") as raised:
        audit(read_report(path), catalog)
    assert raised.value.key == "scenario.A"


@given(
    claimed=st.floats(0, 1e12),
    more=st.floats(1, 100),
    itl_ms=st.floats(0.01, 1e5),
    concurrency=st.integers(1, 4096),
)
@settings(max_examples=50, deadline=None)
def test_a_higher_throughput_is_never_judged_more_kindly(
    claimed: float, more: float, itl_ms: float, concurrency: int
) -> None:
    lower = streams_limit(claimed, itl_ms, concurrency, False, None)
    higher = streams_limit(claimed * more, itl_ms, concurrency, False, None)
    assert lower.recomputed == higher.recomputed
    assert (lower.verdict, higher.verdict) != (AuditVerdict.IMPOSSIBLE, AuditVerdict.OK)
    assert streams_limit(1000 * concurrency / itl_ms, itl_ms, concurrency, False, None).verdict is AuditVerdict.OK
