"""The recommendation card in words: a recommendation document as sections of lines of spans.

The command line and the app show the same card; each gives the roles its own looks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from advisor.advice.offers import option_of
from advisor.catalog.ages import RULE_DAYS, is_past
from advisor.quantities import text
from advisor.quantities.provenance import AsOf
from advisor.wording.catalog import STALE, days
from advisor.wording.figures import PURCHASES, name_of, spread, unit_of_variable, written

Row = Mapping[str, Any]
Role = Literal["plain", "strong", "muted", "alarm", "glyph", "meets", "undecided", "misses"]


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. With the role glyph, words is an evidence level, shown as its glyph."""

    words: str
    role: Role = "plain"


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled group of lines; the title is empty for the headline."""

    title: str
    lines: tuple[Line, ...]


_HEADLINES = {
    "not_distinguishable": "not distinguishable on present evidence",
    "none": "nothing meets everything that was asked",
    "out_of_scope": "training is not a serving question: no ranking is made",
}
_MOST_REJECTED = 8
_MOST_ALTERNATIVES = 6
_MANAGED_WORTH_SAYING = 0.5
"""A managed service that costs less than this share of the instances is told at the top."""
_OPERATORS = {"<=": "≤", ">=": "≥"}
_OTHER_SIDE = {"<=": "above", ">=": "below"}
_PER_MILLION = (
    ("capacity", "at capacity"),
    ("slo", "at your targets (serving instances)"),
    ("traffic", "at your traffic (all instances)"),
)
_RELAX: Mapping[str, str] = {
    "stack": "another serving stack",
    "memory": "a lower precision floor or a shorter context",
    "region": "more regions",
    "purchase": "another way of buying",
    "latency": "a looser target",
    "budget": "a higher budget",
}
"""What would let an instance through a gate that it failed."""
_STATUS: Mapping[str, Role] = {"meets": "meets", "undecided": "undecided", "misses": "misses"}


def card(document: Row, today: date) -> list[Section]:
    """Every section that has something to say, in reading order. Nothing is computed here but a price's age."""
    sections = [
        Section("", tuple(_headline(document))),
        Section("Closest to an answer", tuple(_closest(document))),
        Section("Licence notice", tuple(_prominent(document))),
        Section("Rests on", tuple(_claims(document))),
        Section("Cost", tuple(_cost(document, today))),
        Section("Managed alternative", tuple(_managed(document))),
        Section("The other model", tuple(_compared(document))),
        Section("Would serve too", tuple(_alternatives(document))),
        Section("Does not serve", tuple(_rejected(document))),
        Section("Weakest link", tuple(_weakest(document))),
        Section("Holds while", tuple(_holds(document))),
        Section("Notices", tuple(_notices(document))),
        Section("What published guides say", tuple(_published(document))),
    ]
    return [section for section in sections if section.lines]


def _paid_how(document: Row, pool: Row) -> str:
    owned = min(document["workload"].get("owned", {}).get(pool["instance_type"], 0), pool["instances"])
    if not owned:
        return PURCHASES[pool["purchase"]]
    return (
        "already owned"
        if owned == pool["instances"]
        else f"{owned} already owned, the rest {PURCHASES[pool['purchase']]}"
    )


def _plain(words: str) -> Line:
    return (Span(words),)


def _headline(document: Row) -> list[Line]:
    found: list[Line] = []
    pools = document.get("pool", [])
    for pool in pools:
        name = f"{pool['model']} {pool['checkpoint']}".upper().replace("LLAMA-4-", "LLAMA 4 ")
        found.append((Span(f"RUN {name} ON {pool['instances']} × {pool['instance_type']}", "strong"),))
        replicas = pool["replicas_per_instance"]
        shared = f", {replicas} replicas an instance" if replicas > 1 else ""
        engine = str(pool["engine"]).replace("@", " ")
        place = f"{pool['region']} · {_paid_how(document, pool)}"
        found.append(_plain(f"{engine}, tensor parallel {pool['tensor_parallel_size']}{shared} · {place}"))
    if document["status"] in _HEADLINES:
        found.append((Span(_HEADLINES[document["status"]].upper(), "alarm"),))
    found += _not_shown(document)
    tied = [row["instance_type"] for row in document.get("alternative", []) if row["tied"]]
    if tied:
        found.append(_plain(f"As far as anybody knows, {_either(tied)} may be cheaper."))
        found.append((Span("Of those, first comes the strongest evidence, then the lowest cost.", "muted"),))
    found += [_managed_is_cheaper(row, share) for row, share in _shares(document) if share < _MANAGED_WORTH_SAYING]
    if document["state"] != "unverified":
        found.append((Span("state: "), Span(document["state"], "strong")))
    return found


