"""A vLLM start-up log as an observation: the last start in it, and of its processes the fullest device."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from advisor.errors import InputError, printable
from advisor.fit.proof.observed import Failure, Observed
from advisor.fit.proof.startup_lines import arguments, clean, facts, process_of
from advisor.fit.proof.startup_settings import Settings
from advisor.quantities.units import GIB

_DEVICE = frozenset(
    {
        "weights",
        "activation",
        "activation_used",
        "non_torch",
        "consumed",
        "beside_cache",
        "graphs",
        "graphs_estimated",
        "cache",
    }
)
"""Figures of one device, so kept by process."""

_ENGINE = frozenset({"tokens", "concurrency", "blocks", "cache_left"})
"""Figures of one engine, of which a log may hold several: the least counts."""

_MOST_PROCESSES = 4096
_BEYOND_ANY_DEVICE_GIB = 1e6
_LONGEST_LINE = 65_536
_LOOKED_FOR = "'Model loading took', 'Available KV cache memory', 'GPU KV cache size', 'Initializing a V1 LLM engine'"


def read_startup_log(lines: Iterable[str], source: str) -> Observed:
    """What the last start in a log says. Memory stays bounded however long the log is.

    InputError for text that holds no line of a vLLM start.
    """
    reader = LogReader()
    for line in lines:
        reader.feed(line)
    return reader.observed(source)


@dataclass(slots=True)
class _Start:
    """One start of the server, as far as the log tells it."""

    said: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str | int | float | bool] = field(default_factory=dict)
    devices: dict[str, dict[str, float]] = field(default_factory=dict)
    engines: dict[str, float] = field(default_factory=dict)
    initialised: set[str] = field(default_factory=set)
    """Names of the processes in which an engine began."""
    counted: set[str] = field(default_factory=set)
    """Engines that the front end counts blocks for: `Engine 003`, or `4 Engines`."""

    @property
    def has_begun(self) -> bool:
        """Whether an engine was under way, so that another banner is another start."""
        return bool(self.initialised or self.devices or self.engines or "failure" in self.said)

    @property
    def is_empty(self) -> bool:
        return not (self.has_begun or self.said or self.settings)

    def keep(self, name: str, value: str, process: str) -> None:
        """One figure or word. The least of several engines counts; of words the last, of failures the first cause."""
        if name in _DEVICE:
            if process in self.devices or len(self.devices) < _MOST_PROCESSES:
                self.devices.setdefault(process, {})[name] = float(value)
        elif name in _ENGINE:
            number = _number(value)
            self.engines[name] = min(number, self.engines.get(name, number))
        elif name == "engine":
            self.counted.add(value)
        elif name == "failure":
            if "started" not in self.said and self.said.get(name, "other") == "other":
                self.said[name] = value
        elif not (name == "started" and "failure" in self.said):
            self.said[name] = value


class LogReader:
    """Takes a log line by line."""

    def __init__(self) -> None:
        self._start = _Start()
        self._starts = 0

    def feed(self, line: str) -> None:
        """The next line, or a piece of one."""
        line = clean(line[:_LONGEST_LINE])
        text = arguments(line)
        found = list(facts(line))
        if text is None and not found:
            return
        name, process = process_of(line)
        for groups in found:
            self._turn(groups, name)
            for key, value in groups.items():
                self._start.keep(key, value, process)
        if text is not None:
            self._begin_if(self._start.has_begun and not any("engine_version" in groups for groups in found))
            self._start.settings |= _settings(text)

    def _turn(self, groups: Mapping[str, str], name: str) -> None:
        """Begin anew where a line says that a server begins: an engine of the same name cannot begin twice."""
        if "server_version" in groups:
            self._begin_if(self._start.has_begun)
        elif "engine_version" in groups:
            self._begin_if(name in self._start.initialised or "failure" in self._start.said)
            self._start.initialised.add(name)

    def _begin_if(self, is_new: bool) -> None:
        if is_new:
            self._start = _Start()
            self._starts += 1

    def observed(self, source: str) -> Observed:
        """The last start. InputError where no line was vLLM's."""
        start = self._start
        if start.is_empty:
            raise InputError(
                "this is no vLLM start-up log", hint=f"None of its lines holds {_LOOKED_FOR}.", file=source, key="--log"
            )
        said, setting = start.said, start.settings
        failure, memory = said.get("failure"), _memory(start)
        return Observed(
            source=source,
            engine="vllm",
            engine_version=_version(said),
            served_model=_text(setting.get("served_model_name") or setting.get("model")),
            model_root=_text(setting.get("model")),
            max_model_len=_count(said.get("model_len")) or _setting_count(start, "max_model_len"),
            engines=_engines(start),
            blocks=_blocks(start),
            block_tokens=_setting_count(start, "block_size"),
            cache_dtype=_text(setting.get("kv_cache_dtype")),
            gpu_memory_utilization=cast("float | None", setting.get("gpu_memory_utilization")) or _share(said),
            kv_pinned="pinned" in said,
            kv_cache_tokens=_whole(start.engines.get("tokens")),
            kv_cache_max_concurrency=start.engines.get("concurrency"),
            hybrid_kv=False if "hybrid" in said or setting.get("disable_hybrid_kv_cache_manager") is True else None,
            tensor_parallel_size=_setting_count(start, "tensor_parallel_size"),
            pipeline_parallel_size=_setting_count(start, "pipeline_parallel_size"),
            max_num_batched_tokens=_count(said.get("batched_tokens"))
            or _setting_count(start, "max_num_batched_tokens"),
            max_num_seqs=_setting_count(start, "max_num_seqs") or _count(said.get("sequences")),
            usable_bytes=_bytes(said.get("usable")),
            weights_bytes=memory.get("weights"),
            activation_bytes=memory.get("activation"),
            non_torch_bytes=memory.get("non_torch"),
            cuda_graph_bytes=memory.get("graphs"),
            kv_cache_bytes=memory.get("cache"),
            expert_parallel=cast("bool | None", setting.get("enable_expert_parallel")),
            started=False if failure else True if "started" in said or "tokens" in start.engines else None,
            failure=cast("Failure | None", failure),
            kv_needed_bytes=_bytes(said.get("needed")),
            estimated_max_model_len=_count(said.get("estimated_len")),
            starts=self._starts + 1,
        )


