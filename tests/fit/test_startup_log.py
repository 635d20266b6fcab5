"""What a vLLM start-up log says, whichever version wrote it and whatever stands before its lines."""

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import InputError
from advisor.fit.proof.observed import Observed
from advisor.fit.proof.startup_log import read_startup_log
from advisor.fit.proof.startup_settings import Settings
from advisor.quantities.units import GIB

LOGS = Path(__file__).parent / "logs"


def read(text: str) -> Observed:
    return read_startup_log(dedent(text).splitlines(), "vllm.log")


def gib(amount: float | None) -> float | None:
    return None if amount is None else round(amount / GIB, 2)


def memory(found: Observed) -> tuple[float | None, ...]:
    """Weights, activation, non-torch, CUDA graphs, cache: in GiB."""
    parts = (found.weights_bytes, found.activation_bytes, found.non_torch_bytes, found.cuda_graph_bytes)
    return tuple(gib(part) for part in (*parts, found.kv_cache_bytes))


def test_a_published_log_of_scout_is_read_to_the_block() -> None:
    found = read((LOGS / "vllm_0_19_0_scout_tp4.log").read_text())
    assert (found.engine, found.engine_version) == ("vllm", "0.19.0")
    assert found.served_model == found.model_root == "meta-llama/Llama-4-Scout-17B-16E-Instruct"
    assert memory(found) == (53.12, 3.19, 2.17, 1.13, 16.75)
    assert (found.blocks, found.kv_cache_tokens, found.kv_cache_max_concurrency) == (91_495, 365_968, 44.68)
    assert (found.tensor_parallel_size, found.pipeline_parallel_size, found.engines) == (4, 1, 1)
    assert (found.max_model_len, found.gpu_memory_utilization, found.cache_dtype) == (8192, 0.95, "auto")
    assert (found.max_num_batched_tokens, found.max_num_seqs) == (8192, 1024)
    assert gib(found.usable_bytes) == 79.19
    assert (found.started, found.failure, found.starts, found.kv_pinned) == (True, None, 1, False)


def test_the_512_blocks_of_the_graph_profile_are_nobodys_override() -> None:
    text = (LOGS / "vllm_0_19_0_scout_tp4.log").read_text()
    assert "Overriding num_gpu_blocks=0 with num_gpu_blocks_override=512" in text
    assert not read(text).kv_pinned


# The forms below are those of the sources of each version; the figures are made up.

V0_8_3 = """
INFO 04-06 10:00:00 [api_server.py:1034] vLLM API server version 0.8.3
INFO 04-06 10:00:00 [api_server.py:1035] args: Namespace(subparser='serve', model_tag='meta-llama/Llama-4-Scout-17B-16E-Instruct', config='', max_model_len=1000000, tensor_parallel_size=8, block_size=None, gpu_memory_utilization=0.9, max_num_seqs=64, speculative_config={'model': 'draft', 'tensor_parallel_size': 1})
INFO 04-06 10:00:09 [core.py:61] Initializing a V1 LLM engine (v0.8.3) with config: model='meta-llama/Llama-4-Scout-17B-16E-Instruct', speculative_config=None, tokenizer='meta-llama/Llama-4-Scout-17B-16E-Instruct', dtype=torch.bfloat16, max_seq_len=1000000, download_dir=None, tensor_parallel_size=8, pipeline_parallel_size=1, quantization=None, enforce_eager=False, kv_cache_dtype=auto,  device_config=cuda, decoding_config=DecodingConfig(guided_decoding_backend='xgrammar', reasoning_backend=None), seed=None, served_model_name=meta-llama/Llama-4-Scout-17B-16E-Instruct, num_scheduler_steps=1
(VllmWorker rank=1 pid=71) INFO 04-06 10:03:00 [gpu_model_runner.py:1273] Model loading took 27.8071 GiB and 160.123456 seconds
(VllmWorker rank=0 pid=70) INFO 04-06 10:03:00 [gpu_model_runner.py:1273] Model loading took 27.8071 GiB and 161.123456 seconds
INFO 04-06 10:04:00 [kv_cache_utils.py:578] GPU KV cache size: 1,351,232 tokens
INFO 04-06 10:04:00 [kv_cache_utils.py:581] Maximum concurrency for 1,000,000 tokens per request: 1.35x
INFO 04-06 10:04:00 [kv_cache_utils.py:578] GPU KV cache size: 1,350,016 tokens
INFO 04-06 10:04:00 [kv_cache_utils.py:581] Maximum concurrency for 1,000,000 tokens per request: 1.35x
(VllmWorker rank=0 pid=70) INFO 04-06 10:04:30 [gpu_model_runner.py:1608] Graph capturing finished in 25 secs, took 2.90 GiB
INFO 04-06 10:04:31 [core.py:162] init engine (profile, create kv cache, warmup model) took 90.00 seconds
"""  # noqa: E501