def _not_shown(document: Row) -> list[Line]:
    """Targets that the pick may miss, and the first of the others that keeps every one for certain."""
    doubtful = [row for row in document.get("claim", []) if row.get("status") == "undecided" and row["unit"] == "ms"]
    if not doubtful:
        return []
    names = " and ".join(f"{name_of(row['id'])} ≤ {written(row['limit'], 'ms')}" for row in doubtful)
    found: list[Line] = [(Span(f"NOT SHOWN TO BE MET: {names}", "alarm"),)]
    sure = [
        row
        for row in document.get("alternative", [])
        if row["targets"] and all(status == "meets" for status in row["targets"].values())
    ]
    if sure and len(document["pool"]) == 1:
        key = "usd_per_run" if "usd_per_run" in sure[0] else "usd_per_month"
        cheapest = min(sure, key=lambda row: row[key])
        found.append(
            _plain(f"The cheapest that is shown to meet it: {cheapest['instance_type']}, {alternative_words(cheapest)}")
        )
    return found


def _either(names: Sequence[str]) -> str:
    *first, last = dict.fromkeys(names)
    return f"{', '.join(first)} or {last}" if first else last


def _closest(document: Row) -> list[Line]:
    """Where nothing is recommended: what came nearest, and what would let it through."""
    if document["status"] != "none":
        return []
    batch = document["workload"].get("mode") == "batch"
    found: list[Line] = []
    for row in document.get("near_miss", []):
        way = "a longer deadline" if batch and row["gate"] == "latency" else _RELAX[row["gate"]]
        missed = f"Missed by {text.percent(row['margin'])}; {way} would help."
        found.append((Span(f"{row['instance_type']:<17}", "strong"), Span(f"{row['message']} {missed}")))
    return found


def _by_model(rows: Sequence[Row], line: Callable[[Row], Line]) -> list[Line]:
    """A line for each row, under the model's name where the answer has several pools."""
    found: list[Line] = []
    last = None
    for row in rows:
        if row.get("model", last) != last:
            last = row["model"]
            found.append((Span(last, "muted"),))
        found.append(line(row))
    return found


def _first(rows: Sequence[Row], most: int) -> list[Row]:
    """The first rows of each model, so many."""
    models = [row.get("model") for row in rows]
    return [row for number, row in enumerate(rows) if models[:number].count(row.get("model")) < most]


def _prominent(document: Row) -> list[Line]:
    return [
        line
        for notice in document.get("notice", [])
        if notice.get("prominent")
        for line in ((Span("! ", "alarm"), Span(notice["message"])), (Span(f"  {notice.get('source', '')}", "muted"),))
    ]


def _claims(document: Row) -> list[Line]:
    claims = document.get("claim", [])
    found = _by_model(claims, _claim)
    if found:
        found.append((Span("Ranges hold with 80 % probability.", "muted"),))
    sources = dict.fromkeys((claim["level"], claim["source"]) for claim in claims)
    found += [(Span(level, "glyph"), Span(f" {level}: {source}", "muted")) for level, source in sources]
    return found


def _claim(claim: Row) -> Line:
    unit = claim["unit"]
    bounds = spread(claim.get("low"), claim.get("high"), unit)
    spans = [Span(claim["level"], "glyph"), Span(f" {name_of(claim['id']):<28}")]
    spans.append(Span(written(claim["value"], unit), "strong"))
    if bounds:
        spans.append(Span(f" ({bounds})", "muted"))
    if "status" in claim:
        spans.append(Span(f" {claim['status']}", _STATUS[claim["status"]]))
    if "limit" in claim and unit != "bytes":
        spans.append(Span(f" {written(claim['limit'], unit)}"))
    return tuple(spans)


