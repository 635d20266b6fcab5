"""The table of all combinations says what one question after the other would."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.fit.batch import TableRow, row_of_result
from advisor.fit.check import check_fit
from advisor.fit.memory.budget import MEASURED_BAND_BYTES
from advisor.fit.request import FitRequest
from advisor.fit.result import Verdict
from advisor.fit.table import StatedDegrees, fit_table
from fit.memories import seen
from fit.questions import CATALOG, every_request


def assert_same(row: TableRow) -> None:
    alone = row_of_result(check_fit(row.asked))
    assert (row.verdict, row.degrees, row.devices_used) == (alone.verdict, alone.degrees, alone.devices_used), row
    assert row.memory == alone.memory, row


def test_every_row_of_the_catalogue_equals_its_question_asked_alone() -> None:
    rows = fit_table(every_request(CATALOG, context_tokens=131_072, concurrency=4))
    assert {row.request.model.id for row in rows} == set(CATALOG.models)
    assert {row.request.instance.id for row in rows} == set(CATALOG.instances)
    for row in rows:
        assert_same(row)


@settings(max_examples=25)
@given(
    version=st.sampled_from(["0.8.3", "0.9.2", "0.10.0", "0.13.0", "0.19.0", "0.25.0", "0.29.0", "0.33.0"]),
    context=st.integers(1, 1_048_576),
    concurrency=st.integers(1, 300),
    instance=st.sampled_from(["p5.48xlarge", "g6e.12xlarge", "p4d.24xlarge", "g6.48xlarge", "p5.4xlarge"]),
    checkpoint=st.sampled_from(["bf16", "fp8", "w4a16"]),
    change=st.sampled_from(
        [
            {},
            {"data_parallel_size": 2},
            {"data_parallel_size": 2, "expert_parallel": True},
            {"nodes": 2},
            {"hybrid_kv": False},
            {"kv_dtype": "fp8"},
            {"block_tokens": 64},
            {"mm_encoder": "none"},
            {"max_num_seqs": 16, "gpu_memory_utilization": 0.97},
        ]
    ),
)
def test_a_row_equals_its_question_under_any_setting(
    version: str, context: int, concurrency: int, instance: str, checkpoint: str, change: dict[str, object]
) -> None:
    model = CATALOG.model("llama-4-maverick")
    machine = CATALOG.instance(instance)
    plain = FitRequest(
        model=model,
        checkpoint=model.checkpoints[checkpoint],
        instance=machine,
        accelerator=CATALOG.accelerator_of(machine),
        engine=CATALOG.engine("vllm"),
        engine_version=version,
        context_tokens=context,
        concurrency=concurrency,
    )
    rows = fit_table([replace(plain, **change)])  # type: ignore[arg-type]
    assert rows
    for row in rows:
        assert_same(row)


def test_a_row_equals_its_question_where_overheads_were_measured() -> None:
    memory = seen()
    model = CATALOG.model(memory.stack.model)
    checkpoint = model.checkpoints[memory.stack.checkpoint]
    rows = fit_table([request_on("p5.48xlarge", model=model, checkpoint=checkpoint, measured=(memory,))])
    assert any(row.memory and row.memory.band_bytes == MEASURED_BAND_BYTES for row in rows)
    for row in rows:
        assert_same(row)


def test_questions_under_different_settings_may_share_a_table() -> None:
    plain = request_on("p5.48xlarge", context_tokens=131_072)
    other = [
        replace(plain, kv_dtype="fp8"),
        replace(plain, mm_encoder="data"),
        replace(plain, gpu_memory_utilization=0.8),
        replace(plain, max_num_seqs=16),
        replace(plain, max_num_batched_tokens=2048),
        replace(plain, expert_parallel=True, data_parallel_size=2),
        replace(plain, data_parallel_size=2),
    ]
    for row in fit_table([plain, *other]):
        assert_same(row)


def request_on(instance: str, **settings: object) -> FitRequest:
    found = next(each for each in every_request(CATALOG) if each.instance.id == instance)
    return replace(found, **settings)  # type: ignore[arg-type]


def degrees_of(rows: list[TableRow]) -> list[tuple[int, int]]:
    return [(row.degrees.tensor_parallel_size, row.degrees.pipeline_parallel_size) for row in rows]


def test_a_box_of_four_devices_has_seven_parallelisms() -> None:
    rows = fit_table([request_on("g6e.12xlarge")])
    assert degrees_of(rows) == [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (4, 1)]


def test_stated_degrees_are_kept() -> None:
    request = request_on("p5.48xlarge")
    assert degrees_of(fit_table([request], StatedDegrees(tensor_parallel_size=4))) == [(4, 1), (4, 2)]
    assert degrees_of(fit_table([request], StatedDegrees(pipeline_parallel_size=2))) == [(1, 2), (2, 2), (4, 2)]
    (refused,) = fit_table([request], StatedDegrees(tensor_parallel_size=16))
    assert refused.verdict is Verdict.INVALID
    assert refused.memory is None


def test_replicas_share_an_instance_where_one_leaves_devices() -> None:
    rows = fit_table([request_on("p5.48xlarge")], StatedDegrees(pipeline_parallel_size=1))
    assert {row.degrees.tensor_parallel_size: row.replicas for row in rows} == {1: 8, 2: 4, 4: 2, 8: 1}
