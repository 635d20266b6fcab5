"""The flags of `advisor fit`, and the question that they put."""

import argparse
from typing import get_args

from advisor.cli.parser import non_negative_float, positive_int
from advisor.errors import InputError
from advisor.fit.request import DEFAULT_CONTEXT_TOKENS, MmEncoder
from advisor.workflows.fit_question import DEFAULT_CHECKPOINT, FitQuestion


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Every flag that describes a combination."""
    parser.add_argument("--model", metavar="ID", help="llama-4-scout or llama-4-maverick")
    parser.add_argument("--instance", metavar="TYPE", help="an EC2 instance type, like p5.48xlarge")
    parser.add_argument("--checkpoint", metavar="ID", help="bf16, fp8, w4a16 or nvfp4 (bf16)")
    parser.add_argument(
        "--context",
        type=positive_int,
        metavar="N",
        help=f"tokens of one request, prompt and answer ({DEFAULT_CONTEXT_TOKENS})",
    )
    parser.add_argument("--concurrency", type=positive_int, default=1, metavar="N", help="requests held at once (1)")
    parser.add_argument("--tp", type=positive_int, metavar="N", help="tensor_parallel_size (the largest valid one)")
    parser.add_argument("--pp", type=positive_int, metavar="N", help="pipeline_parallel_size (1)")
    parser.add_argument("--dp", type=positive_int, metavar="N", help="data_parallel_size (1)")
    parser.add_argument("--expert-parallel", action="store_true", help="spread whole experts over the devices")
    parser.add_argument("--nodes", type=positive_int, default=1, metavar="N", help="instances that a replica spans (1)")
    parser.add_argument(
        "--mm-encoder",
        choices=get_args(MmEncoder),
        default="weights",
        help="vision encoder: sharded, whole on each device, or not loaded (weights)",
    )
    parser.add_argument("--images", action="store_true", help="requests carry images; the serve command allows them")
    parser.add_argument("--kv-dtype", choices=("auto", "fp8"), help="KV cache data type (auto)")
    parser.add_argument("--hybrid-kv", choices=("on", "off"), help="force the hybrid KV cache (the version's default)")
    parser.add_argument(
        "--engine",
        metavar="ID@VERSION",
        help="vllm@0.33, neuron@2.28, optimum-neuron, sglang, tensorrt-llm or llama-models (by accelerator)",
    )
    parser.add_argument("--gpu-memory-utilization", type=non_negative_float, metavar="F", help="share of memory to use")
    parser.add_argument("--max-num-seqs", type=positive_int, metavar="N", help="vLLM's limit of running requests")
    parser.add_argument("--max-num-batched-tokens", type=positive_int, metavar="N", help="vLLM's tokens in one step")
    parser.add_argument("--block-size", type=positive_int, metavar="N", help="tokens of one KV cache block (16)")
    parser.add_argument("--lnc", type=int, choices=(1, 2), help="Neuron: physical cores of one logical core")


def question_of(arguments: argparse.Namespace, instance: str) -> FitQuestion:
    """What the flags ask of one instance type. InputError where no model is named."""
    if arguments.model is None:
        raise InputError("the following arguments are required: --model", key="--model")
    return FitQuestion(
        model=arguments.model,
        instance=instance,
        checkpoint=arguments.checkpoint or DEFAULT_CHECKPOINT,
        engine=arguments.engine,
        context_tokens=arguments.context or DEFAULT_CONTEXT_TOKENS,
        concurrency=arguments.concurrency,
        tensor_parallel_size=arguments.tp,
        pipeline_parallel_size=arguments.pp or 1,
        kv_dtype=arguments.kv_dtype or "auto",
        gpu_memory_utilization=arguments.gpu_memory_utilization,
        max_num_seqs=arguments.max_num_seqs,
        max_num_batched_tokens=arguments.max_num_batched_tokens,
        hybrid_kv=None if arguments.hybrid_kv is None else arguments.hybrid_kv == "on",
        nodes=arguments.nodes,
        data_parallel_size=arguments.dp or 1,
        expert_parallel=arguments.expert_parallel,
        mm_encoder=arguments.mm_encoder,
        images=arguments.images,
        block_tokens=arguments.block_size,
        logical_core_config=arguments.lnc,
    )


def stated_by(arguments: argparse.Namespace) -> frozenset[str]:
    """The fields with defaults that flags set: a server's word is held against those only."""
    flags = {
        "checkpoint": arguments.checkpoint,
        "context_tokens": arguments.context,
        "pipeline_parallel_size": arguments.pp,
        "data_parallel_size": arguments.dp,
        "kv_dtype": arguments.kv_dtype,
        "expert_parallel": arguments.expert_parallel or None,
    }
    return frozenset(name for name, value in flags.items() if value is not None)
