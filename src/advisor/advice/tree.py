"""The decision tree: questions that set constraints. It never names an instance.

Nodes are data in the catalogue; this reads them, walks them by the answers given so far, and turns the
answers into workload settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from advisor.catalog.layers import as_tuples, read_toml
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError

_OPTION_KEYS = {"key", "label", "set", "unset", "fields", "note"}
_NODE_KEYS = {"id", "key", "text", "why", "options", "next", "default", "default_when", "skip_if", "multiple", "fields"}
Value = float | str


@dataclass(frozen=True, slots=True)
class Field:
    """Something to type. setting is the workload key it sets; 0 or an empty text leaves that key unset."""

    setting: str
    label: str
    unit: str
    default: Value

    @property
    def is_number(self) -> bool:
        return not isinstance(self.default, str)

    def read(self, value: Value) -> Any:
        """The typed value as the workload takes it. InputError for one that cannot be."""
        if self.unit == "region":
            return (str(value),)
        if self.unit == "owned":
            return read_owned(str(value))
        if not self.is_number:
            return str(value)
        return int(value) if self.unit == "tokens" else float(value)


@dataclass(frozen=True, slots=True)
class Option:
    """One answer: the digit that chooses it, its words, the settings it makes, and those before it that it undoes."""

    key: str
    label: str
    settings: Mapping[str, Any]
    fields: tuple[Field, ...] = ()
    note: str = ""
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """The options chosen for one question, and what was typed with them, by setting.

    is_assumed: nobody chose them, the default was taken.
    """

    options: tuple[str, ...]
    typed: Mapping[str, Value] = field(default_factory=dict)
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One question. multiple: several options may be chosen; their tuples are joined. fields: exact numbers
    that may be typed beside any option."""

    id: str
    key: str
    text: str
    why: str
    options: tuple[Option, ...]
    default: str
    next: str = ""
    default_when: tuple[tuple[Mapping[str, Any], str], ...] = ()
    skip_if: Mapping[str, Any] = field(default_factory=dict)
    multiple: bool = False
    fields: tuple[Field, ...] = ()

    def option(self, key: str) -> Option:
        for option in self.options:
            if option.key == key:
                return option
        known = ", ".join(option.key for option in self.options)
        raise InputError(f"'{key}' is no answer to this question", key=self.id, hint=f"Answer with one of {known}.")

    def default_for(self, answers: Mapping[str, Answer]) -> str:
        """The default answer, given what was answered before."""
        for condition, default in self.default_when:
            if all(node in answers and answers[node].options == (key,) for node, key in condition.items()):
                return default
        return self.default


@dataclass(frozen=True, slots=True)
class Walk:
    """Where the answers have led: the questions on the path, the one that is open, and the settings made.

    assumed names the settings that nobody stated: those of a default that was taken, and of numbers that
    stand beside an answer and were not typed.
    """

    path: tuple[Node, ...]
    open: Node | None
    settings: Mapping[str, Any]
    assumed: frozenset[str] = frozenset()


