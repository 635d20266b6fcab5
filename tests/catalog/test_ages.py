"""How old a price is: the rule of its kind, the rest of its kind, and which rows deserve a mark."""

from datetime import date

import pytest

from advisor.catalog.ages import RULE_DAYS, Age, Ages
from advisor.catalog.load import Catalog
from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.prices import Price
from advisor.quantities.provenance import AsOf, Level, Provenance
from today import TODAY


def price(as_of: str, option: PurchaseOption = "on_demand", instance_type: str = "p5.48xlarge") -> Price:
    origin = Provenance(Level.SPECIFIED, "a test", AsOf.parse(as_of))
    return Price(instance_type, "us-east-1", option, 1.0, origin)


def among(*prices: Price) -> Ages:
    return Ages.among(prices, TODAY)


@pytest.mark.parametrize(
    ("option", "last_fresh", "first_past"),
    [
        ("on_demand", "2025-11-20", "2025-11-19"),
        ("savings_plan", "2025-11-20", "2025-11-19"),
        ("capacity_block", "2026-10-20", "2026-10-19"),
        ("spot", "2026-11-19", "2026-11-18"),
    ],
)
def test_a_price_is_past_its_rule_the_day_after_the_last(
    option: PurchaseOption, last_fresh: str, first_past: str
) -> None:
    kept, late = price(last_fresh, option), price(first_past, option)
    assert among(kept).of(kept).status is Age.FRESH
    age = among(late).of(late)
    assert (age.status, age.days, age.rule_days) == (Age.PAST, RULE_DAYS[option] + 1, RULE_DAYS[option])


def test_an_interval_counts_from_its_last_day_so_that_an_age_is_certain() -> None:
    read_some_day = price("2025-01-01/2026-11-01")
    assert among(read_some_day).of(read_some_day).days == 19


def test_spot_rows_that_are_all_old_alike_are_told_once_and_not_marked() -> None:
    rows = [price("2026-05-18", "spot", name) for name in ("a", "b", "c")]
    ages = among(*rows)
    assert ages.perished == {"spot": date(2026, 5, 18)}
    assert [(ages.of(row).status, ages.of(row).is_marked) for row in rows] == [(Age.PAST, False)] * 3


def test_a_spot_row_is_marked_once_the_rest_has_been_refreshed() -> None:
    left = price("2026-05-18", "spot", "left")
    ages = among(left, *(price("2026-11-20", "spot", name) for name in ("a", "b")))
    assert ages.of(left).is_marked
    assert not ages.perished


def test_a_list_price_of_years_ago_is_marked_even_where_it_is_the_only_one() -> None:
    alone = price("2023-06-15", "reserved")
    assert among(alone).of(alone).is_marked


def test_a_row_a_month_older_than_most_is_marked_before_its_rule_is_past() -> None:
    old, recent = price("2026-05-18", instance_type="old"), price("2026-10-18", instance_type="recent")
    ages = among(old, recent, *(price("2026-11-18", instance_type=name) for name in ("a", "b", "c")))
    assert (ages.of(old).status, ages.of(old).is_marked) == (Age.OLDER, True)
    assert (ages.of(recent).status, ages.of(recent).is_marked) == (Age.FRESH, False)


def test_of_two_rows_neither_is_the_rest_of_the_other() -> None:
    old, new = price("2026-05-18", instance_type="old"), price("2026-11-18", instance_type="new")
    assert not any(among(old, new).of(row).is_marked for row in (old, new))


def test_the_shipped_catalogue_does_not_open_all_amber(catalog: Catalog) -> None:
    for region in catalog.prices.regions():
        rows = list(catalog.prices.current(region).values())
        ages = Ages.among(rows, TODAY)
        marked = [row.instance_type for row in rows if ages.of(row).is_marked]
        assert len(marked) <= max(1, len(rows) / 2), (region, marked)