V0_10_1 = """
(APIServer pid=1) INFO 08-20 10:00:00 [api_server.py:1805] vLLM API server version 0.10.1.1
(APIServer pid=1) INFO 08-20 10:00:00 [utils.py:326] non-default args: {'model_tag': '/models/scout', 'model': '/models/scout', 'served_model_name': ['scout'], 'max_model_len': 131072, 'tensor_parallel_size': 8, 'limit_mm_per_prompt': {'image': 5}, 'kv_cache_dtype': 'fp8', 'enable_expert_parallel': True}
(EngineCore_0 pid=90) INFO 08-20 10:00:09 [core.py:74] Initializing a V1 LLM engine (v0.10.1.1) with config: model='/models/scout', max_seq_len=131072, tensor_parallel_size=8, pipeline_parallel_size=1, kv_cache_dtype=fp8, served_model_name=scout
WARNING 08-20 10:00:10 [__init__.py:3678] There is a latency regression when using chunked local attention with the hybrid KV cache manager. Disabling it, by default. To enable it, set the environment VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE=1.
(VllmWorker TP0 pid=101) INFO 08-20 10:03:00 [gpu_model_runner.py:2007] Model loading took 27.8071 GiB and 100.000000 seconds
(VllmWorker TP1 pid=102) INFO 08-20 10:03:00 [gpu_model_runner.py:2007] Model loading took 27.9000 GiB and 100.000000 seconds
(VllmWorker TP0 pid=101) DEBUG 08-20 10:03:30 [gpu_worker.py:275] Memory profiling takes 9.00 seconds. Total non KV cache memory: 33.00GiB; torch peak memory increase: 3.20GiB; non-torch forward increase memory: 2.00GiB; weights memory: 27.81GiB.
(VllmWorker TP0 pid=101) INFO 08-20 10:03:30 [gpu_worker.py:276] Available KV cache memory: 38.27 GiB
(VllmWorker TP1 pid=102) INFO 08-20 10:03:30 [gpu_worker.py:276] Available KV cache memory: 38.10 GiB
(EngineCore_0 pid=90) WARNING 08-20 10:03:31 [kv_cache_utils.py:1040] Hybrid KV cache manager is disabled for this hybrid model, This means we do not enable any optimizations for saving KV cache memory (e.g., dropping the KV cache outside the sliding window).
(EngineCore_0 pid=90) INFO 08-20 10:03:31 [kv_cache_utils.py:849] GPU KV cache size: 3,327,136 tokens
(EngineCore_0 pid=90) INFO 08-20 10:03:31 [kv_cache_utils.py:853] Maximum concurrency for 131,072 tokens per request: 25.38x
(APIServer pid=1) INFO 08-20 10:04:00 [loggers.py:142] Engine 000: vllm cache_config_info with initialization after num_gpu_blocks is: 207946
"""  # noqa: E501

