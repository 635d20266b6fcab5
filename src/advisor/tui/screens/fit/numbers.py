"""Exact numbers of a fit question, and the settings that are too rare for a field of their own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.errors import InputError
from advisor.tui.screens.dialogs import FormDialog, FormField, read_count, read_number
from advisor.tui.screens.fit.fields import AUTO
from advisor.workflows.fit_question import FitQuestion


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the form: the question's key, its words, and how typed text becomes a value."""

    key: str
    label: str
    unit: str
    read: Callable[[str], object]
    write: Callable[[Any], str] = str


def _optional(read: Callable[[str], object]) -> Callable[[str], object]:
    """Nothing, or `auto`, leaves it to the engine."""
    return lambda text: None if text in ("", AUTO) else read(text)


def _plain(value: object) -> str:
    return AUTO if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _share(text: str) -> float:
    share = read_number(text)
    if not 0 < share <= 1:
        raise InputError(f"'{text}' is no share of memory", hint="Write it above 0 and at most 1, like 0.92.")
    return share


def _word(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise InputError(f"'{text}' is not one of {', '.join(words)}")
        return text

    return read


def _yes(text: str) -> bool:
    return _word("yes", "no")(text) == "yes"


def _no_or_yes(value: object) -> str:
    return "yes" if value else "no"


_LINES = (
    _Line("context_tokens", "context", "tokens", read_count, _plain),
    _Line("concurrency", "concurrency", "requests at once", read_count, _plain),
    _Line("pipeline_parallel_size", "PP", "stages", read_count, _plain),
    _Line("data_parallel_size", "DP", "ranks", read_count, _plain),
    _Line("expert_parallel", "expert parallel", "yes or no", _yes, _no_or_yes),
    _Line("nodes", "instances", "of one replica", read_count, _plain),
    _Line("max_num_seqs", "max_num_seqs", "or auto", _optional(read_count), _plain),
    _Line("max_num_batched_tokens", "max_num_batched_tokens", "or auto", _optional(read_count), _plain),
    _Line("gpu_memory_utilization", "memory share", "0 to 1, or auto", _optional(_share), _plain),
    _Line("block_tokens", "KV block", "tokens, or auto", _optional(read_count), _plain),
    _Line("mm_encoder", "vision encoder", "weights, data, none", _word("weights", "data", "none")),
    _Line("images", "images", "yes or no", _yes, _no_or_yes),
    _Line("logical_core_config", "Neuron LNC", "1, 2, or auto", _optional(read_count), _plain),
    _Line("engine", "engine", "id@version, or auto", _optional(str), _plain),
)


def numbers_dialog(question: FitQuestion, check: Callable[[Mapping[str, object]], None]) -> FormDialog:
    """The form over a question. check sees all values together, and raises InputError for what cannot be judged."""
    fields = [
        FormField(line.key, line.label, line.unit, line.write(getattr(question, line.key)), line.read)
        for line in _LINES
    ]
    return FormDialog("Exact numbers", fields, check)
