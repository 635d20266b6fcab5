"""What serve commands are put together from: settings with their reasons, in the order of the command line."""

from collections.abc import Iterable, Sequence

from advisor.fit.result import Parallelism, ServeCommand, ServeCopy, ServeFlag
from advisor.reasons import Reason, info

HEAD_NODE = "node-0"
"""Stands for the address of the first instance, which nobody knows before it is started."""


def flag(name: str, value: object, reason: Reason) -> ServeFlag:
    """A flag with a value. A name without dashes is a variable of the environment."""
    return ServeFlag(name, str(value), reason)


def switch(name: str, reason: Reason) -> ServeFlag:
    """A flag without a value."""
    return ServeFlag(name, None, reason)


def split_reason(parallelism: Parallelism) -> Reason:
    """What the degree of tensor parallelism means for one GPU."""
    if parallelism.tensor_parallel_size > 1:
        return info("serve_tensor_parallel", gpus=parallelism.tensor_parallel_size)
    return info("serve_single_gpu") if parallelism.devices_used == 1 else info("serve_whole_attention")


def assembled(
    program: Sequence[str],
    settings: Iterable[ServeFlag],
    *,
    before: Iterable[ServeCommand] = (),
    cautions: Iterable[Reason] = (),
    copies: Iterable[ServeCopy] = (),
) -> ServeCommand:
    """The command of a program and its settings."""
    stated = tuple(settings)
    return ServeCommand(
        (*program, *arguments(stated)), environment(stated), stated, tuple(before), tuple(cautions), tuple(copies)
    )


def copy_of(
    program: Sequence[str], settings: Iterable[ServeFlag], place: Reason, added: Iterable[ServeFlag]
) -> ServeCopy:
    """The command with what one place adds to it."""
    extra = tuple(added)
    stated = (*settings, *extra)
    return ServeCopy(place, (*program, *arguments(stated)), environment(stated), extra)


def arguments(settings: Iterable[ServeFlag]) -> tuple[str, ...]:
    """The settings that are flags, as words of a command line."""
    given = ((each.name,) if each.value is None else (each.name, each.value) for each in settings if _is_flag(each))
    return tuple(word for words in given for word in words)


def environment(settings: Iterable[ServeFlag]) -> tuple[tuple[str, str], ...]:
    """The settings that are variables of the environment."""
    return tuple((each.name, each.value or "") for each in settings if not _is_flag(each))


def _is_flag(setting: ServeFlag) -> bool:
    return setting.name.startswith("-")