V0_33 = """
(APIServer pid=1) INFO 10-01 10:00:00 [startup.py:38] vLLM server version 0.33.0, serving model meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8
(APIServer pid=1) INFO 10-01 10:00:00 [startup.py:96] non-default args: {'model_tag': 'meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8', 'max_model_len': -1, 'tensor_parallel_size': 8, 'hf_token': '***'}
(EngineCore pid=20) INFO 10-01 10:00:09 [core.py:140] Initializing a V1 LLM engine (v0.33.0) with config: model='meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8', max_seq_len=1048576, tensor_parallel_size=8, pipeline_parallel_size=1, data_parallel_size=1, kv_cache_dtype=auto
(Worker_TP0 pid=30) INFO 10-01 10:03:00 [model_runner.py:429] Model loading took 48.9 GiB memory and 400.000000 seconds
(Worker_TP0 pid=30) INFO 10-01 10:03:20 [gpu_model_runner.py:6410] Estimated CUDA graph memory: 1.10 GiB total
(Worker_TP0 pid=30) INFO 10-01 10:03:20 [gpu_worker.py:773] Available KV cache memory: 17.6 GiB
(Worker_TP0 pid=30) INFO 10-01 10:03:20 [gpu_worker.py:788] CUDA graph memory profiling is enabled (default since v0.21.0). The current --gpu-memory-utilization=0.9200 is equivalent to --gpu-memory-utilization=0.9061 without CUDA graph memory profiling.
(EngineCore pid=20) INFO 10-01 10:03:21 [kv_cache_planning.py:1405] Auto-fit max_model_len: reduced from 1048576 to 900000 to fit in available KV cache memory (17.6 GiB GPU)
(EngineCore pid=20) INFO 10-01 10:03:21 [kv_cache_utils.py:1144] GPU KV cache size: 2,901,234 tokens, Maximum concurrency for 900,000 tokens per request: 3.22x
(Worker_TP0 pid=30) INFO 10-01 10:03:40 [gpu_worker.py:1003] CUDA graph pool memory: 1.13 GiB (actual), 1.1 GiB (estimated), difference: 0.03 GiB (2.7%).
(Worker_TP0 pid=30) INFO 10-01 10:03:40 [gpu_worker.py:1066] Free memory on device (77.12/79.19 GiB) on startup. Desired GPU memory utilization is (0.92, 72.85 GiB). Actual usage is 51.06 GiB for consumed memory (weights + non-torch), 4.19 GiB for peak activation, and 1.13 GiB for CUDAGraph memory. Replace gpu_memory_utilization config with `--kv-cache-memory=1` (0.0 GiB) to fit into requested memory. Current kv cache memory in use is 17.6 GiB.
(EngineCore pid=20) INFO 10-01 10:03:41 [core.py:396] init engine (profile, create kv cache, warmup model) took 40.00 s
(APIServer pid=1) INFO:     Application startup complete.
"""  # noqa: E501


class TestVersions:
    def test_0_8_3_prints_weights_and_tokens_for_each_rank(self) -> None:
        found = read(V0_8_3)
        assert (found.engine_version, found.max_model_len, found.tensor_parallel_size) == ("0.8.3", 1_000_000, 8)
        assert (found.max_num_seqs, found.gpu_memory_utilization, found.block_tokens) == (64, 0.9, None)
        assert memory(found) == (27.81, None, None, 2.90, None)
        assert (found.kv_cache_tokens, found.kv_cache_max_concurrency) == (1_350_016, 1.35)
        assert found.started

    def test_0_10_1_says_that_the_hybrid_cache_is_off(self) -> None:
        found = read(V0_10_1)
        assert (found.engine_version, found.model_root, found.served_model) == ("0.10.1.1", "/models/scout", "scout")
        assert (found.hybrid_kv, found.cache_dtype, found.expert_parallel) == (False, "fp8", True)
        assert (found.blocks, found.kv_cache_tokens) == (207_946, 3_327_136)

    def test_the_rank_with_the_least_room_counts_and_others_fill_its_gaps(self) -> None:
        assert memory(read(V0_10_1)) == (27.90, 3.20, 2.00, None, 38.10)

    def test_0_33_prints_its_cache_in_one_line_and_counts_graphs_as_activation(self) -> None:
        found = read(V0_33)
        assert (found.engine_version, found.max_model_len) == ("0.33.0", 900_000)
        assert (found.kv_cache_tokens, found.kv_cache_max_concurrency) == (2_901_234, 3.22)
        assert memory(found) == (48.9, 3.09, 2.16, 1.13, 17.6)
        assert (found.gpu_memory_utilization, gib(found.usable_bytes)) == (0.92, 79.19)

    def test_the_first_engine_of_0_8_prints_blocks(self) -> None:
        found = read(
            """
            INFO 04-06 10:00:09 [llm_engine.py:241] Initializing an LLM engine (v0.8.4) with config: model='m', tensor_parallel_size=2
            INFO 04-06 10:03:00 [worker.py:267] Memory profiling takes 5.00 seconds
            INFO 04-06 10:03:00 [worker.py:267] the current vLLM instance can use total_gpu_memory (44.39GiB) x gpu_memory_utilization (0.92) = 40.84GiB
            INFO 04-06 10:03:00 [worker.py:267] model weights take 21.67GiB; non_torch_memory takes 0.36GiB; PyTorch activation peak memory takes 1.73GiB; the rest of the memory reserved for KV Cache is 17.09GiB.
            INFO 04-06 10:03:00 [executor_base.py:112] # cuda blocks: 23,333, # CPU blocks: 5461
            INFO 04-06 10:03:00 [executor_base.py:117] Maximum concurrency for 8192 tokens per request: 45.57x
            """  # noqa: E501
        )
        assert memory(found) == (21.67, 1.73, 0.36, None, 17.09)
        assert (found.blocks, found.kv_cache_max_concurrency, found.max_model_len) == (23_333, 45.57, 8192)
        assert (found.gpu_memory_utilization, gib(found.usable_bytes)) == (0.92, 44.39)


