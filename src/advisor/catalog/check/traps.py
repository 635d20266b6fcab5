"""Traps in the records of chips and instances (facts: catalog, section 2): each was met in a public source."""

from collections.abc import Iterator, Mapping

from advisor.catalog.check.findings import Finding, doubtful, judged, wrong
from advisor.catalog.check.subject import Subject
from advisor.catalog.layers import SHIPPED
from advisor.catalog.records.hardware import Accelerator
from advisor.quantities.provenance import Level
from advisor.quantities.units import GIB, MIB

_MIB_PER_GIB = GIB // MIB
_LEAST_OF_MARKETING = 0.9
"""A gigabyte that turns out to be decimal leaves 0.93 of the same number of GiB."""
_API_MAY_DIFFER = 0.02
"""The API rounds, or counts decimal gigabytes: below or above the driver by up to this share."""

SUMMED_OVER_CARDS: Mapping[str, float] = {"g6e.24xlarge": 400, "g6e.48xlarge": 1600, "p6-b200.48xlarge": 1600}
"""Gbit/s that adding up the NetworkCards of the EC2 API gives where that is not the instance's bandwidth."""


def memory_traps(subject: Subject) -> Iterator[Finding]:
    """The usable memory is below what the driver shows, which is near what is sold; the API is not believed."""
    for accelerator in subject.accelerators.values():
        yield from _usable(subject, accelerator)
        yield from _api(subject, accelerator)


def _usable(subject: Subject, accelerator: Accelerator) -> Iterator[Finding]:
    table, usable, sold = subject.tables[accelerator.id], accelerator.memory_gib, accelerator.memory_marketing_gb
    driver = accelerator.memory_driver_mib
    shown_gib = None if driver is None else driver / _MIB_PER_GIB
    if shown_gib is not None and usable >= shown_gib:
        message = f"a process cannot allocate {usable:g} GiB of the {shown_gib:.2f} GiB that the driver shows"
        hint = "State what CUDA sees, as an engine's log or an out-of-memory message says it."
        yield wrong("usable_memory", table.error(message, "memory_gib", hint))
    elif usable > sold:
        message = f"{usable:g} GiB is more than the {sold:g} GB that are sold"
        yield wrong("usable_memory", table.error(message, "memory_gib", "Is it the API's figure, or of all chips?"))
    if shown_gib is not None and not _LEAST_OF_MARKETING * sold <= shown_gib <= sold:
        message = f"{driver} MiB is {shown_gib:.1f} GiB, and {sold:g} GB are sold"
        yield wrong("driver_memory", table.error(message, "memory_driver_mib", "Is it of another chip?"))


def _api(subject: Subject, accelerator: Accelerator) -> Iterator[Finding]:
    """An API figure that contradicts the driver, or what is sold, is at level claimed: shown and not believed."""
    api, table = accelerator.memory_api_mib, subject.tables[accelerator.id]
    known = accelerator.memory_driver_mib or accelerator.memory_marketing_gb * _MIB_PER_GIB
    believed = accelerator.origin.of("memory_api_mib").level is not Level.CLAIMED
    if api is not None and believed and abs(api / known - 1) > _API_MAY_DIFFER:
        beside = "the driver shows" if accelerator.memory_driver_mib else "are sold"
        message = f"the EC2 API states {api} MiB, and {known:g} MiB {beside}"
        hint = f'If it does, add level = "claimed" to [{accelerator.id}.provenance.memory_api_mib].'
        yield wrong("api_memory", table.error(message, "memory_api_mib", hint))


_FP8_TIMES_BF16, _RATES_MAY_DIFFER = 2, 0.05
"""Dense FP8 runs at twice the dense BF16 rate on every GPU that has it, but for rounding."""


def rate_traps(subject: Subject) -> Iterator[Finding]:
    """A datasheet prints rates with sparsity, twice the dense ones: a GPU where only one of two is dense stands out."""
    for accelerator in subject.accelerators.values():
        bf16, fp8 = accelerator.bf16_dense_tflops, accelerator.fp8_dense_tflops
        if accelerator.kind != "gpu" or bf16 is None or fp8 is None:
            continue
        times = fp8 / bf16
        if abs(times - _FP8_TIMES_BF16) > _RATES_MAY_DIFFER:
            message = f"FP8 at {fp8:g} TFLOP/s is {times:.2f} times BF16 at {bf16:g}, and it is twice on a GPU"
            table, hint = subject.tables[accelerator.id], "Is one of both stated with sparsity? Halve that one."
            is_shipped = accelerator.origin.of("fp8_dense_tflops").layer == SHIPPED
            yield judged("sparse_rate", table.error(message, "fp8_dense_tflops", hint), is_shipped=is_shipped)


def network_traps(subject: Subject) -> Iterator[Finding]:
    """Bandwidths that are the sum over network cards where the instance has another."""
    for name, summed in SUMMED_OVER_CARDS.items():
        instance = subject.instances.get(name)
        if instance is not None and instance.network_gbps == summed:
            message = f"{summed:g} Gbit/s is the sum over its network cards, which is not what it has"
            error = subject.tables[name].error(message, "network_gbps", "Use NetworkPerformance.")
            yield wrong("network_cards", error)


def names(subject: Subject) -> Iterator[Finding]:
    """A name that means two accelerators; a name that repeats within one is only a repetition."""
    owner: dict[str, str] = {name: name for name in subject.accelerators}
    for accelerator in subject.accelerators.values():
        seen = set()
        for alias in accelerator.aliases:
            first = owner.setdefault(alias, accelerator.id)
            if first != accelerator.id:
                message, hint = f"'{alias}' already means {first}", "Leave it to one of them."
                yield wrong("duplicate_alias", subject.tables[accelerator.id].error(message, "aliases", hint))
            elif alias in seen:
                message = f"'{alias}' stands here twice"
                yield doubtful("repeated_alias", subject.tables[accelerator.id].error(message, "aliases"))
            seen.add(alias)


def repetitions(subject: Subject) -> Iterator[Finding]:
    """A record in two files of one layer."""
    for each in subject.repeated:
        yield wrong("duplicate_record", each.error(f"{each.first.name} states it too", "Keep it in one of them."))


def dates(subject: Subject) -> Iterator[Finding]:
    """Records without a date: nobody can tell how old they are."""
    for table in subject.tables.values():
        if table.default is not None and table.default.as_of is None:
            error = table.error("the record has no date", None, "Add as_of = a date like 2026-07-20.")
            yield judged("no_date", error, is_shipped=table.layer == SHIPPED)
