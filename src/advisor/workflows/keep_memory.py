"""Observed memory of engines: entered after a comparison, forgotten on demand."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from advisor.errors import UnknownIdError
from advisor.evidence.ledger import Ledger
from advisor.evidence.memory import memory_of
from advisor.fit.memory.measured import MeasuredMemory
from advisor.fit.proof.compare import Comparison, Outcome
from advisor.fit.proof.observed import Observed
from advisor.fit.result import FitResult
from advisor.paths import UserPaths
from advisor.reasons import Reason, warning
from advisor.workflows.measured_memory import every_memory

_AGAINST = frozenset(
    {
        "compared_setting_denied",
        "compared_other_device",
        "compared_weights_differ",
        "compared_engine_assumed",
        "compared_tp_assumed",
        "compared_checkpoint_assumed",
    }
)
"""What is denied was not observed, and a stack that is assumed in part is nobody's evidence."""

_STACK_LINES = ("usable_bytes", "weights_bytes")
"""What a log says of the device, and of what it holds: together they leave no other stack of the catalogue."""

_DIGITS_OF_HASH = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """An observation that was entered, or the reasons why it was not. replaced: the same under other declarations."""

    memory: MeasuredMemory | None
    reasons: tuple[Reason, ...] = ()
    replaced: tuple[MeasuredMemory, ...] = ()


def keep_memory(result: FitResult, observed: Observed, comparison: Comparison, paths: UserPaths, now: datetime) -> Kept:
    """Enter what a compared server says of its memory; the same observed again takes the place of the old.

    Nothing is entered that the server's own words deny, whose stack nobody states, or that cannot be true of it. A
    cache further off than the doubt may be that of other hardware: it counts only where a log states the device too.
    """
    proves_nothing = comparison.outcome is Outcome.PROVES_NOTHING  # and its reasons have said why
    against = tuple(reason for reason in comparison.reasons if reason.code in _AGAINST)
    if against or (proves_nothing and not observed.simulated):
        return Kept(None, against)
    found = memory_of(result, replace(observed, source=_source(observed)), now)
    if isinstance(found, Reason):
        return Kept(None, () if proves_nothing else (found,))
    if comparison.outcome is Outcome.DIFFERS and not _states_its_stack(comparison):
        return Kept(None, (warning("memory_unexplained", observed.source),))
    ledger = Ledger(paths.ledger)
    replaced = tuple(old for old in ledger.memories() if old.id != found.id and _is_same_observation(old, found))
    for old in replaced:
        ledger.forget_memory(old.id)
    ledger.save_memory(found)
    return Kept(found, replaced=replaced)


def forget_memory(wanted: str, paths: UserPaths) -> MeasuredMemory:
    """Remove the observation of this id, or of the only one that begins so. UnknownIdError otherwise."""
    known = every_memory(paths)
    matches = [memory for memory in known if memory.id.startswith(wanted)]
    if len(matches) != 1:
        kind = "observation" if not matches else "single observation"
        raise UnknownIdError(kind, wanted, [memory.id for memory in known])
    (found,) = matches
    Ledger(paths.ledger).forget_memory(found.id)
    return found


def _states_its_stack(comparison: Comparison) -> bool:
    """Whether device and weights were seen and are those of the prediction, so that only overheads can differ."""
    seen = [comparison.line(quantity) for quantity in _STACK_LINES]
    return all(line is not None and line.within for line in seen)


def _is_same_observation(old: MeasuredMemory, new: MeasuredMemory) -> bool:
    """Whether one server or log said both: it ran on one stack, and the last statement of which corrects the first."""

    def told(memory: MeasuredMemory) -> tuple[object, ...]:
        seen = memory.stack
        said = (seen.engine_version, seen.max_model_len, memory.blocks, memory.kv_cache_tokens)
        return (memory.provenance.source, memory.provenance.level, *said)

    return told(old) == told(new)


def _source(observed: Observed) -> str:
    """A server by its address; a log by its name and what is in it, so that the same file is the same source."""
    if observed.content_hash is None:
        return observed.source
    return f"{Path(observed.source).name} (SHA-256 {observed.content_hash[:_DIGITS_OF_HASH]})"
