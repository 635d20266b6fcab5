"""A serve command as a shell script: why each setting is there as comments, then the command, one flag a line."""

import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from advisor.fit.result import ServeCommand, ServeCopy, ServeFlag
from advisor.wording.reasons import sentence

_DEEPER = "    "
_CONTINUED = " \\"
_FLAG_AND_VALUE = 2


def script(serve: ServeCommand, width: int = 100) -> list[str]:
    """Lines that a shell runs as they stand. Comments keep to the width, a command as far as its words allow."""
    lines = list[str]()
    for number, step in enumerate(serve.before):
        lines += [*([""] if number else []), *script(step, width)]
    lines += [""] if serve.before else []
    for caution in serve.cautions:
        lines += _comment(sentence(caution), width)
    lines += _explained(serve.flags, width)
    if not serve.copies:
        return [*lines, *_command(serve.argv, serve.env, 0 if serve.flags else width)]
    said = {each.name for each in serve.flags}
    for number, copy in enumerate(serve.copies):
        fresh = [each for each in copy.flags if each.name not in said]
        said |= {each.name for each in fresh}
        lines += [*([""] if lines else []), *_copy(copy, fresh, width, packed=number > 0)]
    return lines


def _copy(copy: ServeCopy, fresh: Iterable[ServeFlag], width: int, *, packed: bool) -> Iterator[str]:
    """packed: what stood line by line above need not again."""
    yield from _comment(sentence(copy.place) + ":", width)
    yield from _explained(fresh, width)
    yield from _command(copy.argv, copy.env, width if packed else 0)


def _explained(flags: Iterable[ServeFlag], width: int) -> list[str]:
    return [line for each in flags for line in _comment(f"{_named(each)}: {sentence(each.reason)}", width)]


def _named(flag: ServeFlag) -> str:
    """The setting, its value too where that is short and plain."""
    value = flag.value
    if value is None or shlex.quote(value) != value or len(value) > len("1000000"):
        return flag.name
    return f"{flag.name} {value}" if flag.name.startswith("-") else f"{flag.name}={value}"


def _comment(words: str, width: int) -> list[str]:
    return textwrap.wrap(
        words,
        max(width, 40),
        initial_indent="# ",
        subsequent_indent="#   ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _command(argv: Sequence[str], env: Sequence[tuple[str, str]], width: int) -> Iterator[str]:
    """Settings of the environment, the program, and each flag on a line of its own; up to a width on one."""
    groups = [*(f"{name}={shlex.quote(value)}" for name, value in env), *_grouped(argv)]
    lines, program = list[str](), len(env)
    for number, group in enumerate(groups):
        indent = _DEEPER if number > program else ""
        if lines and len(lines[-1]) + 1 + len(group) + len(_CONTINUED) <= width:
            lines[-1] += f" {group}"
        else:
            lines.append(indent + group)
    for number, line in enumerate(lines):
        yield line if number == len(lines) - 1 else line + _CONTINUED


def _grouped(argv: Sequence[str]) -> Iterator[str]:
    """The words up to the first long flag, then each flag with its value, and what belongs to none."""
    group, has_begun = list[str](), False
    for word in argv:
        if word.startswith("--") or (has_begun and len(group) == _FLAG_AND_VALUE):
            yield shlex.join(group)
            group, has_begun = [], True
        group.append(word)
    yield shlex.join(group)
