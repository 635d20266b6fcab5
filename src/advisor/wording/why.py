"""Why one instance type is the pick or is not, in a recommendation document."""

from advisor.quantities import text
from advisor.wording.card import Line, Row, Span, alternative_words
from advisor.wording.figures import GATES


def why(document: Row, instance: str) -> list[Line]:
    """Why one instance type is not the pick, or that it is: a line for each pool, none where nothing mentions it."""
    models = [pool["model"] for pool in document.get("pool", [])]
    if len(models) < 2:
        line = _why(document, instance, None)
        return [line] if line is not None else []
    lines = [(model, _why(document, instance, model)) for model in models]
    return [(Span(f"{model}: ", "muted"), *line) for model, line in lines if line is not None]


def _why(document: Row, instance: str, model: str | None) -> Line | None:
    def rows(table: str, key: str = "instance_type") -> list[Row]:
        found = [row for row in document.get(table, []) if row[key] == instance]
        return [row for row in found if model is None or row["model"] == model]

    if rows("pool"):
        return (Span(f"{instance} is the pick.", "strong"),)
    for row in rows("rejected"):
        margin = f" It missed by {text.percent(row['margin'])}." if "margin" in row else ""
        return (Span(f"{instance} drops out at the gate '{GATES[row['gate']]}'. {row['message']}{margin}"),)
    for row in rows("alternative"):
        return (Span(f"{instance} would serve: {alternative_words(row)}"),)
    for row in rows("holds_while", "becomes"):
        return (Span(f"{instance} has no known price: it would win below {text.usd_per_hour(row['limit'])}/h."),)
    return None
