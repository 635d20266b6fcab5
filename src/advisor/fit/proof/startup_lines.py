"""The lines of a vLLM start-up log that speak of memory, and what each says.

Formats were read in the sources of vLLM 0.8.3, 0.10.1.1, 0.13.0, 0.16.0, 0.19.1, 0.21.0 and 0.33.0, and
checked against a published log of 0.19.0. Each form names a piece of text that its lines hold, since most
lines of a long log hold none of them, and the groups of its expression are named for what they state.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_COUNT = r"\d[\d,]*"


def _gib(name: str) -> str:
    return rf"(?P<{name}>-?\d+(?:\.\d+)?) ?GiB"


@dataclass(frozen=True, slots=True)
class Form:
    """Lines with `mark` in them, and what they say. says: groups that such a line states by being there."""

    mark: str
    pattern: re.Pattern[str]
    says: Mapping[str, str]


def _form(mark: str, pattern: str | None = None, **says: str) -> Form:
    return Form(mark, re.compile(pattern if pattern is not None else re.escape(mark)), says)


FORMS = (
    # Where a start begins.
    _form("server version", r"vLLM (?:API )?server version (?P<server_version>[\w.+-]+)"),
    _form("█", r"█\s+version\s+(?P<server_version>[\w.+-]+)"),
    _form("Initializing a", r"Initializing an? (?:V1 )?LLM engine \(v(?P<engine_version>[\w.+-]+)\)"),
    # Settings that are not among the arguments.
    _form("Chunked prefill is enabled", r"max_num_batched_tokens=(?P<batched_tokens>\d+)"),
    _form("Defaulting max_num_seqs", r"Defaulting max_num_seqs to (?P<sequences>\d+)"),
    _form("Auto-fit max_model_len", r"full model context length (?P<model_len>\d+)"),
    _form("Auto-fit max_model_len", r"reduced from \d+ to (?P<model_len>\d+)"),
    _form("Hybrid KV cache manager is disabled", hybrid="off"),
    _form("chunked local attention with the hybrid KV cache manager", hybrid="off"),
    _form("Turning off hybrid kv cache manager", hybrid="off"),
    # One device's memory.
    _form("Model loading took", rf"Model loading took {_gib('weights')}"),
    _form("model weights take", rf"model weights take {_gib('weights')}"),
    _form("weights memory: ", rf"; weights memory: {_gib('weights')}"),
    _form("GiB for weight", rf"Actual usage is {_gib('weights')} for weight"),
    _form("total_gpu_memory", rf"total_gpu_memory \({_gib('usable')}\)"),
    _form("total_gpu_memory", r"gpu_memory_utilization \((?P<share>[\d.]+)\)"),
    _form("total_memory=", rf"total_memory={_gib('usable')}"),
    _form("Free memory on device", rf"Free memory on device[^(]*\([\d.]+/{_gib('usable')}\)"),
    _form("GPU memory utilization", r"GPU memory utilization(?: is)? \((?P<share>[\d.]+), "),
    _form("(util)", r"Requested memory: (?P<share>[\d.]+) \(util\)"),
    _form("The current --gpu-memory-utilization=", r"The current --gpu-memory-utilization=(?P<share>[\d.]+)"),
    _form("torch peak memory increase", rf"torch peak memory increase: {_gib('activation')}"),
    _form("activation peak memory takes", rf"activation peak memory takes {_gib('activation')}"),
    _form("for peak activation", rf"{_gib('activation_used')} for peak activation"),
    _form("non_torch_memory takes", rf"non_torch_memory takes {_gib('non_torch')}"),
    _form("non-torch forward increase", rf"non-torch forward increase memory: {_gib('non_torch')}"),
    _form("for non-torch memory", rf"{_gib('non_torch')} for non-torch memory"),
    _form("Total non KV cache", rf"Total non KV cache memory: {_gib('beside_cache')}"),
    _form("total consumed (from", rf"total consumed \(from mem_get_info\): {_gib('consumed')}"),
    _form("for consumed memory", rf"{_gib('consumed')} for consumed memory"),
    _form("Estimated CUDA graph memory", rf"Estimated CUDA graph memory: {_gib('graphs_estimated')} total"),
    _form("Graph capturing finished", rf"Graph capturing finished in [\d.]+ secs?, took {_gib('graphs')}"),
    _form("CUDA graph pool memory", rf"CUDA graph pool memory: {_gib('graphs')} \(actual\)"),
    _form("CUDA graph memory profiling is disabled", graphs_in_budget="no"),
    _form("CUDA graph memory profiling will be enabled", graphs_in_budget="no"),
    _form("Available KV cache memory", rf"Available KV cache memory: {_gib('cache')}"),
    _form("reserved for KV Cache is", rf"reserved for KV Cache is {_gib('cache')}"),
    _form("kv cache memory in use", rf"Current kv cache memory in use is {_gib('cache')}"),
    _form("as specified by kv_cache_memory_bytes", rf"reserved {_gib('cache')} memory for KV Cache", pinned="yes"),
    # The cache as the engine counts it.
    _form("KV cache size: ", rf"(?:GPU|CPU|XPU|TPU)[\w +]* KV cache size: (?P<tokens>{_COUNT}) tokens"),
    _form(
        "Maximum concurrency for",
        rf"Maximum concurrency for (?P<model_len>{_COUNT}) tokens per request: (?P<concurrency>[\d.]+)x",
    ),
    _form(" blocks: ", rf"# (?:cuda|GPU) blocks: (?P<blocks>{_COUNT})"),
    _form(
        "after num_gpu_blocks is",
        r"(?P<engine>\d+ Engines|Engine \d+): vllm cache_config_info .*after num_gpu_blocks is: (?P<blocks_of_all>\d+)",
    ),
    # An override of 0 blocks is the engine's own, while it profiles CUDA graphs (0.18 and later).
    _form(
        "Overriding num_gpu_blocks=",
        r"Overriding num_gpu_blocks=[1-9]\d* with num_gpu_blocks_override=(?P<blocks>\d+)",
        pinned="yes",
    ),
    # How it ends.
    _form(
        "KV cache is needed",
        rf"max seq len \((?P<model_len>\d+)\), \(?{_gib('needed')} KV cache is needed, which is larger than "
        rf"the available KV cache memory \({_gib('cache_left')}\)",
        failure="kv_cache_short",
    ),
    _form("estimated maximum model length", r"estimated maximum model length is (?P<estimated_len>\d+)"),
    _form("No available memory for the cache blocks", failure="no_memory_for_cache"),
    _form("Cannot auto-fit max_model_len", failure="no_memory_for_cache"),
    _form("out of memory", r"(?:CUDA|HIP) out of memory", failure="out_of_memory"),
    _form("OutOfMemoryError", failure="out_of_memory"),
    _form("total capacity of", rf"total capacity of {_gib('usable')}"),
    _form("is less than", r"is less than (?:desired GPU memory|the engine's budget)", failure="memory_taken"),
    _form("failed to start", r"(?:EngineCore|WorkerProc) failed to start", failure="other"),
    _form("initialization failed", r"Engine core initialization failed", failure="other"),
    _form("init engine (profile", started="yes"),
    _form("Application startup complete", started="yes"),
)

_MARKS = tuple(dict.fromkeys(form.mark for form in FORMS))
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_PROCESS = re.compile(r"\((?P<name>[^()]{0,60}?) ?pid=(?P<process>\d+(?:, ip=[\w.:]+)?)\)")
_ARGUMENTS = re.compile(r"(?:non-default args|\bargs): (?=[{N])|LLM engine \(v[^)]*\) with config: ")


def clean(line: str) -> str:
    """A line without the colours that a terminal was sent."""
    return _ESCAPES.sub("", line) if "\x1b" in line else line


def facts(line: str) -> Iterator[Mapping[str, str]]:
    """What a line says, each form's groups by name. Nothing for most lines."""
    marks = {mark for mark in _MARKS if mark in line}
    if not marks:
        return
    for form in FORMS:
        if form.mark in marks and (match := form.pattern.search(line)):
            yield {**match.groupdict(), **form.says}


def process_of(line: str) -> tuple[str, str]:
    """Name and number of the process that wrote a line, from its prefix; empty where it has none."""
    match = _PROCESS.search(line, 0, 200)
    return (match["name"], match["process"]) if match else ("", "")


def arguments(line: str) -> str | None:
    """The text of the arguments or of the engine's configuration that a line holds."""
    if "args: " not in line and "with config: " not in line:
        return None
    match = _ARGUMENTS.search(line)
    return line[match.end() :] if match else None
