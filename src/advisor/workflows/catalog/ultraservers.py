"""UltraServers, which are sold whole and are no instance types: every figure as it is written for people."""

from collections.abc import Callable, Sequence
from typing import Any

from advisor.catalog.ultraservers import UltraServer
from advisor.quantities import text
from advisor.quantities.provenance import UNKNOWN
from advisor.workflows.catalog.figures import Figure

_FIGURES: Sequence[tuple[str, str, Callable[[Any], str]]] = (
    ("accelerator", "accelerator_name", str),
    ("accelerators", "accelerator_count", "{:,}".format),
    ("servers", "servers", "{:,}".format),
    ("vCPU", "vcpus", "{:,}".format),
    ("host memory", "memory_gib", "{:,g} GiB".format),
    ("network", "network_gbps", "{:,g} Gbit/s".format),
    ("link between chips", "link_name", str),
    ("Capacity Blocks in", "capacity_block_regions", ", ".join),
)


def ultraserver_figures(server: UltraServer) -> list[Figure]:
    """Every figure with its origin, "no data" where nobody has stated it."""
    return [_figure(server, label, key, write) for label, key, write in _FIGURES]


def _figure(server: UltraServer, label: str, key: str, write: Callable[[Any], str]) -> Figure:
    value = getattr(server, key)
    return Figure(label, write(value), server.origin.of(key)) if value else Figure(label, text.NO_DATA, UNKNOWN)
