import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.advice.workload import Workload, expand_regions, settings_of, workload_from
from advisor.catalog.load import load_catalog
from advisor.errors import InputError, UnknownIdError

_CATALOG = load_catalog()

BATCH: dict[str, object] = {"mode": "batch", "batch_input_tokens": 2_000_000, "batch_output_tokens": 200_000}


def make(**settings: object) -> Workload:
    return workload_from(settings, _CATALOG)


def test_what_nobody_stated_is_listed_as_assumed() -> None:
    workload = workload_from({"peak_rps": 8.0}, _CATALOG)
    assert workload.mean_rps == 2.0
    assert {"mean_rps", "output_tokens_p50", "redundancy"} <= set(workload.defaulted)
    assert "peak_rps" not in workload.defaulted
    assert not {"batch_input_tokens", "budget_period", "deadline_hours"} & set(workload.defaulted)


def test_an_unstated_latency_target_stays_unset() -> None:
    assert workload_from({}, _CATALOG).slos == ()


def test_a_batch_takes_its_request_shape_from_its_totals() -> None:
    settings = {"mode": "batch", "batch_input_tokens": 2_000_000, "batch_output_tokens": 200_000}
    workload = workload_from(settings, _CATALOG)
    assert workload.input_tokens_p50 == 10 * workload.output_tokens_p50


def test_the_context_grows_with_a_long_prompt() -> None:
    workload = workload_from({"input_tokens_p50": 200_000}, _CATALOG)
    assert workload.context_tokens >= 200_256


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"peak": 3}, "unknown workload key"),
        ({"mode": "sometimes"}, "none of online, batch"),
        ({"peak_rps": 0.0}, "above 0"),
        ({"peak_rps": 1.0, "mean_rps": 2.0}, "above the peak"),
        ({"mode": "batch"}, "needs its totals"),
        ({"shared_prefix_tokens": 600}, "shorter than the prompt"),
        ({"context_tokens": 300}, "does not hold the prompt"),
        ({"peak_rps": float("inf")}, "a number above 0"),
        ({"budget_usd": 0.0}, "a number above 0"),
        ({"slo_ttft_ms_p95": -1.0}, "milliseconds above 0"),
        ({"input_tokens_p50": 900, "input_tokens_p95": 800}, "long prompts are shorter"),
        ({"budget_usd": 100.0, "budget_period": "run"}, "for a batch"),
        ({"regions_allowed": ("us-east-1",), "residency": "eu"}, "no allowed region lies"),
        ({"owned": {"p5.48xlarge": 0}}, "is none"),
        ({**BATCH, "batch_input_tokens": 0}, "needs its totals"),
        ({**BATCH, "input_tokens_p50": 512, "output_tokens_p50": 256}, "do not add up"),
    ],
)
def test_what_cannot_be_is_refused_by_name(settings: dict[str, object], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        make(**settings)


@pytest.mark.parametrize(
    ("settings", "suggestion"),
    [
        ({"model": "llama-4-scot"}, "llama-4-scout"),
        ({"regions_allowed": ("eu-centrl-1",)}, "eu-central-1"),
        ({"purchase_allowed": ("ondemand",)}, "on_demand"),
        ({"owned": {"p5.48xlarg": 1}}, "p5.48xlarge"),
        ({"engine": "vlmm@0.33"}, "vllm"),
    ],
)
def test_unknown_words_suggest_near_ones(settings: dict[str, object], suggestion: str) -> None:
    with pytest.raises(UnknownIdError) as raised:
        make(**settings)
    assert suggestion in raised.value.suggestions


def test_one_length_of_a_batch_gives_the_other() -> None:
    assert make(**BATCH, input_tokens_p50=1_000).output_tokens_p50 == 100
    assert make(**BATCH, output_tokens_p50=100).input_tokens_p50 == 1_000
    assert make(**BATCH, input_tokens_p50=1_000, output_tokens_p50=105).output_tokens_p50 == 105


def test_a_word_is_called_what_it_is() -> None:
    with pytest.raises(UnknownIdError, match="there is no region 'mars'"):
        make(regions_allowed=("mars",))


def test_region_groups_leave_out_government_regions() -> None:
    regions = (*_CATALOG.regions, "us-gov-west-1")
    us = expand_regions(workload_from({"regions_allowed": ("us",)}, _CATALOG), regions)
    assert "us-east-1" in us
    assert all(region.startswith("us-") and "gov" not in region for region in us)
    anywhere = workload_from({"regions_allowed": ("any",), "residency": "eu"}, _CATALOG)
    assert all(region.startswith("eu-") for region in expand_regions(anywhere, regions))


@given(
    peak=st.floats(0.1, 1000),
    prompt=st.integers(1, 100_000),
    answer=st.integers(1, 10_000),
    objective=st.sampled_from(["cheapest", "lowest_latency"]),
    limit=st.sampled_from([None, 300.0, 1000.0]),
)
def test_settings_make_the_same_workload_again(
    peak: float, prompt: int, answer: int, objective: str, limit: float | None
) -> None:
    stated = {"peak_rps": peak, "input_tokens_p50": prompt, "output_tokens_p50": answer, "objective": objective}
    if limit is not None:
        stated["slo_ttft_ms_p95"] = limit
    workload = workload_from(stated, _CATALOG)
    written = settings_of(workload)
    defaulted = written.pop("defaulted", ())
    read = {key: tuple(value) if isinstance(value, list) else value for key, value in written.items()}
    assert workload_from(read, _CATALOG, defaulted) == workload
