"""Would today's engine take this command? Flags, the TP rule, the model's context, the extras of a package.

Works on any pasted command: `vllm serve …`, the API server's module, a container of the engine, `pip install`.
What it says are reasons as values; an error is what makes the engine or installer refuse it.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.catalog.commands import ServeProgram, serve_programs
from advisor.catalog.load import Catalog
from advisor.catalog.records.models import Model
from advisor.errors import near
from advisor.fit.pasted import commands
from advisor.fit.platforms.parallelism import padded_heads, vllm_objections
from advisor.fit.versions import row_for
from advisor.reasons import Parameter, Reason, Severity, error, info, warning

_REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)\[(?P<extras>[^\]]*)\]")
_LENGTH = re.compile(r"^(?P<number>\d+(?:\.\d+)?)(?P<suffix>[kKmMgG]?)$")
_DECIMAL = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9}
_BINARY = {"K": 2**10, "M": 2**20, "G": 2**30}
"""vLLM reads 1k as 1,000 and 1K as 1,024."""

_API_SERVER = "vllm.entrypoints.openai.api_server"
_NEURON_FLAGS = ("--override-neuron-config",)
_UNCHECKED_INSTALL = (info("install_unchecked"),)
_UNKNOWN = (info("command_unknown"),)
_VLLM_RULE = "vLLM 0.33 source: head, KV-head and vocabulary divisibility"


@dataclass(frozen=True, slots=True)
class CheckedCommand:
    """What there is to say of a command. program is None for one that is not known at all."""

    program: str | None
    version: str = ""
    reasons: tuple[Reason, ...] = ()

    @property
    def is_refused(self) -> bool:
        return any(reason.severity is Severity.ERROR for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class _Serve:
    """A serve command taken apart: flags by their long name, None where one has no value.

    surplus: words that belong to no flag, beside the one model that the engine takes.
    """

    model: str
    flags: Mapping[str, str | None]
    as_written: Mapping[str, str]
    surplus: Sequence[str] = ()

    @property
    def is_neuron(self) -> bool:
        """Whether it is meant for Neuron, whose plug-ins replace the engine's own TP rule."""
        config = self.flags.get("--additional-config") or ""
        named = self.flags.get("--device") == "neuron" or "neuron" in config
        return named or any(flag in self.flags for flag in _NEURON_FLAGS)


def check_command(text: str, catalog: Catalog) -> CheckedCommand:
    """A pasted command or several, line continuations, comments and environment settings included."""
    try:
        pasted = [words for words in commands(text) if words]
    except ValueError as mistake:
        return CheckedCommand(None, reasons=(error("command_unreadable", "", mistake=str(mistake)),))
    checked = [_check(words, catalog) for words in pasted]
    known = [each for each in checked if each.program is not None]
    if not known:
        is_install = any(each.reasons == _UNCHECKED_INSTALL for each in checked)
        return CheckedCommand(None, reasons=_UNCHECKED_INSTALL if is_install else _UNKNOWN)
    named = dict.fromkeys(each.program for each in known if each.program is not None)
    return CheckedCommand(
        " and ".join(named), known[-1].version, tuple(reason for each in known for reason in each.reasons)
    )


def _check(words: Sequence[str], catalog: Catalog) -> CheckedCommand:
    for program in serve_programs(catalog.layers).values():
        installed = _installed(words)
        if installed is not None:
            named = tuple(_of_install(installed, program))
            return CheckedCommand(
                f"pip install {program.package}" if named else None, program.version, named or _UNCHECKED_INSTALL
            )
        arguments = _arguments(words, program)
        if arguments is not None:
            serve = _taken_apart(arguments, program)
            return CheckedCommand(program.program, program.version, tuple(_of_serve(serve, program, catalog)))
    return CheckedCommand(None, reasons=_UNKNOWN)