class TestSeveralStartsAndEngines:
    def test_the_last_start_counts(self) -> None:
        found = read(V0_33 + V0_8_3)
        assert (found.engine_version, found.starts, found.kv_cache_tokens) == ("0.8.3", 2, 1_350_016)
        assert found.activation_bytes is None

    def test_a_start_that_failed_is_forgotten_when_the_next_one_succeeds(self) -> None:
        failed = "(EngineCore pid=2) ValueError: No available memory for the cache blocks. Try increasing …\n"
        found = read(V0_33.partition("(Worker")[0] + failed + V0_33)
        assert (found.failure, found.started, found.starts) == (None, True, 2)

    def test_an_engine_without_a_server_begins_anew_too(self) -> None:
        begin = (
            "INFO [core.py:61] Initializing a V1 LLM engine (v0.9.2) with config: model='m', tensor_parallel_size=1\n"
        )
        assert read(begin * 3).starts == 3

    def test_data_parallel_engines_are_one_start(self) -> None:
        lines = [
            f"(EngineCore_DP{rank} pid=1{rank}) INFO [core.py:74] Initializing a V1 LLM engine (v0.19.1) with config: "
            f"model='m', tensor_parallel_size=4, data_parallel_size=2"
            for rank in (0, 1)
        ]
        lines += [
            "(EngineCore_DP1 pid=11) INFO [kv_cache_utils.py:1319] GPU KV cache size: 365,968 tokens",
            "(EngineCore_DP0 pid=10) INFO [kv_cache_utils.py:1319] GPU KV cache size: 365,952 tokens",
            "(APIServer pid=1) 2 Engines: vllm cache_config_info with initialization after num_gpu_blocks is: 182990",
        ]
        found = read("\n".join(lines))
        assert (found.engines, found.starts, found.kv_cache_tokens, found.blocks) == (2, 1, 365_952, 91_495)

    def test_a_cache_that_a_flag_sets_is_marked(self) -> None:
        pinned = (
            "INFO [gpu_worker.py:676] Initial free memory 77.12 GiB, reserved 10.0 GiB memory for KV Cache as "
            "specified by kv_cache_memory_bytes config and skipped memory profiling."
        )
        found = read(V0_33 + pinned)
        assert found.kv_pinned
        overridden = "INFO [x.py:1] Overriding num_gpu_blocks=91495 with num_gpu_blocks_override=1000"
        assert (read(overridden).kv_pinned, read(overridden).blocks) == (True, 1000)


