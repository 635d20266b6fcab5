"""`advisor catalog set-price`: one price by hand, into the overlay."""

import argparse
from datetime import date

from advisor.catalog.records.hardware import PURCHASE_OPTIONS
from advisor.catalog.records.prices import Price
from advisor.cli.catalog_option import open_catalog
from advisor.cli.clock import today
from advisor.cli.exit_codes import ExitCode
from advisor.cli.output import Output
from advisor.cli.parser import Subparsers, command, positive_float
from advisor.cli.prose import write_text
from advisor.errors import InputError, printable
from advisor.export.catalog_document import prices_document
from advisor.paths import user_paths
from advisor.quantities import text
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.rows import price_ages

_DESCRIPTION = (
    "Writes one price into your own layer of the catalogue, where it holds over what AWS lists and no refresh "
    "touches it: ~/.config/advisor/catalog/prices/<region>.csv, or the directory that --catalog names. "
    "A discount on many prices is better written into discounts.toml there."
)


def add(actions: Subparsers) -> None:
    example = 'advisor catalog set-price p5.48xlarge --region us-east-1 --usd-per-hour 41.5 --source "contract 42"'
    summary = "one price by hand, over what AWS lists"
    parser = command(actions, "set-price", summary, run_set_price, example=example, description=_DESCRIPTION)
    parser.add_argument("instance", metavar="TYPE")
    parser.add_argument("--region", required=True, metavar="R")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--usd-per-hour", type=positive_float, metavar="X", help="what an hour of one instance costs")
    what.add_argument("--remove", action="store_true", help="take the price out again")
    ways = f"how it is bought: {', '.join(PURCHASE_OPTIONS)} (on_demand)"
    parser.add_argument("--option", choices=PURCHASE_OPTIONS, default="on_demand", metavar="WAY", help=ways)
    parser.add_argument("--term", default="", metavar="1y|3y", help="of a savings plan or a reservation")
    parser.add_argument("--payment", default="", metavar="P", help="no_upfront, partial_upfront or all_upfront")
    parser.add_argument("--as-of", type=_day, metavar="DATE", help="the day of the price (today)")
    parser.add_argument("--source", default="", metavar="TEXT", help="where the price is from, like a contract")


def run_set_price(arguments: argparse.Namespace, output: Output) -> int:
    from advisor.workflows.own_prices import OwnPrice, checked, held, remove_price, set_price

    catalog = open_catalog(arguments)
    asked = OwnPrice(arguments.instance, arguments.region, arguments.option, arguments.term, arguments.payment)
    price, before = checked(catalog, asked), held(catalog, asked)
    root = arguments.catalog or user_paths().config / "catalog"
    if arguments.remove:
        path = remove_price(root, price)
    else:
        path = set_price(root, price, arguments.usd_per_hour, arguments.as_of or today(), arguments.source)
    catalog = open_catalog(arguments)
    now = held(catalog, price)
    if output.json_mode:
        found = [] if now is None else [now]
        output.document(prices_document(found, lambda region: price_ages(catalog, region, today())))
    else:
        what = f"{price.instance_type} {PURCHASES[price.option]} in {price.region}"
        write_text(f"{what}: {_said(before)} → {_said(now)}", output)
    output.note(f"advisor: written {path}")
    if now is not None and not arguments.remove and now.usd_per_hour != arguments.usd_per_hour:
        output.note(f"advisor: {now.provenance.layer} lies over it and says {text.usd_per_hour(now.usd_per_hour)}")
    return ExitCode.YES


def _said(price: Price | None) -> str:
    if price is None:
        return "no price"
    return f"{text.usd_per_hour(price.usd_per_hour)} ({price.provenance.layer})"


def _day(stated: str) -> date:
    try:
        day = date.fromisoformat(stated)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{printable(stated)}' is not a day like 2026-11-20") from None
    if day > today():
        raise InputError(f"{day} is not yet", key="--as-of", hint="It is the day on which the price was stated.")
    return day