def _installed(words: Sequence[str]) -> Sequence[str] | None:
    """The requirements of `pip install`, `uv pip install` or `python -m pip install`."""
    for at, word in enumerate(words[:-1]):
        if word.rpartition("/")[2] in ("pip", "pip3") and words[at + 1] == "install":
            return words[at + 2 :]
    return None


def _of_install(requirements: Sequence[str], program: ServeProgram) -> Iterator[Reason]:
    source = program.origin.default.source
    for requirement in requirements:
        found = _REQUIREMENT.match(requirement)
        if found is None or found["name"].lower() != program.package:
            continue
        for extra in filter(None, (part.strip() for part in found["extras"].split(","))):
            stated = {"package": program.package, "version": program.version, "extra": extra}
            if extra in program.extras:
                yield info("extra_exists", source, **stated)
            else:
                yield error("extra_missing", source, **stated, extras=program.extras)


def _arguments(words: Sequence[str], program: ServeProgram) -> Sequence[str] | None:
    """What follows the program's name, however it is started."""
    name = tuple(program.program.split())
    for at in range(len(words)):
        if (words[at].rpartition("/")[2], *words[at + 1 : at + len(name)]) == name:
            return words[at + len(name) :]
        if words[at] == _API_SERVER and program.id == "vllm":
            return words[at + 1 :]
        image = words[at].partition("@")[0].rpartition(":")[0] or words[at]
        if words[0] in ("docker", "podman", "nerdctl") and image.removeprefix("docker.io/") in program.images:
            return words[at + 1 :]
    return None


def _taken_apart(arguments: Sequence[str], program: ServeProgram) -> _Serve:
    """A switch takes no word and a number one; how many another flag takes is not known, so all up to the next."""
    flags, written, bare = dict[str, str | None](), dict[str, str](), list[str]()
    current = ""
    for word in arguments:
        if word.startswith("-") and not word[1:2].isdigit() and len(word) > 1:
            name, given, value = word.partition("=")
            current = _long(name, program)
            flags[current] = value if given else None
            written[current] = name
            if given or current in program.switches or current.startswith("--no-"):
                current = ""
        elif current:
            flags[current] = word if flags[current] is None else f"{flags[current]} {word}"
            if current in program.numbers:
                current = ""
        else:
            bare.append(word)
    named = flags.get("--model")
    return _Serve(named or (bare[0] if bare else ""), flags, written, bare[1:] if named is None else bare)


def _long(name: str, program: ServeProgram) -> str:
    """The flag as the engine's parser has it: long, with dashes, without a JSON path; one that it can complete."""
    if not name.startswith("--"):
        return program.aliases.get(name, name)
    plain = name.partition(".")[0].replace("_", "-")
    if plain in program.flags or plain in program.removed:
        return plain
    completed = [flag for flag in program.flags if flag.startswith(plain)]
    return completed[0] if len(completed) == 1 else plain


def _of_serve(serve: _Serve, program: ServeProgram, catalog: Catalog) -> Iterator[Reason]:
    yield from _of_flags(serve, program)
    found = _model(serve.model, catalog)
    if found is None:
        yield warning("model_unknown", "", model=serve.model or "none")
        return
    model, is_base = found
    yield from _of_parallelism(serve, model)
    yield from _of_context(serve, model, is_base, catalog)


def _of_flags(serve: _Serve, program: ServeProgram) -> Iterator[Reason]:
    source = program.origin.default.source
    for flag in serve.flags:
        if flag in program.flags or flag.replace("--no-", "--", 1) in program.flags or flag in ("-h", "-O"):
            continue
        written = serve.as_written[flag]
        gone = program.removed.get(flag)
        stated = {"flag": written, "program": program.program, "version": program.version}
        if gone is not None:
            yield error("flag_removed", source, **stated, by=gone.by, instead=gone.instead)
        else:
            short = program.aliases.get(written[1:])
            likely = (short,) if short else near(flag, program.flags, 1) or ("none",)
            yield error("flag_unknown", source, **stated, likely=likely)
    for word in serve.surplus:
        yield error("argument_surplus", source, argument=word, program=program.program)
    for flag, kind in program.numbers.items():
        if flag in serve.flags:
            yield from _of_number(serve.as_written[flag], serve.flags[flag], kind, source)