class TestFailedStarts:
    def test_a_context_too_long_says_what_it_needed(self) -> None:
        # vllm-project/vllm issue 16118, 2025-04-06
        found = read(
            "ERROR 04-05 01:12:55 [core.py:390] ValueError: To serve at least one request with the models's max seq "
            "len (1048576), (24.00 GiB KV cache is needed, which is larger than the available KV cache memory "
            "(9.97 GiB). Try increasing `gpu_memory_utilization` or decreasing `max_model_len` when initializing the "
            "engine."
        )
        assert (found.started, found.failure, found.max_model_len) == (False, "kv_cache_short", 1_048_576)
        assert (gib(found.kv_needed_bytes), gib(found.kv_cache_bytes)) == (24.0, 9.97)

    def test_later_versions_estimate_the_length_that_would_fit(self) -> None:
        found = read(
            "(EngineCore pid=316) ValueError: To serve at least one request with the model's max seq len (100000), "
            "(4.26 GiB KV cache is needed, which is larger than the available KV cache memory (4.25 GiB). Based on the "
            "available memory, the estimated maximum model length is 99712. Try increasing `gpu_memory_utilization`"
        )
        assert (found.estimated_max_model_len, gib(found.kv_needed_bytes)) == (99_712, 4.26)

    def test_no_memory_at_all(self) -> None:
        assert read("ValueError: No available memory for the cache blocks.").failure == "no_memory_for_cache"

    def test_cuda_out_of_memory_names_the_device_s_memory(self) -> None:
        found = read(
            "(Worker_TP1 pid=450) ERROR 04-22 19:54:39 [v1/executor/multiproc_executor.py:949] torch.OutOfMemoryError: "
            "CUDA out of memory. Tried to allocate 786.00 MiB. GPU 1 has a total capacity of 79.19 GiB of which "
            "298.50 MiB is free."
        )
        assert (found.started, found.failure, gib(found.usable_bytes)) == (False, "out_of_memory", 79.19)

    def test_a_device_that_others_hold_is_no_verdict_on_the_model(self) -> None:
        found = read(
            "ValueError: Free memory on device cuda:0 (3.12/79.19 GiB) on startup is less than desired GPU memory "
            "utilization (0.95, 75.23 GiB). Decrease GPU memory utilization\n"
            "RuntimeError: Engine core initialization failed. See root cause above."
        )
        assert (found.failure, found.gpu_memory_utilization) == ("memory_taken", 0.95)

    def test_a_request_that_fails_later_is_no_failed_start(self) -> None:
        found = read(V0_33 + "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.")
        assert (found.started, found.failure) == (True, None)


def test_another_program_s_log_is_refused_and_says_what_was_looked_for() -> None:
    with pytest.raises(InputError) as raised:
        read("nginx: 200 OK\nhello\n")
    said = raised.value.sentence()
    assert "vllm.log" in said
    assert "no vLLM start-up log" in said
    assert "'Available KV cache memory'" in said


PREFIXES = st.sampled_from(
    [
        "",
        "INFO 04-06 10:00:00 [x.py:1] ",
        "(EngineCore_DP0 pid=12) INFO 04-06 10:00:00 [v1/core/x.py:1] ",
        "\x1b[1;36m(VllmWorker rank=3 pid=99)\x1b[0;0m INFO 04-06 10:00:00 [x.py:1] ",
        "2026-04-06T10:00:00.123456789Z stdout F ",
        '{"log":"INFO 04-06 10:00:00 [x.py:1] ',
        "vllm-0  | ",
        "(RayWorkerWrapper pid=1234, ip=10.0.0.7) ",
    ]
)


class TestAnyText:
    @settings(max_examples=50, deadline=None)
    @given(
        before=PREFIXES | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\n()\x1b")),
        tokens=st.integers(1, 10**8),
        hundredths=st.integers(1, 10**6),
    )
    def test_figures_are_found_behind_any_prefix(self, before: str, tokens: int, hundredths: int) -> None:
        found = read_startup_log(
            [
                f"{before}GPU KV cache size: {tokens:,} tokens",
                f"{before}Maximum concurrency for {tokens:,} tokens per request: {hundredths / 100:.2f}x",
                f"{before}Available KV cache memory: {hundredths / 100:.2f} GiB",
            ],
            "x",
        )
        assert (found.kv_cache_tokens, found.max_model_len) == (tokens, tokens)
        assert found.kv_cache_max_concurrency == pytest.approx(hundredths / 100)
        assert found.kv_cache_bytes == pytest.approx(hundredths / 100 * GIB)

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.sampled_from((V0_8_3 + V0_10_1 + V0_33).splitlines()) | st.text(), max_size=12), st.data())
    def test_no_text_breaks_the_reader(self, lines: list[str], data: st.DataObject) -> None:
        cut = [line[data.draw(st.integers(0, len(line))) :] if line else line for line in lines]
        try:
            found = read_startup_log([*lines, *cut], "x")
        except InputError:
            return
        assert found.starts >= 1
        assert found.blocks is None or found.blocks >= 0

    @settings(max_examples=50, deadline=None)
    @given(st.text(max_size=200))
    def test_no_arguments_break_the_settings(self, text: str) -> None:
        given_ = Settings(text)
        for key in ("model", "max_model_len"):
            assert given_.count(key) is None or isinstance(given_.count(key), int)
            assert given_.share(key) is None or 0 < (given_.share(key) or 0) <= 1
