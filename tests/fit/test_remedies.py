"""What would make a combination fit: the smallest change of each kind, and every one of them true."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.load import Catalog, load_catalog
from advisor.fit.result import FitResult, Verdict
from advisor.wording.reasons import sentence
from advisor.wording.remedies import flags
from advisor.workflows.fit import fit, judged
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion(model="llama-4-scout", instance="p5.48xlarge")
MAVERICK = FitQuestion(model="llama-4-maverick", instance="p5.48xlarge")


def offered(result: FitResult) -> list[str]:
    return [flags(remedy) for remedy in result.remedies]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (replace(SCOUT, tensor_parallel_size=16), "--tp 8"),
        (replace(SCOUT, tensor_parallel_size=16), "--nodes 2 --tp 8 --pp 2"),
        (replace(SCOUT, tensor_parallel_size=2), "--tp 4"),
        (replace(SCOUT, instance="p5.4xlarge"), "--checkpoint w4a16"),
        (replace(SCOUT, instance="p5.4xlarge"), "--instance p5.48xlarge"),
        (MAVERICK, "--checkpoint fp8"),
        (MAVERICK, "--nodes 2 --tp 8 --pp 2"),
        (replace(MAVERICK, context_tokens=2_000_000, checkpoint="fp8"), "--context 1048576"),
        (replace(SCOUT, instance="inf2.48xlarge"), "--instance trn2.48xlarge"),
        (replace(SCOUT, instance="trn1.32xlarge"), "--engine optimum-neuron"),
        (replace(SCOUT, instance="trn2.48xlarge", engine="vllm"), "--engine neuron"),
        (replace(SCOUT, engine="neuron"), "--engine vllm"),
        (replace(SCOUT, block_tokens=24), "without --block-size"),
        (replace(SCOUT, instance="p4de.24xlarge", kv_dtype="fp8", engine="vllm@0.10.2"), "--kv-dtype auto"),
        (replace(SCOUT, context_tokens=3_000_000, hybrid_kv=False), "--hybrid-kv on"),
        (
            replace(
                SCOUT, instance="trn2.48xlarge", data_parallel_size=2, tensor_parallel_size=32, expert_parallel=True
            ),
            "--dp 1 (without --expert-parallel)",
        ),
        (replace(MAVERICK, checkpoint="fp8", context_tokens=1_048_576, engine="vllm@0.8.3"), "--engine vllm@0.33.0"),
    ],
)
def test_the_change_that_an_architect_would_name_is_offered(
    catalog: Catalog, question: FitQuestion, expected: str
) -> None:
    assert expected in offered(fit(catalog, question))


def test_what_fits_needs_nothing(catalog: Catalog) -> None:
    result = fit(catalog, SCOUT)
    assert result.verdict is Verdict.FITS
    assert result.remedies == ()


def test_devices_that_stand_idle_come_before_other_hardware(catalog: Catalog) -> None:
    found = offered(fit(catalog, replace(SCOUT, tensor_parallel_size=1)))
    assert "--tp 4" in found
    assert not any("--instance" in flags or "--nodes" in flags for flags in found)


def test_fewer_requests_say_how_many_replicas_would_hold_them_all(catalog: Catalog) -> None:
    result = fit(catalog, replace(SCOUT, context_tokens=131_072, concurrency=200))
    fewer = next(each for each in result.remedies if each.reason.code == "remedy_concurrency")
    ((_, concurrency),) = fewer.changes
    assert isinstance(concurrency, int)
    assert sentence(fewer.reason).endswith(f"{-(-200 // concurrency)} such replicas hold 200.")


def test_one_request_more_or_a_step_longer_no_longer_fits(catalog: Catalog) -> None:
    question = replace(SCOUT, context_tokens=131_072, concurrency=200)
    changes = {name: value for each in fit(catalog, question).remedies for name, value in each.changes}
    for name, step in (("context_tokens", 1024), ("concurrency", 1)):
        value = changes[name]
        assert isinstance(value, int)
        at, beyond = (
            judged(catalog, replace(question, **{name: size})).verdict  # type: ignore[arg-type]
            for size in (value, value + step)
        )
        assert at is Verdict.FITS
        assert beyond is not Verdict.FITS


def test_a_checkpoint_that_nobody_has_published_on_such_gpus_is_not_offered(catalog: Catalog) -> None:
    for instance in ("p5.4xlarge", "g6e.12xlarge", "p4d.24xlarge"):
        assert "--checkpoint nvfp4" not in offered(fit(catalog, replace(MAVERICK, instance=instance)))


def test_where_nothing_helps_the_closest_change_is_named_with_what_it_lacks(catalog: Catalog) -> None:
    result = fit(catalog, replace(MAVERICK, tensor_parallel_size=1, context_tokens=1_048_576, concurrency=5000))
    assert result.remedies == ()
    assert "No single change makes it fit; --" in sentence(result.reasons[-1])
    assert "None" not in sentence(result.reasons[-1])
    assert result.reasons[-1].params["short_bytes"] > 0  # type: ignore[operator]


def test_two_mistakes_are_not_mended_by_one_change(catalog: Catalog) -> None:
    result = fit(catalog, replace(MAVERICK, tensor_parallel_size=3, context_tokens=2_000_000))
    assert result.verdict is Verdict.INVALID
    assert result.remedies == ()
    assert sentence(result.reasons[-1]) == "No single change makes it run."


def test_a_verdict_alone_does_not_pay_for_remedies(catalog: Catalog) -> None:
    question = replace(SCOUT, tensor_parallel_size=1)
    assert fit(catalog, question).remedies
    assert judged(catalog, question).remedies == ()


_CATALOG = load_catalog()


@settings(max_examples=40)
@given(
    model=st.sampled_from(sorted(_CATALOG.models)),
    instance=st.sampled_from(sorted(_CATALOG.instances)),
    checkpoint=st.sampled_from(["bf16", "fp8", "w4a16", "nvfp4"]),
    context=st.sampled_from([4096, 16_384, 131_072, 1_000_000, 20_000_000]),
    concurrency=st.sampled_from([1, 8, 300]),
    tp=st.sampled_from([None, 1, 4, 16]),
    version=st.sampled_from([None, "0.8.3", "0.12.0", "0.24.0"]),
)
def test_every_remedy_makes_it_fit_as_it_says(
    model: str, instance: str, checkpoint: str, context: int, concurrency: int, tp: int | None, version: str | None
) -> None:
    engine = f"vllm@{version}" if version else None
    question = FitQuestion(
        model, instance, checkpoint, engine, context, concurrency=concurrency, tensor_parallel_size=tp
    )
    result = fit(_CATALOG, question)
    assert len(result.remedies) <= 7
    for remedy in result.remedies:
        changed = judged(_CATALOG, replace(question, **dict(remedy.changes)))  # type: ignore[arg-type]
        assert changed.verdict is remedy.verdict
        assert changed.verdict.runs
        assert changed.per_device is not None
        assert changed.per_device.margin_bytes == remedy.margin_bytes >= 0
        assert sentence(remedy.reason)
        assert flags(remedy).startswith("--")


def test_a_degree_across_instances_becomes_stages_over_the_same_devices(catalog: Catalog) -> None:
    sixteen = FitQuestion("llama-4-scout", "p5.48xlarge", tensor_parallel_size=16, nodes=2)
    changes = [dict(remedy.changes) for remedy in fit(catalog, sixteen).remedies]
    assert changes == [{"tensor_parallel_size": 8, "pipeline_parallel_size": 2}]


def test_a_degree_that_is_only_uneven_needs_no_second_instance(catalog: Catalog) -> None:
    uneven = FitQuestion("llama-4-scout", "p5.48xlarge", tensor_parallel_size=3)
    assert [dict(remedy.changes) for remedy in fit(catalog, uneven).remedies] == [{"tensor_parallel_size": 4}]
