"""What a performance question is about."""

from dataclasses import dataclass

from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Accelerator
from advisor.catalog.records.models import Checkpoint, Model
from advisor.evidence.points import EvidencePoint
from advisor.performance.roofline import Replica


@dataclass(frozen=True, slots=True)
class Stack:
    """One model at one precision on one group of accelerators under one engine version."""

    model: Model
    checkpoint: Checkpoint
    accelerator: Accelerator
    engine: Engine
    engine_version: str
    tensor_parallel_size: int

    @property
    def replica(self) -> Replica:
        """One replica of it, with every layer's cache kept whole."""
        return Replica(
            self.model.architecture, self.checkpoint, self.accelerator, self.tensor_parallel_size, hybrid_kv=False
        )

    def is_of(self, point: EvidencePoint) -> bool:
        """Whether a point was taken on this stack, whatever the engine's version.

        A point that states no tensor_parallel_size is taken to have used its devices as one group.
        """
        size = point.tensor_parallel_size or (point.devices or 0) * self.accelerator.logical_cores
        same = point.same_stack(self.model.id, self.checkpoint.id, self.accelerator.id, self.engine.id)
        return same and size == self.tensor_parallel_size