def _cost(document: Row, today: date) -> list[Line]:
    cost = document.get("cost")
    if not cost:
        return []
    batch = "usd_per_run" in cost
    period, key = ("a run", "usd_per_run") if batch else ("a month", "usd_per_month")
    bounds = spread(cost.get(f"{key}_low"), cost.get(f"{key}_high"), "USD")
    found: list[Line] = [
        (Span(f"{text.usd(cost[key])} {period}", "strong"), Span(f" ({bounds})" if bounds else "", "muted"))
    ]
    if batch:
        found.append(_plain(f"{text.usd(cost['usd_per_month'])} a month; one run takes {cost['run_hours']:,.1f} h"))
    # What is paid for already has no price by the token.
    per_million = [
        f"{text.usd(cost[f'usd_per_million_output_tokens_at_{at}'])} {words}"
        for at, words in _PER_MILLION
        if f"usd_per_million_output_tokens_at_{at}" in cost and cost[key]
    ]
    if per_million:
        found.append(_plain(f"per 1M output tokens: {', '.join(per_million)}"))
    if "usd_per_request" in cost:
        load = text.percent(cost["utilisation_at_mean_load"])
        found.append(_plain(f"{text.usd(cost['usd_per_request'])} a request; mean load uses {load} of what serves"))
    found += [_price(price, today) for price in _pick_prices(document)]
    found.append((Span(f"without {', '.join(cost['excludes'])}", "muted"),))
    return found


def _price(price: Row, today: date) -> Line:
    hourly = f"{text.usd_per_hour(price['usd_per_hour'])}/h {PURCHASES[price['purchase']]} in {price['region']}"
    origin = f" {price['level']}, {price.get('as_of', 'undated')}"
    rule = _outlived(price, today)
    mark = [Span(STALE, "alarm")] if rule else []
    late = [Span(f", older than {rule}", "alarm")] if rule else []
    name = Span(f"{price['instance_type']} {hourly}   ")
    return (name, Span(price["level"], "glyph"), *mark, Span(origin, "muted"), *late)


def _outlived(price: Row, today: date) -> str:
    """The age that such a price may have, where this one is past it; empty where it is not."""
    option = option_of(price["purchase"])
    if not price.get("as_of") or not is_past(option, AsOf.parse(price["as_of"]).end, today):
        return ""
    return days(RULE_DAYS[option])


def _pick_prices(document: Row) -> list[Row]:
    keys = ("instance_type", "region", "purchase")
    picked = [tuple(pool[key] for key in keys) for pool in document.get("pool", [])]
    found = {tuple(price[key] for key in keys): price for price in document.get("price", [])}
    return [found[key] for key in dict.fromkeys(picked) if key in found]


def _managed(document: Row) -> list[Line]:
    found: list[Line] = []
    rows = document.get("managed", [])
    for managed in rows:
        if len(rows) > 1:
            found.append((Span(managed["model"], "muted"),))
        if "excluded" in managed:
            found.append(_plain(f"{managed['service']}: {managed['excluded']}"))
            continue
        period, key = ("a run", "usd_per_run") if "usd_per_run" in managed else ("a month", "usd_per_month")
        cost = f"{managed['service']}: {text.usd(managed[key])} {period} for the same traffic   "
        found.append((Span(cost), Span(managed["level"], "glyph"), Span(f" {managed['level']}", "muted")))
        even = managed.get("break_even_output_tokens_per_month")
        if even is not None:
            carried = managed.get("break_even_within_capacity")
            limit = ", more than these carry" if carried is False else ""
            found.append(_plain(f"instances are cheaper from {text.big(even)} output tokens a month{limit}"))
    return found


def _shares(document: Row) -> list[tuple[Row, float]]:
    """Each managed service with its cost as a share of the instances' cost, where that is one pool's."""
    cost = document.get("cost", {})
    key = "usd_per_run" if "usd_per_run" in cost else "usd_per_month"
    rows = [row for row in document.get("managed", []) if key in row]
    return [(row, row[key] / cost[key]) for row in rows] if len(rows) == 1 and cost.get(key) else []


def _managed_is_cheaper(row: Row, share: float) -> Line:
    period, key = ("a run", "usd_per_run") if "usd_per_run" in row else ("a month", "usd_per_month")
    cost = f"{text.usd(row[key])} {period}, 1/{round(1 / share):,} of the cost"
    return _plain(f"{row['service']} serves the same traffic for {cost}.")


