"""Where one server is not one process: a replica over several instances, several replicas in one instance."""

from collections.abc import Iterator, Sequence

from advisor.fit.request import FitRequest
from advisor.fit.result import Parallelism, ServeCommand, ServeCopy, ServeFlag
from advisor.fit.serve.parts import HEAD_NODE, assembled, copy_of, flag, switch
from advisor.fit.versions import reaches
from advisor.reasons import Reason, info

FIRST_PORT = 8000
CUDA_DEVICES = "CUDA_VISIBLE_DEVICES"
NEURON_CORES = "NEURON_RT_VISIBLE_CORES"
_RAY_PORT = 6379
_RPC_PORT = 13345
_NNODES = "0.12.0"
"""First wheel read with --nnodes; older ones span instances through Ray."""
_DATA_PARALLEL_OVER_INSTANCES = "0.9.2"


def instances_spanned(request: FitRequest, parallelism: Parallelism) -> int:
    """Instances that the devices of one replica need."""
    return -(-parallelism.devices_used // request.devices_per_instance)


def replicas_beside(request: FitRequest, parallelism: Parallelism) -> int:
    """Replicas that one instance holds; 1 where a replica needs all of it or more."""
    return max(1, request.devices_per_instance // parallelism.devices_used)


def replica_copies(
    request: FitRequest,
    parallelism: Parallelism,
    program: Sequence[str],
    settings: Sequence[ServeFlag],
    devices_variable: str,
) -> Iterator[ServeCopy]:
    """One server for each replica in an instance, with devices and a port of its own; nothing for a single one."""
    replicas, each = replicas_beside(request, parallelism), parallelism.devices_used
    if replicas == 1:
        return
    for number in range(replicas):
        devices = _devices(number * each, each, as_range=devices_variable != CUDA_DEVICES)
        port = FIRST_PORT + number
        added = (
            flag(devices_variable, devices, info("serve_devices", count=each)),
            flag("--port", port, info("serve_port")),
        )
        place = info("serve_replica", number=number + 1, replicas=replicas)
        yield copy_of(program, settings, place, added)


def _devices(first: int, count: int, *, as_range: bool) -> str:
    """CUDA wants every number, Neuron's runtime takes `0-31`."""
    if as_range and count > 1:
        return f"{first}-{first + count - 1}"
    return ",".join(str(device) for device in range(first, first + count))


def ray_cluster(request: FitRequest, parallelism: Parallelism) -> Iterator[ServeCommand]:
    """A Ray cluster, where the version cannot span instances by itself."""
    nodes = instances_spanned(request, parallelism)
    if nodes > 1 and _through_ray(request, parallelism):
        yield assembled(
            ("ray", "start", "--head", f"--port={_RAY_PORT}"), (), cautions=(info("serve_ray_head", nodes=nodes),)
        )
        yield assembled(
            ("ray", "start", f"--address={HEAD_NODE}:{_RAY_PORT}"), (), cautions=(info("serve_ray_other", nodes=nodes),)
        )


def head_settings(request: FitRequest, parallelism: Parallelism) -> tuple[ServeFlag, ...]:
    """What the first instance's command adds; nothing where one instance is enough."""
    nodes = instances_spanned(request, parallelism)
    if nodes == 1:
        return ()
    if _through_ray(request, parallelism):
        return (flag("--distributed-executor-backend", "ray", _why_ray(request, parallelism)),)
    return _node_settings(request, parallelism, 0)


def node_copies(
    request: FitRequest, parallelism: Parallelism, program: Sequence[str], settings: Sequence[ServeFlag]
) -> Iterator[ServeCopy]:
    """The command on each instance of a replica; nothing where one instance is enough, or Ray starts the others."""
    nodes = instances_spanned(request, parallelism)
    if nodes == 1 or _through_ray(request, parallelism):
        return
    for rank in range(nodes):
        place = info("serve_node", number=rank + 1, nodes=nodes)
        yield copy_of(program, settings, place, _node_settings(request, parallelism, rank))


def _node_settings(request: FitRequest, parallelism: Parallelism, rank: int) -> tuple[ServeFlag, ...]:
    nodes = instances_spanned(request, parallelism)
    headless = (switch("--headless", info("serve_headless")),) if rank else ()
    if _ranks_within_instances(request, parallelism):
        local = _local_ranks(request.data_parallel_size, nodes)
        start = (flag("--data-parallel-start-rank", sum(local[:rank]), info("serve_start_rank")),) if rank else ()
        return (
            flag("--data-parallel-size-local", local[rank], info("serve_local_ranks")),
            flag("--data-parallel-address", HEAD_NODE, info("serve_head_address")),
            flag("--data-parallel-rpc-port", _RPC_PORT, info("serve_rpc_port")),
            *start,
            *headless,
        )
    return (
        flag("--nnodes", nodes, info("serve_nodes", nodes=nodes)),
        flag("--node-rank", rank, info("serve_node_rank")),
        flag("--master-addr", HEAD_NODE, info("serve_head_address")),
        *headless,
    )


def _ranks_within_instances(request: FitRequest, parallelism: Parallelism) -> bool:
    """Whether there are data-parallel ranks, and every one has its devices in one instance."""
    ranks = request.data_parallel_size
    most = _local_ranks(ranks, instances_spanned(request, parallelism))[0]
    return ranks > 1 and most * (parallelism.devices_used // ranks) <= request.devices_per_instance


def _local_ranks(ranks: int, nodes: int) -> list[int]:
    """Ranks on each instance, as even as they can be; the first have one more."""
    return [ranks // nodes + (node < ranks % nodes) for node in range(nodes)]


def _through_ray(request: FitRequest, parallelism: Parallelism) -> bool:
    if _ranks_within_instances(request, parallelism):
        return not reaches(request.engine_version, _DATA_PARALLEL_OVER_INSTANCES)
    return _is_uneven(request, parallelism) or not reaches(request.engine_version, _NNODES)


def _is_uneven(request: FitRequest, parallelism: Parallelism) -> bool:
    """--nnodes wants as many devices on each instance (vLLM source: create_engine_config)."""
    return parallelism.devices_used % instances_spanned(request, parallelism) != 0


def _why_ray(request: FitRequest, parallelism: Parallelism) -> Reason:
    if reaches(request.engine_version, _NNODES):
        nodes = instances_spanned(request, parallelism)
        return info("serve_ray_uneven", devices=parallelism.devices_used, nodes=nodes)
    return info("serve_ray", version=request.engine_version)
