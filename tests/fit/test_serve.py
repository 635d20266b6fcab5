"""Serve commands as an architect would paste them: flags of the version, a reason for each, nothing that is gone."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError
from advisor.fit.check import check_fit
from advisor.fit.command_check import check_command
from advisor.fit.pasted import commands
from advisor.fit.result import ServeCommand, ServeCopy
from advisor.wording.reasons import sentence
from advisor.wording.serve_script import script
from advisor.workflows.fit import fit, judged
from advisor.workflows.fit_all import Within, fit_all
from advisor.workflows.fit_question import FitQuestion

SCOUT = FitQuestion(model="llama-4-scout", instance="p5.48xlarge")
MAVERICK = FitQuestion(model="llama-4-maverick", instance="p5.48xlarge", checkpoint="fp8")
REMOVED = {"--device", "--swap-space", "--disable-log-requests", "--override-neuron-config"}
EVERY_SETTING = replace(
    SCOUT,
    context_tokens=131_072,
    kv_dtype="fp8",
    hybrid_kv=False,
    gpu_memory_utilization=0.95,
    max_num_seqs=64,
    max_num_batched_tokens=4096,
    block_tokens=32,
    expert_parallel=True,
    mm_encoder="data",
)


def serve(catalog: Catalog, question: FitQuestion) -> ServeCommand:
    result = fit(catalog, question)
    assert result.serve is not None, [sentence(reason) for reason in result.reasons]
    return result.serve


def value(command: ServeCommand | ServeCopy, flag: str) -> str:
    return command.argv[command.argv.index(flag) + 1]


def _commands_of(catalog: Catalog) -> Iterator[ServeCommand]:
    """What every combination of the catalogue that runs is served with, under each engine and in several shapes."""
    for model in catalog.models:
        for engine in catalog.engines:
            whole = FitQuestion(model, "", engine=engine, context_tokens=4096)
            parts = replace(whole, tensor_parallel_size=2, kv_dtype="fp8", mm_encoder="none")
            two = replace(whole, tensor_parallel_size=8, pipeline_parallel_size=2, nodes=2, max_num_seqs=16)
            for question in (whole, parts, two):
                degrees = Within(None, None, question.tensor_parallel_size, question.pipeline_parallel_size)
                for row in fit_all(catalog, question, degrees):
                    serve = check_fit(row.asked).serve
                    if serve is not None:
                        yield serve


@pytest.fixture(scope="module")
def every_command(catalog: Catalog) -> list[ServeCommand]:
    return list(_commands_of(catalog))


def test_no_command_of_the_catalogue_has_a_flag_that_its_engine_refuses(
    catalog: Catalog, every_command: list[ServeCommand]
) -> None:
    served = {argv for command in every_command for argv in (command.argv, *(c.argv for c in command.copies))}
    of_vllm = {argv for argv in served if argv[:2] == ("vllm", "serve")}
    flags = {tuple(word for word in argv if word.startswith("--")): argv for argv in of_vllm}
    assert len(flags) >= 5
    for argv in flags.values():
        refused = [reason.code for reason in check_command(shlex.join(argv), catalog).reasons if "flag" in reason.code]
        assert refused == []
    assert not any(REMOVED & set(argv) for argv in served)


def test_every_command_of_the_catalogue_says_why_each_setting_is_there(every_command: list[ServeCommand]) -> None:
    for command in every_command:
        stated = {word for word in command.argv if word.startswith("--")} | {name for name, _ in command.env}
        stated -= {"--model-path"}  # names what is served, as the positional argument of vLLM does
        assert stated == {each.name for each in command.flags}
        assert all(sentence(each.reason).endswith(".") for each in command.flags)


def test_a_script_runs_in_a_shell_what_the_command_says(catalog: Catalog) -> None:
    for command in (serve(catalog, EVERY_SETTING), serve(catalog, replace(SCOUT, instance="trn2.48xlarge"))):
        ran = [tuple(words) for words in commands("\n".join(script(command, 60))) if words]
        assert ran == [*(step.argv for step in command.before), command.argv]


def test_every_setting_of_the_question_is_in_the_command(catalog: Catalog) -> None:
    command = serve(catalog, EVERY_SETTING)
    assert shlex.split(shlex.join(command.argv)) == list(command.argv)
    assert check_command(shlex.join(command.argv), catalog).reasons == ()
    assert command.argv[3:] == (
        *("--tensor-parallel-size", "8", "--enable-expert-parallel", "--max-model-len", "131072"),
        *("--kv-cache-dtype", "fp8", "--block-size", "32", "--disable-hybrid-kv-cache-manager"),
        *("--gpu-memory-utilization", "0.95", "--max-num-seqs", "64", "--max-num-batched-tokens", "4096"),
        *("--mm-encoder-tp-mode", "data"),
    )


def test_the_context_is_stated_because_the_default_does_not_fit(catalog: Catalog) -> None:
    stated = {each.name: sentence(each.reason) for each in serve(catalog, SCOUT).flags}
    assert stated["--max-model-len"].startswith("The default, 10,485,760, does not fit here: ")
    stated = {
        each.name: sentence(each.reason)
        for each in serve(catalog, replace(MAVERICK, instance="p6-b200.48xlarge")).flags
    }
    assert stated["--max-model-len"] == "The default is 1,048,576; this bounds what one request may hold."


@pytest.mark.parametrize(
    ("version", "hybrid", "env", "flagged"),
    [
        ("0.12.0", True, {"VLLM_ALLOW_CHUNKED_LOCAL_ATTN_WITH_HYBRID_KV_CACHE": "1"}, False),
        ("0.12.0", False, {}, False),
        ("0.33.0", True, {}, False),
        ("0.33.0", False, {}, True),
    ],
)
def test_the_hybrid_cache_is_switched_as_the_version_has_it(
    catalog: Catalog, version: str, hybrid: bool, env: dict[str, str], flagged: bool
) -> None:
    command = serve(catalog, replace(SCOUT, engine=f"vllm@{version}", hybrid_kv=hybrid))
    assert dict(command.env) == env
    assert ("--disable-hybrid-kv-cache-manager" in command.argv) is flagged


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("0.33.0", ("--language-model-only",)),
        ("0.16.0", ("--limit-mm-per-prompt", '{"image": 0}')),
        ("0.8.4", ("--limit-mm-per-prompt", "image=0")),
    ],
)
def test_text_only_is_said_as_the_version_understands_it(
    catalog: Catalog, version: str, words: tuple[str, ...]
) -> None:
    command = serve(catalog, replace(SCOUT, engine=f"vllm@{version}", mm_encoder="none"))
    assert command.argv[-len(words) :] == words
    cautions = [reason.code for reason in command.cautions]
    assert cautions == (["serve_encoder_stays"] if version == "0.8.4" else [])


def test_two_replicas_in_one_instance_have_gpus_and_ports_of_their_own(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, tensor_parallel_size=4))
    assert [dict(copy.env) for copy in command.copies] == [
        {"CUDA_VISIBLE_DEVICES": "0,1,2,3"},
        {"CUDA_VISIBLE_DEVICES": "4,5,6,7"},
    ]
    assert [copy.argv[-2:] for copy in command.copies] == [("--port", "8000"), ("--port", "8001")]
    assert serve(catalog, SCOUT).copies == ()


def test_two_instances_get_a_command_each_and_only_the_first_answers(catalog: Catalog) -> None:
    two = replace(MAVERICK, checkpoint="bf16", tensor_parallel_size=8, pipeline_parallel_size=2, nodes=2)
    command = serve(catalog, two)
    first, second = command.copies
    assert command.argv == first.argv
    assert first.argv[-6:] == ("--nnodes", "2", "--node-rank", "0", "--master-addr", "node-0")
    assert second.argv[-5:] == ("--node-rank", "1", "--master-addr", "node-0", "--headless")
    for copy in command.copies:
        assert check_command(shlex.join(copy.argv), catalog).reasons == ()


def test_data_parallel_ranks_on_two_instances_find_each_other(catalog: Catalog) -> None:
    command = serve(catalog, replace(MAVERICK, tensor_parallel_size=8, data_parallel_size=2, nodes=2))
    first, second = command.copies
    assert "--data-parallel-start-rank" not in first.argv
    assert second.argv[-3:] == ("--data-parallel-start-rank", "1", "--headless")
    assert "--nnodes" not in second.argv


def test_ranks_that_do_not_divide_over_the_instances_are_dealt_to_them(catalog: Catalog) -> None:
    three = replace(SCOUT, tensor_parallel_size=4, data_parallel_size=3, expert_parallel=True, nodes=2)
    command = serve(catalog, three)
    assert [value(copy, "--data-parallel-size-local") for copy in command.copies] == ["2", "1"]
    assert value(command.copies[1], "--data-parallel-start-rank") == "2"


def test_stages_that_do_not_divide_over_the_instances_are_placed_by_ray(catalog: Catalog) -> None:
    five = replace(SCOUT, instance="g6e.12xlarge", tensor_parallel_size=1, pipeline_parallel_size=5, nodes=2)
    command = serve(catalog, replace(five, checkpoint="w4a16"))
    assert value(command, "--distributed-executor-backend") == "ray"
    assert "--nnodes" not in command.argv


def test_versions_that_cannot_span_instances_start_ray_before(catalog: Catalog) -> None:
    two = replace(MAVERICK, instance="p5en.48xlarge", tensor_parallel_size=8, pipeline_parallel_size=2, nodes=2)
    command = serve(catalog, replace(two, engine="vllm@0.10.2"))
    assert [step.argv[:2] for step in command.before] == [("ray", "start"), ("ray", "start")]
    assert value(command, "--distributed-executor-backend") == "ray"
    assert command.copies == ()


def test_neuron_compiles_first_and_its_blocks_are_its_sequences(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", context_tokens=16_384))
    (compiling,) = command.before
    assert dict(command.env)["NEURON_COMPILED_ARTIFACTS"] in compiling.argv
    assert value(command, "--num-gpu-blocks-override") == value(command, "--max-num-seqs") == "1"
    assert json.loads(value(command, "--limit-mm-per-prompt")) == {"image": 5}
    text = json.loads(value(command, "--additional-config"))["override_neuron_config"]["text_config"]
    assert (text["tp_degree"], text["cp_degree"], text["seq_len"]) == (64, 16, 16_384)


def test_optimum_exports_the_shape_that_it_serves(catalog: Catalog) -> None:
    published = replace(SCOUT, instance="trn1.32xlarge", engine="optimum-neuron", context_tokens=4096, concurrency=8)
    command = serve(catalog, published)
    (export,) = command.before
    shape = ("--batch_size", "8", "--sequence_length", "4096", "--tensor_parallel_size", "32")
    assert command.argv == ("optimum-cli", "neuron", "serve", "-m", export.argv[-1], *shape)
    assert export.argv[-7:-1] == shape


def test_sglang_always_states_the_context_and_spans_instances_by_itself(catalog: Catalog) -> None:
    one = serve(catalog, replace(SCOUT, engine="sglang", kv_dtype="fp8", context_tokens=131_072))
    assert one.argv == (
        *("python", "-m", "sglang.launch_server", "--model-path", "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
        *("--tp-size", "8", "--context-length", "131072", "--kv-cache-dtype", "fp8_e4m3"),
    )
    two = replace(
        MAVERICK, engine="sglang", checkpoint="bf16", tensor_parallel_size=8, pipeline_parallel_size=2, nodes=2
    )
    first, second = serve(catalog, two).copies
    assert first.argv[-6:] == ("--nnodes", "2", "--node-rank", "0", "--dist-init-addr", "node-0:50000")
    assert second.argv[-6:] == ("--nnodes", "2", "--node-rank", "1", "--dist-init-addr", "node-0:50000")


def test_tensorrt_llm_serves_from_one_instance_and_metas_code_serves_nothing(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, engine="tensorrt-llm", checkpoint="fp8", max_num_seqs=64))
    assert command.argv[:2] == ("trtllm-serve", "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic")
    assert command.argv[2:] == (
        "--backend",
        "pytorch",
        "--tp_size",
        "8",
        "--max_seq_len",
        "8192",
        "--max_batch_size",
        "64",
    )
    meta = fit(catalog, replace(SCOUT, engine="llama-models"))
    assert meta.verdict.runs
    assert meta.serve is None


def test_replicas_on_neuron_get_ranges_of_cores(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", tensor_parallel_size=32))
    assert [dict(copy.env)["NEURON_RT_VISIBLE_CORES"] for copy in command.copies] == ["0-31", "32-63"]
    assert [reason.code for reason in command.cautions] == ["serve_undocumented_degree"]


STATED: dict[str, object] = {
    "expert_parallel": True,
    "mm_encoder": "data",
    "kv_dtype": "fp8",
    "gpu_memory_utilization": 0.7,
    "hybrid_kv": False,
    "max_num_seqs": 16,
    "max_num_batched_tokens": 4096,
    "block_tokens": 32,
    "data_parallel_size": 2,
    "pipeline_parallel_size": 2,
    "logical_core_config": 1,
}
SERVED_BY = {
    "vllm": replace(SCOUT, instance="p5en.48xlarge"),
    "sglang": replace(SCOUT, engine="sglang", instance="p5en.48xlarge"),
    "tensorrt-llm": replace(SCOUT, engine="tensorrt-llm", instance="p5en.48xlarge"),
    "neuron": replace(SCOUT, instance="trn2.48xlarge"),
    "neuron@2.26": replace(SCOUT, engine="neuron@2.26", instance="trn2.48xlarge"),
    "optimum-neuron": replace(SCOUT, engine="optimum-neuron", instance="trn2.48xlarge", context_tokens=4096),
}
WITHOUT_EFFECT = {("tensorrt-llm", "hybrid_kv")}
"""All its layers keep the whole context whatever is stated."""


@pytest.mark.parametrize(
    ("engine", "setting"), [(e, s) for e in SERVED_BY for s in STATED if (e, s) not in WITHOUT_EFFECT]
)
def test_no_setting_that_is_stated_gets_lost_on_the_way_to_the_command(
    catalog: Catalog, engine: str, setting: str
) -> None:
    plain = replace(SERVED_BY[engine], tensor_parallel_size=4 if engine in ("vllm", "sglang", "tensorrt-llm") else 32)
    stated = {setting: STATED[setting]}
    if setting == "logical_core_config" and "neuron" not in engine:
        with pytest.raises(InputError, match="no logical cores"):
            judged(catalog, replace(plain, **stated))  # type: ignore[arg-type]
        return
    result = judged(catalog, replace(plain, **stated))  # type: ignore[arg-type]
    if result.serve is None:
        assert "settings_absent" in [reason.code for reason in result.reasons if reason.severity == "error"]
        return
    usual = serve(catalog, plain)
    assert (result.serve.argv, result.serve.env) != (usual.argv, usual.env)
    words = list(result.serve.argv)
    flags = [word for word in words if word.startswith("--")]
    assert len(flags) == len(set(flags))


def test_an_sdk_without_a_recipe_for_llama_4_is_told_whose_command_this_is(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", engine="neuron@2.32"))
    assert [reason.code for reason in command.cautions] == ["serve_neuron_pinned"]
    pinned = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", engine="neuron@2.28"))
    assert (command.argv, pinned.cautions) == (pinned.argv, ())


def test_compiler_and_server_are_told_the_same_logical_cores(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", logical_core_config=1))
    (compiling,) = command.before
    assert dict(compiling.env) == {"NEURON_LOGICAL_NC_CONFIG": "1"}
    assert dict(command.env)["NEURON_LOGICAL_NC_CONFIG"] == "1"


def test_an_old_sdk_is_served_by_its_fork_of_vllm(catalog: Catalog) -> None:
    command = serve(catalog, replace(SCOUT, instance="trn2.48xlarge", engine="neuron@2.26"))
    assert value(command, "--device") == "neuron"
    assert value(command, "--limit-mm-per-prompt") == "image=5"
    assert "--additional-config" not in command.argv