def _of_number(flag: str, value: str | None, kind: str, source: str) -> Iterator[Reason]:
    if value is None:
        yield error("flag_without_value", source, flag=flag)
    elif "$" in value:
        yield warning("flag_value_unseen", source, flag=flag, value=value)
    elif not _NUMBERS[kind](value):
        yield _wrong_number(flag, value, kind, source)


def _wrong_number(flag: str, value: str, kind: str, source: str) -> Reason:
    match kind:
        case "whole":
            return error("flag_needs_whole", source, flag=flag, value=value)
        case "share":
            return error("flag_needs_share", source, flag=flag, value=value)
        case "length":
            return error("flag_needs_length", source, flag=flag, value=value)
        case _:
            return error("flag_needs_length_or_auto", source, flag=flag, value=value)


def _model(name: str, catalog: Catalog) -> tuple[Model, bool] | None:
    """The catalogue's model of a repository, and whether it is the base model, which was not trained to chat."""
    wanted = name.strip("/").lower()
    for model in catalog.models.values():
        names = {checkpoint.repository.lower() for checkpoint in model.checkpoints.values()}
        if wanted in names or wanted == model.id:
            return model, False
        if wanted in {each.removesuffix("-instruct") for each in names if each.endswith("-instruct")}:
            return model, True
    return None


def _of_parallelism(serve: _Serve, model: Model) -> Iterator[Reason]:
    degree = _whole(serve.flags.get("--tensor-parallel-size"))
    if degree is None:
        return
    if not serve.is_neuron:
        yield from vllm_objections(model.architecture, degree)
    elif vllm_objections(model.architecture, degree):
        heads = padded_heads(model.architecture, degree)
        yield warning("neuron_pads_heads", _VLLM_RULE, tensor_parallel_size=degree, padded_heads=heads)


def _of_context(serve: _Serve, model: Model, is_base: bool, catalog: Catalog) -> Iterator[Reason]:
    length = _length(serve.flags.get("--max-model-len"))
    most = model.base_max_context_tokens if is_base else model.max_context_tokens
    source = model.origin.of("base_max_context_tokens" if is_base else "max_context_tokens").source
    if length is not None and length > most:
        stated: dict[str, Parameter] = {"context_tokens": length, "limit_tokens": most, "model": model.short_name}
        if is_base:
            yield error("context_beyond_base", source, **stated)
        else:
            yield error("context_beyond_model", source, **stated)
    if length is None and "--max-model-len" not in serve.flags:
        yield warning("context_unset", source, limit_tokens=most)
    neuron = catalog.engine("neuron")
    release = row_for(neuron.releases, neuron.default_version)
    if serve.is_neuron and release is not None and length is not None and length > release.documented_context_tokens:
        documented = release.documented_context_tokens
        yield warning("neuron_context_undocumented", release.source, context_tokens=length, limit_tokens=documented)


def _is_share(value: str) -> bool:
    try:
        return 0 < float(value) <= 1
    except ValueError:
        return False


def _whole(value: str | None) -> int | None:
    return int(value) if value is not None and value.isdigit() and int(value) > 0 else None


def _length(value: str | None) -> int | None:
    """A length as vLLM reads it; None for auto, -1 and what cannot be read."""
    found = _LENGTH.match(value) if value is not None else None
    if found is None:
        return None
    suffix = found["suffix"]
    factor = _BINARY.get(suffix) or _DECIMAL[suffix]
    return int(float(found["number"]) * factor)


_NUMBERS: Mapping[str, Callable[[str], bool]] = {
    "whole": lambda value: _whole(value) is not None,
    "length": lambda value: (_length(value) or 0) > 0,
    "length_or_auto": lambda value: value in ("-1", "auto") or (_length(value) or 0) > 0,
    "share": _is_share,
}
"""What a number of the catalogue's `numbers` may be."""