def _compared(document: Row) -> list[Line]:
    found: list[Line] = []
    for row in document.get("compared", []):
        key, period = ("usd_per_run", "a run") if "usd_per_run" in row else ("usd_per_month", "a month")
        cost = f"{text.usd(row[key])} {period}" if key in row else "nothing serves it"
        what = f": {row['instances']} × {row['instance_type']}" if "instances" in row else ""
        found.append((Span(f"{row['model']:<17}", "strong"), Span(f"{cost}{what}")))
    return found


def _alternatives(document: Row) -> list[Line]:
    return _by_model(
        _first(document.get("alternative", []), _MOST_ALTERNATIVES),
        lambda row: (Span(f"{row['instance_type']:<17}", "strong"), Span(alternative_words(row))),
    )


def alternative_words(row: Row) -> str:
    """How another instance type would serve, and at what cost."""
    key, period = ("usd_per_run", "a run") if "usd_per_run" in row else ("usd_per_month", "a month")
    ties = ", not distinguishable" if row["tied"] else ""
    open_targets = [name_of(key) for key, status in row.get("targets", {}).items() if status == "undecided"]
    ties += f"; undecided: {', '.join(open_targets)}" if open_targets else ""
    what = f"{row['instances']} × {row['checkpoint']} TP {row['tensor_parallel_size']}"
    return f"{what}, {row['region']}: {text.usd(row[key])} {period}{ties}"


def _rejected(document: Row) -> list[Line]:
    rejected: Sequence[Row] = document.get("rejected", [])
    missed = {(row["instance_type"], row.get("model")) for row in document.get("near_miss", [])}

    def line(row: Row) -> Line:
        near = " (near miss)" if (row["instance_type"], row.get("model")) in missed else ""
        return Span(f"{row['instance_type']:<17}", "strong"), Span(f"{row['message']}{near}")

    shown = _first(rejected, _MOST_REJECTED)
    found = _by_model(shown, line)
    if len(rejected) > len(shown):
        found.append((Span(f"and {len(rejected) - len(shown)} more", "muted"),))
    return found


def _weakest(document: Row) -> list[Line]:
    found: list[Line] = []
    for number, weakest in enumerate(document.get("weakest_link", [])):
        measured = f"{weakest['measured_claims']} of {weakest['claims']} figures rest on a sweep measured here"
        of = f"{document['pool'][number]['model']}: " if len(document["weakest_link"]) > 1 else ""
        found.append(_plain(f"{of}{name_of(weakest['claim'])} is {weakest['level']}; {measured}."))
    for verify in document.get("verify", []):
        effort = f"about {verify['minutes']:.0f} min and {text.usd(verify['usd'])} on one instance"
        asked = f"{verify['min_requests']:,} requests at {verify['concurrency']} concurrent settle it, {effort}:"
        pool = f" --pool {verify['model']}" if len(document["verify"]) > 1 else ""
        found += [_plain(asked), _plain(f"advisor verify FILE --endpoint URL{pool}")]
    return found


def _holds(document: Row) -> list[Line]:
    return _by_model(
        document.get("holds_while", []),
        lambda row: _plain(
            f"{name_of(row['variable'])} {_OPERATORS[row['op']]} "
            f"{written(row['limit'], unit_of_variable(row['variable']))}; {_OTHER_SIDE[row['op']]}: {row['becomes']}"
        ),
    )


def _notices(document: Row) -> list[Line]:
    found = [_plain(f"- {notice['message']}") for notice in document.get("notice", []) if not notice.get("prominent")]
    assumed = assumptions(document)
    if assumed:
        found.append(_plain(f"- Assumed, since nobody stated it: {', '.join(assumed)}."))
    return found


def assumptions(document: Row) -> list[str]:
    """The workload's defaults that nobody stated, with their values."""
    workload = document["workload"]
    return [f"{key} {_value(workload[key])}" for key in workload.get("defaulted", []) if key in workload]


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "/".join(str(item) for item in value)
    return f"{value:,g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _published(document: Row) -> list[Line]:
    return [
        _plain(f'{row["source"]}: "{row["text"]}" → {row["pick"]}: {_verdict(row)}')
        for row in document.get("published_advice", [])
    ]


def _verdict(row: Row) -> str:
    return f"{row['verdict']}. {row['message']}" if "message" in row else f"{row['verdict']}."
