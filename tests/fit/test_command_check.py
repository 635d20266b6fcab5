"""Pasted commands against today's flags, the TP rule and the context of the model that they name."""

import shlex

import pytest

from advisor.catalog.load import Catalog
from advisor.fit.check import check_fit
from advisor.fit.command_check import CheckedCommand, check_command
from advisor.fit.pasted import without_secrets
from advisor.fit.request import FitRequest

INSTRUCT = "meta-llama/Llama-4-Scout-17B-16E-Instruct"
BASE = INSTRUCT.removesuffix("-Instruct")
SERVE = f"vllm serve {INSTRUCT} --max-model-len 1000000"


def codes(checked: CheckedCommand) -> list[str]:
    return [reason.code for reason in checked.reasons]


@pytest.mark.parametrize(
    "command",
    [
        f"{SERVE} --tensor-parallel-size 8",
        f"{SERVE} -tp 8 --no-enable-prefix-caching",
        f"{SERVE} --tensor_parallel_size=4",
        f"{SERVE} --tensor-parallel 8",
        f"{SERVE} \\\n  --tensor-parallel-size 8  # eight GPUs",
        f"{SERVE} \\  \r\n  -tp 8 2>&1 | tee log",
        f"export HF_TOKEN=x\n{SERVE} -tp 2 2>log",
        f"vllm serve --enable-expert-parallel {INSTRUCT} --max-model-len auto --gpu-memory-utilization .95",
        f"HF_TOKEN=x CUDA_VISIBLE_DEVICES=0,1 {SERVE} -tp 2",
        f"docker run --gpus all vllm/vllm-openai:v0.33.0 --model {INSTRUCT} --max-model-len 10M",
        f"python -m vllm.entrypoints.openai.api_server --model {INSTRUCT} --max-model-len 200k",
        f"vllm serve {BASE} --max-model-len 262144",
    ],
)
def test_a_command_that_runs_has_no_objection(catalog: Catalog, command: str) -> None:
    checked = check_command(command, catalog)
    assert (checked.program, checked.version, codes(checked)) == ("vllm serve", "0.33.0", [])


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (f"{SERVE} --device neuron", ["flag_removed", "neuron_context_undocumented"]),
        (f"{SERVE} --swap-space 4", ["flag_removed"]),
        (f"{SERVE} --tensor-paralel-size 8", ["flag_unknown"]),
        (f"{SERVE} -tp 16", ["tp_heads"]),
        (f"{SERVE} -tp 5", ["tp_kv_heads", "tp_vocabulary", "tp_intermediate"]),
        (f"vllm serve {BASE} --max-model-len 1000000", ["context_beyond_base"]),
        (f"vllm serve {INSTRUCT} --max-model-len 11M", ["context_beyond_model"]),
        (f"vllm serve {BASE} --max-model-len 257K", ["context_beyond_base"]),
        (f"{SERVE} -tp 0", ["flag_needs_whole"]),
        (f"{SERVE} -tp eight", ["flag_needs_whole"]),
        (f"vllm serve {INSTRUCT} --max-model-len 8,192", ["flag_needs_length_or_auto"]),
        (f"{SERVE} --gpu-memory-utilization 95", ["flag_needs_share"]),
        (f"{SERVE} --max-num-seqs", ["flag_without_value"]),
        (f"{SERVE} –-tensor-parallel-size", ["argument_surplus"]),
        (f"pip install vllm && {SERVE} -tp 16 > log 2>&1 &", ["tp_heads"]),
        (f"{SERVE}  # it's long\npip install 'vllm[neuron]'", ["extra_missing"]),
        ("pip install vllm[neuron]", ["extra_missing"]),
        ("uv pip install 'vllm[audio,neuron]==0.33.0'", ["extra_exists", "extra_missing"]),
    ],
)
def test_a_command_that_is_refused_says_why(catalog: Catalog, command: str, found: list[str]) -> None:
    checked = check_command(command, catalog)
    assert codes(checked) == found
    assert checked.is_refused


def test_the_neuron_plug_ins_pad_heads_and_take_what_the_engine_refuses(catalog: Catalog) -> None:
    checked = check_command(
        f"vllm serve {BASE} --device neuron --tensor-parallel-size 16 --max-model-len 1000000", catalog
    )
    assert codes(checked) == ["flag_removed", "neuron_pads_heads", "context_beyond_base", "neuron_context_undocumented"]
    assert checked.reasons[1].params["padded_heads"] == 48


@pytest.mark.parametrize(
    ("command", "found"),
    [
        (f"vllm serve {INSTRUCT}", ["context_unset"]),
        ("vllm serve mistralai/Mistral-7B --max-model-len 4096", ["model_unknown"]),
        (f"{SERVE} -tp $(nvidia-smi -L | wc -l)", ["flag_value_unseen"]),
        (f"{SERVE} -tp $TP", ["flag_value_unseen"]),
    ],
)
def test_what_cannot_be_checked_is_a_doubt_and_no_refusal(catalog: Catalog, command: str, found: list[str]) -> None:
    checked = check_command(command, catalog)
    assert codes(checked) == found
    assert not checked.is_refused


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("kubectl apply -f x.yaml", ["command_unknown"]),
        ("", ["command_unknown"]),
        ("vllm serve 'unclosed", ["command_unreadable"]),
        ("pip install vllm==0.4.3", ["install_unchecked"]),
        ("pip", ["command_unknown"]),
    ],
)
def test_what_is_no_command_of_an_engine_is_not_judged(catalog: Catalog, command: str, found: list[str]) -> None:
    checked = check_command(command, catalog)
    assert (checked.program, codes(checked)) == (None, found)


def test_our_own_serve_commands_have_no_objection(catalog: Catalog) -> None:
    model, instance, engine = catalog.model("llama-4-scout"), catalog.instance("p5.48xlarge"), catalog.engine("vllm")
    accelerator = catalog.accelerator_of(instance)
    result = check_fit(
        FitRequest(
            model, model.checkpoints["fp8"], instance, accelerator, engine, engine.default_version, kv_dtype="fp8"
        )
    )
    assert codes(check_command(shlex.join(result.serve_argv), catalog)) == []


@pytest.mark.parametrize(
    "command",
    [
        "docker run -e HF_TOKEN=hf_abc image",
        f"{SERVE} --api-key=hf_abc",
        f"OPENAI_API_KEY='hf_abc' {SERVE} --hf-token hf_abc",
    ],
)
def test_a_command_is_shown_again_without_its_secrets(command: str) -> None:
    shown = without_secrets(command)
    assert "hf_abc" not in shown
    assert "***" in shown