def _settings(text: str) -> dict[str, str | int | float | bool]:
    given = Settings(text)
    found: dict[str, str | int | float | bool | None] = {
        "model": given.word("model") or given.word("model_tag"),
        "served_model_name": given.word("served_model_name"),
        "max_model_len": given.count("max_seq_len") or given.count("max_model_len"),
        "kv_cache_dtype": given.word("kv_cache_dtype"),
        "gpu_memory_utilization": given.share("gpu_memory_utilization"),
        "enable_expert_parallel": given.flag("enable_expert_parallel"),
        "disable_hybrid_kv_cache_manager": given.flag("disable_hybrid_kv_cache_manager"),
    }
    counts = (
        "tensor_parallel_size",
        "pipeline_parallel_size",
        "data_parallel_size",
        "block_size",
        "max_num_seqs",
        "max_num_batched_tokens",
    )
    found |= {key: given.count(key) for key in counts}
    return {key: value for key, value in found.items() if value is not None}


def _memory(start: _Start) -> dict[str, float]:
    """Bytes of the device with the least room; what only other devices tell is the most that any says."""
    fullest = min(start.devices.values(), key=_room, default={})

    def figure(name: str) -> float | None:
        return fullest.get(name, max((each[name] for each in start.devices.values() if name in each), default=None))

    weights, consumed = figure("weights"), figure("consumed")
    non_torch, graphs = figure("non_torch"), figure("graphs")
    if non_torch is None and consumed is not None and weights is not None:
        non_torch = consumed - weights
    left = start.engines.get("cache_left")
    found = {
        "weights": weights,
        "activation": _activation(start, figure),
        "non_torch": non_torch,
        "graphs": graphs if graphs is not None else figure("graphs_estimated"),
        "cache": left if left is not None else fullest.get("cache"),
    }
    return {name: value * GIB for name, value in found.items() if value is not None}


def _room(device: Mapping[str, float]) -> float:
    """What a device has left for its cache; of those that do not say, the one that uses most, after those that do."""
    used = sum(device.get(name, 0.0) for name in ("weights", "activation", "non_torch"))
    return device.get("cache", _BEYOND_ANY_DEVICE_GIB - used)


def _activation(start: _Start, figure: Callable[[str], float | None]) -> float | None:
    """The peak of activations as the budget counts it.

    From 0.28 on the profile's 'torch peak memory increase' is not what is subtracted, and the peak in the
    summary holds the CUDA graphs that were estimated.
    """
    consumed, used = figure("consumed"), figure("activation_used")
    if consumed is None:
        peak = figure("activation")
        return peak if peak is not None else used
    beside_cache = figure("beside_cache")
    if beside_cache is not None:
        return beside_cache - consumed
    if used is None:
        return None
    counted = "graphs_in_budget" not in start.said
    return used - (figure("graphs_estimated") or 0.0) if counted else used


def _blocks(start: _Start) -> int | None:
    """Blocks of one engine; the front end adds up those of the engines that it manages."""
    stated = start.engines.get("blocks")
    if stated is not None:
        return int(stated)
    everything = _count(start.said.get("blocks_of_all"))
    return everything // _counted(start) if everything is not None else None


def _counted(start: _Start) -> int:
    together = [int(name.split()[0]) for name in start.counted if name.endswith("Engines")]
    return max(1, *together, len(start.counted)) if start.counted else 1


def _engines(start: _Start) -> int:
    return max(1, len(start.initialised), _counted(start))


def _version(said: Mapping[str, str]) -> str | None:
    return _text(said.get("engine_version") or said.get("server_version"))


def _text(value: object) -> str | None:
    return printable(value, 120) or None if isinstance(value, str) else None


def _number(value: str) -> float:
    return float(value.replace(",", ""))


def _count(value: str | None) -> int | None:
    """A count above 0, with or without separators."""
    number = int(_number(value)) if value is not None and len(value) < 20 else 0
    return number or None


def _whole(value: float | None) -> int | None:
    return int(value) if value is not None else None


def _share(said: Mapping[str, str]) -> float | None:
    text = said.get("share")
    return float(text) if text is not None and re.fullmatch(r"0?\.\d+|1(\.0+)?", text) and float(text) > 0 else None


def _bytes(gib: str | None) -> float | None:
    return float(gib) * GIB if gib is not None else None


def _setting_count(start: _Start, key: str) -> int | None:
    value = start.settings.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
