"""What engines were seen to use of their memory, read for a question. Most are asked where nothing was measured."""

from typing import TYPE_CHECKING

from advisor.paths import UserPaths
from advisor.quantities.provenance import Level

if TYPE_CHECKING:
    from advisor.fit.memory.measured import MeasuredMemory


def measured_memory(paths: UserPaths) -> "tuple[MeasuredMemory, ...]":
    """What was measured here, newest first; nothing where no ledger exists. InputError for one that is broken."""
    return tuple(memory for memory in every_memory(paths) if memory.provenance.level is Level.MEASURED)


def every_memory(paths: UserPaths) -> "tuple[MeasuredMemory, ...]":
    """The same with what was simulated."""
    if not paths.ledger.exists():
        return ()
    from advisor.evidence.ledger import Ledger  # it loads SQLite

    return tuple(Ledger(paths.ledger).memories())
