"""The recommendation card: a recommendation document on one screen of text."""

from collections.abc import Mapping
from typing import Any

from advisor.cli.output import Output
from advisor.quantities import text
from advisor.quantities.provenance import Level
from advisor.wording.figures import GATES, PURCHASES, name_of, spread, unit_of_variable, written

Row = Mapping[str, Any]

_HEADLINES = {
    "recommended": "recommended",
    "not_distinguishable": "not distinguishable on present evidence",
    "none": "nothing meets everything that was asked",
    "out_of_scope": "training is not a serving question: no ranking is made",
}
_MOST_REJECTED = 8
_MOST_ALTERNATIVES = 6


def write_card(document: Row, output: Output) -> None:
    """The whole card. It shows the document and computes nothing."""
    for section in (_headline, _prominent, _claims, _cost, _managed, _others, _weakest, _holds):
        section(document, output)
    for section in (_notices, _published, _serve):
        section(document, output)


def write_why(document: Row, instance: str, output: Output) -> bool:
    """Why one instance type is not the pick, or that it is. False where the document does not mention it."""
    for pool in document.get("pool", []):
        if pool["instance_type"] == instance:
            _line(output, f"{instance} is the pick.", bold=True)
            return True
    for row in document.get("rejected", []):
        if row["instance_type"] == instance:
            margin = f" It missed by {text.percent(row['margin'])}." if "margin" in row else ""
            _line(output, f"{instance} drops out at the gate '{GATES[row['gate']]}'. {row['message']}{margin}")
            return True
    for row in document.get("alternative", []):
        if row["instance_type"] == instance:
            _line(output, f"{instance} would serve: {_alternative(row)}")
            return True
    for row in document.get("holds_while", []):
        if row["becomes"] == instance:
            _line(output, f"{instance} has no known price: it would win below {text.usd_per_hour(row['limit'])}/h.")
            return True
    return False


def _headline(document: Row, output: Output) -> None:
    pools = document.get("pool", [])
    for pool in pools:
        _line(output, f"RUN {_checkpoint(pool)} ON {pool['instances']} × {pool['instance_type']}", bold=True)
        replicas = pool["replicas_per_instance"]
        shared = f", {replicas} replicas an instance" if replicas > 1 else ""
        engine = str(pool["engine"]).replace("@", " ")
        place = f"{pool['region']} · {PURCHASES[pool['purchase']]}"
        _line(output, f"{engine}, tensor parallel {pool['tensor_parallel_size']}{shared} · {place}")
    if document["status"] != "recommended" or not pools:
        _line(output, _HEADLINES[document["status"]].upper(), bold=True)
    if document["state"] != "unverified":
        _line(output, f"state: {document['state']}")


def _checkpoint(pool: Row) -> str:
    return f"{pool['model']} {pool['checkpoint']}".upper().replace("LLAMA-4-", "LLAMA 4 ")


def _prominent(document: Row, output: Output) -> None:
    for notice in document.get("notice", []):
        if notice.get("prominent"):
            _heading(output, "Licence notice")
            _line(output, f"! {notice['message']}")
            _line(output, f"  {notice['source']}")


def _claims(document: Row, output: Output) -> None:
    claims = document.get("claim", [])
    if not claims:
        return
    _heading(output, "Rests on")
    for claim in claims:
        unit = claim["unit"]
        bounds = spread(claim.get("low"), claim.get("high"), unit)
        value = written(claim["value"], unit) + (f" ({bounds})" if bounds else "")
        limit = f", limit {written(claim['limit'], unit)}" if "limit" in claim and unit != "bytes" else ""
        status = f" {claim['status']}{limit}" if "status" in claim else ""
        _line(output, f"  {_glyph(claim, output)} {name_of(claim['id']):<37} {value}{status}")
    _line(output, "  Ranges hold with 80 % probability.")
    for level, source in dict.fromkeys((claim["level"], claim["source"]) for claim in claims):
        _line(output, f"  {output.glyph(Level(level))} {level}: {source}")


def _glyph(row: Row, output: Output) -> str:
    return output.glyph(Level(row["level"]))


def _cost(document: Row, output: Output) -> None:
    cost = document.get("cost")
    if not cost:
        return
    _heading(output, "Cost")
    batch = "usd_per_run" in cost
    period, key = ("a run", "usd_per_run") if batch else ("a month", "usd_per_month")
    bounds = spread(cost.get(f"{key}_low"), cost.get(f"{key}_high"), "USD")
    _line(output, f"  {text.usd(cost[key])} {period}{f' ({bounds})' if bounds else ''}")
    if batch:
        _line(output, f"  {text.usd(cost['usd_per_month'])} a month; one run takes {cost['run_hours']:,.1f} h")
    parts = [
        f"{text.usd(cost[f'usd_per_million_output_tokens_at_{at}'])} {words}"
        for at, words in (("capacity", "at capacity"), ("slo", "at your targets"), ("traffic", "at your traffic"))
        if f"usd_per_million_output_tokens_at_{at}" in cost
    ]
    if parts:
        _line(output, f"  per 1M output tokens: {', '.join(parts)}")
    if "usd_per_request" in cost:
        load = text.percent(cost["utilisation_at_mean_load"])
        _line(output, f"  {text.usd(cost['usd_per_request'])} a request; mean load uses {load} of what serves")
    for price in _pick_prices(document):
        hourly = f"{text.usd_per_hour(price['usd_per_hour'])}/h {PURCHASES[price['purchase']]} in {price['region']}"
        origin = f"{_glyph(price, output)} {price['level']}, {price.get('as_of', 'undated')}"
        _line(output, f"  {price['instance_type']} {hourly}   {origin}")
    _line(output, f"  without {', '.join(cost['excludes'])}")