class Tree:
    """The questions in order."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.first = nodes[0]

    def walk(self, answers: Mapping[str, Answer]) -> Walk:
        """Follow the answers from the first question to the first one without an answer."""
        path: list[Node] = []
        settings: dict[str, Any] = {}
        assumed: set[str] = set()
        node: Node | None = self.first
        while node is not None:
            if not _skipped(node, settings):
                path.append(node)
                answer = answers.get(node.id)
                if answer is None:
                    return Walk(tuple(path), node, settings, frozenset(assumed))
                _apply(node, answer, settings, assumed)
            node = None if settings.get("out_of_scope") else self.nodes.get(node.next)
        return Walk(tuple(path), None, settings, frozenset(assumed))

    def default_answer(self, node: Node, answers: Mapping[str, Answer]) -> Answer:
        """The default option with its own numbers, as an assumption: the answer "I do not know"."""
        option = node.option(node.default_for(answers))
        return Answer((option.key,), {part.setting: part.default for part in option.fields}, is_assumed=True)


def _apply(node: Node, answer: Answer, settings: dict[str, Any], assumed: set[str]) -> None:
    chosen = [node.option(key) for key in answer.options]
    for name in (name for option in chosen for name in option.unset):
        settings.pop(name, None)
        assumed.discard(name)
    made = _made(node, chosen)
    stated = set() if answer.is_assumed else set(made)
    for part in (*(part for option in chosen for part in option.fields), *node.fields):
        value = answer.typed.get(part.setting, part.default)
        if value not in (0, ""):
            made[part.setting] = part.read(value)
            if part.setting in answer.typed and not answer.is_assumed:
                stated.add(part.setting)
    settings.update(made)
    assumed.update(made)
    assumed.difference_update(stated)


def _made(node: Node, chosen: Sequence[Option]) -> dict[str, Any]:
    """The settings of the chosen options; where several may be chosen, their tuples are joined."""
    made: dict[str, Any] = {}
    for option in chosen:
        for name, value in option.settings.items():
            before = made.get(name, ())
            both = node.multiple and isinstance(value, tuple)
            made[name] = tuple(dict.fromkeys((*before, *value))) if both else value
    return made


def _skipped(node: Node, settings: Mapping[str, Any]) -> bool:
    return bool(node.skip_if) and all(settings.get(key) == value for key, value in node.skip_if.items())


def read_owned(text: str) -> dict[str, int]:
    """`p4d.24xlarge=4, p5.48xlarge=1` as instances by type."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, _, number = part.strip().partition("=")
        if not name or not number.strip().isdigit():
            raise InputError(
                f"'{part.strip()}' does not say how many", key="owned", hint="Write it like p4d.24xlarge=4."
            )
        found[name.strip()] = int(number)
    return found


def load_tree(path: Path) -> Tree:
    """Read decision-tree.toml. InputError naming file and node for one that cannot be walked to an end."""
    nodes = [_node(part, path) for part in read_toml(path).get("node", [])]
    if not nodes:
        raise InputError("the tree has no [[node]]", file=path)
    tree = Tree(nodes)
    for node in nodes:
        if node.next and node.next not in tree.nodes:
            raise InputError(f"next points to '{node.next}', which is no node", file=path, key=node.id)
        node.option(node.default)
    _refuse_circle(tree, path)
    return tree


def _refuse_circle(tree: Tree, path: Path) -> None:
    """Every walk follows the one chain of next, so going along it once shows whether it ends."""
    seen: set[str] = set()
    node: Node | None = tree.first
    while node is not None:
        seen.add(node.id)
        if node.next in seen:
            raise InputError(
                f"next leads back to '{node.next}', so the questions never end", file=path, key=f"node {node.id}.next"
            )
        node = tree.nodes.get(node.next)


def _node(part: Mapping[str, Any], path: Path) -> Node:
    name = str(part.get("id", ""))
    _refuse_unknown(part, _NODE_KEYS, name, path)
    try:
        return Node(
            id=name,
            key=part["key"],
            text=part["text"],
            why=part.get("why", ""),
            options=tuple(_option(option, name, path) for option in part["options"]),
            default=part["default"],
            next=part.get("next", ""),
            default_when=tuple((when["when"], when["default"]) for when in part.get("default_when", ())),
            skip_if=part.get("skip_if", {}),
            multiple=part.get("multiple", False),
            fields=_fields(part),
        )
    except KeyError as error:
        line = line_of(path.read_text(encoding="utf-8"), ["node"])
        raise InputError(f"the key {error.args[0]} is missing", file=path, line=line, key=f"node {name}") from error


def _option(part: Mapping[str, Any], node: str, path: Path) -> Option:
    _refuse_unknown(part, _OPTION_KEYS, node, path)
    settings = {
        name: as_tuples(value) if isinstance(value, list) else value for name, value in part.get("set", {}).items()
    }
    unset = tuple(part.get("unset", ()))
    return Option(part["key"], part["label"], settings, _fields(part), part.get("note", ""), unset)


def _fields(part: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(item["setting"], item["label"], item["unit"], item["default"]) for item in part.get("fields", ())
    )


def _refuse_unknown(part: Mapping[str, Any], known: set[str], node: str, path: Path) -> None:
    for key in part:
        if key not in known:
            raise InputError(
                "unknown key", file=path, key=f"node {node}.{key}", hint=f"Known: {', '.join(sorted(known))}."
            )
