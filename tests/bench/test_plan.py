"""Plans: what they admit, and the hash that names them."""

import json
from dataclasses import replace

import pytest

from advisor.bench.plan import PRESETS, Plan, Slo, canonical_json, preset_plan
from advisor.bench.records import cells_of
from advisor.errors import InputError

FULL = Plan(
    model="tiny",
    api="completions",
    concurrencies=(1, 4),
    requests_per_cell=10,
    input_tokens=64,
    output_tokens=16,
    repetitions=2,
    warmup_requests=2,
    timeout_s=30,
    seed=7,
    slos=(Slo("ttft", 95, 500.0), Slo("itl", 95, 30.0)),
    output_tokens_per_s_limit=1000,
)


def test_the_canonical_form_is_compact_and_sorted() -> None:
    assert canonical_json(FULL) == (
        '{"api":"completions","concurrencies":[1,4],"ignore_eos":true,"input_tokens":64,"model":"tiny",'
        '"output_tokens":16,"output_tokens_per_s_limit":1000.0,"repetitions":2,"requests_per_cell":10,"seed":7,'
        '"slos":"ttft_p95_ms=500,itl_p95_ms=30","timeout_s":30.0,"warmup_requests":2}'
    )


def test_the_hash_of_a_plan_never_changes() -> None:
    assert FULL.plan_hash == "23e2d962a9c51f8a8474a7027f550ba4d5e0813622ff8196c17a4e4bc1f41916"


def test_the_bound_of_the_hardware_is_no_part_of_the_hash() -> None:
    assert replace(FULL, output_tokens_per_s_limit=5.0).plan_hash == FULL.plan_hash


def test_a_plan_survives_the_way_through_a_file() -> None:
    assert Plan.from_dict(json.loads(json.dumps(FULL.to_dict()))) == FULL


def test_whole_and_fractional_numbers_make_the_same_plan() -> None:
    assert Plan(model="m", duration_s=60).plan_hash == Plan(model="m", duration_s=60.0).plan_hash


@pytest.mark.parametrize(
    "change",
    [
        {"model": "other"},
        {"api": "completions"},
        {"concurrencies": (2,)},
        {"requests_per_cell": 21},
        {"output_tokens": 33},
        {"seed": 2},
        {"ignore_eos": False},
        {"slos": (Slo("ttft", 95, 400.0),)},
    ],
)
def test_another_workload_has_another_hash(change: dict[str, object]) -> None:
    assert preset_plan("quick", "m").plan_hash != preset_plan("quick", **({"model": "m"} | change)).plan_hash  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("model", {"model": "", "requests_per_cell": 1}),
        ("requests_per_cell", {"model": "m"}),
        ("requests_per_cell", {"model": "m", "requests_per_cell": 1, "duration_s": 1}),
        ("requests_per_cell", {"model": "m", "requests_per_cell": 0}),
        ("duration_s", {"model": "m", "duration_s": 0}),
        ("duration_s", {"model": "m", "duration_s": 1e999}),
        ("concurrencies", {"model": "m", "duration_s": 1, "concurrencies": []}),
        ("concurrencies", {"model": "m", "duration_s": 1, "concurrencies": [4, 4]}),
        ("concurrencies", {"model": "m", "duration_s": 1, "concurrencies": [5000]}),
        ("concurrencies.0", {"model": "m", "duration_s": 1, "concurrencies": ["4"]}),
        ("api", {"model": "m", "duration_s": 1, "api": "embeddings"}),
        ("seed", {"model": "m", "duration_s": 1, "seed": -1}),
        ("input_tokens", {"model": "m", "duration_s": 1, "input_tokens": True}),
        ("slo", {"model": "m", "duration_s": 1, "slos": "ttft=5"}),
        ("slos", {"model": "m", "duration_s": 1, "slos": [{"metric": "ttft"}]}),
        ("concurency", {"model": "m", "duration_s": 1, "concurency": [1]}),
    ],
)
def test_a_plan_that_cannot_be_used_names_its_key(key: str, values: dict[str, object]) -> None:
    with pytest.raises(InputError) as refused:
        Plan.from_dict(values)
    assert refused.value.key == key


def test_an_unknown_key_gets_a_suggestion() -> None:
    with pytest.raises(InputError, match="unknown key") as refused:
        Plan.from_dict({"model": "m", "duration_s": 1, "concurency": [1]})
    assert "concurrencies" in refused.value.sentence()


class TestPresets:
    @pytest.mark.parametrize("name", PRESETS)
    def test_each_is_a_plan(self, name: str) -> None:
        assert preset_plan(name, "m").model == "m"

    def test_quick_is_under_a_minute_at_ten_milliseconds_a_token(self) -> None:
        plan = preset_plan("quick", "m")
        answer_s = 0.1 + 0.010 * plan.output_tokens
        assert plan.requests_per_cell is not None
        rounds = sum(
            -(-(plan.requests_per_cell + plan.warmup_requests) // level) * plan.repetitions
            for level in plan.concurrencies
        )
        assert rounds * answer_s < 50

    def test_report_and_article_have_the_shapes_of_what_they_check(self) -> None:
        report, article = preset_plan("report", "m"), preset_plan("article", "m")
        assert report.concurrencies == (1, 4, 8, 16, 32)
        assert (report.input_tokens, report.output_tokens, report.repetitions) == (512, 128, 3)
        assert article.concurrencies == (50,)
        assert (article.requests_per_cell, article.output_tokens) == (1000, 150)

    def test_a_value_can_be_replaced_and_a_duration_replaces_the_count(self) -> None:
        plan = preset_plan("quick", "m", duration_s=5, concurrencies=(2,), seed=None)
        assert (plan.duration_s, plan.requests_per_cell, plan.concurrencies, plan.seed) == (5.0, None, (2,), 1)

    def test_an_unknown_one_is_refused_with_those_that_exist(self) -> None:
        with pytest.raises(InputError, match="no preset") as refused:
            preset_plan("fast", "m")
        assert "quick" in refused.value.sentence()


def test_cells_are_ordered_by_repetition_so_that_drift_spreads() -> None:
    order = [(cell.repetition, cell.load.value) for cell in cells_of(FULL)]
    assert order == [(0, 1), (0, 4), (1, 1), (1, 4)]
