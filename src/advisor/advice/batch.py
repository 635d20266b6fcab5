"""A batch job on one candidate: hours, instances and dollars of one run (facts: sizing, section 3.6)."""

from advisor.advice.candidates import Candidate
from advisor.advice.workload import Workload
from advisor.anatomy.parameters import checkpoint_bytes
from advisor.performance.cost import BatchCost, batch_cost
from advisor.performance.replica_model import ReplicaModel
from advisor.quantities.provenance import Level, Provenance
from advisor.quantities.units import GB

_LAUNCH_HOURS = 0.1
_LOAD_BYTES_PER_S = 1 * GB
_NEURON_COMPILE_HOURS = 0.2
_NEURON_SHARD_HOURS = 3.5

READY_ORIGIN = Provenance(
    Level.ASSUMED,
    "6 minutes to launch and pull the image, weights at 1 GB/s; on Neuron also 12 minutes to compile and 3.5 hours to "
    "shard the weights, as one published run of another model took",
)


def ready_hours(candidate: Candidate) -> float:
    """Time from launch to the first request."""
    size = checkpoint_bytes(candidate.model.architecture, candidate.checkpoint)
    hours = _LAUNCH_HOURS + size / _LOAD_BYTES_PER_S / 3600
    return hours + (_NEURON_COMPILE_HOURS + _NEURON_SHARD_HOURS if candidate.accelerator.kind == "neuron" else 0.0)


def size_batch(
    candidate: Candidate, model: ReplicaModel, slots: int, workload: Workload, usd_per_hour: float, owned: int = 0
) -> BatchCost | None:
    """The cheapest run that meets the deadline; owned instances cost nothing. None where start-up alone does not.

    Prompt tokens that the decode efficiency already paid for are not counted a second time.
    """
    decode = slots * 1e3 / float(model.steps_ms(slots)[-1])
    share = model.uncounted_prefill_ms / model.prefill_ms
    return batch_cost(
        usd_per_instance_hour=usd_per_hour,
        owned_instances=owned,
        input_tokens=workload.batch_input_tokens * share,
        output_tokens=workload.batch_output_tokens,
        prefill_tokens_per_s=model.shape.input_tokens / model.prefill_ms * 1e3 * candidate.replicas_per_instance,
        decode_tokens_per_s=decode * candidate.replicas_per_instance,
        ready_hours=ready_hours(candidate),
        deadline_hours=workload.deadline_hours,
        runs_per_month=workload.runs_per_month,
    )