def _pick_prices(document: Row) -> list[Row]:
    keys = ("instance_type", "region", "purchase")
    picked = [tuple(pool[key] for key in keys) for pool in document.get("pool", [])]
    found = {tuple(price[key] for key in keys): price for price in document.get("price", [])}
    return [found[key] for key in dict.fromkeys(picked) if key in found]


def _managed(document: Row, output: Output) -> None:
    for managed in document.get("managed", []):
        _heading(output, "Managed alternative")
        if "excluded" in managed:
            _line(output, f"  {managed['service']}: {managed['excluded']}")
            continue
        period, key = ("a run", "usd_per_run") if "usd_per_run" in managed else ("a month", "usd_per_month")
        origin = f"{_glyph(managed, output)} {managed['level']}"
        _line(output, f"  {managed['service']}: {text.usd(managed[key])} {period} for the same traffic   {origin}")
        even = managed.get("break_even_output_tokens_per_month")
        if even is not None:
            _line(output, f"  instances are cheaper from {text.big(even)} output tokens a month, if they can carry it")


def _others(document: Row, output: Output) -> None:
    alternatives, rejected = document.get("alternative", []), document.get("rejected", [])
    if alternatives:
        _heading(output, "Would serve too")
        for row in alternatives[:_MOST_ALTERNATIVES]:
            _line(output, f"  {row['instance_type']:<17} {_alternative(row)}")
    missed = {row["instance_type"] for row in document.get("near_miss", [])}
    if rejected:
        _heading(output, "Does not serve")
        for row in rejected[:_MOST_REJECTED]:
            near = " (near miss)" if row["instance_type"] in missed else ""
            _line(output, f"  {row['instance_type']:<17} {row['message']}{near}")
        if len(rejected) > _MOST_REJECTED:
            _line(output, f"  and {len(rejected) - _MOST_REJECTED} more; --json lists them all")


def _alternative(row: Row) -> str:
    key, period = ("usd_per_run", "a run") if "usd_per_run" in row else ("usd_per_month", "a month")
    ties = ", not distinguishable" if row["tied"] else ""
    what = f"{row['instances']} × {row['checkpoint']} TP {row['tensor_parallel_size']}"
    return f"{what}, {row['region']}: {text.usd(row[key])} {period}{ties}"


def _weakest(document: Row, output: Output) -> None:
    for weakest in document.get("weakest_link", []):
        _heading(output, "Weakest link")
        measured = f"{weakest['measured_claims']} of {weakest['claims']} figures measured"
        _line(output, f"  {name_of(weakest['claim'])} is {weakest['level']}; {measured}.")
    for verify in document.get("verify", []):
        effort = f"about {verify['minutes']:.0f} min and {text.usd(verify['usd'])} on one instance"
        _line(
            output,
            f"  {verify['min_requests']:,} requests at {verify['concurrency']} concurrent settle it, {effort}:\n"
            "  advisor verify FILE --endpoint URL",
        )


def _holds(document: Row, output: Output) -> None:
    rows = document.get("holds_while", [])
    if rows:
        _heading(output, "Holds while")
    for row in rows:
        limit = written(row["limit"], unit_of_variable(row["variable"]))
        _line(output, f"  {name_of(row['variable'])} {row['op']} {limit}; beyond: {row['becomes']}")


def _notices(document: Row, output: Output) -> None:
    rows = [notice for notice in document.get("notice", []) if not notice.get("prominent")]
    workload = document["workload"]
    assumed = [f"{key} {_plain(workload[key])}" for key in workload.get("defaulted", []) if key in workload]
    if rows or assumed:
        _heading(output, "Notices")
    for notice in rows:
        _line(output, f"  - {notice['message']}")
    if assumed:
        _line(output, f"  - Assumed, since nobody stated it: {', '.join(assumed)}.")


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "/".join(str(item) for item in value)
    return f"{value:,g}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def _published(document: Row, output: Output) -> None:
    rows = document.get("published_advice", [])
    if rows:
        _heading(output, "What published guides say")
    for row in rows:
        _line(output, f'  {row["source"]}: "{row["text"]}" → {row["pick"]}: {row["verdict"]}')


def _serve(document: Row, output: Output) -> None:
    import shlex

    for pool in document.get("pool", []):
        if pool.get("serve_argv"):
            _heading(output, "Serve")
            for name, value in pool.get("serve_env", {}).items():
                output.line(f"export {name}={shlex.quote(value)}")
            output.line(shlex.join(pool["serve_argv"]))


def _heading(output: Output, words: str) -> None:
    output.console.print()
    _line(output, words, bold=True)


def _line(output: Output, words: str, *, bold: bool = False) -> None:
    from rich.text import Text

    output.console.print(Text(words, style="bold" if bold else ""))
