"""What Decide says: the trail of answers, the open question, and what is left of the catalogue."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from advisor.advice.tree import Answer, Node, Option, Value, Walk
from advisor.quantities.provenance import Level
from advisor.tui.views.text import badge, heading, lines, muted, strong
from advisor.wording.figures import GATES
from advisor.wording.reasons import sentence

if TYPE_CHECKING:
    from advisor.advice.candidates import Candidate, Funnel, Removal  # the first question need not wait for them

_SHORT = {
    "model": "model",
    "shape": "request",
    "load": "load",
    "latency": "latency",
    "context": "context",
    "stack": "stack",
    "precision": "precision",
    "buying": "buying",
    "where": "where",
    "aim": "aim",
}
_MOST_REMOVED = 3


def trail(walk: Walk, shown: Node | None, answers: Mapping[str, Answer], nodes: Sequence[Node]) -> Content:
    """All questions in a line: answered ones marked, assumed ones too, the shown one pointed at, skipped ones left
    out."""
    parts: list[Content] = []
    asked = {node.id for node in walk.path}
    for node in nodes:
        name = _SHORT.get(node.id, node.id)
        if shown is not None and node.id == shown.id:
            parts.append(Content.styled(f"▸{name}", "bold $primary"))
        elif node.id in answers and node.id in asked:
            answer = answers[node.id]
            mark = badge(Level.ASSUMED, word=False) if answer.is_assumed else Content.styled("✓", "$success")
            parts.append(Content.assemble(mark, f"{name} ", ("+".join(answer.options), "bold")))
        elif _is_ahead(node, walk, nodes):
            parts.append(muted(f"·{name}"))
    return Content("  ").join(parts)


def _is_ahead(node: Node, walk: Walk, nodes: Sequence[Node]) -> bool:
    order = [each.id for each in nodes]
    return walk.open is not None and order.index(node.id) >= order.index(walk.open.id)


def question(node: Node, number: int, total: int) -> Content:
    return lines(muted(f"Question {number} of {total}"), strong(node.text))


def why(node: Node, before: Answer | None) -> Content:
    """Why it is asked, and the exact numbers that were typed before."""
    typed = "" if before is None or before.is_assumed else _typed(node, before)
    return lines(muted(node.why), *([f"typed: {typed}"] if typed else []))


def _typed(node: Node, answer: Answer) -> str:
    fields = (*(field for key in answer.options for field in node.option(key).fields), *node.fields)
    found = ((field, answer.typed.get(field.setting, "")) for field in fields)
    return ", ".join(f"{field.label} {_number(value)}" for field, value in found if value not in (0, ""))


def _number(value: Value) -> str:
    return value if isinstance(value, str) else f"{value:,.10g}"


def option_label(node: Node, option: Option, default: str, chosen: Sequence[str], before: Answer | None) -> Content:
    """One option: its digit, its words, and whether it is the default, or what was answered before."""
    mark = ("[x] " if option.key in chosen else "[ ] ") if node.multiple else ""
    notes = ["default"] if option.key == default else []
    if before is not None and option.key in before.options:
        notes.append("assumed" if before.is_assumed else "yours")
    more = Content("  …") if option.fields else Content("")
    note = Content.styled(f"  ({', '.join(notes)})", "italic") if notes else Content("")
    return Content.assemble((f"{option.key} ", "bold"), mark, option.label, more, note)


def finished(out_of_scope: bool) -> Content:
    """What stands where a question would, when none is open."""
    if out_of_scope:
        return lines(strong("Training is not a serving question."), "No ranking is made. Backspace goes back.")
    return lines(strong("Everything is answered."), "Enter shows the advice; backspace goes back to change an answer.")


def candidates(funnels: "Mapping[str, Funnel]", all_instances: int, *, wide: bool) -> Content:
    """What is left under the answers so far, and what each gate removed last."""
    parts: list[Content | str] = []
    for model, funnel in funnels.items():
        alive = _best_by_instance(funnel.candidates)
        title = f"{model.removeprefix('llama-4-')}: " if len(funnels) > 1 else ""
        parts.append(
            Content.assemble(
                (f"{title}instances left ", "bold $secondary"), (f"{all_instances} → {len(alive)}", "bold")
            )
        )
        if wide:
            parts += [_candidate(candidate) for candidate in alive]
        else:
            parts.append("  ".join(candidate.instance.id for candidate in alive) or "none")
        parts += ["", *_removed(funnel)]
    return lines(*parts)


def dropped(funnels: "Mapping[str, Funnel]") -> Content:
    """Every instance that dropped out, gate by gate, with its reason."""
    parts: list[Content | str] = []
    for model, funnel in funnels.items():
        if len(funnels) > 1:
            parts.append(heading(model))
        for step in funnel.steps:
            if step.removed:
                parts.append(heading(f"{GATES[step.gate]}: {step.instances_left} left"))
                parts += [_removal(removal) for removal in step.removed]
                parts.append("")
    return lines(*(parts or ["Nothing has dropped out yet."]))


def _best_by_instance(found: "Sequence[Candidate]") -> "list[Candidate]":
    """For each instance the candidate with the most room, as the one that stands for it."""
    best: dict[str, Candidate] = {}
    for candidate in found:
        known = best.get(candidate.instance.id)
        if known is None or _margin(candidate) > _margin(known):
            best[candidate.instance.id] = candidate
    return list(best.values())


def _margin(candidate: "Candidate") -> float:
    device = candidate.fit.per_device
    return 0.0 if device is None else device.margin_bytes / device.budget_bytes


def _candidate(candidate: "Candidate") -> Content:
    hardware = f"{candidate.instance.accelerator_count} × {candidate.accelerator.name.partition(' ')[2]}"
    how = f"{candidate.checkpoint.id} TP {candidate.tensor_parallel_size}"
    return Content.assemble(f"  {candidate.instance.id:<17}", (f"{hardware:<25}", "$secondary"), how)


def _removed(funnel: "Funnel") -> list[Content]:
    shown = []
    for step in (step for step in funnel.steps if step.removed):
        names = ", ".join(removal.instance_type for removal in step.removed[:_MOST_REMOVED])
        more = f" and {len(step.removed) - _MOST_REMOVED} more" if len(step.removed) > _MOST_REMOVED else ""
        shown.append(Content.assemble((f"dropped by {GATES[step.gate]}: ", "$secondary"), f"{names}{more}"))
    return shown


def _removal(removal: "Removal") -> Content:
    return Content.assemble((f"  {removal.instance_type:<17}", "bold"), sentence(removal.reason))
