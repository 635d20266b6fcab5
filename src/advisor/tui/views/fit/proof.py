"""A prediction beside what a server or its log says, and the stacks that an endpoint can be."""

from collections.abc import Iterable

from textual.content import Content

from advisor.fit.proof.compare import Line, Outcome, Setting, shown_setting
from advisor.fit.proof.declared import Identified
from advisor.fit.proof.identify import Match
from advisor.quantities import text
from advisor.reasons import Reason
from advisor.tui.views.fit.verdict import MARKS
from advisor.tui.views.text import badge, heading, lines, muted, strong
from advisor.wording import compared as compared_words
from advisor.wording import observed as observed_words
from advisor.wording.reasons import sentence
from advisor.workflows.keep_memory import Kept
from advisor.workflows.verify_fit import Verified

_OUTCOMES = {
    Outcome.AGREES: ("✓", "bold $success"),
    Outcome.DIFFERS: ("✗", "bold $error"),
    Outcome.PROVES_NOTHING: ("?", "bold $warning"),
}
_FOUND = ("found", "corroborated")
_MOST_MATCHES = 40
"""More than these narrow nothing down; how many there are is told above them."""


def compared(verified: Verified) -> Content:
    """What came of it, figure by figure; then settings that are not as stated, and what to know of both."""
    comparison, observed = verified.comparison, verified.observed
    told: list[Content | str] = [
        Content.assemble(_OUTCOMES[comparison.outcome], " ", strong(compared_words.verdict(comparison, observed))),
        muted(f"{observed_words.reported(observed)}   {observed.source}"),
    ]
    if comparison.lines:
        told += ["", *_table(comparison.lines)]
    differing = [setting for setting in comparison.settings if setting.is_denied or setting.is_taken]
    if differing:
        told += ["", heading("Settings, as the server has them"), *map(_setting, differing)]
    return lines(*told, *_reasons(comparison.reasons))


def _table(compared_lines: Iterable[Line]) -> list[Content | str]:
    head = muted(f"  {'':<24}{'predicted':>11}{'observed':>11}{'error':>8}{'may be':>12}")
    return [head, *map(_line, compared_lines)]


def _line(line: Line) -> Content:
    mark, style = ("✓", "$success") if line.within else ("✗", "$error")
    share = line.relative_error
    error = "" if share is None else f"{share:+.1%}"
    predicted, observed, limit = (_amount(amount, line.unit) for amount in (line.predicted, line.observed, line.limit))
    return Content.assemble(
        (f"{mark} ", style),
        (f"{compared_words.quantity(line.quantity):<24}", "$secondary"),
        f"{predicted:>11}{observed:>11}{error:>8}",
        (f"{'± ' + limit:>12}", "$secondary"),
    )


def _amount(amount: float, unit: str) -> str:
    if unit == "B":
        return text.gib(amount)
    return f"{amount:,.1f}" if unit == "requests" else f"{amount:,.0f}"


def _setting(setting: Setting) -> Content:
    stated = f", stated as {shown_setting(setting.stated)}" if setting.is_denied else ""
    mark, style = ("×", "$error") if setting.is_denied else ("·", "$secondary")
    return Content.assemble((f"{mark} ", style), compared_words.setting(setting.name, setting.told), stated)


def kept(entered: Kept) -> list[Content | str]:
    """Whether it is evidence from now on, and if not, why."""
    memory = entered.memory
    if memory is None:
        if not entered.reasons:
            return []
        return ["", f"Not kept as evidence: {' '.join(map(sentence, entered.reasons))}"]
    told = compared_words.kept(memory, entered.replaced)
    return ["", Content.assemble(badge(memory.provenance.level), f"  {told[0].upper()}{told[1:]}.")]


def identified(found: Identified) -> Content:
    """What the endpoint can be, those that default settings explain first."""
    search = found.identification
    mark = "✓" if found.outcome in _FOUND else "?" if found.outcome in ("too_little", "unexplained") else "✗"
    told: list[Content | str] = [
        Content.assemble((f"{mark} ", "bold"), strong(observed_words.outcome_of(found))),
        muted(f"{observed_words.reported(found.observed)}   {found.observed.source}"),
    ]
    if search is not None and search.matches:
        told += ["", muted(f"  {'checkpoint':<15}{'accelerator':<21}{'TP':>3}{'PP':>3}{'apart':>10}  held by")]
        told += [_match(match) for match in search.matches[:_MOST_MATCHES]]
    elif search is not None and search.closest is not None:
        nearest = search.closest
        told += ["", f"Nearest: {_name(nearest)}. {observed_words.agreement(nearest.implied)}."]
    return lines(*told, *_reasons((*found.reasons, *(search.open_questions if search else ()))))


def _match(match: Match) -> Content:
    signed = observed_words.signed(match.implied.difference_bytes)
    held = [holder.instance if holder.nodes == 1 else f"{holder.nodes} × {holder.instance}" for holder in match.holders]
    only = observed_words.settings_of(match)
    return Content.assemble(
        f"  {_checkpoint(match):<15}{match.accelerator:<21}",
        f"{match.tensor_parallel_size:>3}{match.pipeline_parallel_size:>3}{signed:>10}",
        muted(f"  {', '.join(held)}"),
        muted(f"  only with {only}") if only else "",
    )


def _checkpoint(match: Match) -> str:
    return f"{match.model.removeprefix('llama-4-')} {match.checkpoint}"


def _name(match: Match) -> str:
    return f"{_checkpoint(match)} at TP {match.tensor_parallel_size} on {match.accelerator}"


def _reasons(reasons: Iterable[Reason]) -> list[Content | str]:
    told = [Content.assemble((f"{mark} ", style), sentence(each)) for each in reasons for mark, style in [_mark(each)]]
    return ["", *told] if told else []


def _mark(reason: Reason) -> tuple[str, str]:
    return MARKS[reason.severity.value]
